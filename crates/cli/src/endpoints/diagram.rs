//! `/diagram` and `/diagram.svg`: the tables that are served and their references, as a page to look around in and as a picture.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use mwallet_api::{Bytes, Endpoint, EndpointRequest, ExposedTables, Problem, Response};
use mwallet_db::schema::Table;
use mwallet_db::worker;
use sha2::{Digest, Sha256};

/// What the picture may load and do: only be styled by itself.
const PICTURE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

/// What the page may load and do: be styled by itself, and run its one script.
static PAGE_POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = BASE64_STANDARD.encode(Sha256::digest(mwallet_erd::HTML_SCRIPT));
    format!(
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    )
});

/// The page, to which the home page links.
pub(super) fn page() -> Endpoint {
    let drawing = Drawing::new(mwallet_erd::html);
    Endpoint::get("/diagram", move |request| drawing.clone().answer(request, &PAGE_POLICY))
        .operation("server.diagram_page")
        .summary("Look around in a diagram")
        .description("The tables and their references as a page: drag it, zoom, search for tables and columns.")
        .document("text/html; charset=utf-8", "The page.")
        .link("Diagram", "tables and references")
}

/// The picture.
pub(super) fn picture() -> Endpoint {
    let drawing = Drawing::new(mwallet_erd::svg);
    Endpoint::get("/diagram.svg", move |request| drawing.clone().answer(request, PICTURE_POLICY))
        .operation("server.diagram")
        .summary("Get a diagram")
        .description("The tables and their references as a picture.")
        .document("image/svg+xml", "The picture.")
}

/// A way to draw tables, and what it made of those that it drew last.
#[derive(Clone)]
struct Drawing {
    draw: fn(&[&Table]) -> String,
    last: Arc<Mutex<Option<Drawn>>>,
}

/// Tables, and what was made of them.
type Drawn = (Arc<ExposedTables>, Bytes);

impl Drawing {
    fn new(draw: fn(&[&Table]) -> String) -> Self {
        Self { draw, last: Arc::default() }
    }

    /// Draws the tables when they are first asked for, on a worker thread: a large schema takes a while.
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
