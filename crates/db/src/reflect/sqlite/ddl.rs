//! The text of `CREATE TABLE`, for what no pragma tells: checks and collations.

/// What a definition says beside its columns and keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Definition {
    pub(super) checks: Vec<Expression>,
    /// Names of collations that are not SQLite's first choice, in their order.
    pub(super) collations: Vec<String>,
    /// Whether the words are `AUTOINCREMENT`.
    pub(super) is_numbered: bool,
    /// How many foreign keys are held at the end of a transaction only.
    pub(super) deferrable_keys: usize,
}

/// A condition, and its name where it has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Expression {
    pub(super) name: Option<String>,
    pub(super) text: String,
}

impl Definition {
    /// Reads a definition; what it does not understand it passes over.
    pub(super) fn read(sql: &str) -> Self {
        let mut read = Self::default();
        let words = words(sql);
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
            } else if word.is("AUTOINCREMENT") {
                read.is_numbered = true;
            }
        }
        read
    }
}

/// A word, a quoted name or text, or a sign, and where it stands.
struct Word<'s> {
    text: &'s str,
    start: usize,
    end: usize,
}

impl Word<'_> {
    fn is(&self, keyword: &str) -> bool {
        self.text.eq_ignore_ascii_case(keyword)
    }

    /// The name without its quotes.
    fn name(&self) -> String {
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

fn words(sql: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(first) = sql[at..].chars().next() {
        let rest = &sql[at..];
        let length = match first {
            _ if rest.starts_with("--") => rest.find('\n').map_or(rest.len(), |end| end + 1),
            _ if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            '"' | '\'' | '`' => quoted(rest, first),
            '[' => rest.find(']').map_or(rest.len(), |end| end + 1),
            _ if first.is_alphanumeric() || first == '_' => {
                rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '$').unwrap_or(rest.len())
            }
            _ => first.len_utf8(),
        };
        let is_comment = rest.starts_with("--") || rest.starts_with("/*");
        if !first.is_whitespace() && !is_comment {
            words.push(Word { text: &rest[..length], start: at, end: at + length });
        }
        at += length;
    }
    words
}

/// How long a quoted text is, with its quotes; a quote is doubled within.
fn quoted(text: &str, quote: char) -> usize {
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c == quote && chars.next_if(|(_, next)| *next == quote).is_none() {
            return at + 1;
        }
    }
    text.len()
}

/// Where the bracket closes that opens there.
fn closing(words: &[Word<'_>], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, word) in words.iter().enumerate().skip(open) {
        match word.text {
            "(" => depth += 1,
            ")" if depth == 1 => return Some(at),
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
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
    fn what_is_broken_is_passed_over() {
        for sql in ["", "CREATE TABLE t (a CHECK (", "CREATE TABLE t ('", "é [", "CHECK"] {
            assert_eq!(Definition::read(sql).checks, [], "{sql}");
        }
    }
}
