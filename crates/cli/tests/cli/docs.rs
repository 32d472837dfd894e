//! The document and its page as their users meet them: a validator of OpenAPI, and a browser without a network.

use std::io::Read;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use mwallet_testkit::{Dialect, Sample, TestDb, run};

use crate::support::{Server, call_on, done, tool};

/// Opens a page in a browser that reaches this machine and nothing else. Gives what the page became, and its
/// complaints.
fn browse(url: &str, profile: &Path) -> (String, String) {
    let mut browser = tool("MWALLET_TEST_CHROMIUM");
    browser.args(["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]);
    // Whatever is not this machine is asked of a proxy that is not there.
    browser.args(["--proxy-server=127.0.0.1:1", "--proxy-bypass-list=127.0.0.1", "--disable-background-networking"]);
    browser.arg(format!("--user-data-dir={}", profile.display()));
    // Time that passes as fast as the page has work to do.
    browser.args(["--virtual-time-budget=30000", "--enable-logging=stderr", "--dump-dom", url]);
    let mut child = browser.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let read_out = std::thread::spawn(move || read(&mut out));
    let read_err = std::thread::spawn(move || read(&mut err));
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > Duration::from_secs(120) {
            child.kill().unwrap();
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    (read_out.join().unwrap(), read_err.join().unwrap())
}

fn read(from: &mut impl Read) -> String {
    let mut bytes = Vec::new();
    from.read_to_end(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The addresses of other machines in a page, but for the names of XML, which nobody asks.
fn foreign(page: &str) -> Vec<&str> {
    let addresses = page.match_indices("://").map(|(at, _)| {
        let rest = &page[at + 3..];
        &rest[..rest.find(['"', '/', ' ', '<', ')']).unwrap_or(rest.len())]
    });
    addresses.filter(|host| *host != "www.w3.org" && !host.starts_with("127.0.0.1:")).collect()
}

#[test]
fn the_page_shows_every_table_without_a_network() {
    run(Dialect::Sqlite, async |db: TestDb| {
        let server = Server::start(&db);
        let profile = tempfile::tempdir().unwrap();
        let (closed, log) = browse(&format!("{}/docs", server.url), profile.path());
        for table in mwallet_models::tables() {
            assert!(
                closed.contains(&format!("data-tag=\"{}\"", table.name)),
                "{} is not in {closed}\n{log}",
                table.name
            );
        }
        assert!(closed.contains("<title>mWallet API</title>"));
        // A table is opened by whoever wants to know more of it.
        assert!(!closed.contains("data-path="), "{closed}");

        let (orders, log) = browse(&format!("{}/docs#/orders", server.url), profile.path());
        for path in ["/rest/v1/orders", "/rest/v1/orders/{identifier}"] {
            assert!(orders.contains(&format!("data-path=\"{path}\"")), "{path} is not in {orders}\n{log}");
        }
        for summary in ["List orders", "Create orders", "Update orders", "Delete one of orders", "Get one of orders"] {
            assert!(orders.contains(&format!(">{summary}<")), "{summary} is not in {orders}");
        }
        for page in [closed, orders] {
            assert_eq!(foreign(&page), [""; 0]);
        }
        assert!(!log.contains("Content Security Policy"), "{log}");
    });
}

#[test]
fn the_picture_of_a_database_is_searched_without_a_network() {
    run(Dialect::Sqlite, async |db: TestDb| {
        Sample::Chinook.fill(&db).await;
        let folder = db.folder.path();
        for file in ["erd.html", "erd.svg", "erd.mmd"] {
            assert_eq!(call_on(&db, &["inspect", "--erd", file]).code, 0);
        }
        // As if somebody had typed into the box of the search.
        let page = std::fs::read_to_string(folder.join("erd.html")).unwrap();
        let typed = "<script>const search = document.querySelector('input'); search.value = 'trackid'; \
                     search.dispatchEvent(new Event('input'))</script></body>";
        std::fs::write(folder.join("typed.html"), page.replace("</body>", typed)).unwrap();
        let profile = tempfile::tempdir().unwrap();
        let (page, log) = browse(&format!("file://{}", folder.join("typed.html").display()), profile.path());
        // Of Track, InvoiceLine and PlaylistTrack.
        assert!(page.contains("<output>1 / 3</output>"), "{page}\n{log}");
        assert_eq!(foreign(&page), [""; 0]);
        assert!(!log.contains("Content Security Policy") && !log.contains("Uncaught"), "{log}");

        let mut python = tool("MWALLET_TEST_PYTHON");
        let read = "import sys, xml.dom.minidom as d; print(len(d.parse(sys.argv[1]).getElementsByTagName('text')))";
        let parsed = done(python.args(["-c", read]).arg(folder.join("erd.svg")));
        assert!(parsed.out.trim().parse::<usize>().unwrap() > 100, "{}", parsed.err);
        let mermaid = std::fs::read_to_string(folder.join("erd.mmd")).unwrap();
        assert!(mermaid.contains("\"Album\" }o--|| \"Artist\" : \"Album_ArtistId_fkey\""), "{mermaid}");
        let unknown = call_on(&db, &["inspect", "--erd", "erd.png"]);
        assert!(unknown.code == 2 && unknown.err.contains(".svg, .html or .mmd"), "{}", unknown.err);
    });
}

#[test]
fn a_validator_of_openapi_accepts_what_is_written_of_other_databases() {
    for (dialect, sample) in
        [(Dialect::Sqlite, Sample::Northwind), (Dialect::Sqlite, Sample::Chinook), (Dialect::Postgres, Sample::Chinook)]
    {
        run(dialect, async |db: TestDb| {
            sample.fill(&db).await;
            assert_eq!(call_on(&db, &["generate", "openapi", "--out", "."]).code, 0);
            validate(&db.folder.path().join("openapi.json"));
        });
    }
}

/// Has the validator read a document.
fn validate(file: &Path) {
    let mut python = tool("MWALLET_TEST_PYTHON");
    let done = python.args(["-m", "openapi_spec_validator", "--schema", "3.1"]).arg(file).output().unwrap();
    let said = [done.stdout, done.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(done.status.success(), "{said:?}");
    assert!(said[0].trim_end().ends_with("OK"), "{said:?}");
}

#[test]
fn a_validator_of_openapi_accepts_the_document() {
    run(Dialect::Sqlite, async |db: TestDb| {
        let server = Server::start(&db);
        let file = db.folder.path().join("openapi.json");
        std::fs::write(&file, server.get("/rest/v1/")).unwrap();
        validate(&file);
    });
}
