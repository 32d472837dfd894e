//! Parses `CREATE TABLE` for what no pragma reports: checks and collations.

use std::collections::HashMap;

use crate::tokens::{Token, closing, tokens};
use mwallet_db::Dialect;

/// What a definition says in addition to its columns and keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Definition {
    pub(super) checks: Vec<Expression>,
    /// The names of collations other than the default, in order.
    pub(super) collations: Vec<String>,
    /// Whether it contains `AUTOINCREMENT`.
    pub(super) is_numbered: bool,
    /// The conflict clauses that do not fail the statement: `REPLACE`, `IGNORE`.
    pub(super) conflict_clauses: Vec<String>,
    /// The number of deferrable foreign keys.
    pub(super) deferrable_keys: usize,
    /// The comments after the types of columns, by column.
    pub(super) beside: HashMap<String, String>,
    /// The named `UNIQUE` and `FOREIGN KEY` constraints with their columns.
    pub(super) named: Vec<Named>,
}

/// A named constraint of columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) name: String,
    /// Whether it is a foreign key; otherwise it is a unique constraint.
    pub(super) is_foreign: bool,
    pub(super) columns: Vec<String>,
}

/// A condition with an optional name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Expression {
    pub(super) name: Option<String>,
    pub(super) text: String,
}

impl Definition {
    /// Parses a definition and skips what it does not understand.
    pub(super) fn read(sql: &str) -> Self {
        let mut read = Self::default();
        let words = tokens(sql, Dialect::Sqlite);
        for (at, word) in words.iter().enumerate() {
            let next = words.get(at + 1);
            if word.is("CHECK")
                && let Some(open) = next.filter(|next| next.text == "(")
                && let Some(close) = closing(&words, at + 1)
            {
                let name = at.checked_sub(2).filter(|before| words[*before].is("CONSTRAINT"));
                let text = sql[open.end..words[close].start].trim().to_owned();
                read.checks.push(Expression { name: name.map(|_| words[at - 1].name()), text });
            } else if word.is("COLLATE")
                && let Some(next) = next.filter(|next| !next.is("BINARY"))
            {
                read.collations.push(next.name());
            } else if word.is("DEFERRABLE") && !at.checked_sub(1).is_some_and(|before| words[before].is("NOT")) {
                read.deferrable_keys += 1;
            } else if word.is("CONFLICT")
                && at.checked_sub(1).is_some_and(|before| words[before].is("ON"))
                && let Some(what) = next.filter(|next| !next.is("ABORT"))
            {
                read.conflict_clauses.push(what.text.to_ascii_uppercase());
            } else if word.is("AUTOINCREMENT") {
                read.is_numbered = true;
            }
        }
        read.items(sql, &words);
        read
    }

    /// Parses the comma-separated items: columns and table constraints.
    fn items(&mut self, sql: &str, words: &[Token<'_>]) {
        let Some(open) = words.iter().position(|word| word.text == "(") else { return };
        let Some(close) = closing(words, open) else { return };
        let mut start = open + 1;
        while start < close {
            let mut end = start;
            while end < close && words[end].text != "," {
                end = if words[end].text == "(" { closing(words, end).unwrap_or(close) } else { end } + 1;
            }
            self.item(sql, &words[start..end], words[end.min(close)].start);
            start = end + 1;
        }
    }

    fn item(&mut self, sql: &str, words: &[Token<'_>], end: usize) {
        match words {
            [word, name, kind, rest @ ..] if word.is("CONSTRAINT") => {
                let is_foreign = kind.is("FOREIGN");
                let columns =
                    rest.iter().skip_while(|word| word.text != "(").skip(1).take_while(|word| word.text != ")");
                let columns = columns.filter(|word| word.text != ",").map(Token::name).collect();
                if is_foreign || kind.is("UNIQUE") {
                    self.named.push(Named { name: name.name(), is_foreign, columns });
                }
            }
            [name, kind, rest @ ..] => {
                let behind = &sql[kind.end..rest.first().map_or(end, |next| next.start)];
                let comment = behind.split_once("/*").and_then(|(_, rest)| rest.split_once("*/"));
                if let Some((comment, _)) = comment {
                    self.beside.insert(name.name(), comment.trim().into());
                }
                let named = words[1..].windows(3).filter(|words| words[0].is("CONSTRAINT"));
                for [_, constraint, kind] in named.filter_map(|words| words.first_chunk()) {
                    let is_foreign = kind.is("REFERENCES");
                    if is_foreign || kind.is("UNIQUE") {
                        let (constraint, columns) = (constraint.name(), vec![name.name()]);
                        self.named.push(Named { name: constraint, is_foreign, columns });
                    }
                }
            }
            _ => {}
        }
    }

    /// Returns the name of a constraint of these columns.
    pub(super) fn name_of(&self, is_foreign: bool, columns: &[String]) -> Option<&str> {
        let found = self.named.iter().find(|one| one.is_foreign == is_foreign && one.columns == columns);
        found.map(|one| one.name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_and_collations_are_found() {
        let sql = "CREATE TABLE [Order Details](
            -- CHECK (a comment)
            \"check\" TEXT DEFAULT 'CHECK (a text)' COLLATE NOCASE,
            [Discount] REAL NOT NULL CHECK ([Discount]>=(0) AND [Discount]<=(1)),
            id INTEGER PRIMARY KEY AUTOINCREMENT COLLATE binary, /* CHECK (no) */
            CONSTRAINT \"a \"\"name\"\"\" CHECK (length(note) > 0 AND note <> ')')
        )";
        let read = Definition::read(sql);
        let checks: Vec<_> = read.checks.iter().map(|check| (check.name.as_deref(), check.text.as_str())).collect();
        assert_eq!(
            checks,
            [(None, "[Discount]>=(0) AND [Discount]<=(1)"), (Some("a \"name\""), "length(note) > 0 AND note <> ')'")]
        );
        assert_eq!(read.collations, ["NOCASE"]);
        assert!(read.is_numbered);
    }

    #[test]
    fn names_and_what_stands_beside_types_are_found() {
        let sql = "CREATE TABLE t (
            -- What it costs.
            \"a b\" TEXT /* decimal(5, 2) */ DEFAULT '0' NOT NULL, c INTEGER CHECK (c IN (1, 2)), last TEXT /* uuid */,
            v CONSTRAINT one UNIQUE, w int NOT NULL CONSTRAINT \"the other\" REFERENCES u (d),
            CONSTRAINT t_key UNIQUE (\"a b\", c), CONSTRAINT \"t_fkey\" FOREIGN KEY (c) REFERENCES u (d), UNIQUE (c)
        ) STRICT";
        let read = Definition::read(sql);
        assert_eq!(read.beside.get("a b").map(String::as_str), Some("decimal(5, 2)"));
        assert_eq!((read.beside.len(), read.beside.get("last").map(String::as_str)), (2, Some("uuid")));
        assert_eq!(read.name_of(false, &["a b".into(), "c".into()]), Some("t_key"));
        assert_eq!(read.name_of(true, &["c".into()]), Some("t_fkey"));
        assert_eq!(read.name_of(false, &["c".into()]), None);
        assert_eq!(read.name_of(false, &["v".into()]), Some("one"));
        assert_eq!(read.name_of(true, &["w".into()]), Some("the other"));
    }

    #[test]
    fn what_is_broken_is_passed_over() {
        for sql in ["", "CREATE TABLE t (a CHECK (", "CREATE TABLE t ('", "é [", "CHECK"] {
            assert_eq!(Definition::read(sql).checks, [], "{sql}");
        }
    }
}
