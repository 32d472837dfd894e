//! `/diagram` and `/diagram.svg`: the served tables and their references, as an interactive page and as a picture.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use mwallet_api::{Bytes, Endpoint, EndpointRequest, ExposedTables, Problem, Response};
use mwallet_db::schema::Table;
use mwallet_db::worker;
use sha2::{Digest, Sha256};

/// The picture may only use its own styles.
const PICTURE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

/// The page may only use its own styles and run its own script.
static PAGE_POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = BASE64_STANDARD.encode(Sha256::digest(mwallet_erd::HTML_SCRIPT));
    format!(
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{hash}'; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'"
    )
});

/// The page, to which the home page links.
pub(super) fn page() -> Endpoint {
    let drawing = Drawing::new(mwallet_erd::html);
    Endpoint::get("/diagram", move |request| drawing.clone().answer(request, &PAGE_POLICY))
        .operation("server.diagram_page")
        .summary("Open the diagram")
        .description(
            "The tables and their references as an interactive page: drag, zoom, and search for tables and columns.",
        )
        .document("text/html; charset=utf-8", "The page.")
        .link("Diagram", "tables and references")
}

/// The diagram as a picture.
pub(super) fn picture() -> Endpoint {
    let drawing = Drawing::new(mwallet_erd::svg);
    Endpoint::get("/diagram.svg", move |request| drawing.clone().answer(request, PICTURE_POLICY))
        .operation("server.diagram")
        .summary("Get the diagram as an SVG image")
        .description("The tables and their references as an image.")
        .document("image/svg+xml", "The image.")
}

/// A function that draws tables, and its last result.
#[derive(Clone)]
struct Drawing {
    draw: fn(&[&Table]) -> String,
    last: Arc<Mutex<Option<Drawn>>>,
}

/// Tables, and their diagram.
type Drawn = (Arc<ExposedTables>, Bytes);

impl Drawing {
    fn new(draw: fn(&[&Table]) -> String) -> Self {
        Self { draw, last: Arc::default() }
    }

    /// Draws the tables on the first request, on a worker thread: a large schema takes a while.
    async fn answer(self, request: EndpointRequest, policy: &'static str) -> Result<Response, Problem> {
        let tables = request.tables().clone();
        let content = match self.known(&tables) {
            Some(content) => content,
            None => worker::delegate(move || self.make(tables)).await?,
        };
        Ok(request.document(policy, content))
    }

    fn known(&self, tables: &Arc<ExposedTables>) -> Option<Bytes> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().filter(|(drawn, _)| Arc::ptr_eq(drawn, tables)).map(|(_, content)| content.clone())
    }

    fn make(&self, tables: Arc<ExposedTables>) -> Bytes {
        let content = Bytes::from((self.draw)(&tables.list()));
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((tables, content.clone()));
        content
    }
}
