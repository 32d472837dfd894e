//! Statements as the text of a file, and the text of a file as statements.

/// One statement, and what a reader should know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) note: Option<String>,
    pub(super) sql: String,
}

impl Step {
    pub(super) fn of(sql: String) -> Self {
        Self { note: None, sql }
    }

    pub(super) fn noted(note: String, sql: String) -> Self {
        Self { note: Some(note), sql }
    }
}

/// The text of a file.
pub(super) fn text(steps: &[Step]) -> String {
    let one = |step: &Step| {
        let note: String = step.note.iter().flat_map(|note| note.lines()).map(|line| format!("-- {line}\n")).collect();
        format!("{note}{};\n", step.sql)
    };
    steps.iter().map(one).collect::<Vec<_>>().join("\n")
}

/// The statements of a text: what semicolons part that stand in no quotes, comments or bodies.
pub(super) fn statements(text: &str) -> Vec<&str> {
    let mut statements = Vec::new();
    let (mut start, mut at) = (0, 0);
    // `BEGIN … END` of a trigger of SQLite holds statements.
    let mut depth = 0_usize;
    let mut is_trigger = false;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let length = match first {
            _ if rest.starts_with("--") => rest.find('\n').map_or(rest.len(), |end| end + 1),
            _ if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            '\'' | '"' | '`' => rest[1..].find(first).map_or(rest.len(), |end| end + 2),
            '$' => dollar_quoted(rest),
            _ if first.is_alphabetic() || first == '_' => {
                let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
                let word = &rest[..end];
                let is = |keyword: &str| word.eq_ignore_ascii_case(keyword);
                if is("TRIGGER") && text[start..at].trim_start().to_ascii_uppercase().contains("CREATE") {
                    is_trigger = true;
                } else if is("BEGIN") && text[at + end..].trim_start().to_ascii_uppercase().starts_with("ATOMIC") {
                    // The body of a function of PostgreSQL in SQL, which ends as that of a trigger does.
                    is_trigger = true;
                    depth += 1;
                } else if is_trigger && (is("BEGIN") || is("CASE")) {
                    depth += 1;
                } else if is_trigger && is("END") {
                    depth = depth.saturating_sub(1);
                }
                end
            }
            _ => first.len_utf8(),
        };
        at += length;
        if first == ';' && depth == 0 {
            push(&text[start..at - 1], &mut statements);
            start = at;
            is_trigger = false;
        }
    }
    push(&text[start..], &mut statements);
    statements
}

/// Whether a statement begins or ends a transaction, which whoever runs it does already. A savepoint does not.
pub(super) fn is_of_transaction(statement: &str) -> bool {
    let words = mwallet_reflect::words::words(statement);
    let is = |at: usize, keyword: &str| words.get(at).is_some_and(|word| word.is(keyword));
    let is_back_to_savepoint = || words.iter().skip(1).take(2).any(|word| word.is("TO"));
    ["BEGIN", "START", "COMMIT", "END", "ABORT"].iter().any(|keyword| is(0, keyword))
        || is(0, "ROLLBACK") && !is_back_to_savepoint()
        || is(0, "PREPARE") && is(1, "TRANSACTION")
}

/// Whether a statement of a script for SQLite gives something another name, or prepares that.
pub(super) fn is_rename(statement: &str) -> bool {
    let words = mwallet_reflect::words::words(statement);
    let is = |at: usize, keyword: &str| words.get(at).is_some_and(|word| word.is(keyword));
    is(0, "ALTER") && is(1, "TABLE") && is(3, "RENAME")
        || is(0, "UPDATE") && is(1, "sqlite_schema")
        || is(0, "PRAGMA") && is(1, "writable_schema")
}

/// Keeps what holds more than comments.
fn push<'t>(statement: &'t str, statements: &mut Vec<&'t str>) {
    let mut rest = statement.trim();
    loop {
        let behind = match () {
            () if rest.starts_with("--") => rest.find('\n').map(|end| &rest[end + 1..]),
            () if rest.starts_with("/*") => rest.find("*/").map(|end| &rest[end + 2..]),
            () => break,
        };
        rest = behind.unwrap_or_default().trim_start();
    }
    if !rest.is_empty() {
        statements.push(statement.trim());
    }
}

/// How long a text between `$tag$` is, or the sign alone.
fn dollar_quoted(rest: &str) -> usize {
    let Some(end) = rest[1..].find('$') else { return 1 };
    let tag = &rest[..end + 2];
    if !tag[1..tag.len() - 1].chars().all(|c| c.is_alphanumeric() || c == '_') {
        return 1;
    }
    rest[tag.len()..].find(tag).map_or(rest.len(), |inner| inner + 2 * tag.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_end_at_semicolons_of_their_own() {
        let text = "CREATE TABLE a (b TEXT DEFAULT ';' -- one; two\n); /* ; */\nINSERT INTO a VALUES ('it''s;');\n\n-- nothing\n";
        assert_eq!(
            statements(text),
            ["CREATE TABLE a (b TEXT DEFAULT ';' -- one; two\n)", "/* ; */\nINSERT INTO a VALUES ('it''s;')"]
        );
        let trigger = "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT CASE WHEN 1 THEN 2 END; SELECT 3; END; SELECT 4";
        assert_eq!(statements(trigger).len(), 2);
        let function =
            "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $body$ BEGIN RETURN 1; END $body$; SELECT $1";
        assert_eq!(statements(function).len(), 2);
        let body = "CREATE FUNCTION g() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 2 END; END; SELECT 4";
        assert_eq!(statements(body).len(), 2);
        assert!(statements("-- only a comment\n;;").is_empty());
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
            assert_eq!(is_of_transaction(statement), is, "{statement}");
        }
        assert!(is_rename("-- x\nALTER TABLE \"a\" RENAME COLUMN \"b\" TO \"c\""));
        assert!(!is_rename("ALTER TABLE a ADD COLUMN rename int"));
        for broken in ["'", "\"a", "$$", "$a$ b", "/*", "--"] {
            statements(broken);
        }
    }
}
