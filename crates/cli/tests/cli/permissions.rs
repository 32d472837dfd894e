//! A server that is closed: its permissions file is read again while it serves, and its keys and tokens are those of the
//! command line.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use mwallet_db::{Dialect, Engine, Entity, Sql, crud};
use mwallet_testkit::{Sample, TestDb, both_engines};
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

    for wrong in
        [&["key", "add", ""][..], &["key", "add", "x", "--role", ""], &["key", "add", "x", "--role", "service_role"]]
    {
        assert_eq!(call_on(&db, wrong).code, 2, "{wrong:?}");
    }
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

/// A file with tests, of which the last two fail.
const TESTED: &str = r#"
roles: { anon: {}, authenticated: { includes: [anon] }, keeper: { includes: [authenticated] } }
define: { mine: "user_id=eq.{auth.id}" }
tables:
  orders:
    authenticated:
      read: { rows: mine, columns: [id, user_id, memo, api_token] }
      create: { columns: [asset, start, user_id], set: { usid: "{auth.rsid}" }, refs: { user_id: all } }
    keeper:
      read: { rows: all, columns: [id, usid] }
      update: { rows: mine, columns: [user_id], refs: { user_id: all } }
tests:
  - { as: user00000001, request: "GET /rest/v1/orders?user_id=eq.2", rows: 0 }
  - { request: GET /rest/v1/orders, status: 404, code: PGRST205 }
  - { as: user00000001, request: "GET /rest/v1/orders?select=user_id&limit=1", answer: [{ user_id: 1 }] }
  - as: user00000001
    request: POST /rest/v1/orders
    body: { asset: BITCOIN, start: 2030-01-01T00:00:00Z, user_id: 1 }
    rows: 1
  - { as: user00000001, request: DELETE /rest/v1/orders?id=eq.1, code: "42501" }
  - { as: user00000001, role: keeper, request: "GET /rest/v1/orders?select=usid&limit=7", rows: 7 }
  - { claims: { sub: "7" }, request: GET /rest/v1/orders, status: 403 }
  - { as: somebody, request: GET /rest/v1/orders }
  - { as: user00000001, request: GET /rest/v1/orders, rows: 1000 }
"#;

/// What a command about permissions prints with `--json`, and its code.
fn asked(db: &TestDb, arguments: &[&str]) -> (i32, Value) {
    let ran = call_on(db, &[&["permissions"], arguments, &["--json"]].concat());
    (ran.code, serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{arguments:?}: {}{}", ran.out, ran.err)))
}

#[both_engines]
async fn a_file_is_tested_and_leaves_nothing_behind(db: TestDb) {
    assert_eq!(call_on(&db, &["seed", "--users", "5", "--orders", "50"]).code, 0);
    let path = db.folder.path().join("tested.yml");
    std::fs::write(&path, TESTED.replace(", api_token", "")).unwrap();
    let file = ["--permissions", path.to_str().unwrap()];
    let (code, told) = asked(&db, &[&["test"], &file[..]].concat());
    assert_eq!((code, &told["passed"], &told["failed"]), (1, &json!(7), &json!(2)), "{told:#}");
    let failed: Vec<&Value> =
        told["tests"].as_array().unwrap().iter().filter(|test| test["passed"] == json!(false)).collect();
    assert_eq!((&failed[0]["line"], &failed[1]["line"]), (&json!(23), &json!(24)));
    assert!(failed[0]["wrong"].as_str().unwrap().contains("no user with the username, slug or rsid somebody"));
    assert!(failed[1]["wrong"].as_str().unwrap().starts_with("expected 1000 rows, and there are "));
    let count = crud::count(&db.engine, mwallet_models::Order::table(), &mwallet_db::Query::new()).await;
    assert_eq!(count.unwrap(), 50);

    std::fs::write(&path, TESTED.replace(", api_token", "").replace("rows: 1000", "rows: 1000, prefer: tx=commit"))
        .unwrap();
    let refused = call_on(&db, &[&["permissions", "test"], &file[..]].concat());
    assert_eq!(refused.code, 1);
    assert!(
        refused.err.contains("line 24, column 34: tests are rolled back; leave tx out of prefer"),
        "{}",
        refused.err
    );
}

#[both_engines]
async fn what_a_file_makes_of_a_request_is_explained(db: TestDb) {
    assert_eq!(call_on(&db, &["seed", "--users", "5", "--orders", "50"]).code, 0);
    let explain = |arguments: &[&str]| asked(&db, &[&["explain"], arguments].concat());
    let (code, told) = explain(&["--as", "user00000001", "GET", "/rest/v1/orders?select=id,memo&memo=is.null"]);
    assert_eq!((code, &told["refusal"]), (0, &Value::Null), "{told:#}");
    assert_eq!(told["roles"], json!(["anon", "authenticated"]));
    assert_eq!(told["known"]["auth.id"], json!(1));
    let grants: Vec<(&str, &str)> = told["grants"]
        .as_array()
        .unwrap()
        .iter()
        .map(|grant| (grant["role"].as_str().unwrap(), grant["rows"].as_str().unwrap()))
        .collect();
    assert_eq!(grants, [("anon", "open"), ("authenticated", "open"), ("authenticated", "mine")]);
    assert!(told["masked"].as_array().unwrap().contains(&json!("memo")));
    let sqlite = told["statements"]["sqlite"]["sql"].as_str().unwrap();
    assert!(sqlite.contains(r#"CASE WHEN "orders"."user_id" = ?1 THEN "orders"."memo" END"#), "{sqlite}");
    assert!(told["statements"]["postgres"]["sql"].as_str().unwrap().contains("= ANY($2)"), "{told:#}");

    // A refusal names the grants that would allow it; nobody else gets to know them.
    let (code, told) = explain(&["GET", "/rest/v1/transactions"]);
    assert_eq!((code, &told["refusal"]["status"], &told["refusal"]["code"]), (0, &json!(404), &json!("PGRST205")));
    let roles: Vec<&Value> = told["refusal"]["allowed_by"].as_array().unwrap().iter().map(|by| &by["role"]).collect();
    assert_eq!(roles, ["admin", "auditor"]);
    let (_, told) = explain(&["--role", "service_role", "DELETE", "/rest/v1/orders?id=eq.1"]);
    assert_eq!((&told["sees_everything"], &told["refusal"]), (&json!(true), &Value::Null));
    let (_, told) = explain(&["--as", "user00000001", "DELETE", "/rest/v1/orders?id=eq.1"]);
    assert_eq!((&told["refusal"]["status"], &told["refusal"]["code"]), (&json!(403), &json!("42501")), "{told:#}");
    assert_eq!(told["refusal"]["allowed_by"], json!([{"role": "service_role", "lines": []}]));

    for (arguments, wrong) in [
        (&["GET", "/rest/v1/ordres"][..], "404 PGRST205: there is no table ordres"),
        (&["--as", "somebody", "GET", "/rest/v1/orders"], "no user with the username, slug or rsid somebody"),
        (&["--role", "keeper", "GET", "/rest/v1/orders"], "the role keeper is not known here"),
        (&["GET", "/rest/v1/orders?colour=eq.1"], "42703"),
    ] {
        let ran = call_on(&db, &[&["permissions", "explain"], arguments].concat());
        assert_eq!(ran.code, 1, "{arguments:?}: {}", ran.out);
        assert!(ran.err.contains(wrong), "{arguments:?}: {}", ran.err);
    }
}

#[both_engines]
async fn a_first_file_opens_nothing_and_what_is_open_is_listed(db: TestDb) {
    Sample::Chinook.fill(&db).await;
    let path = db.folder.path().join("first.yml");
    let file = path.to_str().unwrap();
    let (code, told) = asked(&db, &["init", file, "--reflect"]);
    assert_eq!((code, &told["tables"]), (0, &json!(11)));
    let again = call_on(&db, &["permissions", "init", file, "--reflect"]);
    assert_eq!(again.code, 1);
    assert!(again.err.contains("exists already") && again.err.contains("nothing was written"), "{}", again.err);
    let (code, told) = asked(&db, &["matrix", "--permissions", file, "--reflect"]);
    assert_eq!((code, &told["bypass"]), (0, &json!(["service_role"])));
    let of = |role: &str| -> Vec<Value> {
        let all = told["grants"].as_array().unwrap();
        all.iter().filter(|grant| grant["role"] == role).map(|grant| grant["read"].clone()).collect()
    };
    assert!(of("anon").iter().chain(&of("authenticated")).all(|read| *read == json!([])));
    assert!(of("reader").iter().all(|read| read[0]["rows"] == "all") && of("reader").len() == 11);
    let (code, told) = asked(&db, &["lint", "--permissions", file, "--reflect"]);
    assert_eq!((code, told["warnings"].as_array().unwrap().len()), (0, 11));
    assert_eq!(call_on(&db, &["permissions", "lint", "--permissions", file, "--reflect", "--strict"]).code, 1);
    let none = call_on(&db, &["permissions", "lint", "--reflect"]);
    assert!(none.code == 2 && none.err.contains("mwallet permissions init"), "{}", none.err);

    let odd = Sql::new(
        "CREATE TABLE \"odd: [name]\" (id integer PRIMARY KEY, \"no\" text, \"a,b\" text, password_hash text, \
         \"apiKey\" text, hashtag text)",
    );
    crud::execute::<(i64,)>(&db.engine, odd).await.unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(asked(&db, &["init", file, "--reflect"]).0, 0);
    let (code, told) = asked(&db, &["matrix", "--permissions", file, "--reflect", "--table", "odd: [name]"]);
    let read = told["grants"].as_array().unwrap().iter().find(|grant| grant["role"] == "reader").unwrap();
    assert_eq!((code, &read["read"][0]["columns"]), (0, &json!(["id", "no", "a,b", "hashtag"])));
}

/// The keys, tokens and users of a database of mWallet's own, on a server of another.
#[both_engines]
async fn callers_of_an_existing_database_are_those_of_another(db: TestDb) {
    Sample::Chinook.fill(&db).await;
    let folder = db.folder.path();
    let accounts = |arguments: &[&str]| {
        let mut program = program(folder);
        done(program.args(arguments).args(["--database-url", "sqlite:accounts.db", "--json"]))
    };
    assert_eq!(accounts(&["seed", "--users", "3", "--orders", "0"]).code, 0);
    let made = |arguments: &[&str], member: &str| {
        let ran = accounts(arguments);
        serde_json::from_str::<Value>(&ran.out).unwrap_or_else(|_| panic!("{}", ran.err))[member]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let secret = made(&["key", "add", "loader", "--secret"], "key");
    let token = made(&["key", "token", "--as", "user00000001"], "token");
    let column = if db.dialect() == Dialect::Postgres { ("genre", "genre_id") } else { ("Genre", "GenreId") };
    let file = format!(
        "roles: {{ anon: {{}}, authenticated: {{}}, service_role: {{ bypass: true }} }}\n\
         tables: {{ {}: {{ authenticated: {{ read: {{ rows: all, columns: [{}] }} }} }} }}\n",
        column.0, column.1
    );
    std::fs::write(folder.join("permissions.yml"), file).unwrap();
    let server = closed(&db, &["--reflect", "--auth-database-url", "sqlite:accounts.db"]);
    let path = format!("GET /rest/v1/{}?limit=1&order={}", column.0, column.1);
    let (status, text) = ask(&server, &path, &[], "");
    assert_eq!(status, 404, "{text}");
    let (status, text) = ask(&server, &path, &[format!("authorization: Bearer {token}")], "");
    assert_eq!((status, text), (200, format!("[{{\"{}\":1}}]", column.1)));
    let (status, text) = ask(&server, &path, &[format!("apikey: {secret}")], "");
    assert_eq!((status, text.contains("Rock")), (200, true), "{text}");
    // A user who is disabled there is refused here.
    let disabled = Engine::new(&format!("sqlite:{}", folder.join("accounts.db").display()).parse().unwrap()).unwrap();
    let all = mwallet_db::Query::new().identifier(1);
    crud::update(
        &disabled,
        mwallet_models::User::table(),
        &all,
        mwallet_db::schema::Record::from([("is_active", false)]),
    )
    .await
    .unwrap();
    let until = Instant::now() + Duration::from_secs(20);
    while ask(&server, &path, &[format!("authorization: Bearer {token}")], "").0 != 401 {
        assert!(Instant::now() < until, "a disabled user still reads");
        std::thread::sleep(Duration::from_millis(200));
    }
    let missing = call_on(&db, &["serve", "--auth-database-url", "sqlite:accounts.db"]);
    assert_eq!(missing.code, 2, "{}", missing.err);
}

/// A token that is signed with a secret by HS256.
fn signed(secret: &str, claims: &Value) -> String {
    use base64::Engine as _;
    let encode = |bytes: &[u8]| base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let signed = format!("{}.{}", encode(br#"{"alg":"HS256"}"#), encode(claims.to_string().as_bytes()));
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes());
    format!("{signed}.{}", encode(ring::hmac::sign(&key, signed.as_bytes()).as_ref()))
}

#[both_engines]
async fn keys_of_others_are_read_again_by_a_reload(db: TestDb) {
    let folder = db.folder.path();
    std::fs::write(
        folder.join("permissions.yml"),
        "roles: { anon: {}, authenticated: {}, service_role: { bypass: true } }\n\
         tables: { assets: { authenticated: { read: { rows: all, columns: [code] } } } }\n",
    )
    .unwrap();
    let (old, new) = ("o".repeat(32), "n".repeat(32));
    std::fs::write(folder.join("secret"), &old).unwrap();
    let server = closed(&db, &["--jwt-secret-file", "secret"]);
    let service = format!("apikey: {}", key(&db, &["loader", "--secret"]));
    let claims = json!({ "role": "authenticated", "exp": 4_000_000_000_u32 });
    let status = |secret: &str| {
        let bearer = format!("authorization: Bearer {}", signed(secret, &claims));
        ask(&server, "GET /rest/v1/assets", &[bearer], "").0
    };
    assert_eq!((status(&old), status(&new)), (200, 401));
    std::fs::write(folder.join("secret"), &new).unwrap();
    assert_eq!(ask(&server, "POST /admin/reload", std::slice::from_ref(&service), "").0, 204);
    assert_eq!((status(&old), status(&new)), (401, 200));
    // What is no key leaves the last one in force.
    std::fs::write(folder.join("secret"), "short").unwrap();
    let (code, text) = ask(&server, "POST /admin/reload", std::slice::from_ref(&service), "");
    assert_eq!(code, 422, "{text}");
    assert_eq!((status(&old), status(&new)), (401, 200));
}
