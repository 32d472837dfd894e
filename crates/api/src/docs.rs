//! The OpenAPI document for programs, and the page that shows it to people.
//!
//! The page is Swagger UI, which is built into this program: it loads nothing from elsewhere, and its content security
//! policy makes browsers refuse to.

use std::sync::Arc;

use axum::extract::{Extension, Path, State};
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, Method, Uri};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

use crate::asker::Asker;
use crate::exposed::ExposedSchema;
use crate::openapi::{Document, MEDIA_TYPE};
use crate::problem::Problem;
use crate::state::AppState;
use crate::{location, profile};

/// The content security policy of the page. The icons of Swagger UI are `data:` URLs.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The files of the page: name, media type, content.
const FILES: [(&str, &str, &[u8]); 4] = [
    ("swagger-ui-bundle.js", JAVASCRIPT, include_bytes!(concat!(env!("OUT_DIR"), "/swagger-ui-bundle.js"))),
    ("swagger-ui.css", CSS, include_bytes!(concat!(env!("OUT_DIR"), "/swagger-ui.css"))),
    ("page.js", JAVASCRIPT, include_bytes!("docs/page.js")),
    ("page.css", CSS, include_bytes!("docs/page.css")),
];
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";

/// The document, with its own media type if the client accepts that.
pub(crate) async fn document(
    State(state): State<AppState>,
    Extension(asker): Extension<Arc<Asker>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let tables = &asker.tables;
    let schema = profile::find(tables, profile::named(&Method::GET, &headers).as_deref())?;
    let mut accepted = headers.get_all(ACCEPT).iter().filter_map(|accept| accept.to_str().ok());
    let media_type = if accepted.any(|accept| accept.contains(MEDIA_TYPE)) { MEDIA_TYPE } else { "application/json" };
    let headers = [(CONTENT_TYPE, media_type), (VARY, "Accept, Accept-Profile")];
    let document = match schema.document.get() {
        Some(document) => document.clone(),
        None => {
            let document = write(&state, &asker, schema)?;
            schema.document.get_or_init(|| document).clone()
        }
    };
    Ok((headers, document).into_response())
}

/// Writes the OpenAPI document of the tables of a schema and of the endpoints.
///
/// # Errors
///
/// If a table contradicts itself, which exposed tables do not.
fn write(state: &AppState, asker: &Asker, schema: &ExposedSchema) -> Result<Bytes, Problem> {
    let tables = &asker.tables;
    let mut document = Document::new(schema.in_order()).of_schemas(tables.schema_names());
    if let Some(title) = tables.title() {
        document = document.titled(title);
    }
    // Custom endpoints use the tables of the first schema.
    if std::ptr::eq(schema, tables.first()) {
        document = state.endpoints.iter().cloned().fold(document, Document::endpoint);
    }
    if state.has_plans && asker.sees_everything() {
        document = document.plans();
    }
    if state.server_timing {
        document = document.server_timing();
    }
    let json = document.json().map_err(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, "cannot write the OpenAPI document");
        Problem::internal()
    })?;
    Ok(json.to_string().into())
}

/// The documentation page.
pub(crate) async fn page() -> Response {
    let headers = [(CONTENT_TYPE, "text/html; charset=utf-8"), (CONTENT_SECURITY_POLICY, POLICY)];
    (headers, include_str!("docs/page.html")).into_response()
}

/// Redirects from the address with a trailing slash to the page.
pub(crate) async fn redirect(uri: Uri) -> Result<Response, Problem> {
    location::redirect("/docs", uri.query()).ok_or_else(|| Problem::unknown_path(uri.path()))
}

/// A file of the page.
pub(crate) async fn file(Path(name): Path<String>, uri: Uri) -> Result<Response, Problem> {
    let found = FILES.iter().find(|(known, _, _)| *known == name);
    let (_, media_type, content) = found.ok_or_else(|| Problem::unknown_path(uri.path()))?;
    // The files change only with the program.
    let headers = [(CONTENT_TYPE, *media_type), (CACHE_CONTROL, "max-age=3600")];
    Ok((headers, Bytes::from_static(content)).into_response())
}
