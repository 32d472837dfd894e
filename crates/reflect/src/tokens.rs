//! Splits hand-written SQL into tokens and statements: migration files, and definitions in a catalog.
//!
//! Quotes, comments and bodies follow the rules of each engine, so that semicolons inside of them do not end a
//! statement. Syntax is not validated; the database does that.

use mwallet_db::Dialect;

/// A word, a quoted identifier or string, or a symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'s> {
    /// The source text, including quotes.
    pub text: &'s str,
    /// The start offset in bytes.
    pub start: usize,
    /// The end offset in bytes.
    pub end: usize,
}

impl Token<'_> {
    /// Returns whether the token is this keyword, ignoring case. A quoted name never is.
    pub fn is(&self, keyword: &str) -> bool {
        self.text.eq_ignore_ascii_case(keyword)
    }

    /// Returns the name without quotes.
    pub fn name(&self) -> String {
        let inner = self.text.get(1..self.text.len().saturating_sub(1)).unwrap_or_default();
        match self.text.as_bytes().first() {
            Some(b'"') => inner.replace("\"\"", "\""),
            Some(b'`') => inner.replace("``", "`"),
            Some(b'\'') => inner.replace("''", "'"),
            Some(b'[') => inner.into(),
            _ => self.text.into(),
        }
    }
}

/// Returns the tokens of a text without comments. Unclosed quotes and comments extend to the end.
///
/// ```
/// use mwallet_db::Dialect;
/// use mwallet_reflect::tokens::tokens;
/// let texts = |sql, dialect| tokens(sql, dialect).iter().map(|token| token.text).collect::<Vec<_>>();
/// assert_eq!(texts("SELECT E'it\\'s' /* /* a */ b */", Dialect::Postgres), ["SELECT", "E'it\\'s'"]);
/// assert_eq!(texts("SELECT [a b] -- c", Dialect::Sqlite), ["SELECT", "[a b]"]);
/// ```
pub fn tokens(sql: &str, dialect: Dialect) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = sql[at..].chars().next() {
        let rest = &sql[at..];
        let (length, is_token) = match first {
            _ if first.is_ascii_whitespace() => (1, false),
            _ if rest.starts_with("--") => (rest.find('\n').map_or(rest.len(), |end| end + 1), false),
            _ if rest.starts_with("/*") => (comment(rest, dialect), false),
            '"' | '\'' => (quoted(rest, first), true),
            '`' if dialect == Dialect::Sqlite => (quoted(rest, first), true),
            '[' if dialect == Dialect::Sqlite => (rest.find(']').map_or(rest.len(), |end| end + 1), true),
            '$' if dialect == Dialect::Postgres => (dollar_quoted(rest), true),
            'e' | 'E' if dialect == Dialect::Postgres && rest[1..].starts_with('\'') => (escaped(rest), true),
            _ if is_part_of_name(first) => (rest.find(|c| !is_part_of_name(c)).unwrap_or(rest.len()), true),
            _ => (first.len_utf8(), true),
        };
        if is_token {
            tokens.push(Token { text: &rest[..length], start: at, end: at + length });
        }
        at += length;
    }
    tokens
}

/// Returns the statements of a text, each with the comments before it. They are separated by semicolons, except for
/// those in parentheses, in a SQLite trigger body, and in a PostgreSQL body between `BEGIN ATOMIC` and `END`.
pub fn statements(sql: &str, dialect: Dialect) -> Vec<&str> {
    let all = tokens(sql, dialect);
    let mut statements = Vec::new();
    // The index of the statement's first token, and the offset where its text begins.
    let (mut first, mut start) = (0, 0);
    let (mut brackets, mut blocks) = (0_usize, 0_usize);
    for (at, token) in all.iter().enumerate() {
        let is_last = match token.text {
            "(" => {
                brackets += 1;
                false
            }
            ")" => {
                brackets = brackets.saturating_sub(1);
                false
            }
            ";" if dialect == Dialect::Sqlite && is_trigger(&all[first..at]) => {
                // The same rule as in SQLite. `CASE … END;` does not follow a semicolon.
                matches!(&all[first..at], [.., before, end] if before.text == ";" && end.is("END"))
            }
            ";" => brackets == 0 && blocks == 0,
            _ if dialect == Dialect::Postgres && brackets == 0 => {
                let begins = token.is("BEGIN") && all.get(at + 1).is_some_and(|next| next.is("ATOMIC"));
                if begins && is_routine(&all[first..at]) || blocks > 0 && token.is("CASE") {
                    blocks += 1;
                } else if token.is("END") {
                    blocks = blocks.saturating_sub(1);
                }
                false
            }
            _ => false,
        };
        if is_last {
            if first < at {
                statements.push(sql[start..token.start].trim());
            }
            (first, start) = (at + 1, token.end);
            (brackets, blocks) = (0, 0);
        }
    }
    if first < all.len() {
        statements.push(sql[start..].trim());
    }
    statements
}

/// Returns whether the token at an index is this keyword, ignoring case.
pub fn is_at(tokens: &[Token<'_>], at: usize, keyword: &str) -> bool {
    tokens.get(at).is_some_and(|token| token.is(keyword))
}

/// Returns the index of the closing parenthesis for the one at `open`.
pub fn closing(tokens: &[Token<'_>], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.text {
            "(" => depth += 1,
            ")" if depth == 1 => return Some(at),
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// Returns whether a statement creates a trigger.
fn is_trigger(statement: &[Token<'_>]) -> bool {
    let is = |at, keyword| is_at(statement, at, keyword);
    let kind = 1 + usize::from(is(1, "TEMP") || is(1, "TEMPORARY"));
    is(0, "CREATE") && is(kind, "TRIGGER")
}

/// Returns whether a statement creates a function or procedure.
fn is_routine(statement: &[Token<'_>]) -> bool {
    let is = |at, keyword| is_at(statement, at, keyword);
    let kind = if is(1, "OR") && is(2, "REPLACE") { 3 } else { 1 };
    is(0, "CREATE") && (is(kind, "FUNCTION") || is(kind, "PROCEDURE"))
}

/// Both engines treat every non-ASCII character as a letter.
fn is_part_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '$' || !c.is_ascii()
}

/// Returns the length of a comment. PostgreSQL's can be nested.
fn comment(rest: &str, dialect: Dialect) -> usize {
    let (mut depth, mut at) = (1_usize, 2);
    while depth > 0 {
        let Some(end) = rest[at..].find("*/") else { return rest.len() };
        match rest[at..at + end].find("/*").filter(|_| dialect == Dialect::Postgres) {
            Some(open) => {
                depth += 1;
                at += open + 2;
            }
            None => {
                depth -= 1;
                at += end + 2;
            }
        }
    }
    at
}

/// Returns the length of a quoted name or string, in which quotes are doubled.
fn quoted(rest: &str, quote: char) -> usize {
    let mut at = 1;
    while let Some(end) = rest[at..].find(quote) {
        at += end + 1;
        if !rest[at..].starts_with(quote) {
            return at;
        }
        at += 1;
    }
    rest.len()
}

/// Returns the length of an `E'…'` string, in which a backslash escapes the next character.
fn escaped(rest: &str) -> usize {
    let mut chars = rest.char_indices().skip(2).peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            '\'' if chars.next_if(|(_, next)| *next == '\'').is_none() => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// Returns the length of a dollar-quoted string, or 1 for a single `$`.
fn dollar_quoted(rest: &str) -> usize {
    let Some(end) = rest[1..].find('$') else { return 1 };
    let tag = &rest[..end + 2];
    let name = &tag[1..=end];
    if name.starts_with(|c: char| c.is_ascii_digit()) || !name.chars().all(is_part_of_name) {
        return 1;
    }
    rest[tag.len()..].find(tag).map_or(rest.len(), |inner| inner + 2 * tag.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use Dialect::{Postgres, Sqlite};

    #[test]
    fn statements_end_at_semicolons_of_their_own() {
        let text = "CREATE TABLE a (b TEXT DEFAULT ';' -- one; two\n); /* ; */\nINSERT INTO a VALUES \
                    ('it''s;');\n\n-- nothing\n";
        for dialect in [Postgres, Sqlite] {
            assert_eq!(
                statements(text, dialect),
                ["CREATE TABLE a (b TEXT DEFAULT ';' -- one; two\n)", "/* ; */\nINSERT INTO a VALUES ('it''s;')"]
            );
            assert!(statements("-- only a comment\n;; /* ; */", dialect).is_empty());
            for open in ["'", "\"a", "$$", "$a$ b", "/*", "/* /* */", "--", "E'\\", "E'\\'", "(", "`", "[", "é", "$"] {
                statements(open, dialect);
                assert!(statements(&format!("SELECT 1; SELECT {open}"), dialect).len() == 2, "{open}");
            }
        }
        for (count, dialect, text) in [
            (2, Postgres, r"INSERT INTO a VALUES (E'it\'s; here', e'\\'); SELECT 1"),
            (2, Postgres, r"INSERT INTO a VALUES ('\'); SELECT 1"),
            (2, Sqlite, r"INSERT INTO a VALUES ('\'); SELECT 1"),
            (1, Postgres, "/* a /* b; */ c; */ SELECT 1"),
            (2, Sqlite, "/* a /* b; */ SELECT 1; SELECT 2"),
            (2, Postgres, "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $b$ BEGIN RETURN 1; END $b$; SELECT $1"),
            (2, Postgres, "SELECT a$b; SELECT c$b"),
            (2, Postgres, "SELECT $1; SELECT $2"),
            (2, Postgres, "DO $ö$ BEGIN NULL; END $ö$; SELECT 1"),
            (
                2,
                Postgres,
                "CREATE OR REPLACE FUNCTION g(\"begin\" int) RETURNS int LANGUAGE sql
                 BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 2 END; END; SELECT 4",
            ),
            (2, Postgres, "CREATE RULE r AS ON INSERT TO a DO ALSO (SELECT 1; SELECT 2); SELECT 3"),
            (3, Postgres, "CREATE TABLE t (trigger text, begin text); CREATE VIEW v AS SELECT begin FROM t; SELECT 1"),
            (2, Postgres, "CREATE TRIGGER begin BEFORE INSERT ON a EXECUTE FUNCTION f(); SELECT 1"),
            (
                2,
                Sqlite,
                "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT CASE WHEN 1 THEN 2 END; SELECT 3; END; SELECT 4",
            ),
            (
                2,
                Sqlite,
                "CREATE TEMP TRIGGER IF NOT EXISTS \"x;\" AFTER UPDATE OF begin ON case_ BEGIN
                 UPDATE a SET \"end\" = 1; -- END;\nEND; SELECT 4",
            ),
            (3, Sqlite, "CREATE TABLE t (trigger text, begin text); INSERT INTO t (begin) VALUES (1); SELECT 1"),
            (2, Sqlite, "SELECT [a;], `b;` FROM t; SELECT 1"),
        ] {
            let found = statements(text, dialect);
            assert_eq!(found.len(), count, "{dialect}: {found:#?}");
        }
    }

    #[test]
    fn tokens_are_those_of_the_engine() {
        let texts = |sql, dialect| tokens(sql, dialect).into_iter().map(|token| token.text).collect::<Vec<_>>();
        assert_eq!(texts("a[1] \"b\"\"c\" é\u{a0}f", Postgres), ["a", "[", "1", "]", "\"b\"\"c\"", "é\u{a0}f"]);
        assert_eq!(texts("a[1] `b``c`", Sqlite), ["a", "[1]", "`b``c`"]);
        assert_eq!(tokens("\"b\"\"c\"", Postgres)[0].name(), "b\"c");
        let open = tokens("f(a, (b)) c", Sqlite);
        assert_eq!(closing(&open, 1), Some(7));
    }
}
