//! A request to an endpoint: its parameters, checked against the declaration, and ways to answer it.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use mwallet_db::crud::data_plane;
use mwallet_db::schema::{ColumnType, Timestamp, Value, shortened};
use mwallet_db::{Engine, JsonRows, PlanError, Query};

use super::{Answer, Endpoint, Parameter, ParameterKind, placeholder};
use crate::exposed::ExposedTables;
use crate::limits::Limits;
use crate::problem::Problem;
use crate::{accept, location, params, range, request_id, rows};

/// A request to an [`Endpoint`], whose parameters are as the endpoint declares them.
#[derive(Clone, Debug)]
pub struct EndpointRequest {
    engine: Engine,
    tables: Arc<ExposedTables>,
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
        tables: Arc<ExposedTables>,
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
        Ok(Self { engine, tables, limits, answer: endpoint.answer, arguments })
    }

    fn argument(&self, name: &str) -> Option<&Argument> {
        self.arguments.iter().find(|(given, _)| *given == name).map(|(_, argument)| argument)
    }

    /// The text that a parameter has.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.argument(name)? {
            Argument::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The time that a parameter has.
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

    /// How many rows the request leaves out first.
    pub fn skip(&self) -> u64 {
        self.rows("skip").or_else(|| self.rows("offset")).unwrap_or(0)
    }

    /// The most rows to answer: what the request asks for, and no more than the server allows.
    pub fn limit(&self) -> Option<u64> {
        self.limits.page(self.rows("limit"))
    }

    /// The engine of the server.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The tables that are served now. The same pointer means the same tables.
    pub fn tables(&self) -> &Arc<ExposedTables> {
        &self.tables
    }

    /// Answers rows that were read, as a page that starts after the skipped rows.
    pub fn answer(&self, found: JsonRows) -> Response {
        let count = found.rows();
        request_id::count_rows(count);
        let mut response = rows::json(found.into_array());
        range::set(&mut response, range::header(self.skip(), count, None));
        response
    }

    /// Answers the document that the endpoint declares, which browsers ask for again each time.
    /// `policy` says what the document may load and do there.
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
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ];
        (headers, content).into_response()
    }

    /// Answers the rows of a table that a query finds, as clients may see them; many of them in parts.
    ///
    /// # Errors
    ///
    /// If the table is not served, the query does not fit it, or the database refuses it.
    pub async fn list(&self, table: &str, query: &Query) -> Result<Response, Problem> {
        let table = self.tables.first().get(table).ok_or_else(|| Problem::unknown_table(table, None))?;
        let batches = data_plane::list(self.engine(), &table.relation, query).await?;
        let page = rows::array(batches, self.limits.write_timeout).await?;
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
        [] => "there are none".into(),
        [one] => format!("there is {one}"),
        [others @ .., last] => format!("there are {} and {last}", others.join(", ")),
    };
    Problem::parameter(format!("unknown parameter {}", shortened(name))).hint(hint)
}
