//! Rows as the body of a response: in one piece if they are few, streamed if they are many.

use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::Response;
use bytes::Bytes;
use futures::stream::{self, StreamExt};
use mwallet_db::schema::json::SyntaxError;
use mwallet_db::{Batches, DecodeError, Error, JsonRows};
use tokio::sync::mpsc;

use crate::asker::{Asker, Permitted};
use crate::form::Form;
use crate::limits::Limits;
use crate::problem::Problem;
use crate::timing::{self, Stage, Stopwatch};
use crate::{error_log, request_id};

/// A part of a streamed response.
enum Part {
    Rows(Bytes),
    /// The last part, without which the response is incomplete.
    End(Bytes),
}

/// The error of an incomplete response: it closes the connection, so that no client takes the response for complete.
#[derive(Debug, thiserror::Error)]
#[error("the response is incomplete")]
struct BrokenOff;

/// Rows as a response, and their number if it is known before the last one is sent.
pub(crate) struct Page {
    pub(crate) response: Response,
    pub(crate) rows: Option<u64>,
}

/// How long the rest of a response is sent.
pub(crate) struct Sending {
    write_timeout: Duration,
    permitted: Permitted,
}

impl Sending {
    pub(crate) fn new(limits: Limits, asker: &Asker) -> Self {
        Self { write_timeout: limits.write_timeout, permitted: asker.permitted(limits.reload_timeout) }
    }
}

/// Responds with rows, of which CSV begins with the names.
///
/// # Errors
///
/// If the database fails before the first bytes are sent.
pub(crate) async fn page(
    mut batches: Batches<'static>,
    form: Form,
    names: Vec<String>,
    sending: Sending,
    timing: Option<&Stopwatch>,
) -> Result<Page, Problem> {
    request_id::count_rows(0);
    let first = next(&mut batches).await.transpose()?;
    let second = if first.is_some() { next(&mut batches).await.transpose()? } else { None };
    timing::enter(timing, Stage::Response);
    let Some(first) = first else {
        return Ok(Page { response: all(form, &names, JsonRows::default())?, rows: Some(0) });
    };
    let rows = Some(first.rows());
    let Some(second) = second else {
        return Ok(Page { response: all(form, &names, first)?, rows });
    };
    let (sender, parts) = mpsc::channel(1);
    let first = form.begin(&names, first).map_err(unreadable)?;
    let Sending { write_timeout, permitted } = sending;
    let send = send_parts(batches, form, first, second, sender, write_timeout);
    let work = async {
        tokio::select! {
            () = send => {}
            () = permitted.over() => tracing::warn!("a response breaks off: the permissions have changed"),
        }
    };
    // Later errors are logged with the ID of the same request.
    tokio::spawn(request_id::carry(work));
    // Compression polls again after the end.
    let body = Body::from_stream(stream::unfold(Some(parts), receive).fuse());
    Ok(Page { response: typed(form.media_type(), body), rows: None })
}

/// Responds with all rows.
///
/// # Errors
///
/// If the rows are not JSON, which they always are.
pub(crate) fn all(form: Form, names: &[String], rows: JsonRows) -> Result<Response, Problem> {
    Ok(typed(form.media_type(), form.whole(names, rows).map_err(unreadable)?))
}

/// Responds with one row, without an array around it.
///
/// # Errors
///
/// If the row is not JSON, which it always is.
pub(crate) fn one(form: Form, names: &[String], row: JsonRows) -> Result<Response, Problem> {
    let alone = match form {
        Form::Array(nulls) => Form::Object(nulls),
        form => form,
    };
    Ok(typed(form.media_type(), alone.whole(names, row).map_err(unreadable)?))
}

fn unreadable(error: SyntaxError) -> Error {
    DecodeError::new("row", error.to_string()).into()
}

/// The same response to a HEAD request; its length is unknown.
pub(crate) fn headers_only(response: Response) -> Response {
    let nothing = stream::empty::<Result<Bytes, BrokenOff>>();
    response.map(|_| Body::from_stream(nothing))
}

/// Removes the body of a response, and keeps its length in a header.
pub(crate) fn take_body(response: &mut Response) {
    if let Some(length) = response.body().size_hint().exact() {
        response.headers_mut().entry(CONTENT_LENGTH).or_insert_with(|| length.into());
    }
    *response.body_mut() = Body::empty();
}

/// A JSON response.
pub(crate) fn json(body: impl Into<Body>) -> Response {
    typed(HeaderValue::from_static("application/json"), body)
}

/// A response with a media type.
pub(crate) fn typed(media_type: HeaderValue, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    response.headers_mut().insert(CONTENT_TYPE, media_type);
    response
}

/// The next batch of rows; no batch is empty.
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

/// Passes rows to the connection as fast as it accepts them. This is a separate task, since a body is only polled while
/// the client reads: a body could not notice that a client stopped, and would hold its database connection for ever.
async fn send_parts(
    mut batches: Batches<'static>,
    form: Form,
    first: Bytes,
    second: JsonRows,
    sender: mpsc::Sender<Part>,
    write_timeout: Duration,
) {
    let mut waiting = Some(second);
    let mut part = first;
    loop {
        if sender.send_timeout(Part::Rows(part), write_timeout).await.is_err() {
            return;
        }
        let rows = match waiting.take() {
            Some(rows) => Some(Ok(rows)),
            None => tokio::select! {
                rows = next(&mut batches) => rows,
                // The client has disconnected.
                () = sender.closed() => return,
            },
        };
        part = match rows {
            Some(Ok(rows)) => match form.part(rows).map_err(unreadable) {
                Ok(part) => part,
                Err(error) => return error_log::write(&error),
            },
            Some(Err(error)) => return error_log::write(&error),
            None => break,
        };
    }
    let _ = sender.send_timeout(Part::End(form.end()), write_timeout).await;
}

/// The next bytes for the connection. If the sender is dropped before the end, this is an error.
async fn receive(
    parts: Option<mpsc::Receiver<Part>>,
) -> Option<(Result<Bytes, BrokenOff>, Option<mpsc::Receiver<Part>>)> {
    let mut parts = parts?;
    Some(match parts.recv().await {
        Some(Part::Rows(rows)) => (Ok(rows), Some(parts)),
        Some(Part::End(end)) => (Ok(end), None),
        None => (Err(BrokenOff), None),
    })
}
