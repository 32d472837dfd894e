//! The shape of every error response: RFC 9457 with PostgREST's members.
//!
//! The problems of a request itself are here; the module `errors` turns errors of the data layer into problems.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::http::header::{ACCEPT_ENCODING, ALLOW, CONTENT_RANGE, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use mwallet_db::Error;
use mwallet_db::schema::{Failure, shortened, shortened_to};
use serde_json::{Map, Value, json};

use crate::error_log;

/// An error response, `application/problem+json`.
///
/// ```json
/// {
///   "type": "about:blank", "title": "Not Found", "status": 404, "detail": "there is no table ordres",
///   "code": "PGRST205", "message": "there is no table ordres", "details": null,
///   "hint": "Perhaps you meant the table 'public.orders'"
/// }
/// ```
///
/// `code` is a SQLSTATE or a code of PostgREST, and stable. With 422, `errors` lists every failure.
#[derive(Clone, Debug)]
pub struct Problem(Box<Members>);

/// The members of a problem. They are boxed, since a problem is part of every handler's result.
#[derive(Clone, Debug)]
struct Members {
    status: StatusCode,
    code: Cow<'static, str>,
    message: Cow<'static, str>,
    details: Option<Details>,
    hint: Option<Cow<'static, str>>,
    errors: Option<Vec<ErrorItem>>,
    headers: HeaderMap,
    outdated: Option<Unlogged>,
}

/// What went wrong, in more detail.
#[derive(Clone, Debug)]
enum Details {
    Text(Cow<'static, str>),
    List(Vec<Value>),
}

/// An error of the database for the log. It is shown nowhere else, not even in the `Debug` output of a problem.
#[derive(Clone)]
struct Unlogged(Arc<Error>);

impl fmt::Debug for Unlogged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Unlogged")
    }
}

/// The most characters of one text in a problem.
const MOST_TEXT: usize = 1_000;

/// A time in whole seconds, none of it left out.
pub(crate) fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

/// One error in a body.
#[derive(Clone, Debug)]
pub(crate) struct ErrorItem {
    /// A JSON Pointer to the invalid value.
    pub(crate) loc: String,
    /// The error, for people.
    pub(crate) msg: String,
    /// The kind of error, for programs.
    pub(crate) kind: &'static str,
}

impl From<&Failure> for ErrorItem {
    fn from(failure: &Failure) -> Self {
        Self { loc: failure.loc.clone(), msg: failure.msg.clone(), kind: failure.kind.name() }
    }
}

impl Problem {
    /// A problem with a status, a stable code and a message for the client.
    pub fn new(status: StatusCode, code: impl Into<Cow<'static, str>>, message: impl Into<Cow<'static, str>>) -> Self {
        let (code, message) = (code.into(), message.into());
        Self(Box::new(Members {
            status,
            code,
            message,
            details: None,
            hint: None,
            errors: None,
            headers: HeaderMap::new(),
            outdated: None,
        }))
    }

    /// Adds a hint on what the client can do.
    pub fn hint(mut self, hint: impl Into<Cow<'static, str>>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Adds details about what went wrong.
    pub(crate) fn details(mut self, details: impl Into<Cow<'static, str>>) -> Self {
        self.0.details = Some(Details::Text(details.into()));
        self
    }

    /// Adds details as a list, for programs.
    pub(crate) fn details_list(mut self, details: Vec<Value>) -> Self {
        self.0.details = Some(Details::List(details));
        self
    }

    /// Adds the list of errors in the body.
    pub(crate) fn errors(mut self, errors: Vec<ErrorItem>) -> Self {
        self.0.errors = Some(errors);
        self
    }

    /// Tells the client to retry after a second.
    pub(crate) fn retry(mut self) -> Self {
        self.0.headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        self
    }

    /// Lists the allowed methods.
    pub(crate) fn allow(mut self, methods: &str) -> Self {
        if let Ok(methods) = HeaderValue::from_str(methods) {
            self.0.headers.insert(ALLOW, methods);
        }
        self
    }

    /// Whether the client is not permitted what it asks for.
    pub(crate) fn is_denied(&self) -> bool {
        self.0.code == "42501"
    }

    /// Makes the client say who it is.
    pub(crate) fn unauthorized(mut self, challenge: &'static str) -> Self {
        self.0.status = StatusCode::UNAUTHORIZED;
        self.0.headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        self
    }

    /// Somebody has used up what they may ask, and has to wait.
    pub(crate) fn too_many(message: String, wait: Duration) -> Self {
        let seconds = whole_seconds(wait).max(1);
        let mut problem = Self::new(StatusCode::TOO_MANY_REQUESTS, "53400", message)
            .hint(format!("send the request again in {seconds} s"));
        problem.0.headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        problem
    }

    /// A token or key that is not accepted.
    pub(crate) fn invalid_token(code: &'static str, message: String) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, code, message).unauthorized("Bearer error=\"invalid_token\"")
    }

    /// Marks the problem as one that a reload of the tables may solve. If it is sent to the client after all, the error
    /// of the database is written to the log.
    pub(crate) fn outdated(mut self, error: Error) -> Self {
        self.0.outdated = Some(Unlogged(Arc::new(error)));
        self
    }

    /// Whether a reload of the tables may solve it.
    pub(crate) fn is_outdated(&self) -> bool {
        self.0.outdated.is_some()
    }

    /// The stable code.
    pub fn code(&self) -> &str {
        &self.0.code
    }

    /// What is wrong, for people.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The status of the response.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// A table that is not served; the hint names a similar one that is.
    pub(crate) fn unknown_table(name: &str, hint: Option<String>) -> Self {
        let problem = Self::new(StatusCode::NOT_FOUND, "PGRST205", format!("there is no table {}", shortened(name)));
        match hint {
            Some(hint) => problem.hint(hint),
            None => problem,
        }
    }

    pub(crate) fn no_functions() -> Self {
        Self::new(StatusCode::NOT_FOUND, "PGRST202", "functions are not supported yet")
            .hint("tables and views are at /rest/v1/{table}; a view can often replace a function")
    }

    pub(crate) fn unknown_schema(name: &str, served: &str) -> Self {
        Self::new(StatusCode::NOT_ACCEPTABLE, "PGRST106", format!("there is no schema {}", shortened(name)))
            .hint(format!("the schemas are {served}"))
    }

    pub(crate) fn no_row(table: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "PGRST116", format!("there is no such row in {table}"))
    }

    /// The client asked for exactly one row, and there are none or several. PostgREST's clients parse the details.
    pub(crate) fn not_one_row(found: u64) -> Self {
        let (message, details) = match found {
            0 => ("expected exactly one row, found none".into(), "The result contains 0 rows".into()),
            _ => ("expected exactly one row, found more".into(), format!("The result contains {found} rows")),
        };
        Self::new(StatusCode::NOT_ACCEPTABLE, "PGRST116", Cow::<str>::Owned(message)).details(details)
    }

    pub(crate) fn range(skip: u64, total: u64) -> Self {
        let details = format!("An offset of {skip} was requested, but there are only {total} rows.");
        Self::unsatisfiable("the offset is past the last row", details, format!("*/{total}"))
    }

    /// A `Range` header that ends before it starts. The rows have not been counted at that point.
    pub(crate) fn range_backwards() -> Self {
        let details = "The lower boundary must be lower than or equal to the upper boundary in the Range header.";
        Self::unsatisfiable("the range ends before it starts", details.into(), "*/*".into())
    }

    fn unsatisfiable(message: &'static str, details: String, range: String) -> Self {
        let mut problem = Self::new(StatusCode::RANGE_NOT_SATISFIABLE, "PGRST103", message).details(details);
        if let Ok(range) = HeaderValue::try_from(range) {
            problem.0.headers.insert(CONTENT_RANGE, range);
        }
        problem
    }

    pub(crate) fn preference(unknown: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "PGRST122", format!("unknown preferences: {}", shortened(unknown)))
            .hint("without handling=strict they are ignored")
    }

    pub(crate) fn not_acceptable(wanted: &str) -> Self {
        Self::new(
            StatusCode::NOT_ACCEPTABLE,
            "PGRST107",
            format!("the response cannot be {}; application/json is available", shortened(wanted)),
        )
    }

    pub(crate) fn unknown_path(path: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "PGRST125", format!("there is nothing at {}", shortened(path)))
            .hint("tables are at /rest/v1/{table}, their rows at /rest/v1/{table}/{identifier}")
    }

    pub(crate) fn method_not_allowed(method: &Method) -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "PGRST117",
            format!("method {} is not allowed", shortened(method.as_str())),
        )
    }

    /// A parameter, or the URL itself, that cannot be parsed.
    pub(crate) fn parameter(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "PGRST100", message)
    }

    /// A body that cannot be parsed.
    pub(crate) fn body(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "PGRST102", message)
    }

    pub(crate) fn media_type(found: Option<&str>) -> Self {
        let message = match found {
            Some(found) => format!("the body is {}; expected application/json", shortened(found)),
            None => "the request has no Content-Type; expected application/json".into(),
        };
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "PGRST107", message)
            .hint("send the header Content-Type: application/json")
    }

    /// A body in an unsupported content coding; `Accept-Encoding` lists the supported ones.
    pub(crate) fn content_coding(found: &str) -> Self {
        let message = format!("the content coding {} is not supported; expected gzip or none", shortened(found));
        let mut problem = Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "PGRST107", message)
            .hint("omit Content-Encoding, or use one that the Accept-Encoding header of this response lists");
        problem.0.headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip, identity"));
        problem
    }

    pub(crate) fn host() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "PGRST100", "the Host header is missing, repeated or invalid")
            .hint("send one Host header, with a name or an address")
    }

    /// The disk of the database is full.
    pub(crate) fn disk_full() -> Self {
        let mut problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "53100", "the disk of the database is full")
            .hint("the operator of the server must free space on its disk");
        // Nobody frees space within a second.
        problem.0.headers.insert(RETRY_AFTER, HeaderValue::from_static("30"));
        problem
    }

    pub(crate) fn too_large(limit: usize) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "54000", format!("the body is larger than {limit} bytes"))
    }

    pub(crate) fn body_timeout() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "57014", "the body did not arrive in time")
    }

    pub(crate) fn request_timeout() -> Self {
        Self::new(StatusCode::GATEWAY_TIMEOUT, "57014", "the request timed out")
    }

    pub(crate) fn foreign_host() -> Self {
        Self::new(StatusCode::FORBIDDEN, "42501", "this server can only be called by its own names")
            .hint("on its own machine use localhost; the operator can allow others: mwallet serve --trusted-hosts NAME")
    }

    /// A page of another site tried to change data.
    pub(crate) fn foreign_site() -> Self {
        Self::new(StatusCode::FORBIDDEN, "42501", "pages of other sites may not change data here")
            .hint("the operator of the server can allow the origin of the page: mwallet serve --cors ORIGIN")
    }

    /// The client may not do something, such as `reload the tables`.
    pub(crate) fn not_permitted(what: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, "42501", format!("you may not {what}"))
    }

    /// An internal error. Only the log has the cause.
    pub(crate) fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "XX000", "internal error; see the log of the server")
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Members { status, code, message, details, hint, errors, headers, outdated } = *self.0;
        if let Some(Unlogged(error)) = outdated.filter(|_| status.is_server_error()) {
            error_log::write(&error);
        }
        // A message of the database may repeat a long value, and a hint may list every name in the database.
        let bounded = |text: Cow<'static, str>| shortened_to(&text, MOST_TEXT).into_owned();
        let (message, hint) = (bounded(message), hint.map(bounded));
        let details = details.map(|details| match details {
            Details::Text(text) => Value::from(bounded(text)),
            Details::List(list) => list.into(),
        });
        let mut body = Map::new();
        let mut put = |name: &str, value: Value| body.insert(name.into(), value);
        // `about:blank` means that the title is the status; `code` identifies the problem.
        put("type", "about:blank".into());
        put("title", status.canonical_reason().unwrap_or_default().into());
        put("status", status.as_u16().into());
        put("detail", message.as_str().into());
        put("code", code.into());
        put("message", message.into());
        put("details", details.into());
        put("hint", hint.into());
        if let Some(errors) = errors {
            let item = |ErrorItem { loc, msg, kind }| json!({"loc": loc, "msg": bounded(msg.into()), "type": kind});
            put("errors", errors.into_iter().map(item).collect());
        }
        let content_type = [(CONTENT_TYPE, "application/problem+json")];
        (status, content_type, headers, Value::Object(body).to_string()).into_response()
    }
}
