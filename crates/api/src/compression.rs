//! Compression of responses, for clients that accept it.

use std::convert::Infallible;
use std::future::ready;

use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT_ENCODING, VARY};
use axum::response::Response;
use tower::{Layer, ServiceExt, service_fn};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{Predicate, SizeAbove};

/// The smallest response that is worth compressing: less fits in one packet anyway.
const COMPRESSED_FROM: u64 = 1_024;

/// The encodings that a client accepts. `None` if it accepts none or excludes one: if it excludes all of them,
/// compression would respond with 406 after the work is done, so such a client gets an uncompressed response.
pub(crate) fn taken(headers: &HeaderMap) -> Option<HeaderMap> {
    let all = headers.get_all(ACCEPT_ENCODING);
    all.iter().next()?;
    let is_zero = |range: &str| {
        let quality = range.split_once(';').and_then(|(_, quality)| quality.trim().strip_prefix("q="));
        quality.is_some_and(|quality| quality.parse() == Ok(0.0))
    };
    let values = all.iter().filter_map(|value| value.to_str().ok());
    if values.flat_map(|value| value.split(',')).any(is_zero) {
        return None;
    }
    Some(all.iter().map(|value| (ACCEPT_ENCODING, value.clone())).collect())
}

/// Compresses a response if it is large enough and the client accepts it.
pub(crate) async fn compress(mut response: Response, taken: Option<HeaderMap>) -> Response {
    let worth_it = SizeAbove::new(COMPRESSED_FROM);
    let Some(taken) = taken else {
        // Another client might get it compressed.
        if worth_it.should_compress(&response) {
            response.headers_mut().append(VARY, ACCEPT_ENCODING.into());
        }
        return response;
    };
    let mut request = Request::new(());
    *request.headers_mut() = taken;
    let mut response = Some(response);
    // The compression layer needs a service.
    let answered = service_fn(move |_| ready(Ok::<_, Infallible>(response.take().unwrap_or_default())));
    let layer = CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(worth_it);
    let compressed = layer.layer(answered).oneshot(request).await;
    compressed.unwrap_or_else(|never| match never {}).map(axum::body::Body::new)
}
