//! Validates JSON text against a schema in one pass, without building a tree.

use std::collections::HashSet;

use super::{Collector, FailureKind, Place, rules};
use crate::json::{Reader, SyntaxError, Token, storable};
use crate::native::JsonKind;
use crate::{
    Access, ColumnType, Decimal, DecimalError, DeclaredType, FieldType, FixedTime, NativeType, Record, Schema, Sources,
    Transfer, Value, ValueError,
};

/// A pass through a JSON text along a schema.
pub(crate) struct Walk<'a, 's> {
    pub(crate) reader: Reader<'a>,
    pub(crate) failures: Collector,
    sources: FixedTime<'s>,
}

impl<'a, 's> Walk<'a, 's> {
    pub(crate) fn new(json: &'a [u8], sources: &'s dyn Sources) -> Result<Self, SyntaxError> {
        Ok(Self { reader: Reader::new(json)?, failures: Collector::default(), sources: FixedTime::new(sources) })
    }

    /// Reads an object of the schema. The result is complete only if there were no failures.
    pub(crate) fn object(&mut self, schema: &Schema, place: &Place<'_>) -> Result<Option<Record>, SyntaxError> {
        if !self.opens(b'{', "an object", place)? {
            return Ok(None);
        }
        let fields = schema.fields();
        let mut seen = vec![false; fields.len()];
        let mut record = Record::with_capacity(fields.len());
        let mut next = 0;
        while let Some(key) = self.reader.key()? {
            let here = place.name(&key);
            let refused = match schema.position_from(&key, next) {
                None if schema.takes_unknown() => {
                    self.reader.skip()?;
                    continue;
                }
                None => Some((FailureKind::UnknownField, "there is no such field")),
                Some(position) => {
                    next = position + 1;
                    if std::mem::replace(&mut seen[position], true) {
                        Some((FailureKind::DuplicateField, "is given twice"))
                    } else if fields[position].access == Access::ReadOnly {
                        Some((FailureKind::ReadOnly, "is read-only"))
                    } else {
                        if let Some(value) = self.field(schema, position, &here)? {
                            record.push(fields[position].name.clone(), value, true);
                        }
                        None
                    }
                }
            };
            if let Some((kind, msg)) = refused {
                self.failures.fail(&here, kind, msg);
                self.reader.skip()?;
            }
        }
        rules::complete(schema, &seen, &mut record, &self.sources, place, &mut self.failures);
        Ok(Some(record))
    }

    /// Reads the value of a field, or null, and checks the rules of the field.
    fn field(&mut self, schema: &Schema, position: usize, place: &Place<'_>) -> Result<Option<Value>, SyntaxError> {
        let field = &schema.fields()[position];
        if field.nullable && self.reader.peek() == Some(b'n') {
            self.reader.value()?;
            return Ok(Some(Value::Null));
        }
        let value = self.typed(&field.kind, place)?;
        let pattern = schema.pattern(position);
        Ok(value.filter(|value| rules::check(field, pattern, value, place, &mut self.failures)))
    }

    fn typed(&mut self, kind: &FieldType, place: &Place<'_>) -> Result<Option<Value>, SyntaxError> {
        if self.reader.peek() == Some(b'n') {
            self.reader.value()?;
            self.failures.fail(place, FailureKind::NullNotAllowed, "must not be null");
            return Ok(None);
        }
        match kind {
            FieldType::Column(kind) => self.column(kind, place),
            FieldType::Nested(schema) => Ok(self.object(schema, place)?.map(Value::Record)),
            FieldType::List(item) => self.list(item, place),
            FieldType::Map(value) => self.map(value, place),
        }
    }

    fn column(&mut self, kind: &ColumnType, place: &Place<'_>) -> Result<Option<Value>, SyntaxError> {
        let is_json = match kind {
            ColumnType::Native(native) => native.json_kind() == Some(JsonKind::Any) && self.reader.peek() != Some(b'"'),
            kind => *kind == ColumnType::Json,
        };
        let value = if is_json {
            let raw = self.reader.raw()?;
            storable(raw).map(|()| Value::Json(crate::json::squeeze(raw)))
        } else {
            match self.reader.peek() {
                Some(b'{' | b'[') => {
                    let got = self.skip_named()?;
                    Err(ValueError::WrongType(format!("expected {}, got {got}", wanted(kind))))
                }
                _ => from_token(kind, self.reader.value()?),
            }
        };
        Ok(value.map_err(|error| self.failures.fail_value(place, &error)).ok())
    }

    fn list(&mut self, kind: &FieldType, place: &Place<'_>) -> Result<Option<Value>, SyntaxError> {
        if !self.opens(b'[', "a list", place)? {
            return Ok(None);
        }
        let (mut items, mut count) = (Vec::new(), 0);
        while self.reader.item()? {
            items.extend(self.typed(kind, &place.index(count))?);
            count += 1;
        }
        // If an item failed, the length of the list would be wrong.
        Ok((items.len() == count).then_some(Value::List(items)))
    }

    fn map(&mut self, kind: &FieldType, place: &Place<'_>) -> Result<Option<Value>, SyntaxError> {
        if !self.opens(b'{', "an object", place)? {
            return Ok(None);
        }
        let mut names = HashSet::new();
        let mut entries = Record::new();
        let mut good = true;
        while let Some(key) = self.reader.key()? {
            let here = place.name(&key);
            let refused = if key.contains('\0') {
                Some((FailureKind::NulInText, "a name must not contain U+0000"))
            } else if names.contains(&*key) {
                Some((FailureKind::DuplicateField, "is given twice"))
            } else {
                None
            };
            if let Some((kind, msg)) = refused {
                self.failures.fail(&here, kind, msg);
                self.reader.skip()?;
                good = false;
                continue;
            }
            match self.typed(kind, &here)? {
                Some(value) => entries.push(key.clone().into_owned(), value, true),
                None => good = false,
            }
            names.insert(key);
        }
        Ok(good.then_some(Value::Record(entries)))
    }

    /// Reads an opening bracket, or reports the value found instead.
    pub(crate) fn opens(&mut self, bracket: u8, wanted: &str, place: &Place<'_>) -> Result<bool, SyntaxError> {
        if self.reader.peek() == Some(bracket) {
            self.reader.value()?;
            return Ok(true);
        }
        let got = self.skip_named()?;
        self.failures.fail(place, FailureKind::WrongType, format!("expected {wanted}, got {got}"));
        Ok(false)
    }

    /// Skips a value and returns its type.
    fn skip_named(&mut self) -> Result<&'static str, SyntaxError> {
        let before = self.reader.clone();
        self.reader.skip()?;
        Ok(token_name(&before.clone().value()?))
    }
}

/// Converts a token, which is not a bracket, to a value of a column type.
fn from_token(kind: &ColumnType, token: Token<'_>) -> Result<Value, ValueError> {
    match (kind, token) {
        (ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt, Token::Number(text)) => {
            integer(text, kind)?.coerce(kind)
        }
        // A client that has only doubles writes large integers as strings, and PostgreSQL accepts every integer as a
        // string.
        (ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt, Token::String(text)) => {
            Value::parse(kind, text.trim_ascii())
        }
        (ColumnType::Decimal { .. } | ColumnType::Timestamp, Token::Number(text)) => Value::parse(kind, text),
        (ColumnType::Text { .. }, Token::Number(text)) => Value::Text(text.into()).coerce(kind),
        (ColumnType::Text { .. }, Token::String(text)) => Value::Text(text.into_owned()).coerce(kind),
        (
            ColumnType::Decimal { .. } | ColumnType::Timestamp | ColumnType::Uuid | ColumnType::Bytes { .. },
            Token::String(text),
        ) => Value::parse(kind, &text),
        (ColumnType::Enum(labels), Token::String(text)) => match labels.by_name(&text) {
            Some(label) => Ok(Value::Text(label.name.clone())),
            None => Err(ValueError::NotALabel { labels: labels.names() }),
        },
        (ColumnType::Enum(labels), Token::Number(text)) => match integer(text, &ColumnType::BigInt) {
            Ok(Value::Int(code)) => Value::Int(code).coerce(kind),
            _ => Err(ValueError::NotALabel { labels: labels.names() }),
        },
        (ColumnType::Boolean, Token::Bool(value)) => Ok(Value::Bool(value)),
        (ColumnType::Boolean, Token::String(text)) => truth(&text).map(Value::Bool),
        // A float may have more digits before its point than any decimal.
        (ColumnType::Native(native), Token::Number(text)) if native.json_kind() == Some(JsonKind::Number) => {
            native.within_floats(text.into())
        }
        (ColumnType::Native(native), token) => native_value(native, token)?.coerce(kind),
        (_, token) => Err(ValueError::WrongType(format!("expected {}, got {}", wanted(kind), token_name(&token)))),
    }
}

/// Parses a boolean as PostgreSQL does: the words or their prefixes, in any case.
fn truth(text: &str) -> Result<bool, ValueError> {
    let word = text.trim_ascii().to_ascii_lowercase();
    let begins = |whole: &str, least: usize| word.len() >= least && whole.starts_with(&word);
    match () {
        () if word == "1" || begins("true", 1) || begins("yes", 1) || begins("on", 2) => Ok(true),
        () if word == "0" || begins("false", 1) || begins("no", 1) || begins("off", 2) => Ok(false),
        () => Err(ValueError::WrongType("expected true or false".into())),
    }
}

/// Converts a token to a value of a native type.
fn native_value(native: &NativeType, token: Token<'_>) -> Result<Value, ValueError> {
    Ok(match (native.transfer, token) {
        (Transfer::SqliteDynamic(DeclaredType::Integer), Token::String(text)) => {
            Value::parse(&ColumnType::BigInt, text.trim_ascii())?
        }
        (Transfer::SqliteDynamic(DeclaredType::Boolean), Token::String(text)) => Value::Bool(truth(&text)?),
        // PostgreSQL stores the digits exactly as written.
        (_, Token::Number(text)) if native.is_characters() => Value::Text(text.into()),
        (_, token) => of_any(token)?,
    })
}

fn of_any(token: Token<'_>) -> Result<Value, ValueError> {
    Ok(match token {
        Token::Null | Token::Array | Token::Object => Value::Null,
        Token::Bool(value) => Value::Bool(value),
        Token::String(text) => Value::Text(text.into_owned()),
        Token::Number(text) => match text.parse::<i64>() {
            Ok(number) => Value::Int(number),
            Err(_) => {
                Value::Decimal(text.parse().map_err(|error: DecimalError| ValueError::OutOfRange(error.to_string()))?)
            }
        },
    })
}

/// Parses an integer from a JSON number: `1e2` and `1.0` are integers, `1.5` is not.
fn integer(text: &str, kind: &ColumnType) -> Result<Value, ValueError> {
    let plain = !text.contains(['.', 'e', 'E']);
    if plain {
        return Value::parse(kind, text);
    }
    let out_of_range = || Value::parse(kind, "99999999999999999999");
    let not_whole = || ValueError::WrongType("expected a whole number, got a fraction".into());
    match text.parse::<Decimal>() {
        Ok(decimal) => {
            let whole = decimal.rescale(0).ok_or_else(not_whole)?;
            i64::try_from(whole.unscaled()).map(Value::Int).or_else(|_| out_of_range())
        }
        // The number exceeds any column: it is either a tiny fraction or too large.
        Err(DecimalError::TooLarge) if text.contains("e-") || text.contains("E-") => Err(not_whole()),
        Err(_) => out_of_range(),
    }
}

/// Returns a description of valid values, for error messages.
fn wanted(kind: &ColumnType) -> String {
    match kind {
        ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt => "a whole number".into(),
        ColumnType::Decimal { .. } => "a decimal, as a number or a string".into(),
        ColumnType::Text { .. } => "a string".into(),
        ColumnType::Timestamp => "a time, as RFC 3339 or seconds since 1970".into(),
        ColumnType::Uuid => "a UUID".into(),
        ColumnType::Enum(labels) => format!("one of {}", labels.names()),
        ColumnType::Bytes { .. } => "bytes as a base64 string".into(),
        ColumnType::Json => "JSON".into(),
        ColumnType::Boolean => "true or false".into(),
        ColumnType::Native(native) => native.wanted().into(),
    }
}

fn token_name(token: &Token<'_>) -> &'static str {
    match token {
        Token::Null => "null",
        Token::Bool(_) => "a boolean",
        Token::Number(_) => "a number",
        Token::String(_) => "a string",
        Token::Array => "a list",
        Token::Object => "an object",
    }
}
