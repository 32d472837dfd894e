//! Converts check constraints to column rules, where a rule can express them.
//!
//! It understands comparisons of a column or its length with a number, `BETWEEN`, and lists of values (`IN`, or what
//! PostgreSQL makes of it), joined by `AND`. Only the database enforces checks of other forms.

use mwallet_schema::{Bound, Decimal, Rules, Value};

/// A rule and its column.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ColumnRule {
    pub(super) column: String,
    pub(super) rule: Rule,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Rule {
    Min(Bound),
    Max(Bound),
    MinLength(u32),
    MaxLength(u32),
    OneOf(Vec<Value>),
    /// Not `NaN`.
    NotNan,
    /// Not before a time in PostgreSQL's format.
    Since(String),
    /// Before a time.
    Before(String),
}

impl Rule {
    /// Returns whether column rules can express it. The others are part of mWallet's own types.
    pub(super) fn is_of_column(&self) -> bool {
        !matches!(self, Self::NotNan | Self::Since(_) | Self::Before(_))
    }

    /// Adds the rule to the rules of a column. The tighter bound wins.
    pub(super) fn add_to(self, rules: &mut Rules) {
        match self {
            Self::Min(bound) => {
                let looser = |old: &Bound| (&bound.value, bound.exclusive) <= (&old.value, old.exclusive);
                if !rules.min.as_ref().is_some_and(looser) {
                    rules.min = Some(bound);
                }
            }
            Self::Max(bound) => {
                let looser = |old: &Bound| {
                    bound.value > old.value || (bound.value == old.value && (old.exclusive || !bound.exclusive))
                };
                if !rules.max.as_ref().is_some_and(looser) {
                    rules.max = Some(bound);
                }
            }
            Self::MinLength(least) => rules.min_length = rules.min_length.max(Some(least)),
            Self::MaxLength(most) => rules.max_length = Some(rules.max_length.map_or(most, |old| old.min(most))),
            Self::NotNan | Self::Since(_) | Self::Before(_) => {}
            Self::OneOf(values) if rules.one_of.is_empty() => rules.one_of = values,
            Self::OneOf(values) => rules.one_of.retain(|value| values.contains(value)),
        }
    }
}

/// Parses a condition into rules; `None` if a part has another form.
pub(super) fn rules(condition: &str) -> Option<Vec<ColumnRule>> {
    let mut reader = Reader { tokens: tokens(condition)?, at: 0 };
    let rules = reader.all()?;
    (reader.at == reader.tokens.len()).then_some(rules)
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    /// An unquoted word, in lower case and as written.
    Word(String, String),
    /// A quoted name.
    Name(String),
    /// A string.
    Text(String),
    Number(Decimal),
    Sign(&'static str),
}

const SIGNS: [&str; 15] = ["::", "<=", ">=", "<>", "!=", "==", "<", ">", "=", "(", ")", "[", "]", ",", "-"];

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let taken = match first {
            '"' | '`' | '\'' => {
                let (inner, length) = quoted(rest, first)?;
                tokens.push(if first == '\'' { Token::Text(inner) } else { Token::Name(inner) });
                length
            }
            // SQLite accepts brackets as quotes; in PostgreSQL they start an array after the keyword.
            '[' if !matches!(tokens.last(), Some(Token::Word(word, _)) if word == "array")
                && !rest.starts_with("[]") =>
            {
                let end = rest.find(']')?;
                tokens.push(Token::Name(rest[1..end].into()));
                end + 1
            }
            _ if first.is_ascii_digit() => {
                let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
                tokens.push(Token::Number(rest[..end].parse().ok()?));
                end
            }
            _ if first.is_alphabetic() || first == '_' => {
                let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
                tokens.push(Token::Word(rest[..end].to_lowercase(), rest[..end].into()));
                end
            }
            _ => {
                let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign))?;
                tokens.push(Token::Sign(sign));
                sign.len()
            }
        };
        rest = rest[taken..].trim_start();
    }
    Some(tokens)
}

/// Returns the content of the quoted string at the start of a text, and its length including the quotes. A doubled
/// quote is an escaped one.
pub fn quoted(text: &str, quote: char) -> Option<(String, usize)> {
    let mut inner = String::new();
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c != quote {
            inner.push(c);
        } else if chars.next_if(|(_, next)| *next == quote).is_some() {
            inner.push(quote);
        } else {
            return Some((inner, at + quote.len_utf8()));
        }
    }
    None
}

/// One side of a comparison.
#[derive(Clone, Debug, PartialEq)]
enum Side {
    Column(String),
    Length(String),
    Value(Value),
}

struct Reader {
    tokens: Vec<Token>,
    at: usize,
}

impl Reader {
    /// Parses conditions joined by `AND`.
    fn all(&mut self) -> Option<Vec<ColumnRule>> {
        let mut rules = self.one()?;
        while self.takes_word("and") {
            rules.extend(self.one()?);
        }
        Some(rules)
    }

    /// Parses a comparison, or conditions in parentheses.
    fn one(&mut self) -> Option<Vec<ColumnRule>> {
        let start = self.at;
        if self.take_if("(")
            && let Some(rules) = self.all()
            && self.take_if(")")
        {
            return Some(rules);
        }
        self.at = start;
        self.comparison()
    }

    fn comparison(&mut self) -> Option<Vec<ColumnRule>> {
        let left = self.side()?;
        if self.takes_word("between") {
            let low = self.side()?;
            self.takes_word("and").then_some(())?;
            let high = self.side()?;
            return Some(vec![rule(left.clone(), ">=", low)?, rule(left, "<=", high)?]);
        }
        if self.takes_word("in") {
            self.take_if("(").then_some(())?;
            return self.listed(left, ")");
        }
        let sign = match self.next()? {
            Token::Sign(sign @ ("<=" | ">=" | "<" | ">" | "=" | "==" | "<>")) => *sign,
            _ => return None,
        };
        if sign == "=" && self.takes_word("any") {
            self.take_if("(").then_some(())?;
            let depth = self.brackets();
            self.takes_word("array").then_some(())?;
            self.take_if("[").then_some(())?;
            let rules = self.listed(left, "]")?;
            self.casts();
            for _ in 0..depth {
                self.take_if(")").then_some(())?;
                self.casts();
            }
            self.take_if(")").then_some(())?;
            return Some(rules);
        }
        let right = self.side()?;
        Some(vec![match left {
            Side::Value(_) => rule(right, turned(sign), left)?,
            _ => rule(left, sign, right)?,
        }])
    }

    /// Parses the values of a list up to its end.
    fn listed(&mut self, left: Side, end: &str) -> Option<Vec<ColumnRule>> {
        let Side::Column(column) = left else { return None };
        let mut values = Vec::new();
        loop {
            match self.side()? {
                Side::Value(value) => values.push(value),
                _ => return None,
            }
            if self.take_if(end) {
                return Some(vec![ColumnRule { column, rule: Rule::OneOf(values) }]);
            }
            self.take_if(",").then_some(())?;
        }
    }

    /// Parses a column, its length, or a value, possibly with parentheses and casts that change nothing.
    fn side(&mut self) -> Option<Side> {
        if self.take_if("(") {
            let side = self.side()?;
            self.take_if(")").then_some(())?;
            self.casts();
            return Some(side);
        }
        let side = match self.next()?.clone() {
            Token::Number(number) => Side::Value(value(number)),
            Token::Sign("-") => match self.next()? {
                Token::Number(number) => Side::Value(value(Decimal::new(-number.unscaled(), number.scale()))),
                _ => return None,
            },
            Token::Text(text) => Side::Value(Value::Text(text)),
            Token::Name(name) => Side::Column(name),
            Token::Word(word, written) => match word.as_str() {
                "length" | "char_length" | "character_length" | "octet_length" if self.take_if("(") => {
                    match self.side()? {
                        Side::Column(column) if self.take_if(")") => Side::Length(column),
                        _ => return None,
                    }
                }
                "and" | "or" | "not" | "null" | "is" | "in" | "between" | "case" | "array" | "any" => return None,
                // Another function.
                _ if self.peeks("(") => return None,
                _ => Side::Column(written),
            },
            Token::Sign(_) => return None,
        };
        self.casts();
        Some(side)
    }

    /// Skips casts: `::character varying(10)[]`.
    fn casts(&mut self) {
        while self.take_if("::") {
            while matches!(self.tokens.get(self.at), Some(Token::Word(word, _)) if !is_keyword(word))
                || matches!(self.tokens.get(self.at), Some(Token::Name(_)))
            {
                self.at += 1;
            }
            if self.take_if("(") {
                while !self.take_if(")") && self.at < self.tokens.len() {
                    self.at += 1;
                }
            }
            while self.take_if("[") && self.take_if("]") {}
        }
    }

    /// Consumes opening parentheses and returns their number.
    fn brackets(&mut self) -> usize {
        std::iter::from_fn(|| self.take_if("(").then_some(())).count()
    }

    fn next(&mut self) -> Option<&Token> {
        self.at += 1;
        self.tokens.get(self.at - 1)
    }

    fn peeks(&self, sign: &str) -> bool {
        matches!(self.tokens.get(self.at), Some(Token::Sign(found)) if *found == sign)
    }

    fn take_if(&mut self, sign: &str) -> bool {
        let found = self.peeks(sign);
        self.at += usize::from(found);
        found
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Word(found, _)) if found == word);
        self.at += usize::from(found);
        found
    }
}

/// Returns whether a word ends the name of a type.
fn is_keyword(word: &str) -> bool {
    matches!(word, "and" | "or" | "between" | "in" | "is" | "not")
}

fn value(number: Decimal) -> Value {
    match number.rescale(0).map(|whole| i64::try_from(whole.unscaled())) {
        Some(Ok(whole)) => Value::Int(whole),
        _ => Value::Decimal(number),
    }
}

/// Returns the comparison operator with its sides swapped.
fn turned(sign: &str) -> &str {
    match sign {
        "<=" => ">=",
        ">=" => "<=",
        "<" => ">",
        ">" => "<",
        same => same,
    }
}

fn rule(left: Side, sign: &str, right: Side) -> Option<ColumnRule> {
    let Side::Value(value) = right else { return None };
    match left {
        Side::Column(column) => {
            let rule = match (sign, value) {
                ("=" | "==", value) => Rule::OneOf(vec![value]),
                ("<>", Value::Text(text)) if text == "NaN" => Rule::NotNan,
                ("<>", _) => return None,
                (">=", Value::Text(text)) if text.parse::<Decimal>().is_err() => Rule::Since(text),
                ("<", Value::Text(text)) if text.parse::<Decimal>().is_err() => Rule::Before(text),
                (sign, value) => {
                    let value = number(value)?;
                    let exclusive = sign.len() == 1;
                    let bound = Bound { value, exclusive };
                    if sign.starts_with('>') { Rule::Min(bound) } else { Rule::Max(bound) }
                }
            };
            Some(ColumnRule { column, rule })
        }
        Side::Length(column) => {
            let Value::Int(length) = value else { return None };
            let rule = match sign {
                ">=" => Rule::MinLength(u32::try_from(length).ok()?),
                ">" => Rule::MinLength(u32::try_from(length + 1).ok()?),
                "<=" => Rule::MaxLength(u32::try_from(length).ok()?),
                "<" => Rule::MaxLength(u32::try_from(length - 1).ok()?),
                _ => return None,
            };
            Some(ColumnRule { column, rule })
        }
        Side::Value(_) => None,
    }
}

/// Returns a value as a number; PostgreSQL may write it as a string with a cast.
fn number(value: Value) -> Option<Decimal> {
    match value {
        Value::Int(number) => Some(number.into()),
        Value::Decimal(number) => Some(number),
        Value::Text(text) => text.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(condition: &str) -> Option<Rules> {
        let mut all = Rules::default();
        for ColumnRule { column, rule } in rules(condition)? {
            assert_eq!(column, "a", "{condition}");
            rule.add_to(&mut all);
        }
        Some(all)
    }

    fn between(min: Bound, max: Bound) -> Option<Rules> {
        Some(Rules { min: Some(min), max: Some(max), ..Rules::default() })
    }

    #[test]
    fn ranges() {
        let expected = between(Bound::inclusive(0), Bound::inclusive(1));
        for condition in [
            "a >= 0 AND a <= 1",
            "((a >= (0)::double precision) AND (a <= (1)::double precision))",
            "[a]>=(0) AND [a]<=(1)",
            "a BETWEEN 0 AND 1",
            "0 <= a and 1 >= \"a\"",
            "(((a)::integer >= '0'::integer) AND (a <= 1.0))",
        ] {
            assert_eq!(read(condition), expected, "{condition}");
        }
        let half: Decimal = "-0.5".parse().unwrap();
        assert_eq!(read("a > -0.5 AND a < 9"), between(Bound::exclusive(half), Bound::exclusive(9)));
    }

    #[test]
    fn the_tighter_rule_counts() {
        assert_eq!(
            read("a >= 0 AND a > 0 AND a > -5 AND a < 9 AND a <= 9 AND a < 10"),
            between(Bound::exclusive(0), Bound::exclusive(9))
        );
    }

    #[test]
    fn lengths() {
        let expected = Some(Rules { min_length: Some(2), max_length: Some(5), ..Rules::default() });
        for condition in ["length(a) > 1 AND length(a) < 6", "((char_length((a)::text) >= 2) AND (length(a) <= 5))"] {
            assert_eq!(read(condition), expected, "{condition}");
        }
    }

    #[test]
    fn lists() {
        let expected = Some(Rules { one_of: vec!["x".into(), "it's".into()], ..Rules::default() });
        for condition in [
            "a IN ('x', 'it''s')",
            "(a = ANY (ARRAY['x'::text, 'it''s'::text]))",
            "((a)::text = ANY ((ARRAY['x'::character varying, 'it''s'::character varying])::text[]))",
            "((a)::text = ANY (ARRAY[('x'::character varying)::text, ('it''s'::character varying)::text]))",
        ] {
            assert_eq!(read(condition), expected, "{condition}");
        }
        assert_eq!(read("a in (1, -2)"), Some(Rules { one_of: vec![1.into(), (-2).into()], ..Rules::default() }));
    }

    #[test]
    fn what_has_another_form_is_left_to_the_database() {
        for condition in [
            "a > b",
            "a > 0 OR a < -5",
            "lower(a) = 'x'",
            "a IS NOT NULL",
            "NOT (a > 0)",
            "a ~ '^x'",
            "a > 0 AND",
            "(a > 0",
            "a <> 5",
            "a + 1 > 5",
            "",
        ] {
            assert_eq!(rules(condition), None, "{condition}");
        }
    }
}
