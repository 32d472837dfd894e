//! Chooses values for existing rows when a required column is added.

use mwallet_schema::{Bound, Column, ColumnDefault, ColumnType, Decimal, Timestamp, Value, ValueGenerator};

use super::change::Change;
use super::diff::Difference;
use mwallet_db::{Dialect, schema_tools};

/// The value that existing rows get.
pub(super) struct Filler {
    /// A literal, or an expression that generates a value.
    pub(super) sql: String,
    /// Whether the value differs in each row.
    is_one_each: bool,
}

/// Returns the value that existing rows get: a generated value for each row if the column has a generator, otherwise
/// a constant. Returns `None` if the column is nullable or has a default.
pub(super) fn filler(table: &str, column: &Column, difference: &Difference, dialect: Dialect) -> Option<Filler> {
    let is_filled =
        column.default == Some(ColumnDefault::Identity) || schema_tools::column_default(column, dialect).is_some();
    if column.nullable || is_filled {
        return None;
    }
    let is_it = |(of, name, _): &&(String, String, ValueGenerator)| of == table && *name == column.name;
    match difference.generators.iter().find(is_it).and_then(|(.., generator)| generator_expression(*generator, dialect))
    {
        Some(sql) => Some(Filler { sql, is_one_each: true }),
        None => {
            let sql = schema_tools::stored_literal(&smallest(column)?, &column.kind, dialect)?;
            Some(Filler { sql, is_one_each: false })
        }
    }
}

/// Returns the comment above the statement that fills existing rows.
pub(super) fn note(change: &Change, filler: &Filler) -> String {
    let what = if filler.is_one_each { "a different random value each" } else { &filler.sql };
    format!("{change}\nExisting rows get {what}: change it if that is wrong.")
}

/// Returns a database expression for what a generator generates, different in each row.
fn generator_expression(generator: ValueGenerator, dialect: Dialect) -> Option<String> {
    // 32 random hexadecimal digits on both engines; all of them are valid in slugs and references too.
    let digits = match dialect {
        Dialect::Postgres => "replace(gen_random_uuid()::text, '-', '')",
        Dialect::Sqlite => "lower(hex(randomblob(16)))",
    };
    let text = ColumnType::Text { max: None };
    let reference = |prefix: &str, day: &str| {
        let prefix = schema_tools::stored_literal(&Value::Text(format!("{prefix}-")), &text, dialect)?;
        Some(format!("{prefix} || {day} || '-' || upper(substr({digits}, 1, 16))"))
    };
    Some(match (generator, dialect) {
        (ValueGenerator::Now, _) => return None,
        (ValueGenerator::UuidV7, Dialect::Postgres) => "gen_random_uuid()".into(),
        (ValueGenerator::UuidV7, Dialect::Sqlite) => {
            let hex = |bytes: u32| format!("hex(randomblob({bytes}))");
            let three = || format!("substr({}, 2)", hex(2));
            let variant = "substr('89AB', 1 + (random() & 3), 1)";
            let parts = [hex(4), hex(2), format!("'4' || {}", three()), format!("{variant} || {}", three()), hex(6)];
            format!("lower({})", parts.join(" || '-' || "))
        }
        // A leading letter distinguishes a slug from an ID.
        (ValueGenerator::Slug, _) => {
            let first = match dialect {
                Dialect::Postgres => format!("translate(substr({digits}, 1, 1), '0123456789', 'ghjkmnpqrs')"),
                Dialect::Sqlite => "substr('abcdefghjkmnpqrstvwxyz', 1 + abs(random() % 22), 1)".into(),
            };
            format!("{first} || substr({digits}, 1, 19)")
        }
        (ValueGenerator::Reference(prefix), Dialect::Postgres) => {
            return reference(prefix, "to_char(now() AT TIME ZONE 'UTC', 'YYYYMMDD')");
        }
        (ValueGenerator::Reference(prefix), Dialect::Sqlite) => return reference(prefix, "strftime('%Y%m%d', 'now')"),
    })
}

/// Returns the simplest value that a column accepts.
fn smallest(column: &Column) -> Option<Value> {
    let rules = &column.rules;
    if let Some(value) = rules.one_of.first() {
        return Some(value.clone());
    }
    let length = rules.min_length.unwrap_or(0) as usize;
    Some(match &column.kind {
        ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt => {
            Value::Int(i64::try_from(number(rules.min.as_ref(), rules.max.as_ref(), 0)?.unscaled()).ok()?)
        }
        ColumnType::Decimal { scale, .. } => Value::Decimal(number(rules.min.as_ref(), rules.max.as_ref(), *scale)?),
        ColumnType::Text { .. } => Value::Text("-".repeat(length)),
        ColumnType::Timestamp => Value::Timestamp(Timestamp::from_micros(0).ok()?),
        ColumnType::Uuid => Value::Uuid("00000000-0000-0000-0000-000000000000".parse().ok()?),
        ColumnType::Enum(labels) => Value::Text(labels.labels.first()?.name.clone()),
        ColumnType::Bytes { .. } => Value::Bytes(vec![0; length]),
        ColumnType::Json => Value::Json("{}".into()),
        ColumnType::Boolean => Value::Bool(false),
        ColumnType::Native(_) => return None,
    })
}

/// Returns 0, or the number in the range that is nearest to it.
fn number(min: Option<&Bound>, max: Option<&Bound>, scale: u32) -> Option<Decimal> {
    let zero = Decimal::from(0);
    let is_above = |bound: &Bound| zero > bound.value || (zero == bound.value && !bound.exclusive);
    let is_below = |bound: &Bound| zero < bound.value || (zero == bound.value && !bound.exclusive);
    let step = |bound: &Bound, up: bool| {
        let value = bound.value.rescale(scale)?;
        if !bound.exclusive {
            return Some(value);
        }
        let unscaled = if up { value.unscaled() + 1 } else { value.unscaled() - 1 };
        Some(Decimal::new(unscaled, scale))
    };
    match (min, max) {
        (Some(min), _) if !is_above(min) => step(min, true),
        (_, Some(max)) if !is_below(max) => step(max, false),
        _ => zero.rescale(scale),
    }
}
