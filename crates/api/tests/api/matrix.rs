//! What the language for reading can do on each engine: one list, which the tests run and the documentation shows.
//!
//! `INSTA_UPDATE=always` writes the tables of `docs/reading.md` again.

use std::fs;
use std::path::PathBuf;

use axum::body::Body;
use axum::http::Request;
use mwallet_api::{App, AppState, ExposedTables, Limits};
use mwallet_db::schema::{Decimal, Timestamp};
use mwallet_db::{Auto, Dialect, Entity, Json, Key};
use mwallet_testkit::{TestDb, both_engines};

use crate::support::{behind, readable, reflected, send};

mod list;

use list::{Case, GROUPS, Outcome};

/// A table with a column of each type that operators are about.
#[derive(Clone, Debug, Entity)]
struct Note {
    #[entity(flatten)]
    key: Key,
    text: Option<String>,
    at: Option<Timestamp>,
    done: Option<bool>,
    #[entity(precision = 9, scale = 2)]
    price: Option<Decimal>,
    data: Option<Json>,
}

fn notes() -> [Note; 4] {
    let note = |text: Option<&str>, at: &str, done: Option<bool>, price: Option<&str>, data: Option<&str>| Note {
        key: Key { id: Auto::Unset },
        text: text.map(Into::into),
        at: Some(at.parse().unwrap()),
        done,
        price: price.map(|price| price.parse().unwrap()),
        data: data.map(|data| Json::parse(data).unwrap()),
    };
    [
        note(Some("Fat cats"), "2026-01-01T00:00:00Z", Some(true), Some("1.50"), Some(r#"{"a":1,"tags":["x","y"]}"#)),
        note(Some("fat rats"), "2026-02-01T00:00:00Z", Some(false), Some("2.50"), Some(r#"{"a":2,"tags":[]}"#)),
        note(Some("thin, cats"), "2026-03-01T00:00:00Z", None, None, Some(r#"[1,2,3]"#)),
        note(None, "2026-04-01T00:00:00Z", Some(true), Some("-3.00"), None),
    ]
}

/// A table of an existing database, with types that only PostgreSQL has.
fn spans(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Postgres => {
            "CREATE TABLE spans (id integer PRIMARY KEY, span int4range, tags text[], document tsvector);
             INSERT INTO spans VALUES
                 (1, '[1,5)', '{a,b}', to_tsvector('english', 'fat cats')),
                 (2, '[5,9)', '{b,c}', to_tsvector('english', 'a rat')), (3, '[20,30)', '{}', NULL);"
        }
        Dialect::Sqlite => {
            "CREATE TABLE spans (id integer PRIMARY KEY, span text, tags text, document text);
             INSERT INTO spans VALUES (1, '[1,5)', '{a,b}', 'fat cats'), (2, '[5,9)', '{b,c}', 'a rat'),
                 (3, '[20,30)', '{}', NULL);"
        }
    }
}

#[both_engines]
async fn every_case_does_what_the_list_says(db: TestDb) {
    db.engine.create_all(&[Note::table()]).await.unwrap();
    Note::create_many(&db.engine, notes()).await.unwrap();
    behind(&db, spans(db.dialect())).await;
    let tables = ExposedTables::new([Note::table()]).unwrap();
    let limits = Limits { allow_aggregates: true, ..Limits::default() };
    let entities = App::new(AppState::new(db.engine.clone(), tables).limits(limits).plans());
    let existing = reflected(&db).await;
    let mut wrong = Vec::new();
    for case in GROUPS.iter().flat_map(|group| group.cases) {
        let app = if case.request.starts_with("spans") { &existing } else { &entities };
        let expected = if db.dialect() == Dialect::Postgres { &case.postgres } else { &case.sqlite };
        if let Err(difference) = check(app, case, expected).await {
            wrong.push(difference);
        }
    }
    assert!(wrong.is_empty(), "{} cases differ:\n{}", wrong.len(), wrong.join("\n"));
}

async fn check(app: &App, case: &Case, expected: &Outcome) -> Result<(), String> {
    let request = Request::get(readable(case.request));
    let request = case.headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let answer = send(app, request.body(Body::empty()).unwrap()).await;
    let told = |name: &str| answer.header(name).unwrap_or_default().to_owned();
    let found = match answer.status.as_u16() {
        200 | 206 => answer.text.clone(),
        _ => answer.json()["code"].as_str().unwrap_or_default().to_owned(),
    };
    let is_same = match expected {
        Outcome::Text(text) => answer.status.is_success() && found == *text,
        Outcome::Headers(headers) => {
            answer.status.is_success() && headers.iter().all(|(name, value)| told(name) == *value)
        }
        Outcome::Refused { code, .. } => answer.status.is_client_error() && found == *code,
    };
    match is_same {
        true => Ok(()),
        false => Err(format!(
            "{} {:?}\n  expected {expected:?}\n  answered {} {}\n  {:?}",
            case.request, case.headers, answer.status, answer.text, answer.headers
        )),
    }
}

const BEGIN: &str = "<!-- matrix: begin -->\n";
const END: &str = "<!-- matrix: end -->";

#[test]
fn the_documentation_shows_the_list() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/reading.md");
    let before = fs::read_to_string(&path).unwrap();
    let (head, rest) = before.split_once(BEGIN).expect("the page has a place for the tables");
    let (_, tail) = rest.split_once(END).expect("the place for the tables ends");
    let after = format!("{head}{BEGIN}\n{}{END}{tail}", tables());
    if std::env::var("INSTA_UPDATE").is_ok_and(|value| value == "always") {
        fs::write(&path, &after).unwrap();
    }
    assert!(fs::read_to_string(&path).unwrap() == after, "docs/reading.md: run this with INSTA_UPDATE=always");
}

/// The list as tables in Markdown.
fn tables() -> String {
    let mut text = String::new();
    for group in GROUPS {
        text.push_str(&format!("### {}\n\n| | what it does | PostgreSQL | SQLite |\n|---|---|---|---|\n", group.name));
        for case in group.cases.iter().filter(|case| !case.meaning.is_empty()) {
            let Case { syntax, meaning, postgres, sqlite, .. } = case;
            text.push_str(&format!(
                "| `{}` | {meaning} | {} | {} |\n",
                syntax.replace('|', "\\|"),
                word(postgres),
                word(sqlite)
            ));
        }
        text.push('\n');
    }
    text
}

fn word(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Text(_) | Outcome::Headers(_) => "yes",
        Outcome::Refused { why, .. } => why,
    }
}
