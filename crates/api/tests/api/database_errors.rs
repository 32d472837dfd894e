//! What a database says itself, of its constraints and by its triggers and functions: with its own code, and in its words.

use mwallet_api::{App, AppState, Tables};
use mwallet_db::{Dialect, EngineOptions, ReflectOptions};
use mwallet_testkit::{TestDb, run};

use crate::support::{Answer, behind, post};

async fn app(db: &TestDb) -> App {
    let engine = db.engine_with(EngineOptions { foreign: true, ..EngineOptions::default() });
    let tables = engine.reflect(&ReflectOptions::default()).await.unwrap().tables;
    App::new(AppState::new(engine, Tables::new(&tables).unwrap()))
}

/// The status, the code, the message and the details of a problem.
fn told(answer: &Answer) -> (u16, String, String, Option<String>) {
    let problem = answer.json();
    let text = |name: &str| problem[name].as_str().map(str::to_owned);
    (answer.status.as_u16(), text("code").unwrap(), text("message").unwrap(), text("details"))
}

#[test]
fn what_postgres_excludes_is_a_conflict() {
    run(Dialect::Postgres, async |db: TestDb| {
        behind(
            &db,
            "CREATE TABLE exc (id int PRIMARY KEY, r int4range, EXCLUDE USING gist (r WITH &&));
             CREATE TABLE covert (id int PRIMARY KEY, r int4range, EXCLUDE USING gist (r WITH &&));
             COMMENT ON COLUMN covert.r IS '[write-only]'",
        )
        .await;
        let app = app(&db).await;
        for table in ["exc", "covert"] {
            assert_eq!(post(&app, &format!("/rest/v1/{table}"), r#"{"id": 1, "r": "[1,5)"}"#).await.status, 201);
            let refused = post(&app, &format!("/rest/v1/{table}"), r#"{"id": 2, "r": "[4,8)"}"#).await;
            let message = format!("conflicting key value violates exclusion constraint \"{table}_r_excl\"");
            // What clients may not read is not told either.
            let details =
                (table == "exc").then(|| "Key (r)=([4,8)) conflicts with existing key (r)=([1,5)).".to_owned());
            assert_eq!(told(&refused), (409, "23P01".to_owned(), message, details));
        }
    });
}
