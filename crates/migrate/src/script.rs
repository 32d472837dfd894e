//! Formats statements as a file, and classifies the statements of a file.

use mwallet_db::Dialect;
use mwallet_reflect::tokens::{is_at, tokens};

/// One statement with a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) note: Option<String>,
    pub(super) sql: String,
}

impl Step {
    pub(super) fn parse(sql: String) -> Self {
        Self { note: None, sql }
    }

    pub(super) fn noted(note: String, sql: String) -> Self {
        Self { note: Some(note), sql }
    }
}

/// Returns the text of a file.
pub(super) fn text(steps: &[Step]) -> String {
    let one = |step: &Step| {
        let note: String = step.note.iter().flat_map(|note| note.lines()).map(|line| format!("-- {line}\n")).collect();
        format!("{note}{};\n", step.sql)
    };
    steps.iter().map(one).collect::<Vec<_>>().join("\n")
}

/// Returns whether a statement starts or ends a transaction, which the runner does itself. Savepoints are fine.
pub(super) fn is_of_transaction(statement: &str, dialect: Dialect) -> bool {
    let words = tokens(statement, dialect);
    let is = |at, keyword| is_at(&words, at, keyword);
    let is_back_to_savepoint = || words.iter().skip(1).take(2).any(|word| word.is("TO"));
    ["BEGIN", "START", "COMMIT", "END", "ABORT"].iter().any(|keyword| is(0, keyword))
        || is(0, "ROLLBACK") && !is_back_to_savepoint()
        || is(0, "PREPARE") && is(1, "TRANSACTION")
}

/// Returns whether a statement of a SQLite script renames something, or prepares a rename.
pub(super) fn is_rename(statement: &str) -> bool {
    let words = tokens(statement, Dialect::Sqlite);
    let is = |at, keyword| is_at(&words, at, keyword);
    is(0, "ALTER") && is(1, "TABLE") && is(3, "RENAME")
        || is(0, "UPDATE") && is(1, "sqlite_schema")
        || is(0, "PRAGMA") && is(1, "writable_schema")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_or_ends_a_transaction_is_known() {
        for (statement, is) in [
            ("begin", true),
            ("-- ends it\nCOMMIT", true),
            ("ROLLBACK", true),
            ("ROLLBACK WORK", true),
            ("START TRANSACTION", true),
            ("END", true),
            ("ROLLBACK TO SAVEPOINT a", false),
            ("ROLLBACK TRANSACTION TO a", false),
            ("SAVEPOINT a", false),
            ("CREATE TABLE begin (a int)", false),
        ] {
            assert_eq!(is_of_transaction(statement, Dialect::Postgres), is, "{statement}");
        }
        assert!(is_rename("-- x\nALTER TABLE \"a\" RENAME COLUMN \"b\" TO \"c\""));
        assert!(!is_rename("ALTER TABLE a ADD COLUMN rename int"));
    }
}
