//! A database that belongs to somebody else is left as it is, unless somebody asks for more; one that is not there is
//! not made by a question.

use mwallet_db::{Dialect, Sql, crud};
use mwallet_reflect::ReflectOptions;
use mwallet_testkit::{Sample, TestDb, both_engines, connect, run};

use crate::support::{Done, Server, call, call_on, testdata};

/// Every command that sets up an empty database, called on this one.
fn set_up(db: &TestDb) -> Vec<(String, Done)> {
    let block = testdata("bitcoin-main-block-300025.json");
    let block = block.to_str().unwrap();
    [
        &["serve", "--open", "--listen", "127.0.0.1:0"][..],
        &["serve", "--open", "--migrate", "--listen", "127.0.0.1:0"],
        &["seed", "--users", "1", "--orders", "0"],
        &["import", "block", block, "--network", "bitcoin"],
    ]
    .into_iter()
    .map(|arguments| (arguments[0].to_owned(), call_on(db, arguments)))
    .collect()
}

async fn change(db: &TestDb, sql: &'static str) {
    crud::execute::<(i64,)>(&db.engine, Sql::new(sql)).await.unwrap();
}

/// The bytes of a file of SQLite; nothing for PostgreSQL.
fn bytes(db: &TestDb) -> Option<Vec<u8>> {
    std::fs::read(db.folder.path().join("test.db")).ok()
}

#[both_engines]
async fn a_database_of_others_is_refused_and_left_as_it_is(db: TestDb) {
    Sample::Chinook.fill(&db).await;
    let (before, found) = (bytes(&db), mwallet_reflect::reflect(&db.engine, &ReflectOptions::default()).await.unwrap());
    // That engine has opened the file as its own, so the file is put back as it was.
    db.engine.close().await;
    if let Some(before) = &before {
        std::fs::write(db.folder.path().join("test.db"), before).unwrap();
    }
    for (command, done) in set_up(&db) {
        let album =
            if db.dialect() == Dialect::Postgres { "album, artist, customer" } else { "Album, Artist, Customer" };
        assert_eq!(done.code, 1, "{command}");
        let told = format!("error: {} is not empty, and was not created by mWallet: it has {album}, ", db.url);
        assert!(
            done.err.starts_with(&told) && done.err.contains(" and 3 more; nothing was changed"),
            "{command}: {}",
            done.err
        );
        assert!(
            done.err.contains("`mwallet serve --reflect`") && done.err.contains("`mwallet migrate up`"),
            "{}",
            done.err
        );
        assert!(bytes(&db) == before, "{command} has changed the file");
    }
    let engine = db.engine_with(mwallet_db::EngineOptions { existing: true, ..Default::default() });
    assert_eq!(mwallet_reflect::reflect(&engine, &ReflectOptions::default()).await.unwrap(), found);

    // Whoever wants the tables there says so.
    let up = call_on(&db, &["migrate", "up"]);
    assert_eq!(up.code, 0, "{}", up.err);
    assert_eq!(Server::start(&db).get("/rest/v1/orders"), "[]");
}

#[both_engines]
async fn names_that_are_taken_are_told(db: TestDb) {
    change(&db, "CREATE TABLE users (id bigint PRIMARY KEY)").await;
    change(&db, "CREATE TABLE pets (id bigint PRIMARY KEY)").await;
    for (command, done) in set_up(&db) {
        assert!(done.err.contains("it has pets, users; nothing was changed"), "{command}: {}", done.err);
        assert!(done.err.contains("these names are taken: users;"), "{command}: {}", done.err);
    }
}

#[both_engines]
async fn whatever_has_a_name_is_somebodys(db: TestDb) {
    let made: &[(&str, &str, &str)] = match db.dialect() {
        Dialect::Postgres => &[
            ("CREATE SCHEMA sales; CREATE TABLE sales.deals (id int)", "sales.deals", "DROP SCHEMA sales CASCADE"),
            ("CREATE VIEW one AS SELECT 1 AS n", "one", "DROP VIEW one"),
            ("CREATE MATERIALIZED VIEW two AS SELECT 2 AS n", "two", "DROP MATERIALIZED VIEW two"),
            ("CREATE SEQUENCE three", "three", "DROP SEQUENCE three"),
            (
                "CREATE TABLE four (id int) PARTITION BY LIST (id); CREATE TABLE five PARTITION OF four DEFAULT",
                "four",
                "DROP TABLE four",
            ),
            ("CREATE TABLE six (id serial)", "six", "DROP TABLE six"),
        ],
        Dialect::Sqlite => &[
            ("CREATE VIEW one AS SELECT 1 AS n", "one", "DROP VIEW one"),
            (
                "CREATE VIRTUAL TABLE two USING fts5(n)",
                "two, two_config, two_content, two_data, two_docsize, two_idx",
                "DROP TABLE two",
            ),
            ("CREATE TABLE six (id INTEGER PRIMARY KEY)", "six", "DROP TABLE six"),
        ],
    };
    let run = async |script: &'static str| match db.dialect() {
        Dialect::Postgres => connect(&db.url).await.batch_execute(script).await.unwrap(),
        Dialect::Sqlite => {
            let file = rusqlite::Connection::open(db.folder.path().join("test.db")).unwrap();
            file.execute_batch(script).unwrap();
        }
    };
    for (make, name, remove) in made {
        run(make).await;
        let refused = call_on(&db, &["seed", "--users", "1", "--orders", "0"]);
        assert!(refused.err.contains(&format!("it has {name}; nothing")), "{name}: {}", refused.err);
        run(remove).await;
    }
    assert_eq!(call_on(&db, &["seed", "--users", "1", "--orders", "0"]).code, 0);
}

#[both_engines]
async fn what_nobody_made_does_not_count(db: TestDb) {
    match db.dialect() {
        // As PostGIS has its table of spatial references.
        Dialect::Postgres => connect(&db.url)
            .await
            .batch_execute(
                "CREATE TABLE spatial_ref_sys (srid int PRIMARY KEY); CREATE VIEW geometry_columns AS SELECT 1 AS n;
             ALTER EXTENSION plpgsql ADD TABLE spatial_ref_sys; ALTER EXTENSION plpgsql ADD VIEW geometry_columns;",
            )
            .await
            .unwrap(),
        Dialect::Sqlite => {
            change(&db, "CREATE TABLE gone (id INTEGER PRIMARY KEY AUTOINCREMENT)").await;
            change(&db, "INSERT INTO gone VALUES (1)").await;
            change(&db, "DROP TABLE gone").await;
        }
    }
    let seeded = call_on(&db, &["seed", "--users", "1", "--orders", "0"]);
    assert_eq!(seeded.code, 0, "{}", seeded.err);
}

#[both_engines]
async fn whoever_asks_for_the_tables_gets_them_beside_those_of_others(db: TestDb) {
    change(&db, "CREATE TABLE pets (id bigint PRIMARY KEY)").await;
    let created = call_on(&db, &["schema", "create"]);
    assert_eq!(created.code, 0, "{}", created.err);
    assert_eq!(call_on(&db, &["schema", "create"]).code, 0);
    assert_eq!(Server::start(&db).get("/rest/v1/orders"), "[]");
}

#[test]
fn commands_that_only_ask_make_no_file() {
    run(Dialect::Sqlite, async |db: TestDb| {
        let asking = [
            &["migrate", "status"][..],
            &["migrate", "check"],
            &["migrate", "down"],
            &["inspect"],
            &["generate", "rust"],
            &["generate", "sql"],
            &["schema", "drop", "--yes"],
            &["serve", "--open", "--reflect", "--listen", "127.0.0.1:0"],
        ];
        for command in asking {
            let done = call(db.folder.path(), &[command, &["--database-url", "sqlite:shpo.db"]].concat());
            assert_eq!(done.code, 1, "{command:?}: {}", done.err);
            assert!(done.err.starts_with("error: there is no file shpo.db\nhint: "), "{command:?}: {}", done.err);
            assert!(done.err.contains("`mwallet migrate up` creates one"), "{command:?}: {}", done.err);
        }
        let shown = call(db.folder.path(), &["schema", "show", "--database-url", "sqlite:shpo.db"]);
        assert_eq!(shown.code, 0, "{}", shown.err);
        assert_eq!(db.folder.path().read_dir().unwrap().count(), 0);
    });
}

#[test]
fn a_question_leaves_the_journal_of_a_file_as_it_is() {
    run(Dialect::Sqlite, async |db: TestDb| {
        Sample::Northwind.fill(&db).await;
        let before = bytes(&db);
        for command in [&["migrate", "status"][..], &["migrate", "check"]] {
            call_on(&db, command);
            assert!(bytes(&db) == before, "{command:?} has changed the file");
        }
    });
}
