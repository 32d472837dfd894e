//! Values for the rows that are there when a column is added that must have one.

use mwallet_schema::{Bound, Column, ColumnDefault, ColumnType, Decimal, Timestamp, Value};

use super::change::Change;
use crate::Dialect;
use crate::ddl;

/// A value for rows that are there, as a literal; nothing where they may be without, or the column has a default.
pub(super) fn filler(column: &Column, dialect: Dialect) -> Option<String> {
    let is_filled = column.default == Some(ColumnDefault::Identity) || ddl::column_default(column, dialect).is_some();
    if column.nullable || is_filled {
        return None;
    }
    ddl::stored_literal(&smallest(column)?, &column.kind, dialect)
}

/// What stands above the statement that fills it in.
pub(super) fn note(change: &Change, value: &str) -> String {
    format!("{change}\nRows that are there get {value}: write another value where that is not right.")
}

/// The plainest value that a column takes.
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

/// 0, or the number of a range that is nearest to it.
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
