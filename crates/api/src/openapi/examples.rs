//! Examples of rows and bodies, generated from the types, rules and names of columns: always valid, and realistic for
//! common names.

use std::collections::HashMap;

use mwallet_db::SystemSources;
use mwallet_db::schema::{
    Access, Bound, Column, ColumnDefault, ColumnType, DeclaredType, Field, NativeType, Record, Rules, Schema, Table,
    Transfer, Value, ValueGenerator, json as text,
};
use serde_json::{Map, Value as Json};

/// Texts by the names of columns. The first one that the rules of the column allow is used.
const BY_NAME: &[(&str, &[&str])] = &[
    ("address", &["1BoatSLRHtKNngkdXEeobR76b53LETtpyT"]),
    ("account_number", &["0123456789"]),
    ("code", &["BTC"]),
    ("email", &["ada@example.com"]),
    ("first_name", &["Ada"]),
    ("inputs", &["[]"]),
    ("last_name", &["Lovelace"]),
    ("network", &["bitcoin"]),
    ("outputs", &["[]"]),
    ("phone", &["+2348012345678"]),
    ("rsid", &["ada"]),
    ("scope", &["global"]),
    ("symbol", &["₿"]),
    ("tranx_id", &["4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b"]),
    ("username", &["ada"]),
    ("usid", &["ada"]),
];

/// Texts for other columns: most patterns match one of them.
const PLAIN: &[&str] =
    &["a", "A", "abc", "ABC", "a1", "0", "1", "000000", "2030-01-01", "a@example.com", "https://example.com/"];

/// Words in the names of columns for the end of a period.
const ENDS: &[&str] = &["end", "until", "expires", "closed", "deadline"];

/// The examples of a table. One is missing if no valid value could be guessed.
pub(super) struct Examples {
    /// A value for each column, cached since most are used often.
    values: HashMap<String, Json>,
    /// A row in a response.
    pub(super) row: Option<Json>,
    /// A body that creates a row.
    pub(super) new: Option<Json>,
    /// A body that replaces a row, with the key if bodies can set it.
    pub(super) whole: Option<Json>,
    /// A body that changes a row.
    pub(super) change: Option<Json>,
}

impl Examples {
    pub(super) fn from_table(table: &Table) -> Self {
        let found = |column: &Column| Some((column.name.clone(), json(&value(column)?)));
        let values: HashMap<String, Json> = table.columns.iter().filter_map(found).collect();
        let of = |column: &Column| values.get(&column.name).map(|value| (column.name.clone(), value.clone()));

        // Null only if no other value could be guessed.
        let answered =
            |column: &Column| of(column).or_else(|| column.nullable.then(|| (column.name.clone(), Json::Null)));
        let readable = table.columns.iter().filter(|column| column.is_readable());
        let row = readable.map(answered).collect::<Option<Map<_, _>>>();

        let given: Vec<&Column> = table.columns.iter().filter(|column| is_given(table, column)).collect();
        let is_whole = given.iter().all(|column| column.is_filled() || values.contains_key(&column.name));
        let new: Map<_, _> = given.iter().filter_map(|column| of(column)).collect();

        // The most realistic change is one of a nullable column that is not a reference.
        let is_changed = |name: &str| table.column(name).is_some_and(|column| column.nullable) && !refers(table, name);
        let change = new.iter().rev().find(|(name, _)| is_changed(name)).or_else(|| new.iter().next_back());
        let change = change.map(|(name, value)| Json::Object(Map::from_iter([(name.clone(), value.clone())])));

        let key = table.primary_key.iter().filter_map(|name| table.column(name));
        let key = key.filter(|column| column.access != Access::ReadOnly).map(of).collect::<Option<Map<_, _>>>();
        let whole = key.filter(|_| is_whole).map(|mut whole| {
            whole.extend(new.clone());
            Json::Object(whole)
        });
        let new = is_whole.then_some(Json::Object(new));
        Self { row: row.map(Json::Object), new, whole, change, values }
    }

    /// A value of the column, as written in a path.
    pub(super) fn in_path(&self, column: &Column) -> Option<String> {
        self.values.get(&column.name).map(plain)
    }

    /// A filter of the column, as written in a URL: `eq.BITCOIN`.
    pub(super) fn filter(&self, column: &Column) -> String {
        match (&column.kind, self.in_path(column)) {
            (ColumnType::Json, _) | (_, None) => "not.is.null".into(),
            // A `+` would have to be encoded.
            (ColumnType::Timestamp, Some(value)) => format!("gte.{}", value.replace("+00:00", "Z")),
            (ColumnType::Boolean, Some(value)) => format!("is.{value}"),
            (_, Some(value)) => format!("eq.{value}"),
        }
    }
}

/// A value that the type and the rules of the column allow.
fn value(column: &Column) -> Option<Value> {
    if let Some(ColumnDefault::Constant(default)) = &column.default
        && !default.is_null()
    {
        return default.clone().coerce(&column.kind).ok();
    }
    let mut candidates = texts(column).into_iter().filter_map(|text| Value::parse(&column.kind, &text).ok());
    if column.rules == Rules::default() {
        return candidates.next();
    }
    let field = Field { rules: column.rules.clone(), ..Field::new("value", column.kind.clone()) };
    let schema = Schema::builder("Value").field(field).build().ok()?;
    let fits = |value: &Value| {
        let mut record = Record::new();
        record.set("value", value.clone());
        // A field without a default does not use these sources.
        schema.validate_record(record, &SystemSources).is_ok()
    };
    candidates.find(fits)
}

/// Whether an example of a new row sets the column: not if the server generates it, or if it may reference another row.
fn is_given(table: &Table, column: &Column) -> bool {
    let is_taken = column.access != Access::ReadOnly;
    let is_made = matches!(column.default, Some(ColumnDefault::AppGenerated(_) | ColumnDefault::Identity));
    let is_kept = column.on_update.is_some();
    let is_obscure = matches!(column.kind, ColumnType::Bytes { .. } | ColumnType::Json) || refers(table, &column.name);
    let is_left_out = is_made || is_kept || (column.is_filled() && is_obscure);
    is_taken && !is_left_out
}

fn refers(table: &Table, column: &str) -> bool {
    table.foreign_keys.iter().any(|key| key.columns.iter().any(|name| name == column))
}

/// Candidate values as texts, the most realistic first; not all of them are valid.
fn texts(column: &Column) -> Vec<String> {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    match &column.kind {
        ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt => numbers(column, &["1", "0"]),
        ColumnType::Decimal { .. } => numbers(column, &["0.015", "1.5", "1", "0.5", "0"]),
        ColumnType::Text { .. } => written(column),
        ColumnType::Timestamp => vec![time(column).to_owned()],
        ColumnType::Uuid => owned(&["0196f1e4-5a3c-7d21-9b6e-2f8c41d07a95"]),
        ColumnType::Enum(labels) => labels.labels.iter().map(|label| label.name.clone()).collect(),
        ColumnType::Bytes { .. } => {
            owned(&["bXdhbGxldA==", "AA==", "", "bXdhbGxldCBtd2FsbGV0IG13YWxsZXQgbXdhbGxldA=="])
        }
        ColumnType::Json => owned(&[r#"{"height":300025}"#]),
        ColumnType::Boolean => owned(&["true"]),
        ColumnType::Native(native) => of_native(column, native),
    }
}

/// Candidate values of a type that only its database knows; none if nothing can be guessed.
fn of_native(column: &Column, native: &NativeType) -> Vec<String> {
    let listed = column.rules.one_of.iter().map(|value| plain(&json(value)));
    let owned = |text: &str| vec![text.to_owned()];
    let guessed = match native.transfer {
        Transfer::Text { .. } | Transfer::SqliteDynamic(DeclaredType::Text { .. }) => written(column),
        Transfer::Number { .. } | Transfer::SqliteDynamic(DeclaredType::Number { .. }) => {
            numbers(column, &["1.5", "1", "0"])
        }
        Transfer::SqliteDynamic(DeclaredType::Integer) => numbers(column, &["1", "0"]),
        Transfer::SqliteDynamic(DeclaredType::Boolean) => owned("true"),
        Transfer::SqliteDynamic(DeclaredType::Time) => owned("2030-01-01 00:00:00"),
        Transfer::SqliteDynamic(DeclaredType::Any) => owned("a"),
        Transfer::TextRepr | Transfer::Json => match native.name.as_str() {
            "date" => owned("2030-01-01"),
            "bytea" => owned("\\x6d77616c6c6574"),
            "real" | "double precision" => numbers(column, &["1.5", "1", "0"]),
            name if name.ends_with("[]") => owned("{}"),
            name if name.starts_with("timestamp") => owned("2030-01-01T00:00:00"),
            _ => Vec::new(),
        },
    };
    listed.chain(guessed).collect()
}

/// The given numbers, then those next to the bounds of the column.
fn numbers(column: &Column, first: &[&str]) -> Vec<String> {
    let ends = [&column.rules.min, &column.rules.max].into_iter().flatten();
    let near = ends.flat_map(|Bound { value, .. }| {
        let (unscaled, scale) = (value.unscaled(), value.scale());
        [0, 1, -1].map(|step| mwallet_db::schema::Decimal::new(unscaled + step, scale).to_string())
    });
    first.iter().map(|text| (*text).to_owned()).chain(near).collect()
}

fn written(column: &Column) -> Vec<String> {
    if let Some(ColumnDefault::AppGenerated(generator)) = &column.default {
        match generator {
            ValueGenerator::Slug => return vec!["kzt8m2c4vq6x0j3r9w1h".into()],
            ValueGenerator::Reference(prefix) => return vec![format!("{prefix}-20300101-7K2M9QX4V0B6T1RW")],
            ValueGenerator::UuidV7 | ValueGenerator::Now => {}
        }
    }
    let by_name = BY_NAME.iter().find(|(name, _)| *name == column.name).map_or(&[][..], |(_, texts)| *texts);
    let own = sentence(&column.name);
    let mut texts: Vec<String> = by_name.iter().map(|text| (*text).to_owned()).collect();
    texts.extend([format!("the {own}"), own.clone(), column.name.clone()]);
    texts.extend(PLAIN.iter().map(|text| (*text).to_owned()));
    let shortest = usize::try_from(column.rules.min_length.unwrap_or(0)).unwrap_or(0);
    // A longer text would be useless as an example.
    if shortest <= 1_000 {
        texts.extend(["a", "A", "0"].map(|letter| letter.repeat(shortest)));
    }
    texts
}

fn sentence(name: &str) -> String {
    name.replace('_', " ")
}

/// A time: in the past for columns that the server sets, in the future for those that people plan.
fn time(column: &Column) -> &'static str {
    if matches!(column.default, Some(ColumnDefault::AppGenerated(ValueGenerator::Now))) {
        return "2029-12-24T09:30:00.123456Z";
    }
    let mut words = column.name.split('_');
    if words.any(|word| ENDS.contains(&word)) { "2030-02-01T00:00:00Z" } else { "2030-01-01T00:00:00Z" }
}

fn json(value: &Value) -> Json {
    let mut json = Vec::new();
    text::write_value(&mut json, value);
    // The writer always writes valid JSON.
    serde_json::from_slice(&json).unwrap_or(Json::Null)
}

/// A value as written in a URL, before it is encoded.
fn plain(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}
