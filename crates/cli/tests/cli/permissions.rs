//! A server that is closed: its permissions file is read again while it serves, and its keys and tokens are those of the
//! command line.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use mwallet_testkit::{TestDb, both_engines};
use serde_json::{Value, json};

use crate::support::{Server, call_on, done, program};

const ASSET: &str = r#"{"code": "BTC", "name": "Bitcoin", "kind": "COIN", "decimals": 8}"#;

/// A file that shows some columns of assets to everybody.
fn file(columns: &str) -> String {
    format!(
        "roles: {{ anon: {{}}, service_role: {{ bypass: true }} }}\n\
         tables: {{ assets: {{ anon: {{ read: {{ rows: all, columns: [{columns}] }} }} }} }}\n"
    )
}

/// A server by a file in the folder of the database.
fn closed(db: &TestDb, more: &[&str]) -> Server {
    let mut program = program(db.folder.path());
    program.args(["serve", "--database-url", &db.url.expose(), "--permissions", "permissions.yml"]).args(more);
    Server::listening(program)
}

/// Makes a key, and returns it.
fn key(db: &TestDb, arguments: &[&str]) -> String {
    let added = call_on(db, &[&["key", "add"], arguments, &["--json"]].concat());
    assert_eq!(added.code, 0, "{}", added.err);
    serde_json::from_str::<Value>(&added.out).unwrap()["key"].as_str().unwrap().to_owned()
}

/// The status and the body of an answer.
fn ask(server: &Server, request: &str, headers: &[String], body: &str) -> (u16, String) {
    let headers: String = headers.iter().map(|header| format!("\r\n{header}")).collect();
    let length = body.len();
    let answer = server.ask(&format!("{request} HTTP/1.0{headers}\r\ncontent-length: {length}"), body).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

#[both_engines]
async fn a_reload_under_load_mixes_nothing_and_a_wrong_file_changes_nothing(db: TestDb) {
    let path = db.folder.path().join("permissions.yml");
    std::fs::write(&path, file("code")).unwrap();
    let server = closed(&db, &[]);
    let secret = format!("apikey: {}", key(&db, &["loader", "--secret"]));
    let json = "content-type: application/json".to_owned();
    let (status, text) = ask(&server, "POST /rest/v1/assets", &[secret.clone(), json], ASSET);
    assert_eq!(status, 201, "{text}");

    let is_over = AtomicBool::new(false);
    let forms = [r#"[{"code":"BTC"}]"#, r#"[{"code":"BTC","name":"Bitcoin"}]"#];
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let mut found = [0_u32; 2];
                    while !is_over.load(Ordering::Relaxed) {
                        let (status, text) = ask(&server, "GET /rest/v1/assets", &[], "");
                        assert_eq!(status, 200, "{text}");
                        let form = forms.iter().position(|form| *form == text);
                        found[form.unwrap_or_else(|| panic!("an answer of two files: {text}"))] += 1;
                    }
                    found
                })
            })
            .collect();
        for round in 0..10 {
            std::fs::write(&path, file(if round % 2 == 0 { "code, name" } else { "code" })).unwrap();
            let (status, text) = ask(&server, "POST /admin/reload", std::slice::from_ref(&secret), "");
            assert_eq!(status, 204, "{text}");
            let (_, text) = ask(&server, "GET /rest/v1/assets", &[], "");
            assert_eq!(text, forms[usize::from(round % 2 == 0)]);
        }
        // A mistake leaves the last file in force, and is told by its place.
        std::fs::write(&path, file("code, nam")).unwrap();
        let (status, text) = ask(&server, "POST /admin/reload", std::slice::from_ref(&secret), "");
        assert_eq!(status, 422, "{text}");
        assert!(text.contains("permissions.yml: line 2, column ") && text.contains("did you mean name?"), "{text}");
        assert_eq!(ask(&server, "GET /rest/v1/assets", &[], "").1, forms[0]);
        // Nobody else reloads.
        assert_eq!(ask(&server, "POST /admin/reload", &[], "").0, 401);
        is_over.store(true, Ordering::Relaxed);
        let found = readers.into_iter().map(|reader| reader.join().unwrap());
        let found = found.reduce(|all, one| [all[0] + one[0], all[1] + one[1]]).unwrap();
        assert!(found[0] > 0 && found[1] > 0, "{found:?}");
    });
    assert!(server.stop().success());
    // A server does not start with it.
    let mut program = program(db.folder.path());
    program.args(["serve", "--database-url", &db.url.expose(), "--permissions", "permissions.yml", "--json"]);
    let failed = done(&mut program);
    assert_eq!(failed.code, 1);
    let error: Value = serde_json::from_str(failed.err.lines().last().unwrap()).unwrap();
    assert_eq!(error["code"], "invalid_permissions", "{error}");
    assert!(error["message"].as_str().unwrap().starts_with("permissions.yml: line 2, column "), "{error}");
}

#[both_engines]
async fn keys_and_tokens_are_made_and_end(db: TestDb) {
    std::fs::write(db.folder.path().join("permissions.yml"), file("code")).unwrap();
    let server = closed(&db, &[]);
    let (web, secret) = (key(&db, &["web"]), key(&db, &["loader", "--secret"]));
    assert!(web.starts_with("sb_publishable_") && secret.starts_with("sb_secret_"));
    let get = |key: &str| ask(&server, "GET /rest/v1/users", &[format!("apikey: {key}")], "").0;
    assert_eq!((get(&web), get(&secret)), (404, 200));

    let again = call_on(&db, &["key", "add", "web"]);
    assert_eq!(again.code, 1);
    assert!(again.err.contains("there is a key web already"), "{}", again.err);
    let listed = call_on(&db, &["key", "list", "--json"]);
    let listed: Value = serde_json::from_str(&listed.out).unwrap();
    let names: Vec<&str> = listed["keys"].as_array().unwrap().iter().map(|key| key["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["loader", "web"]);
    assert!(!listed.to_string().contains("sb_"), "{listed}");

    let user = json!({"rsid": "r-1", "username": "ada", "email": "ada@example.org"}).to_string();
    let headers = [format!("apikey: {secret}"), "content-type: application/json".into()];
    assert_eq!(ask(&server, "POST /rest/v1/users", &headers, &user).0, 201);
    let unknown = call_on(&db, &["key", "token", "--as", "nobody"]);
    assert_eq!(unknown.code, 1);
    assert!(unknown.err.contains("there is no user"), "{}", unknown.err);
    assert_eq!(call_on(&db, &["key", "token", "--as", "ada", "--ttl", "25h"]).code, 1);
    assert_eq!(call_on(&db, &["key", "token", "--as", "ada", "--ttl", "soon"]).code, 2);
    let token = |db: &TestDb| call_on(db, &["key", "token", "--as", "ada"]).out.trim().to_owned();
    let (first, rotated) = (token(&db), call_on(&db, &["key", "rotate"]));
    assert_eq!(rotated.code, 0, "{}", rotated.err);
    // This file has no role of users; that of the program has.
    let by = |token: &str| ask(&server, "GET /rest/v1/assets", &[format!("authorization: Bearer {token}")], "");
    assert_eq!(by(&first).0, 401);
    assert!(by(&first).1.contains("the role authenticated is not known here"), "{}", by(&first).1);
    let set: Value = serde_json::from_str(&server.get("/auth/v1/.well-known/jwks.json")).unwrap();
    let own: usize = set["keys"].as_array().unwrap().len();
    assert!(own <= 2, "{set}");

    // Revoked, a key is refused within ten seconds.
    assert_eq!(call_on(&db, &["key", "revoke", "loader"]).code, 0);
    assert_eq!(call_on(&db, &["key", "revoke", "loader"]).code, 1);
    let begun = Instant::now();
    while get(&secret) != 401 {
        assert!(begun.elapsed() < Duration::from_secs(12), "the key is still valid");
        std::thread::sleep(Duration::from_millis(200));
    }
    let (_, log) = server.stop_and_read_log();
    assert!(log.contains("a secret key is used") || !log.contains("sb_secret_"), "{log}");
    assert!(!log.contains(&secret) && !log.contains(&first), "{log}");
}
