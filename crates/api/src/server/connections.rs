//! The connections that one runtime serves: TLS, the version of HTTP, and when they end.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::response::{IntoResponse, Response};
use hyper::body::Incoming;
use hyper::header::HOST;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper::{Request, Version};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulConnection;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::certificate::{Certificate, HTTP_2};
use super::head_timer::HeadTimer;
use super::{Accepted, ServeOptions};
use crate::client::Connection;
use crate::handler::Handler;
use crate::problem::Problem;

/// The most requests at once on one connection of HTTP/2.
const MOST_STREAMS: u32 = 100;
/// The most bytes in the head of a request of HTTP/2. HTTP/1.1 has a limit of its own.
const MOST_HEAD: u32 = 64 * 1024;

/// The connections that one runtime serves.
pub(super) struct Connections<A> {
    http: Http<A>,
    tls: Option<TlsAcceptor>,
    /// Tells all connections that the server stops; each holds a receiver until it ends.
    stop: watch::Sender<()>,
    grace: Duration,
}

/// How connections are served.
#[derive(Clone)]
struct Http<A> {
    app: A,
    http1: http1::Builder,
    http2: http2::Builder<TokioExecutor>,
    idle: Duration,
}

impl<A: Handler> Connections<A> {
    pub(super) fn new(app: A, options: ServeOptions) -> Self {
        let idle = options.header_read_timeout;
        let mut http1 = http1::Builder::new();
        http1.header_read_timeout(idle);
        // A client that closes its side of the connection counts as gone: a client that still waits looks the same as
        // one that left, and working for those that left costs more than asking clients to keep both sides open.
        http1.half_close(false);
        let mut http2 = http2::Builder::new(TokioExecutor::new());
        http2
            .timer(TokioTimer::new())
            .max_concurrent_streams(MOST_STREAMS)
            .max_header_list_size(MOST_HEAD)
            // A client that is gone without a word is noticed.
            .keep_alive_interval(idle / 3)
            .keep_alive_timeout(idle / 3);
        let tls = options.certificate.as_ref().map(Certificate::acceptor);
        Self { http: Http { app, http1, http2, idle }, tls, stop: watch::Sender::new(()), grace: options.grace }
    }

    pub(super) fn serve(&self, Accepted { stream, peer, place }: Accepted) {
        let (http, tls, stop) = (self.http.clone(), self.tls.clone(), self.stop.subscribe());
        tokio::spawn(async move {
            let served = match tls {
                None => {
                    let connection = Connection { peer: peer.ip(), is_secure: false };
                    http.serve_http1(stream, connection, stop).await
                }
                // Boxed, so that it does not enlarge what is kept of a connection without it.
                Some(tls) => {
                    let connection = Connection { peer: peer.ip(), is_secure: true };
                    Box::pin(http.serve_tls(tls, stream, connection, stop)).await
                }
            };
            // A client that disconnects or sends invalid HTTP is not an error of the server.
            if let Err(error) = served {
                tracing::debug!(error, "a connection ended early");
            }
            drop(place);
        });
    }

    /// Waits for running requests to finish.
    pub(super) async fn end(self) {
        // Nobody may be there to hear it.
        let _ = self.stop.send(());
        if tokio::time::timeout(self.grace, self.stop.closed()).await.is_err() {
            tracing::warn!("requests were still running after {:?}; closing their connections", self.grace);
        }
    }
}

/// Changes when the server stops.
type Stop = watch::Receiver<()>;

type Ended = Result<(), Box<dyn std::error::Error + Send + Sync>>;

impl<A: Handler> Http<A> {
    async fn serve_tls(self, tls: TlsAcceptor, stream: TcpStream, connection: Connection, stop: Stop) -> Ended {
        let mut stopping = stop.clone();
        let accepted = tokio::select! {
            accepted = tokio::time::timeout(self.idle / 6, tls.accept(stream)) => accepted,
            // Nothing was asked yet.
            _ = stopping.changed() => return Ok(()),
        };
        let stream = accepted??;
        match stream.get_ref().1.alpn_protocol() {
            Some(HTTP_2) => self.serve_http2(stream, connection, stop).await,
            _ => self.serve_http1(stream, connection, stop).await,
        }
    }

    async fn serve_http1(
        mut self,
        stream: impl AsyncRead + AsyncWrite + Unpin + 'static,
        connection: Connection,
        stop: Stop,
    ) -> Ended {
        let app = self.app;
        let service = service_fn(move |request| answer(app.clone(), request, connection));
        let http = self.http1.timer(HeadTimer::default());
        // It limits itself how long it waits for a request.
        serve_until(http.serve_connection(TokioIo::new(stream), service), stop, std::future::pending()).await
    }

    async fn serve_http2(self, stream: TlsStream<TcpStream>, connection: Connection, stop: Stop) -> Ended {
        let (app, idle) = (self.app, self.idle);
        let is_used = Arc::new(AtomicBool::new(false));
        let used = is_used.clone();
        let service = service_fn(move |request| {
            used.store(true, Ordering::Relaxed);
            answer(app.clone(), request, connection)
        });
        let unused = async move {
            loop {
                tokio::time::sleep(idle).await;
                if !is_used.swap(false, Ordering::Relaxed) {
                    break;
                }
            }
        };
        serve_until(self.http2.serve_connection(TokioIo::new(stream), service), stop, unused).await
    }
}

/// Serves a connection until it ends. When the server stops, or when it was unused for some time, it ends after the
/// requests that are running.
async fn serve_until<C>(connection: C, mut stop: Stop, unused: impl Future<Output = ()>) -> Ended
where
    C: GracefulConnection<Error = hyper::Error>,
{
    let mut connection = pin!(connection);
    tokio::select! {
        served = connection.as_mut() => return Ok(served?),
        _ = stop.changed() => {}
        () = unused => {}
    }
    connection.as_mut().graceful_shutdown();
    Ok(connection.await?)
}

/// Answers a request that came by a connection.
async fn answer<A: Handler>(
    app: A,
    mut request: Request<Incoming>,
    connection: Connection,
) -> Result<Response, Infallible> {
    if !names_host(&request) {
        return Ok(Problem::host().into_response());
    }
    request.extensions_mut().insert(connection);
    Ok(app.handle(request.map(body)).await)
}

/// Whether a request has exactly one valid host: as RFC 9112 requires it, in the header `Host`. HTTP/1.0 does not know
/// the header, and HTTP/2 has the host in the target, where its parser finds it.
fn names_host<B>(request: &Request<B>) -> bool {
    let mut hosts = request.headers().get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) if request.version() == Version::HTTP_2 => request.uri().authority().is_some(),
        (None, _) => request.version() < Version::HTTP_11,
        // An empty value is for targets without a host.
        (Some(host), None) => host.is_empty() || is_host(host.as_bytes()),
        (Some(_), Some(_)) => false,
    }
}

/// Whether a text can be a host with or without a port: without a path, and without a user name.
fn is_host(host: &[u8]) -> bool {
    host.iter().all(|byte| byte.is_ascii_graphic() && !b"/?#@\\".contains(byte))
}

/// The body for handlers; most requests have none.
fn body(body: Incoming) -> Body {
    if body.is_end_stream() { Body::empty() } else { Body::new(body) }
}
