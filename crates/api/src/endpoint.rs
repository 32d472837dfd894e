//! Custom endpoints. Each is declared once: the declaration is its route, the rules for its parameters, and its part of
//! the OpenAPI document.

mod request;

use std::fmt;
use std::sync::Arc;

use axum::response::Response;
use futures::future::BoxFuture;

pub use request::EndpointRequest;

use crate::problem::Problem;

/// A custom endpoint for GET requests.
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

/// What an endpoint responds with.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer {
    /// Rows of a table, as JSON.
    Rows(&'static str),
    /// A document of a media type.
    Document { media_type: &'static str, description: &'static str },
}

/// The link to an endpoint on the home page.
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
    /// An endpoint with a path and a handler. A segment of the path in braces is a parameter, which must be declared
    /// too: `/v1/users/{identifier}/notices`.
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

    /// Sets its `operationId` in the OpenAPI document, which must be unique. The default is its path.
    pub fn operation(self, operation: &'static str) -> Self {
        Self { operation, ..self }
    }

    /// Sets the summary: what it does, in one line.
    pub fn summary(self, summary: &'static str) -> Self {
        Self { summary, ..self }
    }

    /// Sets the description: everything else that a client must know.
    pub fn description(self, description: &'static str) -> Self {
        Self { description, ..self }
    }

    /// Declares a parameter. A request with an undeclared parameter is refused.
    pub fn parameter(mut self, parameter: Parameter) -> Self {
        self.parameters.push(parameter);
        self
    }

    /// Declares `skip`, `offset` and `limit`, which work as for tables.
    pub fn paged(self) -> Self {
        let limit = "The most rows to return; the default is all rows.";
        self.parameter(Parameter::rows("skip").description("The number of rows to skip.").example("50"))
            .parameter(Parameter::rows("offset").description("An alias of `skip`.").example("50"))
            .parameter(Parameter::rows("limit").description(limit).example("25"))
    }

    /// Declares that it returns rows of this table. If the table is not served, the endpoint does not exist.
    pub fn rows_of(self, table: &'static str) -> Self {
        Self { answer: Answer::Rows(table), ..self }
    }

    /// Declares that it returns a document, with its media type and description.
    pub fn document(self, media_type: &'static str, description: &'static str) -> Self {
        Self { answer: Answer::Document { media_type, description }, ..self }
    }

    /// Adds a link to the home page, with a name and a note next to it.
    pub fn link(self, name: &'static str, note: &'static str) -> Self {
        Self { link: Some(Link { name, note }), ..self }
    }

    /// Its path, with parameters in braces.
    pub fn path(&self) -> &'static str {
        self.path
    }

    /// Calls its handler.
    pub(crate) async fn call(&self, request: EndpointRequest) -> Result<Response, Problem> {
        (self.handler.0)(request).await
    }

    /// Whether a server with these tables serves it: the table whose rows the endpoint returns must be one of them.
    pub(crate) fn is_served(&self, has_table: impl Fn(&str) -> bool) -> bool {
        match self.answer {
            Answer::Rows(table) => has_table(table),
            Answer::Document { .. } => true,
        }
    }

    /// Whether a parameter is part of the path.
    pub(crate) fn is_in_path(&self, parameter: &Parameter) -> bool {
        self.path.split('/').any(|part| placeholder(part) == Some(parameter.name))
    }
}

/// The name in braces, if a segment of a path is one.
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

/// The type of a parameter.
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

    /// A parameter for a text.
    pub fn text(name: &'static str) -> Self {
        Self::new(name, ParameterKind::Text)
    }

    /// A parameter for a time: RFC 3339 or seconds since 1970.
    pub fn time(name: &'static str) -> Self {
        Self::new(name, ParameterKind::Time)
    }

    /// A parameter for a number of rows.
    pub fn rows(name: &'static str) -> Self {
        Self::new(name, ParameterKind::Rows)
    }

    /// Makes it required. Parameters in the path always are.
    pub fn required(self) -> Self {
        Self { is_required: true, ..self }
    }

    /// Sets the description.
    pub fn description(self, description: &'static str) -> Self {
        Self { description, ..self }
    }

    /// Sets an example value.
    pub fn example(self, example: &'static str) -> Self {
        Self { example, ..self }
    }
}
