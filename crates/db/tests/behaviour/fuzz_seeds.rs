//! Tests the seeds of the fuzz targets with the oracles that the targets use, and that an oracle can fail.

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

use mwallet_db::Dialect;
use mwallet_db::schema::Table;

#[path = "../../../../fuzz/src/lib.rs"]
#[expect(unreachable_pub, reason = "they are a crate of their own for the fuzz targets")]
mod oracles;

use oracles::sql_text::Allowed;

/// Runs every seed of a target.
fn run(target: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target);
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let seed = fs::read(&path).unwrap();
        // Which seed it was is not in the message of an oracle.
        if catch_unwind(|| check(&seed)).is_err() {
            names.push(path);
        }
    }
    assert!(names.is_empty(), "{target} fails with {names:?}");
}

#[test]
fn seeds_of_query_strings_are_judged() {
    run("query_string", oracles::query_string::check);
}

#[test]
fn seeds_of_plans_are_judged() {
    run("plan", oracles::plan::check);
}

#[test]
fn seeds_of_documents_are_judged() {
    run("document", oracles::document::check);
}

#[test]
fn seeds_of_headers_are_judged() {
    run("headers", oracles::headers::check);
}

#[test]
fn a_text_that_the_writer_does_not_write_is_found() {
    let allowed = Allowed::of([&Table::new("we\"ird")]);
    let is_allowed =
        |sql: &'static str, parameters| catch_unwind(|| allowed.check(sql, Dialect::Postgres, parameters)).is_ok();
    assert!(is_allowed("SELECT \"we\"\"ird\".\"we\"\"ird\" FROM \"we\"\"ird\" AS mwallet_0 LIMIT $1", 1));
    assert!(is_allowed("SELECT count(*) FROM \"we\"\"ird\" LIMIT -1", 0));
    for (sql, parameters) in [
        ("SELECT \"we\"ird\"", 0),
        ("SELECT \"we\"\"ird", 0),
        ("SELECT \"other\"", 0),
        ("SELECT weird", 0),
        ("SELECT 'other'", 0),
        ("SELECT 17", 0),
        ("SELECT 1; SELECT 1", 0),
        ("SELECT 1 -- $1", 1),
        ("SELECT 1 /* */", 0),
        ("SELECT -1", 0),
        ("SELECT LIMIT -1000", 0),
        ("SELECT (1", 0),
        ("SELECT 1)", 0),
        ("SELECT $1", 0),
        ("SELECT $1, $1", 2),
        ("SELECT $2, $1", 2),
        ("SELECT ?1", 1),
        ("DROP", 0),
    ] {
        assert!(!is_allowed(sql, parameters), "{sql}");
    }
}
