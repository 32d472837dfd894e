//! Bodies that were not read to their end before the response. HTTP/1.1 cannot stop a client from sending, so the
//! connection is closed after such a response. The response announces that: otherwise a client would send its next
//! request on a connection that is about to close.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::CONNECTION;
use axum::response::Response;
use hyper::body::{Frame, SizeHint};

/// Whether the body of a request was read to its end.
pub(crate) struct Unread(Option<Arc<AtomicBool>>);

impl Unread {
    /// Watches the body of a request, if it has one.
    pub(crate) fn watch(request: Request) -> (Request, Self) {
        if request.body().is_end_stream() {
            return (request, Self(None));
        }
        let is_read = Arc::new(AtomicBool::new(false));
        let watched = is_read.clone();
        (request.map(|body| Body::new(Watched { body, is_read: watched })), Self(Some(is_read)))
    }

    /// Adds `Connection: close` to the response if the body was not read to its end.
    pub(crate) fn mark(&self, response: &mut Response) {
        if self.0.as_ref().is_some_and(|is_read| !is_read.load(Ordering::Relaxed)) {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
    }
}

struct Watched {
    body: Body,
    is_read: Arc<AtomicBool>,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if frame.is_none() || self.body.is_end_stream() {
            self.is_read.store(true, Ordering::Relaxed);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    fn closes(unread: &Unread) -> bool {
        let mut response = Response::new(Body::empty());
        unread.mark(&mut response);
        response.headers().get(CONNECTION).is_some_and(|value| value == "close")
    }

    #[tokio::test]
    async fn an_answer_before_the_end_of_a_body_ends_the_connection() {
        let (_, none) = Unread::watch(Request::new(Body::empty()));
        assert!(!closes(&none));
        let (request, unread) = Unread::watch(Request::new(Body::from("text")));
        assert!(closes(&unread));
        assert_eq!(request.into_body().collect().await.unwrap().to_bytes(), "text");
        assert!(!closes(&unread));
    }
}
