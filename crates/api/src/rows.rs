//! Rows as the body of an answer: in one piece where they are few, in parts as they come where they are many.

use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::Response;
use bytes::Bytes;
use futures::stream::{self, StreamExt};
use mwallet_db::{Batches, Error, JsonRows};
use tokio::sync::mpsc;

use crate::{error_log, request_id};

/// A piece of an answer that comes in parts.
enum Part {
    Rows(Bytes),
    /// The last piece: only with it the answer is whole.
    End,
}

/// Why an answer breaks off: the connection is closed in the middle, so that no client takes it for the whole.
#[derive(Debug, thiserror::Error)]
#[error("the answer breaks off")]
struct BrokenOff;

/// Rows as a JSON array, and how many they are where that is known before the last is on its way.
pub(crate) struct Page {
    pub(crate) response: Response,
    pub(crate) rows: Option<u64>,
}

/// Answers rows as a JSON array.
///
/// # Errors
///
/// What the database says before the first bytes are on their way.
pub(crate) async fn array(mut batches: Batches<'static>, write_timeout: Duration) -> Result<Page, Error> {
    request_id::count_rows(0);
    let Some(first) = next(&mut batches).await.transpose()? else {
        return Ok(Page { response: json(Bytes::from_static(b"[]")), rows: Some(0) });
    };
    let rows = Some(first.rows());
    let Some(second) = next(&mut batches).await.transpose()? else {
        return Ok(Page { response: json(first.into_array()), rows });
    };
    let (sender, parts) = mpsc::channel(1);
    let work = send_parts(batches, first, second, sender, write_timeout);
    // What goes wrong later is logged as part of the same request.
    tokio::spawn(request_id::carry(work));
    // Compression asks again after the end.
    let body = Body::from_stream(stream::unfold(Some(parts), receive).fuse());
    Ok(Page { response: json(body), rows: None })
}

/// The same answer to who wants its headers only; how long it would be was not found out.
pub(crate) fn headers_only(response: Response) -> Response {
    let nothing = stream::empty::<Result<Bytes, BrokenOff>>();
    response.map(|_| Body::from_stream(nothing))
}

/// Takes the body of an answer away, and leaves word of how long it would be.
pub(crate) fn take_body(response: &mut Response) {
    if let Some(length) = response.body().size_hint().exact() {
        response.headers_mut().entry(CONTENT_LENGTH).or_insert_with(|| length.into());
    }
    *response.body_mut() = Body::empty();
}

/// An answer of JSON.
pub(crate) fn json(body: impl Into<Body>) -> Response {
    typed(HeaderValue::from_static("application/json"), body)
}

/// An answer of a media type.
pub(crate) fn typed(media_type: HeaderValue, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    response.headers_mut().insert(CONTENT_TYPE, media_type);
    response
}

/// The next rows; none of the batches is empty.
async fn next(batches: &mut Batches<'static>) -> Option<Result<JsonRows, Error>> {
    loop {
        match batches.next_json().await? {
            Ok(rows) if rows.rows() == 0 => {}
            Ok(rows) => {
                request_id::count_rows(rows.rows());
                return Some(Ok(rows));
            }
            Err(error) => return Some(Err(error)),
        }
    }
}

/// Hands rows to the connection as fast as it takes them. A task of its own, since a body is only asked for more when the
/// client reads: it could not see that a client stopped, and would hold its place at the database for ever.
async fn send_parts(
    mut batches: Batches<'static>,
    first: JsonRows,
    second: JsonRows,
    sender: mpsc::Sender<Part>,
    write_timeout: Duration,
) {
    let mut waiting = Some(second);
    let mut part = first.into_array_begin();
    loop {
        if sender.send_timeout(Part::Rows(part), write_timeout).await.is_err() {
            return;
        }
        let rows = match waiting.take() {
            Some(rows) => Some(Ok(rows)),
            None => tokio::select! {
                rows = next(&mut batches) => rows,
                // The client is gone.
                () = sender.closed() => return,
            },
        };
        part = match rows {
            Some(Ok(rows)) => rows.into_array_part(),
            Some(Err(error)) => return error_log::write(&error),
            None => break,
        };
    }
    let _ = sender.send_timeout(Part::End, write_timeout).await;
}

/// The next bytes for the connection. A sender that goes away before the end leaves an error.
async fn receive(
    parts: Option<mpsc::Receiver<Part>>,
) -> Option<(Result<Bytes, BrokenOff>, Option<mpsc::Receiver<Part>>)> {
    let mut parts = parts?;
    Some(match parts.recv().await {
        Some(Part::Rows(rows)) => (Ok(rows), Some(parts)),
        Some(Part::End) => (Ok(Bytes::from_static(b"]")), None),
        None => (Err(BrokenOff), None),
    })
}
