//! Rows as the body of an answer: in one piece where they are few, in parts as they come where they are many.

use std::time::Duration;

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::stream;
use mwallet_db::{Batches, Error, JsonRows};
use tokio::sync::mpsc;

use crate::errors;

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

/// Answers rows as a JSON array.
///
/// # Errors
///
/// What the database says before the first bytes are on their way.
pub(crate) async fn array(mut batches: Batches<'static>, stall_time: Duration) -> Result<Response, Error> {
    let Some(first) = next(&mut batches).await.transpose()? else {
        return Ok(json(Bytes::from_static(b"[]")));
    };
    let Some(second) = next(&mut batches).await.transpose()? else {
        let mut array = Vec::with_capacity(first.len() + 2);
        array.push(b'[');
        array.extend_from_slice(&first);
        array.push(b']');
        return Ok(json(array));
    };
    let (sender, parts) = mpsc::channel(1);
    tokio::spawn(send_parts(batches, first, second, sender, stall_time));
    Ok(json(Body::from_stream(stream::unfold(Some(parts), receive))))
}

/// An answer of JSON.
pub(crate) fn json(body: impl Into<Body>) -> Response {
    ([(CONTENT_TYPE, "application/json")], body.into()).into_response()
}

/// The next rows; none of the batches is empty.
async fn next(batches: &mut Batches<'static>) -> Option<Result<Vec<u8>, Error>> {
    loop {
        match batches.next_json().await? {
            Ok(JsonRows { rows: 0, .. }) => {}
            Ok(rows) => return Some(Ok(rows.bytes)),
            Err(error) => return Some(Err(error)),
        }
    }
}

/// Hands rows to the connection as fast as it takes them. A task of its own, since a body is only asked for more when the
/// client reads: it could not see that a client stopped, and would hold its place at the database for ever.
async fn send_parts(
    mut batches: Batches<'static>,
    first: Vec<u8>,
    second: Vec<u8>,
    sender: mpsc::Sender<Part>,
    stall_time: Duration,
) {
    let mut waiting = Some(second);
    let mut part = with_prefix(b'[', first);
    loop {
        if sender.send_timeout(Part::Rows(part), stall_time).await.is_err() {
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
            Some(Ok(rows)) => with_prefix(b',', rows),
            Some(Err(error)) => return errors::log(&error),
            None => break,
        };
    }
    let _ = sender.send_timeout(Part::End, stall_time).await;
}

fn with_prefix(prefix: u8, mut rows: Vec<u8>) -> Bytes {
    rows.insert(0, prefix);
    rows.into()
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
