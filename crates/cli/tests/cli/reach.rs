//! Who can reach a server, and how: TLS by files that are renewed, names and proxies.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mwallet_testkit::{TestDb, both_engines};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::support::{Done, Server, call, call_on, program};

/// Writes a certificate for `desk.example` and its key; returns the certificate.
fn write_pair(folder: &Path, expires: Option<(i32, u8, u8)>) -> String {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut parameters = rcgen::CertificateParams::new(["desk.example".to_owned()]).unwrap();
    if let Some((year, month, day)) = expires {
        parameters.not_after = rcgen::date_time_ymd(year, month, day);
    }
    let certificate = parameters.self_signed(&key).unwrap().pem();
    std::fs::write(folder.join("cert.pem"), &certificate).unwrap();
    std::fs::write(folder.join("key.pem"), key.serialize_pem()).unwrap();
    certificate
}

const TLS: [&str; 4] = ["--tls-cert", "cert.pem", "--tls-key", "key.pem"];

fn start(db: &TestDb, place: &str, options: &[&str]) -> Server {
    let mut program = program(db.folder.path());
    program.env("RUST_LOG", "info").args(["serve", "--database-url", &db.url.expose()]).args(options);
    Server::listening_at(program, place)
}

/// A GET by TLS; an error if the server has another certificate.
async fn get_by_tls(server: &Server, certificate: &str, path: &str) -> std::io::Result<String> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(&server.addresses[0]).await?;
    let name = ServerName::try_from("desk.example").unwrap();
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
    stream.write_all(format!("GET {path} HTTP/1.0\r\nHost: desk.example\r\n\r\n").as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

#[both_engines]
async fn a_certificate_is_renewed_while_the_server_runs(db: TestDb) {
    let folder = db.folder.path();
    let first = write_pair(folder, None);
    let server = start(&db, "127.0.0.1:0", &[&TLS[..], &["--trusted-hosts", "desk.example", "--migrate"]].concat());
    assert!(server.url.starts_with("https://127.0.0.1:"), "{}", server.url);
    let answer = get_by_tls(&server, &first, "/livez").await.unwrap();
    assert!(answer.starts_with("HTTP/1.0 200 ") && answer.contains("strict-transport-security: max-age="), "{answer}");

    let hang_up = || {
        let told = Command::new("kill").args(["-HUP", &server.id().to_string()]).status().unwrap();
        assert!(told.success());
    };
    let second = write_pair(folder, None);
    hang_up();
    let begun = Instant::now();
    while let Err(error) = get_by_tls(&server, &second, "/livez").await {
        assert!(begun.elapsed() < Duration::from_secs(5), "{error}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(get_by_tls(&server, &first, "/livez").await.is_err());

    std::fs::write(folder.join("key.pem"), "half of a k").unwrap();
    hang_up();
    std::fs::remove_file(folder.join("cert.pem")).unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(get_by_tls(&server, &second, "/livez").await.is_ok());
    let (_, log) = server.stop_and_read_log();
    assert_eq!(log.matches("the certificate is new, and valid until").count(), 1, "{log}");
    assert!(log.contains("cert.pem has changed and cannot be used") || log.contains("cannot read cert.pem"), "{log}");
}

#[both_engines]
async fn a_server_is_called_by_names_that_it_has(db: TestDb) {
    assert_eq!(call_on(&db, &["schema", "create"]).code, 0);
    let status = |server: &Server, host: &str| {
        let address = server.addresses[0].clone();
        let mut socket = std::net::TcpStream::connect(address).unwrap();
        std::io::Write::write_all(&mut socket, format!("GET /livez HTTP/1.0\r\nHost: {host}\r\n\r\n").as_bytes())
            .unwrap();
        let mut answer = String::new();
        std::io::Read::read_to_string(&mut socket, &mut answer).unwrap();
        answer.split(' ').nth(1).unwrap().to_owned()
    };
    for (options, own, named, other) in [
        // Only this machine calls.
        (&[][..], "200", "403", "403"),
        (&["--trusted-hosts", "desk.example,*.desk.example"], "200", "200", "403"),
        (&["--open", "--trusted-hosts", "desk.example"], "200", "200", "403"),
        // A proxy passes whatever it was called by.
        (&["--trusted-proxies", "127.0.0.1"], "200", "200", "200"),
        (&["--trusted-proxies", "127.0.0.1", "--trusted-hosts", "desk.example"], "200", "200", "403"),
    ] {
        let server = start(&db, "127.0.0.1:0", options);
        let found = ["localhost", "desk.example", "evil.example"].map(|host| status(&server, host));
        assert_eq!(found, [own, named, other], "{options:?}");
    }
}

#[both_engines]
async fn metrics_have_an_address_of_their_own(db: TestDb) {
    let mut program = program(db.folder.path());
    program.args([
        "serve",
        "--open",
        "--migrate",
        "--database-url",
        &db.url.expose(),
        "--metrics-listen",
        "127.0.0.1:0",
    ]);
    let (server, said) = Server::listening_and_saying(program);
    server.get("/rest/v1/orders?limit=1");
    let url = said["metrics"].as_str().unwrap();
    let address = url.strip_prefix("http://").unwrap().strip_suffix("/metrics").unwrap();
    let text = Server::get_at(address, address, "/metrics");
    let line = r#"mwallet_requests_total{method="GET",route="/rest/v1/orders",status="200"} 1"#;
    assert!(text.lines().any(|found| found == line), "{text}");
    server.get_as("/metrics", 404);
}

#[tokio::test]
async fn a_server_that_others_reach_is_protected() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let refused = |options: &[&str]| -> Done {
        let done = call(folder, &[&["serve"], options].concat());
        assert_ne!(done.code, 0, "{options:?}");
        done
    };
    let done = refused(&["--listen", "0.0.0.0:0"]);
    assert_eq!(
        (done.code, done.err.as_str()),
        (
            2,
            "error: other machines can reach 0.0.0.0:0, and without TLS keys and tokens can be overheard on the way\n\
             hint: name a certificate (--tls-cert, --tls-key), or the proxy that speaks TLS (--trusted-proxies); \
             --plain-http serves without\n"
        )
    );
    write_pair(folder, None);
    let done = refused(&[&["--open", "--listen", "0.0.0.0:0"], &TLS[..]].concat());
    assert!(done.err.contains("--open serves without login, so it must not listen on 0.0.0.0:0"), "{}", done.err);
    for options in [&TLS[..2], &TLS[2..], &["--plain-http", "--open"], &["--trusted-proxies", "proxy.example"]] {
        assert_eq!(refused(options).code, 2, "{options:?}");
    }
    write_pair(folder, Some((2020, 1, 1)));
    let done = refused(&TLS);
    assert!(done.err.contains("cert.pem: the certificate has ended to be valid at 2020-01-01"), "{}", done.err);
    std::fs::write(folder.join("key.pem"), "").unwrap();
    let done = refused(&TLS);
    assert!(done.err.contains("cert.pem: there is no private key (BEGIN PRIVATE KEY) in PEM"), "{}", done.err);
    std::fs::remove_file(folder.join("key.pem")).unwrap();
    assert!(refused(&TLS).err.contains("cannot read key.pem"));
    assert!(!folder.join("mwallet.db").exists(), "nothing is made before");
}
