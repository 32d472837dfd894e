//! The JSON Schema of each column type.

use serde_json::{Map, Number, Value as Json, json};

use super::{Purpose, object};
use crate::native::JsonKind;
use crate::{ColumnType, Decimal, DeclaredType, EnumType, NativeType, Rules, Transfer};

/// Base64 (RFC 4648) with valid padding and unused bits of zero.
const BASE64: &str = "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$";

/// A decimal number in a string.
const NUMBER: &str = "^[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?$";

/// The first and the last second of the years 1 to 9999, since 1970.
const SECONDS: (i64, i64) = (-62_135_596_800, 253_402_300_799);

/// Returns the schema of a column type with the rules of its field.
pub(super) fn schema(kind: &ColumnType, rules: Option<&Rules>, purpose: Purpose, null: bool) -> Map<String, Json> {
    let none = Rules::default();
    let rules = rules.unwrap_or(&none);
    let json = match kind {
        ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt => {
            let (least, most) = kind.integer_range().unwrap_or((i64::MIN, i64::MAX));
            let mut json = object(json!({ "type": "integer", "minimum": least, "maximum": most }));
            insert_range(&mut json, rules);
            json
        }
        ColumnType::Decimal { precision, scale } => decimal(*precision, *scale, rules, purpose),
        ColumnType::Text { max } => text(*max, rules),
        ColumnType::Timestamp => timestamp(purpose),
        ColumnType::Uuid => object(json!({ "type": "string", "format": "uuid" })),
        ColumnType::Enum(labels) => object(json!({ "enum": enum_values(labels, purpose) })),
        ColumnType::Bytes { max } => bytes(rules.min_length, least(*max, rules.max_length)),
        ColumnType::Json if null => return Map::new(),
        ColumnType::Json => object(json!({ "not": { "type": "null" } })),
        ColumnType::Boolean => object(json!({ "type": "boolean" })),
        ColumnType::Native(native) => self::native(native, rules, purpose),
    };
    let json = one_of(json, rules);
    if json.is_empty() {
        // Allows any value, including null.
        return json;
    }
    if null { nullable(json) } else { json }
}

/// Returns the schema of a native type.
fn native(native: &NativeType, rules: &Rules, purpose: Purpose) -> Map<String, Json> {
    let json = match (native.transfer, purpose) {
        (Transfer::Text { .. } | Transfer::SqliteDynamic(DeclaredType::Text { .. }), Purpose::Input)
        | (Transfer::Text { .. }, _) => {
            return text(native.max(), rules);
        }
        // NaN and the infinities are strings.
        (Transfer::Number { .. }, Purpose::Answer) => json!({ "type": ["number", "string"] }),
        (Transfer::Number { digits: None }, Purpose::Input) => return number_or_text(rules),
        (Transfer::Number { .. } | Transfer::SqliteDynamic(DeclaredType::Number { .. }), Purpose::Input) => {
            let mut json = number_or_text(rules);
            json.insert("pattern".into(), NUMBER.into());
            return json;
        }
        (Transfer::TextRepr, Purpose::Answer) => json!({ "type": "string" }),
        (Transfer::TextRepr, Purpose::Input) => json!({ "type": ["string", "number", "boolean"] }),
        (Transfer::Json, _) => match native.json_kind() {
            Some(JsonKind::Number) => return number_or_text(rules),
            Some(JsonKind::Text) => return text(None, rules),
            // PostgreSQL parses the text, and also accepts `yes`.
            Some(JsonKind::Boolean) if purpose == Purpose::Input => json!({ "type": ["boolean", "string"] }),
            Some(JsonKind::Boolean) => json!({ "type": "boolean" }),
            Some(JsonKind::Any) | None => json!({}),
        },
        (Transfer::SqliteDynamic(DeclaredType::Integer), Purpose::Input) => {
            let mut json = object(json!({ "type": "integer" }));
            insert_range(&mut json, rules);
            return json;
        }
        (Transfer::SqliteDynamic(DeclaredType::Boolean), Purpose::Input) => json!({ "enum": [true, false, 1, 0] }),
        (Transfer::SqliteDynamic(DeclaredType::Time), Purpose::Input) => json!({ "type": ["string", "number"] }),
        (Transfer::SqliteDynamic(DeclaredType::Any), Purpose::Input) => {
            json!({ "type": ["string", "number", "boolean"] })
        }
        // Any value may be stored; the declared type comes first.
        (
            Transfer::SqliteDynamic(DeclaredType::Text { .. } | DeclaredType::Time | DeclaredType::Any),
            Purpose::Answer,
        ) => {
            json!({ "type": ["string", "number"] })
        }
        (Transfer::SqliteDynamic(_), Purpose::Answer) => json!({ "type": ["number", "string"] }),
    };
    object(json)
}

/// Returns the schema of text with its lengths and pattern.
fn text(max: Option<u32>, rules: &Rules) -> Map<String, Json> {
    let mut json = object(json!({ "type": "string" }));
    insert_length(&mut json, "Length", rules.min_length, least(max, rules.max_length));
    if let Some(pattern) = &rules.pattern {
        json.insert("pattern".into(), pattern.as_str().into());
    }
    json
}

/// Returns the schema of a number within its range, or a string that contains one.
fn number_or_text(rules: &Rules) -> Map<String, Json> {
    let mut json = object(json!({ "type": "number" }));
    insert_range(&mut json, rules);
    json.insert("type".into(), json!(["number", "string"]));
    json
}

/// Restricts a schema to the values that a rule lists.
fn one_of(mut json: Map<String, Json>, rules: &Rules) -> Map<String, Json> {
    if !rules.one_of.is_empty() {
        let values = rules.one_of.iter().map(super::default_json).collect();
        json.insert("enum".into(), Json::Array(values));
    }
    json
}

/// Makes a schema accept null too.
pub(super) fn nullable(mut json: Map<String, Json>) -> Map<String, Json> {
    // Keywords for strings or numbers do not apply to null, so adding the type is enough.
    if let Some(kind) = json.get("type").filter(|_| !json.contains_key("allOf")).cloned() {
        let mut kinds = match kind {
            Json::Array(kinds) => kinds,
            kind => vec![kind],
        };
        kinds.push("null".into());
        json.insert("type".into(), Json::Array(kinds));
        if let Some(Json::Array(values)) = json.get_mut("enum") {
            values.push(Json::Null);
        }
        return json;
    }
    for (word, null) in [("enum", Json::Null), ("anyOf", json!({ "type": "null" }))] {
        if let Some(Json::Array(choices)) = json.get_mut(word) {
            choices.push(null);
            return json;
        }
    }
    object(json!({ "anyOf": [json, { "type": "null" }] }))
}

/// Returns what a description must state because no keyword expresses it.
pub(super) fn notes(kind: &ColumnType, rules: &Rules) -> Vec<String> {
    match kind {
        ColumnType::Decimal { precision, scale } => {
            let mut notes = vec![format!("A decimal with at most {precision} digits, {scale} of them decimal places.")];
            notes.extend(
                rules
                    .min
                    .as_ref()
                    .map(|min| format!("{} {}.", if min.exclusive { "More than" } else { "At least" }, min.value)),
            );
            notes.extend(
                rules
                    .max
                    .as_ref()
                    .map(|max| format!("{} {}.", if max.exclusive { "Less than" } else { "At most" }, max.value)),
            );
            notes
        }
        ColumnType::Enum(labels) => {
            let note = |label: &crate::EnumLabel| {
                let comment = label.comment.as_ref().map(|comment| format!(": {comment}")).unwrap_or_default();
                format!("- `{}` ({}){comment}", label.name, label.code)
            };
            labels.labels.iter().map(note).collect()
        }
        ColumnType::Bytes { max: Some(max) } => vec![format!("At most {max} bytes.")],
        _ => Vec::new(),
    }
}

/// Inserts `minLength` and `maxLength`, or the keywords for items or properties.
pub(super) fn insert_length(json: &mut Map<String, Json>, unit: &str, min: Option<u32>, max: Option<u32>) {
    if let Some(min) = min {
        json.insert(format!("min{unit}"), min.into());
    }
    if let Some(max) = max {
        json.insert(format!("max{unit}"), max.into());
    }
}

fn least(one: Option<u32>, other: Option<u32>) -> Option<u32> {
    [one, other].into_iter().flatten().min()
}

/// Inserts the bounds of a range. If the type has set a bound, the tighter one wins.
fn insert_range(json: &mut Map<String, Json>, rules: &Rules) {
    let said = |json: &Map<String, Json>, word| json.get(word)?.to_string().parse::<Decimal>().ok();
    if let Some(min) = &rules.min {
        let word = if min.exclusive { "exclusiveMinimum" } else { "minimum" };
        if said(json, word).is_none_or(|least| least < min.value) {
            json.insert(word.into(), number(&min.value));
        }
    }
    if let Some(max) = &rules.max {
        let word = if max.exclusive { "exclusiveMaximum" } else { "maximum" };
        if said(json, word).is_none_or(|most| most > max.value) {
            json.insert(word.into(), number(&max.value));
        }
    }
}

/// Returns a number with all its digits.
fn number(decimal: &Decimal) -> Json {
    decimal.to_string().parse::<Number>().map_or(Json::Null, Json::Number)
}

fn decimal(precision: u32, scale: u32, rules: &Rules, purpose: Purpose) -> Map<String, Json> {
    let whole = precision.saturating_sub(scale);
    if purpose == Purpose::Answer {
        let fraction = if scale == 0 { String::new() } else { format!("\\.[0-9]{{{scale}}}") };
        return object(json!({ "type": "string", "pattern": format!("^-?[0-9]{{1,{}}}{fraction}$", whole.max(1)) }));
    }
    // Leading and trailing zeros do not count.
    let before = if whole == 0 { "0+".to_owned() } else { format!("0*[0-9]{{1,{whole}}}") };
    let after = if scale == 0 { "0+".to_owned() } else { format!("[0-9]{{1,{scale}}}0*") };
    let plain = format!("(?:{before}(?:\\.(?:{after})?)?|\\.{after})");
    let pattern = format!("^[+-]?(?:{plain}|(?:[0-9]+\\.?[0-9]*|\\.[0-9]+)[eE][+-]?[0-9]+)$");
    let mut amount = Map::new();
    let bound = Decimal::new(num_bigint::BigInt::from(10).pow(whole), 0);
    amount.insert("type".into(), "number".into());
    amount.insert("exclusiveMinimum".into(), number(&Decimal::new(-bound.unscaled(), 0)));
    amount.insert("exclusiveMaximum".into(), number(&bound));
    amount.insert("multipleOf".into(), number(&Decimal::new(1, scale)));
    insert_range(&mut amount, rules);
    object(json!({ "anyOf": [{ "type": "string", "pattern": pattern }, amount] }))
}

fn timestamp(purpose: Purpose) -> Map<String, Json> {
    if purpose == Purpose::Answer {
        return object(json!({ "type": "string", "format": "date-time" }));
    }
    object(json!({ "anyOf": [
        { "type": "string", "format": "date-time" },
        {
            "type": "number", "description": "Seconds since 1970.",
            "minimum": SECONDS.0, "exclusiveMaximum": SECONDS.1 + 1,
        },
        { "type": "string", "pattern": "^[+-]?(?:[0-9]+\\.?[0-9]*|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?$" },
    ] }))
}

fn enum_values(labels: &EnumType, purpose: Purpose) -> Vec<Json> {
    let names = labels.labels.iter().map(|label| Json::from(label.name.as_str()));
    let codes = labels.labels.iter().map(|label| Json::from(label.code));
    match purpose {
        Purpose::Input => names.chain(codes).collect(),
        Purpose::Answer => names.collect(),
    }
}

/// Returns the schema of base64 text, whose length and padding determine the number of bytes.
fn bytes(min: Option<u32>, max: Option<u32>) -> Map<String, Json> {
    let mut json = object(json!({ "type": "string", "contentEncoding": "base64", "pattern": BASE64 }));
    let mut rules = Vec::new();
    if let Some(max) = max {
        let full = max / 3 * 4;
        rules.push(match max % 3 {
            0 => json!({ "maxLength": full }),
            1 => json!({ "anyOf": [{ "maxLength": full }, { "maxLength": full + 4, "pattern": "==$" }] }),
            _ => json!({ "anyOf": [{ "maxLength": full }, { "maxLength": full + 4, "pattern": "=$" }] }),
        });
    }
    if let Some(min) = min.filter(|min| *min > 0) {
        let full = min / 3 * 4;
        rules.push(match min % 3 {
            0 => json!({ "anyOf": [{ "minLength": full + 1 }, { "minLength": full, "pattern": "[^=]$" }] }),
            1 => json!({ "minLength": full + 4 }),
            _ => json!({ "anyOf": [{ "minLength": full + 5 }, { "minLength": full + 4, "pattern": "[^=]=?$" }] }),
        });
    }
    if !rules.is_empty() {
        json.insert("allOf".into(), Json::Array(rules));
    }
    json
}
