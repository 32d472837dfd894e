//! Conversions between types, and the functions over groups of values.

use super::json::Document;
use super::numbers::Number;
use super::values::{Cell, Kind};

/// A type to convert to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Text,
    SmallInt,
    Integer,
    BigInt,
    Numeric,
    Boolean,
    Date,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Count,
    Sum,
    Avg,
    Min,
    Max,
}

impl Type {
    pub(super) const ALL: [Self; 8] =
        [Self::Text, Self::SmallInt, Self::Integer, Self::BigInt, Self::Numeric, Self::Boolean, Self::Date, Self::Json];

    /// What a request may call it.
    pub(super) fn names(self) -> &'static [&'static str] {
        match self {
            Self::Text => &["text"],
            Self::SmallInt => &["smallint", "int2"],
            Self::Integer => &["integer", "int", "int4"],
            Self::BigInt => &["bigint", "int8"],
            Self::Numeric => &["numeric", "decimal"],
            Self::Boolean => &["boolean", "bool"],
            Self::Date => &["date"],
            Self::Json => &["jsonb", "json"],
        }
    }

    /// The kind of the values. A date is a text.
    pub(super) fn kind(self) -> Kind {
        match self {
            Self::Text | Self::Date => Kind::Text,
            Self::SmallInt | Self::Integer => Kind::Integer,
            Self::BigInt => Kind::BigInt,
            Self::Numeric => Kind::Number,
            Self::Boolean => Kind::Boolean,
            Self::Json => Kind::Json,
        }
    }

    fn is_number(self) -> bool {
        matches!(self, Self::SmallInt | Self::Integer | Self::BigInt | Self::Numeric)
    }

    /// Whether values of a kind can be converted, if they fit.
    fn takes(self, kind: Kind) -> bool {
        match kind {
            _ if self == Self::Text => true,
            Kind::Integer | Kind::BigInt | Kind::Decimal | Kind::Number => self.is_number(),
            Kind::Boolean => matches!(self, Self::Boolean | Self::Integer),
            Kind::Text | Kind::Json => self.is_number() || matches!(self, Self::Boolean | Self::Json),
            Kind::Timestamp => self == Self::Date,
        }
    }

    /// Converts a value; nothing if it does not fit.
    pub(super) fn convert(self, cell: &Cell, kind: Kind) -> Option<Cell> {
        if !self.takes(kind) {
            return None;
        }
        // What a string in JSON says is what counts.
        let text = match cell {
            Cell::Null => return Some(Cell::Null),
            Cell::Json(document) if !matches!(self, Self::Text | Self::Json) => match document.plain() {
                Some(text) => text,
                None => return Some(Cell::Null),
            },
            Cell::Json(document) => document.text(),
            Cell::Decimal(_) => cell.number()?.to_string(),
            Cell::Bool(is) if self == Self::Integer => i64::from(*is).to_string(),
            _ => cell.text(),
        };
        // Only a text must be an integer already.
        let integer = || match kind {
            Kind::Text => text.parse().ok(),
            _ => Number::parse(&text).map(Number::rounded),
        };
        let within = |least: i64, most: i64| {
            let integer = i64::try_from(integer()?).ok()?;
            (least..=most).contains(&integer).then_some(Cell::Int(integer))
        };
        match self {
            Self::Text => Some(Cell::Text(text)),
            Self::SmallInt => within(i16::MIN.into(), i16::MAX.into()),
            Self::Integer => within(i32::MIN.into(), i32::MAX.into()),
            Self::BigInt => within(i64::MIN, i64::MAX),
            Self::Numeric => Number::parse(&text).map(Cell::Number),
            Self::Boolean => match text.as_str() {
                "true" | "yes" | "on" | "1" => Some(Cell::Bool(true)),
                "false" | "no" | "off" | "0" => Some(Cell::Bool(false)),
                _ => None,
            },
            Self::Date => Some(Cell::Text(text[.."2024-02-29".len()].into())),
            Self::Json => Document::parse(&text).map(|document| Cell::Json(document.printed())),
        }
    }
}

impl Function {
    pub(super) const ALL: [Self; 5] = [Self::Count, Self::Sum, Self::Avg, Self::Min, Self::Max];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Sum => "sum",
            Self::Avg => "avg",
            Self::Min => "min",
            Self::Max => "max",
        }
    }

    /// The kind of what it makes of values of a kind; nothing if it does not take them.
    pub(super) fn kind(self, of: Kind) -> Option<Kind> {
        let is_number = matches!(of, Kind::Integer | Kind::BigInt | Kind::Decimal | Kind::Number);
        match self {
            Self::Count => Some(Kind::BigInt),
            Self::Sum if of == Kind::Integer => Some(Kind::BigInt),
            Self::Sum | Self::Avg => is_number.then_some(Kind::Number),
            Self::Min | Self::Max => (!matches!(of, Kind::Boolean | Kind::Json)).then_some(of),
        }
    }

    pub(super) fn apply(self, cells: &[Cell], of: Kind) -> Cell {
        let cells = || cells.iter().filter(|cell| !cell.is_null());
        let numbers: Vec<Number> = cells().filter_map(Cell::number).collect();
        match self {
            Self::Count => Cell::Int(i64::try_from(cells().count()).unwrap()),
            Self::Sum | Self::Avg if numbers.is_empty() => Cell::Null,
            Self::Sum if of == Kind::Integer => Cell::Int(i64::try_from(Number::sum(&numbers).unscaled).unwrap()),
            Self::Sum => Cell::Number(Number::sum(&numbers)),
            Self::Avg => Cell::Number(Number::sum(&numbers).divided_by(numbers.len())),
            Self::Min => cells().min().cloned().unwrap_or(Cell::Null),
            Self::Max => cells().max().cloned().unwrap_or(Cell::Null),
        }
    }
}
