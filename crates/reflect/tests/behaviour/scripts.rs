//! Tests schema scripts: `pg_dump` sees no difference after a replay, or the script reports it.

use std::process::Command;

use mwallet_db::Dialect;
use mwallet_reflect::ReflectOptions;
use mwallet_testkit::{Sample, TestDb, run, run_beside};

use crate::reflect::{POSTGRES, REPORT, execute};

/// A film rental shop, with partitioned payments.
const RENTAL: &str = include_str!("reflect/rental.sql");
/// Objects that depend on later ones.
const ORDER: &str = include_str!("reflect/order.sql");
/// Objects that the script omits.
pub(crate) const LEFT_OUT: &str = include_str!("reflect/left_out.sql");

/// Returns the schema of a database as `pg_dump` prints it.
fn dumped(db: &TestDb) -> Vec<String> {
    let program = std::env::var_os("MWALLET_TEST_PG_DUMP").expect("run the tests with `cargo xtask test`");
    let output = Command::new(program).args(["--schema-only", "--dbname", &db.url.expose()]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    // Newer versions print a random token.
    text.lines()
        .filter(|line| !line.starts_with(r"\restrict") && !line.starts_with(r"\unrestrict"))
        .map(Into::into)
        .collect()
}

/// Runs the script of a database in an empty one. Returns both dumps and the omissions.
fn replayed(schemas: &[&str], fill: impl AsyncFn(&TestDb) + Send + Sync) -> (Vec<String>, Vec<String>, Vec<String>) {
    let options = ReflectOptions { schemas: schemas.iter().map(|name| (*name).to_owned()).collect() };
    let mut written = None;
    run_beside(Dialect::Postgres, async |db: TestDb| {
        fill(&db).await;
        written = Some((mwallet_reflect::script(&db.engine, &options).await.unwrap(), dumped(&db)));
    });
    let (script, before) = written.unwrap();
    let mut after = Vec::new();
    run_beside(Dialect::Postgres, async |db: TestDb| {
        execute(&db, &script.sql).await;
        after = dumped(&db);
    });
    (before, after, script.left_out)
}

/// Checks that nothing is omitted and that `pg_dump` sees no difference.
fn is_whole(fill: impl AsyncFn(&TestDb) + Send + Sync) {
    let (before, after, left_out) = replayed(&[], fill);
    assert_eq!(left_out, [""; 0]);
    let lost: Vec<_> = before.iter().filter(|line| !after.contains(line)).collect();
    assert_eq!(lost, [""; 0]);
    assert_eq!(after, before);
}

#[test]
fn a_shop_with_parts_of_tables_is_replayed_whole() {
    is_whole(async |db| execute(db, RENTAL).await);
}

#[test]
fn what_depends_on_what_is_newer_is_replayed_whole() {
    is_whole(async |db| execute(db, ORDER).await);
}

#[test]
fn a_sample_is_replayed_whole() {
    is_whole(async |db| Sample::Chinook.fill(db).await);
}

#[test]
fn what_is_said_of_things_in_several_schemas_is_replayed() {
    let schemas = ["public", "Other Schema", "private"];
    let (before, after, left_out) = replayed(&schemas, async |db| execute(db, POSTGRES).await);
    assert_eq!(left_out, ["foreign table public.outside", "server files"]);
    let lost: Vec<&str> = before.iter().filter(|line| !after.contains(line)).map(String::as_str).collect();
    let of_server = ["-- Name: files; Type: SERVER; Schema: -; Owner: ", "CREATE SERVER files ", "ALTER SERVER files "];
    let of_table = [
        "-- Name: outside; Type: FOREIGN TABLE; ",
        "CREATE FOREIGN TABLE ",
        "    line text",
        "SERVER files",
        "OPTIONS (",
    ];
    let of_both = of_server.iter().chain(&of_table).chain(&["    filename ", "ALTER FOREIGN TABLE "]);
    assert!(lost.iter().all(|line| of_both.clone().any(|start| line.starts_with(start))), "{lost:?}");
}

#[test]
fn what_a_report_tells_is_replayed_but_for_aggregates() {
    let (before, after, left_out) = replayed(&[], async |db| execute(db, REPORT).await);
    assert_eq!(left_out, ["aggregate public.product(integer)"]);
    let is_of_it = |line: &str| ["product", "SFUNC", "STYPE"].iter().any(|word| line.contains(word));
    let lost: Vec<_> = before.iter().filter(|line| !after.contains(line) && !is_of_it(line)).collect();
    assert_eq!(lost, [""; 0]);
}

#[test]
fn what_is_left_out_is_listed_with_what_needs_it() {
    let (_, after, left_out) = replayed(&[], async |db| execute(db, LEFT_OUT).await);
    let expected = [
        "aggregate public.product(integer)",
        "cast (public.kept AS integer)",
        "collation public.plain",
        "event trigger watched",
        "foreign table public.outside",
        "operator class public.backwards USING btree",
        "operator family public.backwards USING btree",
        "operator public.+(public.kept,public.kept)",
        "publication told",
        "server files",
        "table constraint to_others on public.kept: it needs table elsewhere.others",
        "table public.collated: it needs collation public.plain",
        "table public.grown_heir: its order of columns",
        "table public.kept: its rights",
        "text search configuration public.own_words",
        "text search dictionary public.own_stems",
        "view public.over_outside: it needs foreign table public.outside",
        "view public.over_view: it needs view public.over_outside",
    ];
    assert_eq!(left_out, expected);
    assert!(after.iter().any(|line| line == "CREATE TABLE public.kept ("));
}

#[test]
fn what_is_left_out_stands_in_the_script() {
    run(Dialect::Postgres, async |db: TestDb| {
        execute(&db, LEFT_OUT).await;
        let script = mwallet_reflect::script(&db.engine, &ReflectOptions::default()).await.unwrap();
        for text in &script.left_out {
            assert!(script.sql.contains(&format!("-- Omitted: {text}\n")), "{text}");
        }
    });
}
