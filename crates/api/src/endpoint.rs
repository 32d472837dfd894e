//! Endpoints that a program adds to its server. Each is declared once: the declaration is its route, what its parameters are
//! checked against, and its part of the OpenAPI document.

mod request;

use std::fmt;
use std::sync::Arc;

use axum::response::Response;
use futures::future::BoxFuture;

pub use request::EndpointRequest;

use crate::exposed::ExposedTables;
use crate::problem::Problem;

/// An endpoint that answers GET requests.
///
/// ```
/// use mwallet_api::{Endpoint, Parameter};
/// use mwallet_db::Query;
///
/// let newest = Endpoint::get("/v1/orders/newest", async |request| {
///     let mut query = Query::new().order_desc("id").skip(request.skip());
///     query.limit = request.limit();
///     request.list("orders", &query).await
/// });
/// let newest = newest.operation("orders.newest").summary("List the newest orders").rows_of("orders").paged();
/// assert_eq!(newest.path(), "/v1/orders/newest");
/// ```
#[derive(Clone, Debug)]
pub struct Endpoint {
    path: &'static str,
    handler: Handler,
    pub(crate) operation: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) description: &'static str,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) answer: Answer,
    pub(crate) link: Option<Link>,
}

/// What an endpoint answers with.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer {
    /// Rows of a table, as JSON.
    Rows(&'static str),
    /// A document of a media type.
    Document { media_type: &'static str, description: &'static str },
}

/// How the home page leads to an endpoint.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    pub(crate) name: &'static str,
    pub(crate) note: &'static str,
}

#[derive(Clone)]
struct Handler(Arc<dyn Fn(EndpointRequest) -> BoxFuture<'static, Result<Response, Problem>> + Send + Sync>);

impl fmt::Debug for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handler")
    }
}

impl Endpoint {
    /// An endpoint at a path and what answers it. A part of the path in braces is a parameter, which must be declared too:
    /// `/v1/users/{identifier}/notices`.
    pub fn get<F>(path: &'static str, handler: impl Fn(EndpointRequest) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Response, Problem>> + Send + 'static,
    {
        Self {
            path,
            handler: Handler(Arc::new(move |request| Box::pin(handler(request)))),
            operation: path,
            summary: "",
            description: "",
            parameters: Vec::new(),
            answer: Answer::Document { media_type: "application/json", description: "" },
            link: None,
        }
    }

    /// Its `operationId` in the OpenAPI document, which no other operation may have; by default its path.
    pub fn operation(self, operation: &'static str) -> Self {
        Self { operation, ..self }
    }

    /// What it does, in one line.
    pub fn summary(self, summary: &'static str) -> Self {
        Self { summary, ..self }
    }

    /// What else one must know.
    pub fn description(self, description: &'static str) -> Self {
        Self { description, ..self }
    }

    /// Declares a parameter. A request with one that is not declared is refused.
    pub fn parameter(mut self, parameter: Parameter) -> Self {
        self.parameters.push(parameter);
        self
    }

    /// Declares `skip`, `offset` and `limit`, as tables have them.
    pub fn paged(self) -> Self {
        self.parameter(Parameter::rows("skip").description("How many rows to leave out first.").example("50"))
            .parameter(Parameter::rows("offset").description("Another name of `skip`.").example("50"))
            .parameter(Parameter::rows("limit").description("The most rows to answer; all by default.").example("25"))
    }

    /// It answers rows of this table. Where the table is not served, the endpoint is not there.
    pub fn rows_of(self, table: &'static str) -> Self {
        Self { answer: Answer::Rows(table), ..self }
    }

    /// It answers a document of this media type, and what that document is.
    pub fn document(self, media_type: &'static str, description: &'static str) -> Self {
        Self { answer: Answer::Document { media_type, description }, ..self }
    }

    /// The home page leads to it by a link of this name, with a note next to it.
    pub fn link(self, name: &'static str, note: &'static str) -> Self {
        Self { link: Some(Link { name, note }), ..self }
    }

    /// Its path.
    pub fn path(&self) -> &'static str {
        self.path
    }

    /// Calls its handler.
    pub(crate) async fn call(&self, request: EndpointRequest) -> Result<Response, Problem> {
        (self.handler.0)(request).await
    }

    /// Whether what it answers is served.
    pub(crate) fn is_served(&self, tables: &ExposedTables) -> bool {
        match self.answer {
            Answer::Rows(table) => tables.first().get(table).is_some(),
            Answer::Document { .. } => true,
        }
    }

    /// Whether a parameter is part of the path.
    pub(crate) fn is_in_path(&self, parameter: &Parameter) -> bool {
        self.path.split('/').any(|part| placeholder(part) == Some(parameter.name))
    }
}

/// The name in braces that a part of a path is.
fn placeholder(part: &str) -> Option<&str> {
    part.strip_prefix('{')?.strip_suffix('}')
}

/// A parameter of an endpoint.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) kind: ParameterKind,
    pub(crate) is_required: bool,
    pub(crate) description: &'static str,
    pub(crate) example: &'static str,
}

/// What values a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ParameterKind {
    Text,
    Time,
    Rows,
}

impl Parameter {
    fn new(name: &'static str, kind: ParameterKind) -> Self {
        Self { name, kind, is_required: false, description: "", example: "" }
    }

    /// A text.
    pub fn text(name: &'static str) -> Self {
        Self::new(name, ParameterKind::Text)
    }

    /// A time: RFC 3339 or seconds since 1970.
    pub fn time(name: &'static str) -> Self {
        Self::new(name, ParameterKind::Time)
    }

    /// A number of rows.
    pub fn rows(name: &'static str) -> Self {
        Self::new(name, ParameterKind::Rows)
    }

    /// The same, which every request must have. A part of the path always is.
    pub fn required(self) -> Self {
        Self { is_required: true, ..self }
    }

    /// What it means.
    pub fn description(self, description: &'static str) -> Self {
        Self { description, ..self }
    }

    /// An example of its value.
    pub fn example(self, example: &'static str) -> Self {
        Self { example, ..self }
    }
}
