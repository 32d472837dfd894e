//! Reads the SQL text of a plan, and panics at whatever the data layer does not write by itself.
//!
//! A text may consist of quoted names of the catalog, aliases, the words, numbers and texts listed here, placeholders
//! and a few symbols. It shares no code with the writer.

use std::collections::BTreeSet;

use mwallet_db::Dialect;
use mwallet_db::schema::{ColumnType, Table};

/// The words that are written without quotes, in the order of the alphabet.
const WORDS: &str = "AND ANY ARRAY AS ASC AT BETWEEN BY CASE CAST COLLATE CONFLICT DEFAULT DELETE DESC DISTINCT DO ELSE END EXISTS \
    FALSE FIRST FROM GROUP ILIKE IN INSERT INTO IS JOIN LAST LEFT LIKE LIMIT NOT NOTHING NULL NULLS OFFSET ON OR \
    ORDER ORDINALITY RETURNING ROW SELECT SET TEXT THEN TIME TRUE UPDATE VALUES WHEN WHERE WITH ZONE \
    avg bigint bool boolean bytea coalesce count counted current_setting date excluded found frame given grouped \
    int2 int4 int8 integer json json_each json_to_record jsonb max min most moved mwallet_avg mwallet_cast \
    mwallet_contains mwallet_ilike mwallet_iregex mwallet_json mwallet_json_get mwallet_json_text mwallet_like \
    mwallet_merged mwallet_note_merge mwallet_number mwallet_ordinal mwallet_regex mwallet_row mwallet_rows \
    mwallet_sum numeric pg_get_serial_sequence pg_sequence_last_value phraseto_tsquery plainto_tsquery r regclass \
    regconfig sequence set_config setval smallint sum text timestamp timestamptz to_char to_json to_jsonb to_tsquery \
    to_tsvector true unhex unnest uuid v value websearch_to_tsquery";
/// The texts in single quotes.
const TEXTS: [&str; 19] = [
    "''",
    "'mwallet.merged'",
    "'t'",
    "'{}'",
    "'UTC'",
    "'YYYY-MM-DD'",
    "'+00:00'",
    "'bigint'",
    "'boolean'",
    "'date'",
    "'decimal'",
    "'integer'",
    "'json'",
    "'jsonb'",
    "'number'",
    "'numeric'",
    "'smallint'",
    "'text'",
    "'timestamp'",
];
/// The names of collations.
const COLLATIONS: [&str; 1] = ["C"];
/// The numbers: of rows, of offsets and of `SELECT 1`.
const NUMBERS: [&str; 3] = ["0", "1", "1000"];
/// The symbols of one character. A minus sign is only allowed in `LIMIT -1`, `-|-`, `->` and `->>`.
const SYMBOLS: &str = "(),.=<>:*+[]~@&|#";
/// What begins a statement.
const FIRST: [&str; 5] = ["SELECT", "WITH", "INSERT", "UPDATE", "DELETE"];

/// What the statements of some tables may consist of.
#[derive(Debug)]
pub struct Allowed {
    /// The names of schemas, tables and columns.
    names: BTreeSet<String>,
    /// The words without quotes, with those of native types.
    words: BTreeSet<String>,
    numbers: BTreeSet<String>,
}

/// A token of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token<'s> {
    /// A quoted name, without its quotes.
    Name(String),
    /// A keyword, a function, a type or an alias.
    Word(&'s str),
    Number(&'s str),
    /// A text with its quotes.
    Text(&'s str),
    /// A placeholder.
    Parameter(usize),
    Symbol(char),
}

impl Token<'_> {
    /// Returns whether it is this word.
    pub fn is(&self, word: &str) -> bool {
        *self == Token::Word(word)
    }
}

impl Allowed {
    /// Allows what statements of these tables need.
    pub fn of<'t>(tables: impl IntoIterator<Item = &'t Table>) -> Self {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let words = WORDS.split_whitespace().map(Into::into).collect();
        let mut allowed = Self { names: owned(&COLLATIONS), words, numbers: owned(&NUMBERS) };
        for table in tables {
            allowed.names.extend(table.schema.iter().chain([&table.name]).cloned());
            for column in &table.columns {
                allowed.names.insert(column.name.clone());
                allowed.add_type(&column.kind);
            }
        }
        allowed
    }

    /// Allows the words of a type's name, and the scale that aggregates of SQLite are told.
    fn add_type(&mut self, kind: &ColumnType) {
        match kind {
            ColumnType::Decimal { scale, .. } => drop(self.numbers.insert(scale.to_string())),
            ColumnType::Native(native) => {
                for name in [Some(&native.name), native.comparison_type.as_ref()].into_iter().flatten() {
                    for word in name.split(|c: char| !is_part_of_word(c)).filter(|word| !word.is_empty()) {
                        self.words.insert(word.into());
                        self.numbers.insert(word.into());
                    }
                }
            }
            _ => {}
        }
    }

    /// Returns the tokens of a statement.
    ///
    /// # Panics
    ///
    /// Panics if the text has anything that is not allowed, if its parentheses do not pair up, or if its placeholders
    /// are not numbered from 1 to `parameters`.
    pub fn check<'s>(&self, sql: &'s str, dialect: Dialect, parameters: usize) -> Vec<Token<'s>> {
        let tokens = self.tokens(sql, dialect).unwrap_or_else(|wrong| panic!("{wrong} in {dialect}: {sql}"));
        let begins_well = FIRST.iter().any(|word| tokens.first().is_some_and(|token| token.is(word)));
        assert!(begins_well, "this is no statement of {dialect}: {sql}");
        let numbers = tokens.iter().filter_map(|token| match token {
            Token::Parameter(number) => Some(*number),
            _ => None,
        });
        assert!(numbers.eq(1..=parameters), "there are {parameters} parameters for {dialect}: {sql}");
        tokens
    }

    /// Splits a text into tokens. Returns an error that describes what is wrong.
    fn tokens<'s>(&self, sql: &'s str, dialect: Dialect) -> Result<Vec<Token<'s>>, String> {
        let mut tokens: Vec<Token<'s>> = Vec::new();
        let mut open = Vec::new();
        let mut rest = sql;
        while let Some(first) = rest.chars().next() {
            let length = match first {
                '"' | '\'' => quoted(rest, first).ok_or_else(|| format!("an open quote: {rest}"))?,
                '$' | '?' => 1 + digits(&rest[1..]),
                '-' if rest.starts_with("-|-") || rest.starts_with("->>") => 3,
                '-' if rest.starts_with("->") => 2,
                _ if first.is_ascii_digit() => digits(rest),
                _ if is_part_of_word(first) => rest.find(|c| !is_part_of_word(c)).unwrap_or(rest.len()),
                _ => first.len_utf8(),
            };
            let (text, after) = rest.split_at(length);
            rest = after;
            let is_limit = tokens.last().is_some_and(|token| token.is("LIMIT"));
            let token = match first {
                ' ' => continue,
                '"' => Token::Name(text[1..length - 1].replace("\"\"", "\"")),
                '\'' => Token::Text(text),
                '$' if dialect == Dialect::Postgres => Token::Parameter(parameter(text)?),
                '?' if dialect == Dialect::Sqlite => Token::Parameter(parameter(text)?),
                '-' if text == "-|-" => Token::Symbol('|'),
                '-' if text.starts_with("->") => Token::Symbol('>'),
                '-' if is_limit && rest.strip_prefix('1').is_some_and(|rest| digits(rest) == 0) => continue,
                _ if first.is_ascii_digit() => Token::Number(text),
                _ if is_part_of_word(first) => Token::Word(text),
                _ => Token::Symbol(first),
            };
            let is_allowed = match &token {
                Token::Name(name) => self.names.contains(name),
                Token::Word(word) => self.words.contains(*word) || is_alias(word),
                Token::Number(number) => self.numbers.contains(*number),
                Token::Text(text) => TEXTS.contains(text),
                Token::Parameter(_) => true,
                Token::Symbol(symbol) => SYMBOLS.contains(*symbol),
            };
            if !is_allowed {
                return Err(format!("{token:?}"));
            }
            match token {
                Token::Symbol(symbol @ ('(' | '[')) => open.push(symbol),
                Token::Symbol(')') if open.pop() != Some('(') => return Err("a parenthesis too many".into()),
                Token::Symbol(']') if open.pop() != Some('[') => return Err("a bracket too many".into()),
                _ => {}
            }
            tokens.push(token);
        }
        if open.is_empty() { Ok(tokens) } else { Err(format!("{open:?} without an end")) }
    }
}

/// Returns the length of a quoted text, in which a quote is doubled.
fn quoted(text: &str, quote: char) -> Option<usize> {
    let mut at = 1;
    loop {
        at += text[at..].find(quote)? + 1;
        match text[at..].starts_with(quote) {
            true => at += 1,
            false => return Some(at),
        }
    }
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

fn parameter(text: &str) -> Result<usize, String> {
    text[1..].parse().map_err(|_| format!("the placeholder {text}"))
}

fn is_part_of_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Returns whether a word is an alias that the writer numbers.
fn is_alias(word: &str) -> bool {
    let number = ["mwallet_", "c", "o"].into_iter().find_map(|prefix| word.strip_prefix(prefix));
    number.is_some_and(|number| !number.is_empty() && digits(number) == number.len())
}
