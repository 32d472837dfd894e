//! Checks the rules of a field beyond its type, and completes missing fields.

use regex::Regex;

use super::{Collector, FailureKind, Place};
use crate::{Access, ColumnType, Decimal, Field, FieldDefault, FieldType, Record, Rules, Schema, Sources, Value};

/// Checks a value of the right type against the rules of its field. Returns false if it breaks one.
pub(crate) fn check(
    field: &Field,
    pattern: Option<&Regex>,
    value: &Value,
    place: &Place<'_>,
    out: &mut Collector,
) -> bool {
    let rules = &field.rules;
    // Numbers and strings transferred as JSON follow the same rules as others.
    let held = match value {
        Value::Json(text) if field.kind != FieldType::Column(ColumnType::Json) => Value::scalar(text),
        _ => None,
    };
    let value = held.as_ref().unwrap_or(value);
    let mut good = true;
    let mut fail = |kind, msg: String| {
        good = false;
        out.fail(place, kind, msg);
    };
    if rules.min_length.is_some() || rules.max_length.is_some() {
        check_length(rules, value, &mut fail);
    }
    if rules.min.is_some() || rules.max.is_some() {
        check_range(rules, value, &mut fail);
    }
    if !rules.one_of.is_empty() && !rules.one_of.iter().any(|one| is_same(one, value)) {
        let words: Vec<String> = rules.one_of.iter().map(word).collect();
        fail(FailureKind::NotALabel, format!("expected one of {}", words.join(", ")));
    }
    if let (Some(regex), Value::Text(text)) = (pattern, value)
        && !regex.is_match(text)
    {
        fail(FailureKind::PatternMismatch, format!("must match {}", regex.as_str()));
    }
    good
}

/// Returns whether two values are equal as a database compares them: `1` equals `1.0`.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Int(one), Value::Decimal(other)) | (Value::Decimal(other), Value::Int(one)) => {
            *other == Decimal::from(*one)
        }
        _ => one == other,
    }
}

/// Formats a value for a message.
fn word(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        other => {
            let mut text = Vec::new();
            crate::json::write_value(&mut text, other);
            String::from_utf8_lossy(&text).into_owned()
        }
    }
}

fn check_length(rules: &Rules, value: &Value, fail: &mut impl FnMut(FailureKind, String)) {
    let (length, unit) = match value {
        Value::Text(text) => (text.chars().count(), "characters"),
        Value::Bytes(bytes) => (bytes.len(), "bytes"),
        Value::List(items) => (items.len(), "items"),
        Value::Record(record) => (record.len(), "entries"),
        _ => return,
    };
    if let Some(least) = rules.min_length.filter(|least| length < *least as usize) {
        fail(FailureKind::TooShort, format!("at least {least} {unit} are required"));
    }
    if let Some(most) = rules.max_length.filter(|most| length > *most as usize) {
        fail(FailureKind::TooLong, format!("at most {most} {unit} are allowed"));
    }
}

fn check_range(rules: &Rules, value: &Value, fail: &mut impl FnMut(FailureKind, String)) {
    let whole;
    let number = match value {
        Value::Int(number) => {
            whole = Decimal::from(*number);
            &whole
        }
        Value::Decimal(decimal) => decimal,
        _ => return,
    };
    if let Some(min) = &rules.min
        && (*number < min.value || (min.exclusive && *number == min.value))
    {
        let words = if min.exclusive { "greater than" } else { "at least" };
        fail(FailureKind::TooSmall, format!("must be {words} {}", min.value));
    }
    if let Some(max) = &rules.max
        && (*number > max.value || (max.exclusive && *number == max.value))
    {
        let words = if max.exclusive { "less than" } else { "at most" };
        fail(FailureKind::TooLarge, format!("must be {words} {}", max.value));
    }
}

/// Reports missing required fields and fills in the defaults of the others, in schema order.
pub(crate) fn complete(
    schema: &Schema,
    seen: &[bool],
    record: &mut Record,
    sources: &dyn Sources,
    place: &Place<'_>,
    out: &mut Collector,
) {
    for (field, _) in schema.fields().iter().zip(seen).filter(|(_, seen)| !**seen) {
        if let Some(default) = &field.default {
            // A record with failures is discarded, so do not waste randomness on it.
            if out.is_empty() {
                record.push(field.name.clone(), make_default(default, sources), false);
            }
        } else if field.required && field.access != Access::ReadOnly {
            out.fail(&place.name(&field.name), FailureKind::Missing, "is required");
        }
    }
}

/// Returns the value of a default.
pub(crate) fn make_default(default: &FieldDefault, sources: &dyn Sources) -> Value {
    match default {
        FieldDefault::Constant(value) => value.clone(),
        FieldDefault::AppGenerated(generator) => generator.generate(sources),
    }
}

/// Returns the name of the type for messages.
pub(crate) fn expected(kind: &FieldType) -> String {
    match kind {
        FieldType::Column(kind) => kind.name(),
        FieldType::Nested(_) | FieldType::Map(_) => "an object".into(),
        FieldType::List(_) => "a list".into(),
    }
}
