//! The shape of every error answer: RFC 9457 with PostgREST's members beside.
//!
//! What a request itself can have wrong stands here; what the data layer says is turned into problems in one file,
//! `errors`.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use axum::http::header::{ACCEPT_ENCODING, ALLOW, CONTENT_RANGE, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use mwallet_db::Error;
use mwallet_db::schema::{Failure, shortened, shortened_to};
use serde_json::{Map, Value, json};

use crate::error_log;

/// An error answer, `application/problem+json`.
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

/// What a problem holds; behind a pointer, since it travels through every handler's result.
#[derive(Clone, Debug)]
struct Members {
    status: StatusCode,
    code: Cow<'static, str>,
    message: Cow<'static, str>,
    details: Option<Cow<'static, str>>,
    hint: Option<Cow<'static, str>>,
    errors: Option<Vec<ErrorItem>>,
    headers: HeaderMap,
    outdated: Option<Unlogged>,
}

/// What a database said, on its way to the log. It is shown nowhere else, not even to whoever prints a problem.
#[derive(Clone)]
struct Unlogged(Arc<Error>);

impl fmt::Debug for Unlogged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Unlogged")
    }
}

/// The most characters of a text in a problem.
const MOST_TEXT: usize = 1_000;

/// One thing that is wrong with a body.
#[derive(Clone, Debug)]
pub(crate) struct ErrorItem {
    /// A JSON Pointer to the place.
    pub(crate) loc: String,
    /// What is wrong, for people.
    pub(crate) msg: String,
    /// What is wrong, for programs.
    pub(crate) kind: &'static str,
}

impl From<&Failure> for ErrorItem {
    fn from(failure: &Failure) -> Self {
        Self { loc: failure.loc.clone(), msg: failure.msg.clone(), kind: failure.kind.name() }
    }
}

impl Problem {
    /// A problem with a status, a stable code and a text for the client.
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

    /// The same with what the client may do about it.
    pub fn hint(mut self, hint: impl Into<Cow<'static, str>>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// The same with more about what went wrong.
    pub(crate) fn details(mut self, details: impl Into<Cow<'static, str>>) -> Self {
        self.0.details = Some(details.into());
        self
    }

    /// The same with a list of what is wrong with the body.
    pub(crate) fn errors(mut self, errors: Vec<ErrorItem>) -> Self {
        self.0.errors = Some(errors);
        self
    }

    /// The same, which may be tried again in a second.
    pub(crate) fn retry(mut self) -> Self {
        self.0.headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        self
    }

    /// The same, with the methods that would do.
    pub(crate) fn allow(mut self, methods: &str) -> Self {
        if let Ok(methods) = HeaderValue::from_str(methods) {
            self.0.headers.insert(ALLOW, methods);
        }
        self
    }

    /// The same, which the server may not meet again when it has read its tables anew. Where it comes to be answered all the same, what
    /// the database said is written to the log.
    pub(crate) fn outdated(mut self, error: Error) -> Self {
        self.0.outdated = Some(Unlogged(Arc::new(error)));
        self
    }

    /// Whether it may be gone when the server has read its tables anew.
    pub(crate) fn is_outdated(&self) -> bool {
        self.0.outdated.is_some()
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// A table that is not served; the hint is about one that is.
    pub(crate) fn unknown_table(name: &str, hint: Option<String>) -> Self {
        let problem = Self::new(StatusCode::NOT_FOUND, "PGRST205", format!("there is no table {}", shortened(name)));
        match hint {
            Some(hint) => problem.hint(hint),
            None => problem,
        }
    }

    pub(crate) fn no_functions() -> Self {
        Self::new(StatusCode::NOT_FOUND, "PGRST202", "functions are not supported yet")
            .hint("tables and views are at /rest/v1/{table}; what a function reads, a view can show")
    }

    pub(crate) fn unknown_schema(name: &str, served: &str) -> Self {
        Self::new(StatusCode::NOT_ACCEPTABLE, "PGRST106", format!("there is no schema {} here", shortened(name)))
            .hint(format!("these are served: {served}"))
    }

    pub(crate) fn no_row(table: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "PGRST116", format!("there is no such row in {table}"))
    }

    /// Where one row is wanted and there is another number. PostgREST's clients read the details.
    pub(crate) fn not_one_row(found: u64) -> Self {
        let (message, details) = match found {
            0 => ("one row is wanted, and there is none".into(), "The result contains 0 rows".into()),
            _ => ("one row is wanted, and there are more".into(), format!("The result contains {found} rows")),
        };
        Self::new(StatusCode::NOT_ACCEPTABLE, "PGRST116", Cow::<str>::Owned(message)).details(details)
    }

    pub(crate) fn range(skip: u64, total: u64) -> Self {
        let details = format!("An offset of {skip} was requested, but there are only {total} rows.");
        Self::unsatisfiable("the page begins behind the last row", details, format!("*/{total}"))
    }

    /// A header `Range` that ends before it begins. How many rows there are was not asked by then.
    pub(crate) fn range_backwards() -> Self {
        let details = "The lower boundary must be lower than or equal to the upper boundary in the Range header.";
        Self::unsatisfiable("the range ends before it begins", details.into(), "*/*".into())
    }

    fn unsatisfiable(message: &'static str, details: String, range: String) -> Self {
        let mut problem = Self::new(StatusCode::RANGE_NOT_SATISFIABLE, "PGRST103", message).details(details);
        if let Ok(range) = HeaderValue::try_from(range) {
            problem.0.headers.insert(CONTENT_RANGE, range);
        }
        problem
    }

    pub(crate) fn preference(unknown: &str) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "PGRST122",
            format!("the preferences {} are not understood", shortened(unknown)),
        )
        .hint("leave handling=strict out to have them ignored")
    }

    pub(crate) fn not_acceptable(wanted: &str) -> Self {
        Self::new(
            StatusCode::NOT_ACCEPTABLE,
            "PGRST107",
            format!("there is no {} here, but application/json", shortened(wanted)),
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
            format!("{} is not taken here", shortened(method.as_str())),
        )
    }

    /// A parameter, or the URL itself, that cannot be read.
    pub(crate) fn parameter(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "PGRST100", message)
    }

    /// A body that cannot be read.
    pub(crate) fn body(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "PGRST102", message)
    }

    pub(crate) fn media_type(found: Option<&str>) -> Self {
        let message = match found {
            Some(found) => format!("the body is {}, where application/json is taken", shortened(found)),
            None => "the type of the body is not said, where application/json is taken".into(),
        };
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "PGRST107", message)
            .hint("send the header Content-Type: application/json")
    }

    /// A body in a coding that is not read; `Accept-Encoding` says which are.
    pub(crate) fn content_coding(found: &str) -> Self {
        let message = format!("the body is in the coding {}, where gzip is taken, or none", shortened(found));
        let mut problem = Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "PGRST107", message)
            .hint("leave Content-Encoding out, or send one that Accept-Encoding of this answer names");
        problem.0.headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip, identity"));
        problem
    }

    pub(crate) fn host() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "PGRST100",
            "the request does not say, in one header Host, which server it means",
        )
        .hint("send the header Host once, with a name or an address")
    }

    /// Where nothing can be written any more.
    pub(crate) fn disk_full() -> Self {
        let mut problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "53100", "the database has no room left to write")
            .hint("whoever runs the server must make room on its disk");
        // Nobody makes room within a second.
        problem.0.headers.insert(RETRY_AFTER, HeaderValue::from_static("30"));
        problem
    }

    pub(crate) fn too_large(limit: usize) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "54000", format!("the body is larger than {limit} bytes"))
    }

    pub(crate) fn body_timeout() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "57014", "the body did not come in time")
    }

    pub(crate) fn request_timeout() -> Self {
        Self::new(StatusCode::GATEWAY_TIMEOUT, "57014", "the request took longer than it may")
    }

    pub(crate) fn foreign_host() -> Self {
        Self::new(StatusCode::FORBIDDEN, "42501", "this server answers by the names of its own machine only")
            .hint("call it by localhost or 127.0.0.1")
    }

    /// Where a page of another site would change something.
    pub(crate) fn foreign_site() -> Self {
        Self::new(StatusCode::FORBIDDEN, "42501", "pages of other sites may not change anything here")
            .hint("whoever runs the server may allow the origin of the page: mwallet serve --cors ORIGIN")
    }

    /// What went wrong is in the log, and nowhere else.
    pub(crate) fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "XX000", "the server failed; its log says why")
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Members { status, code, message, details, hint, errors, headers, outdated } = *self.0;
        if let Some(Unlogged(error)) = outdated.filter(|_| status.is_server_error()) {
            error_log::write(&error);
        }
        // What a database says of a value may repeat it, and a hint may list all names that a database has.
        let bounded = |text: Cow<'static, str>| shortened_to(&text, MOST_TEXT).into_owned();
        let (message, details, hint) = (bounded(message), details.map(bounded), hint.map(bounded));
        let mut body = Map::new();
        let mut put = |name: &str, value: Value| body.insert(name.into(), value);
        // `about:blank` says that the title is the status; `code` tells problems apart.
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
