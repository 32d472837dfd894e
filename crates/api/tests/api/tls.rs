//! A server that speaks TLS: both versions of HTTP, a certificate that is replaced, and connections that end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, Version};
use axum::routing::get;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use mwallet_api::{App, AppState, Certificate, ExposedTables, Handler, Proxies, ServeOptions};
use mwallet_db::{Dialect, Engine};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};

/// A certificate for `desk.example` and its key, in PEM.
struct Pair {
    certificate: String,
    key: String,
}

impl Pair {
    fn new() -> Self {
        let made = rcgen::generate_simple_self_signed(["desk.example".to_owned()]).unwrap();
        Self { certificate: made.cert.pem(), key: made.signing_key.serialize_pem() }
    }

    fn read(&self) -> Certificate {
        Certificate::from_pem(self.certificate.as_bytes(), self.key.as_bytes()).unwrap()
    }

    /// Connects to a server that has this certificate, with a version of HTTP.
    async fn connect(&self, address: SocketAddr, protocol: &[u8]) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.certificate.as_bytes()).unwrap()).unwrap();
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![protocol.to_vec()];
        let stream = TcpStream::connect(address).await?;
        let name = ServerName::try_from("desk.example").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, stream).await
    }

    async fn http2(&self, address: SocketAddr) -> http2::SendRequest<Body> {
        let stream = self.connect(address, b"h2").await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        sender
    }
}

async fn serve(
    app: impl Handler,
    options: ServeOptions,
    stop: impl Future<Output = ()> + Send + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(mwallet_api::serve([listener], app, stop, options));
    address
}

fn options(certificate: &Certificate) -> ServeOptions {
    ServeOptions { certificate: Some(certificate.clone()), ..ServeOptions::default() }
}

fn request(path: &str) -> Request<Body> {
    Request::get(format!("https://desk.example{path}")).body(Body::empty()).unwrap()
}

fn state() -> AppState {
    let year = Duration::from_secs(365 * 24 * 60 * 60);
    AppState::new(Engine::mock(Dialect::Sqlite), ExposedTables::new([]).unwrap()).strict_transport(year)
}

#[tokio::test]
async fn both_versions_of_http_are_spoken() {
    let pair = Pair::new();
    for threads in [0, 2] {
        let options = ServeOptions { threads, ..options(&pair.read()) };
        let address = serve(App::new(state()), options, std::future::pending()).await;

        let answer = pair.http2(address).await.send_request(request("/livez")).await.unwrap();
        assert_eq!((answer.status(), answer.version()), (StatusCode::OK, Version::HTTP_2));
        assert_eq!(answer.headers()["strict-transport-security"], "max-age=31536000");
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");

        let stream = pair.connect(address, b"http/1.1").await.unwrap();
        let (mut sender, connection) = http1::handshake::<_, Body>(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let asked = Request::get("/livez").header("host", "desk.example").body(Body::empty()).unwrap();
        let answer = sender.send_request(asked).await.unwrap();
        assert_eq!((answer.status(), answer.version()), (StatusCode::OK, Version::HTTP_11));
        assert_eq!(answer.headers()["strict-transport-security"], "max-age=31536000");
    }
}

#[tokio::test]
async fn only_clients_that_come_by_tls_are_told_to() {
    let ask = async |state: AppState| {
        let address = serve(App::new(state), ServeOptions::default(), std::future::pending()).await;
        let stream = TcpStream::connect(address).await.unwrap();
        let (mut sender, connection) = http1::handshake::<_, Body>(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let asked = Request::get("/livez").header("host", "desk.example").header("x-forwarded-proto", "https");
        sender.send_request(asked.body(Body::empty()).unwrap()).await.unwrap().headers().clone()
    };
    assert!(!ask(state()).await.contains_key("strict-transport-security"));
    let proxies = Proxies::new(["127.0.0.1".parse().unwrap()]);
    assert!(ask(state().proxies(proxies)).await.contains_key("strict-transport-security"));
}

#[tokio::test]
async fn a_certificate_is_replaced_for_connections_that_are_made_later() {
    let (first, second) = (Pair::new(), Pair::new());
    let certificate = first.read();
    let address = serve(App::new(state()), options(&certificate), std::future::pending()).await;
    let mut open = first.http2(address).await;
    assert!(certificate.replace(second.certificate.as_bytes(), first.key.as_bytes()).is_err());
    assert_eq!(first.http2(address).await.send_request(request("/livez")).await.unwrap().status(), StatusCode::OK);

    certificate.replace(second.certificate.as_bytes(), second.key.as_bytes()).unwrap();
    assert!(first.connect(address, b"h2").await.is_err());
    assert_eq!(second.http2(address).await.send_request(request("/livez")).await.unwrap().status(), StatusCode::OK);
    assert_eq!(open.send_request(request("/livez")).await.unwrap().status(), StatusCode::OK);
}

#[test]
fn what_is_wrong_with_a_certificate_is_said() {
    let (pair, other) = (Pair::new(), Pair::new());
    let message = |certificate: &str, key: &str| {
        Certificate::from_pem(certificate.as_bytes(), key.as_bytes()).unwrap_err().to_string()
    };
    assert_eq!(message("", &pair.key), "there is no certificate (BEGIN CERTIFICATE) in PEM");
    assert_eq!(message(&pair.certificate, ""), "there is no private key (BEGIN PRIVATE KEY) in PEM");
    assert_eq!(message(&pair.key, &pair.key), "there is no certificate (BEGIN CERTIFICATE) in PEM");
    let garbage = "-----BEGIN CERTIFICATE-----\nbm9uZQ==\n-----END CERTIFICATE-----\n";
    assert_eq!(message(garbage, &pair.key), "the first certificate cannot be read");
    assert_eq!(message("-----BEGIN CERTIFICATE-----\n!", &pair.key), "the certificate is not valid PEM");
    let mismatch = "the private key cannot be used with the first certificate";
    assert_eq!(message(&pair.certificate, &other.key), mismatch);
}

#[tokio::test]
async fn a_handshake_that_does_not_come_is_given_up() {
    let options = ServeOptions { header_read_timeout: Duration::from_millis(120), ..options(&Pair::new().read()) };
    let address = serve(App::new(state()), options, std::future::pending()).await;
    let mut socket = TcpStream::connect(address).await.unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(5), socket.read(&mut [0; 16])).await;
    assert!(matches!(ended, Ok(Ok(0) | Err(_))), "the connection is still open");
}

#[tokio::test]
async fn a_connection_of_http_2_without_requests_is_closed() {
    let pair = Pair::new();
    let options = ServeOptions { header_read_timeout: Duration::from_millis(300), ..options(&pair.read()) };
    let address = serve(App::new(state()), options, std::future::pending()).await;
    let mut sender = pair.http2(address).await;
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(sender.send_request(request("/livez")).await.unwrap().status(), StatusCode::OK);
    }
    let closed = tokio::time::timeout(Duration::from_secs(5), async {
        while !sender.is_closed() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    assert!(closed.await.is_ok(), "the connection is still open");
}

#[tokio::test]
async fn a_request_of_http_2_that_runs_ends_before_the_server() {
    let pair = Pair::new();
    let (begun, is_begun) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (stop, stopped) = oneshot::channel::<()>();
    let handler = {
        let (begun, is_begun) = (begun.clone(), is_begun.clone());
        async move || {
            is_begun.notify_one();
            begun.notified().await;
            "done"
        }
    };
    let until = async { stopped.await.unwrap() };
    let address = serve(Router::new().route("/", get(handler)), options(&pair.read()), until).await;
    let mut sender = pair.http2(address).await;
    let answer = tokio::spawn(sender.send_request(request("/")));
    is_begun.notified().await;
    stop.send(()).unwrap();
    tokio::time::sleep(Duration::from_millis(150)).await;
    begun.notify_one();
    assert_eq!(answer.await.unwrap().unwrap().status(), StatusCode::OK);
}
