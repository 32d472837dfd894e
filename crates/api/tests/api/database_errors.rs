//! What a database says itself, of its constraints and by its triggers and functions: with its own code, and in its
//! words.

use axum::body::Body;
use mwallet_db::Dialect;
use mwallet_testkit::{TestDb, both_engines, run};

use crate::support::{behind, get, post, reflected, write};

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
        let app = reflected(&db).await;
        for table in ["exc", "covert"] {
            assert_eq!(post(&app, &format!("/rest/v1/{table}"), r#"{"id": 1, "r": "[1,5)"}"#).await.status, 201);
            let refused = post(&app, &format!("/rest/v1/{table}"), r#"{"id": 2, "r": "[4,8)"}"#).await;
            let message = format!("conflicting key value violates exclusion constraint \"{table}_r_excl\"");
            // What clients may not read is not told either.
            let details =
                (table == "exc").then(|| "Key (r)=([4,8)) conflicts with existing key (r)=([1,5)).".to_owned());
            assert_eq!(refused.told(), (409, "23P01".to_owned(), message, details));
        }
    });
}

/// A trigger for each engine that raises a message of its own where a row says so.
fn raising(db: &TestDb) -> &'static str {
    match db.dialect() {
        Dialect::Sqlite => {
            "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);
             CREATE TRIGGER guard BEFORE INSERT ON t WHEN new.v = 'no' BEGIN SELECT raise(ABORT, 'my own message'); END;
             CREATE TRIGGER stays BEFORE DELETE ON t BEGIN SELECT raise(ROLLBACK, 'my own message'); END"
        }
        Dialect::Postgres => {
            "CREATE TABLE t (id int PRIMARY KEY, v text);
             CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'my own message'; END $$;
             CREATE TRIGGER guard BEFORE INSERT ON t FOR EACH ROW WHEN (new.v = 'no') EXECUTE FUNCTION no();
             CREATE TRIGGER stays BEFORE DELETE ON t FOR EACH ROW EXECUTE FUNCTION no()"
        }
    }
}

#[both_engines]
async fn a_trial_checks_what_is_checked_at_its_end(db: TestDb) {
    behind(
        &db,
        "CREATE TABLE parent (id integer PRIMARY KEY);
         CREATE TABLE child (id integer PRIMARY KEY, parent_id integer REFERENCES parent (id) DEFERRABLE INITIALLY
         DEFERRED);
         INSERT INTO parent VALUES (1), (2); INSERT INTO child VALUES (7, 2)",
    )
    .await;
    let app = reflected(&db).await;
    for prefer in ["tx=rollback", "tx=rollback, return=representation", "tx=commit"] {
        let refused = write(&app, "POST", "/rest/v1/child", prefer, r#"{"id": 1, "parent_id": 9}"#).await;
        assert_eq!((refused.status.as_u16(), refused.told().1.as_str()), (409, "23503"), "{prefer}: {}", refused.text);
        let refused = write(&app, "DELETE", "/rest/v1/parent/2", prefer, Body::empty()).await;
        assert_eq!((refused.status.as_u16(), refused.told().1.as_str()), (409, "23503"), "{prefer}: {}", refused.text);
    }
    let tried = write(&app, "POST", "/rest/v1/child", "tx=rollback", r#"{"id": 1, "parent_id": 1}"#).await;
    assert_eq!(tried.status, 201, "{}", tried.text);
    assert_eq!(get(&app, "/rest/v1/child?select=id").await.text, r#"[{"id":7}]"#);
}

#[both_engines]
async fn what_a_trigger_raises_is_told(db: TestDb) {
    behind(&db, raising(&db)).await;
    let app = reflected(&db).await;
    assert_eq!(post(&app, "/rest/v1/t", r#"{"id": 1, "v": "yes"}"#).await.status, 201);
    let expected = (400, "P0001".to_owned(), "my own message".to_owned(), None);
    for body in [r#"{"id": 2, "v": "no"}"#, r#"[{"id": 2, "v": "yes"}, {"id": 3, "v": "no"}]"#] {
        assert_eq!(post(&app, "/rest/v1/t", body).await.told(), expected, "{body}");
    }
    for path in ["/rest/v1/t/1", "/rest/v1/t?id=eq.1"] {
        assert_eq!(write(&app, "DELETE", path, "return=minimal", Body::empty()).await.told(), expected, "{path}");
    }
    assert_eq!(get(&app, "/rest/v1/t?select=id").await.text, r#"[{"id":1}]"#);
}

#[test]
fn what_a_function_of_postgres_raises_has_its_code_and_words() {
    run(Dialect::Postgres, async |db: TestDb| {
        behind(
            &db,
            "CREATE TABLE t (code text PRIMARY KEY);
             CREATE FUNCTION raises() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                 RAISE EXCEPTION 'said of %', new.code
                 USING ERRCODE = new.code, DETAIL = 'the detail', HINT = 'the hint';
             END $$;
             CREATE TRIGGER raises BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION raises()",
        )
        .await;
        let app = reflected(&db).await;
        for (code, status) in [
            ("P0001", 400),
            ("ZZ001", 400),
            ("PT402", 402),
            ("PT405", 405),
            ("PT503", 503),
            ("P0002", 500),
            ("P0004", 500),
            ("22012", 400),
            ("21000", 400),
            ("22004", 400),
            ("2200H", 400),
            ("22P05", 400),
            ("23000", 400),
            ("23502", 422),
            ("23503", 409),
            ("23505", 409),
            ("23514", 422),
            ("23P01", 409),
            ("42501", 403),
            ("42703", 400),
            ("42P01", 404),
            ("42804", 400),
            ("0A000", 400),
            ("54000", 500),
            ("54001", 500),
            ("55006", 500),
        ] {
            let answer = post(&app, "/rest/v1/t", format!(r#"{{"code": "{code}"}}"#)).await;
            let expected = (status, code.to_owned(), format!("said of {code}"), Some("the detail".to_owned()));
            assert_eq!(answer.told(), expected, "{}", answer.text);
            assert_eq!(answer.json()["hint"], "the hint");
        }
    });
}

#[test]
fn what_fails_within_functions_and_views_of_postgres_is_told() {
    run(Dialect::Postgres, async |db: TestDb| {
        behind(
            &db,
            "CREATE TABLE calls (id int PRIMARY KEY, what text);
             CREATE FUNCTION fails() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE n int; BEGIN
                 CASE new.what
                     WHEN 'table' THEN EXECUTE 'SELECT 1 FROM gone';
                     WHEN 'column' THEN EXECUTE 'SELECT gone FROM calls';
                     WHEN 'strict' THEN SELECT id INTO STRICT n FROM calls WHERE false;
                     WHEN 'assert' THEN ASSERT false, 'it does not hold';
                     WHEN 'zero' THEN n := 1 / 0;
                     WHEN 'null' THEN EXECUTE NULL;
                 END CASE;
                 RETURN new;
             END $$;
             CREATE TRIGGER fails BEFORE INSERT ON calls FOR EACH ROW EXECUTE FUNCTION fails();
             CREATE VIEW halves AS SELECT 1 / (id - 1) AS half, id FROM (VALUES (1), (2)) AS v (id);
             CREATE VIEW many AS SELECT (SELECT id FROM (VALUES (1), (2)) AS w (id)) AS one;
             CREATE TABLE parts (id int, v text) PARTITION BY LIST (id); CREATE TABLE part PARTITION OF parts FOR
             VALUES IN (1)",
        )
        .await;
        let app = reflected(&db).await;
        for (what, status, code, part) in [
            ("table", 404, "42P01", "relation \"gone\" does not exist"),
            ("column", 400, "42703", "column \"gone\" does not exist"),
            ("strict", 500, "P0002", "query returned no rows"),
            ("assert", 500, "P0004", "it does not hold"),
            ("zero", 400, "22012", "division by zero"),
            ("null", 400, "22004", "is null"),
            ("other", 400, "20000", "case not found"),
        ] {
            let answer = post(&app, "/rest/v1/calls", format!(r#"{{"id": 1, "what": "{what}"}}"#)).await;
            let (found, told_code, message, _) = answer.told();
            assert_eq!((found, told_code.as_str()), (status, code), "{}", answer.text);
            assert!(message.contains(part), "{}", answer.text);
        }
        for (path, code, part) in
            [("/rest/v1/halves", "22012", "division by zero"), ("/rest/v1/many", "21000", "more than one row")]
        {
            let answer = get(&app, path).await;
            assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (400, &code.into()), "{}", answer.text);
            assert!(answer.text.contains(part), "{}", answer.text);
        }
        let nowhere = post(&app, "/rest/v1/parts", r#"{"id": 7, "v": "x"}"#).await;
        let details = Some("Partition key of the failing row contains (id) = (7).".to_owned());
        assert_eq!(
            nowhere.told(),
            (422, "23514".to_owned(), "no partition of relation \"parts\" found for row".to_owned(), details)
        );
    });
}
