//! `/diagram.svg`: the tables that are served and their references, as a picture.

use std::sync::{Arc, Mutex, PoisonError};

use mwallet_api::{Bytes, Endpoint, EndpointRequest, ExposedTables, Problem, Response};
use mwallet_db::worker;

/// What the picture may load and do: only be styled by itself.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

/// The tables that were drawn last, and their picture.
type Drawn = Arc<Mutex<Option<(Arc<ExposedTables>, Bytes)>>>;

pub(super) fn endpoint() -> Endpoint {
    let drawn = Drawn::default();
    Endpoint::get("/diagram.svg", move |request| answer(request, drawn.clone()))
        .operation("server.diagram")
        .summary("Get a diagram")
        .description("The tables and their references as a picture.")
        .document("image/svg+xml", "The diagram.")
        .link("Diagram", "tables and references")
}

/// Draws the tables when they are first asked for, on a worker thread: a large schema takes a while.
async fn answer(request: EndpointRequest, drawn: Drawn) -> Result<Response, Problem> {
    let tables = request.tables().clone();
    let known = last(&drawn, &tables);
    let picture = match known {
        Some(picture) => picture,
        None => {
            let drawing = move || {
                let picture = Bytes::from(mwallet_erd::svg(&tables.list()));
                *drawn.lock().unwrap_or_else(PoisonError::into_inner) = Some((tables, picture.clone()));
                picture
            };
            worker::delegate(drawing).await?
        }
    };
    Ok(request.document(POLICY, picture))
}

/// The picture of these tables, if they were drawn last.
fn last(drawn: &Drawn, tables: &Arc<ExposedTables>) -> Option<Bytes> {
    let drawn = drawn.lock().unwrap_or_else(PoisonError::into_inner);
    drawn.as_ref().filter(|(known, _)| Arc::ptr_eq(known, tables)).map(|(_, picture)| picture.clone())
}
