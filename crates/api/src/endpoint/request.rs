//! A request to a custom endpoint: its parameters, checked against the declaration, and functions to respond.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use mwallet_db::crud::data_plane;
use mwallet_db::schema::{ColumnType, Timestamp, Value, shortened};
use mwallet_db::{Engine, JsonRows, PlanError, Query};

use super::{Answer, Endpoint, Parameter, ParameterKind, placeholder};
use crate::asker::Asker;
use crate::exposed::ExposedTables;
use crate::form::{Form, Nulls};
use crate::limits::Limits;
use crate::problem::Problem;
use crate::rows::Sending;
use crate::{accept, location, params, range, request_id, rows};

/// A request to an [`Endpoint`], whose parameters match the declaration.
#[derive(Clone, Debug)]
pub struct EndpointRequest {
    engine: Engine,
    asker: Arc<Asker>,
    limits: Limits,
    answer: Answer,
    arguments: Vec<(&'static str, Argument)>,
}

#[derive(Clone, Debug)]
enum Argument {
    Text(String),
    Time(Timestamp),
    Rows(u64),
}

impl EndpointRequest {
    pub(crate) fn parse(
        engine: Engine,
        asker: Arc<Asker>,
        limits: Limits,
        endpoint: &Endpoint,
        request: &Request,
    ) -> Result<Self, Problem> {
        let uri = request.uri();
        let mut arguments = Vec::new();
        for (name, value) in params::pairs(uri.query().unwrap_or_default())? {
            let parameter = endpoint.parameters.iter().find(|parameter| parameter.name == name);
            let parameter = parameter.filter(|parameter| !endpoint.is_in_path(parameter));
            let parameter = parameter.ok_or_else(|| unknown(endpoint, &name))?;
            if arguments.iter().any(|(earlier, _)| *earlier == parameter.name) {
                return Err(Problem::parameter(format!("{name}: is given twice")));
            }
            arguments.push((parameter.name, argument(parameter, &value)?));
        }
        if let Answer::Rows(_) = endpoint.answer {
            accept::json_only(request.headers())?;
        }
        for (template, part) in endpoint.path.split('/').zip(uri.path().split('/')) {
            let name = placeholder(template);
            if let Some(parameter) = endpoint.parameters.iter().find(|parameter| Some(parameter.name) == name) {
                arguments.push((parameter.name, argument(parameter, &location::decode(part)?)?));
            }
        }
        let is_given = |parameter: &&Parameter| arguments.iter().any(|(name, _)| *name == parameter.name);
        let missing = endpoint.parameters.iter().find(|parameter| parameter.is_required && !is_given(parameter));
        if let Some(Parameter { name, example, .. }) = missing {
            return Err(Problem::parameter(format!("{name}: is required"))
                .hint(format!("write {}?{name}={example}", endpoint.path)));
        }
        Ok(Self { engine, asker, limits, answer: endpoint.answer, arguments })
    }

    fn argument(&self, name: &str) -> Option<&Argument> {
        self.arguments.iter().find(|(given, _)| *given == name).map(|(_, argument)| argument)
    }

    /// The value of a text parameter; `None` if the request does not have it.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.argument(name)? {
            Argument::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value of a time parameter; `None` if the request does not have it.
    pub fn time(&self, name: &str) -> Option<Timestamp> {
        match self.argument(name)? {
            Argument::Time(time) => Some(*time),
            _ => None,
        }
    }

    fn rows(&self, name: &str) -> Option<u64> {
        match self.argument(name)? {
            Argument::Rows(rows) => Some(*rows),
            _ => None,
        }
    }

    /// How many rows to skip.
    pub fn skip(&self) -> u64 {
        self.rows("skip").or_else(|| self.rows("offset")).unwrap_or(0)
    }

    /// The most rows to return: the limit of the request, but not more than that of the server.
    pub fn limit(&self) -> Option<u64> {
        self.limits.page(self.rows("limit"))
    }

    /// The engine of the server.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The tables that are served now. An equal pointer means that they have not changed.
    pub fn tables(&self) -> &Arc<ExposedTables> {
        &self.asker.tables
    }

    /// Responds with rows that were read, as a page that starts after the skipped rows.
    pub fn answer(&self, found: JsonRows) -> Response {
        let count = found.rows();
        request_id::count_rows(count);
        let mut response = rows::json(found.into_array());
        range::set(&mut response, range::header(self.skip(), count, None));
        response
    }

    /// Responds with the document that the endpoint declares. Browsers do not cache it.
    /// `policy` is its content security policy.
    pub fn document(&self, policy: &'static str, content: Bytes) -> Response {
        let media_type = match self.answer {
            Answer::Document { media_type, .. } => media_type,
            Answer::Rows(_) => "application/octet-stream",
        };
        let headers = [
            (CONTENT_TYPE, media_type),
            // The tables may change while the server runs.
            (CACHE_CONTROL, "no-cache"),
            (CONTENT_SECURITY_POLICY, policy),
        ];
        (headers, content).into_response()
    }

    /// Responds with the rows of a query on a table, without hidden columns. Many rows are streamed.
    ///
    /// # Errors
    ///
    /// If the table is not served, if the query does not match it, or if the database refuses the query.
    pub async fn list(&self, table: &str, query: &Query) -> Result<Response, Problem> {
        let table = self.tables().first().get(table).ok_or_else(|| Problem::unknown_table(table, None))?;
        let at = table.scoped(self.asker.scope());
        let limit = [query.limit, at.most_rows()].into_iter().flatten().min();
        let query = &Query { limit, ..query.clone() };
        let batches =
            data_plane::list(&self.engine, at, query).await.map_err(|error| self.asker.refuse(error.into()))?;
        let sending = Sending::new(self.limits, &self.asker);
        let page = rows::page(batches, Form::Array(Nulls::Kept), Vec::new(), sending, None).await?;
        let mut response = page.response;
        if let Some(rows) = page.rows {
            range::set(&mut response, range::header(query.skip, rows, None));
        }
        Ok(response)
    }
}

fn argument(parameter: &Parameter, value: &str) -> Result<Argument, Problem> {
    let name = parameter.name;
    let kind = match parameter.kind {
        ParameterKind::Rows => return Ok(Argument::Rows(params::rows(name, value)?)),
        ParameterKind::Time => ColumnType::Timestamp,
        ParameterKind::Text => ColumnType::Text { max: None },
    };
    match Value::parse(&kind, value) {
        Ok(Value::Timestamp(time)) => Ok(Argument::Time(time)),
        Ok(_) => Ok(Argument::Text(value.into())),
        Err(error) => Err(PlanError::InvalidValue { column: name.into(), error }.into()),
    }
}

fn unknown(endpoint: &Endpoint, name: &str) -> Problem {
    let taken = endpoint.parameters.iter().filter(|parameter| !endpoint.is_in_path(parameter));
    let taken: Vec<&str> = taken.map(|parameter| parameter.name).collect();
    let hint = match taken.as_slice() {
        [] => "there are no parameters".into(),
        [one] => format!("the only parameter is {one}"),
        [others @ .., last] => format!("the parameters are {} and {last}", others.join(", ")),
    };
    Problem::parameter(format!("unknown parameter {}", shortened(name))).hint(hint)
}
