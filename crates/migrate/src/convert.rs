//! Values of one type as values of another.
//!
//! | from, and back | which values fit |
//! |---|---|
//! | whole numbers, decimals | the same number, where it has the digits |
//! | whole numbers, decimals, texts | what is written as a number: `-12.50`, without spaces and exponents |
//! | whole numbers, booleans | 0 and 1 |
//! | texts, booleans | `true` and `false` |
//! | texts, UUIDs | the usual form, with or without hyphens |
//! | texts, times | RFC 3339 in UTC |
//! | texts, enums, enums | the labels that there are on both sides |
//! | texts, JSON | what is JSON |
//!
//! Of all other pairs no value is one of the other type.

mod postgres;
mod sqlite;

use mwallet_schema::{ColumnType, EnumType, Timestamp};

use mwallet_db::Dialect;

/// A column whose values become those of another type.
pub(super) struct Conversion<'c> {
    /// The column, as SQL names it.
    pub(super) name: &'c str,
    /// What it is.
    pub(super) from: &'c ColumnType,
    /// What it becomes.
    pub(super) to: &'c ColumnType,
    /// Labels of an enum that have another name then.
    pub(super) labels: &'c [(String, String)],
}

impl Conversion<'_> {
    /// The expression that makes the values; it fails where one does not fit.
    pub(super) fn expression(&self, dialect: Dialect) -> String {
        match dialect {
            _ if self.from == self.to => self.name.into(),
            Dialect::Postgres => self.renamed_labels().unwrap_or_else(|| postgres::expression(self)),
            Dialect::Sqlite => self.renamed_labels().unwrap_or_else(|| sqlite::expression(self)),
        }
    }

    /// The same, which is null where a value does not fit its type. It never fails but on PostgreSQL for what is no
    /// JSON, which PostgreSQL 15 can only try.
    pub(super) fn fitting(&self, dialect: Dialect) -> String {
        match (self.renamed_labels(), dialect) {
            _ if self.from == self.to => self.name.into(),
            (Some(renamed), _) => renamed,
            (None, Dialect::Postgres) => postgres::fitting(self),
            (None, Dialect::Sqlite) => sqlite::fitting(self),
        }
    }

    fn renamed_labels(&self) -> Option<String> {
        let literal = mwallet_db::schema_tools::literal;
        let one = |(from, to): &(String, String)| format!(" WHEN {} THEN {}", literal(from), literal(to));
        let cases: String = self.labels.iter().map(one).collect();
        (!cases.is_empty()).then(|| format!("CASE {name}{cases} ELSE {name} END", name = self.name))
    }
}

/// Whether every value of the one type is one of the other.
pub(crate) fn converts(from: &ColumnType, to: &ColumnType) -> bool {
    use ColumnType::{BigInt, Boolean, Bytes, Decimal, Enum, Integer, Json, SmallInt, Text, Timestamp as Time, Uuid};
    let fits = |from: &Option<u32>, to: &Option<u32>| to.is_none_or(|to| from.is_some_and(|from| from <= to));
    let holds = |max: &Option<u32>, length: u32| max.is_none_or(|max| max >= length);
    match (from, to) {
        (from, to) if from == to => true,
        (SmallInt, Integer | BigInt) | (Integer, BigInt) | (Boolean, SmallInt | Integer | BigInt) => true,
        (Decimal { precision, scale }, Decimal { precision: wider, scale: finer }) => {
            finer >= scale && wider.saturating_sub(*finer) >= precision - scale
        }
        (SmallInt, Decimal { precision, scale }) => precision - scale >= 5,
        (Integer, Decimal { precision, scale }) => precision - scale >= 10,
        (BigInt, Decimal { precision, scale }) => precision - scale >= 19,
        (Text { max: from }, Text { max: to }) | (Bytes { max: from }, Bytes { max: to }) => fits(from, to),
        (SmallInt | Integer | BigInt, Text { max }) => holds(max, 20),
        // The sign, the point, and the 0 before it.
        (Decimal { precision, .. }, Text { max }) => holds(max, precision + 3),
        (Boolean, Text { max }) => holds(max, 5),
        (Uuid, Text { max }) => holds(max, 36),
        (Time, Text { max }) => holds(max, u32::try_from(Timestamp::FIXED_WIDTH).unwrap_or(u32::MAX)),
        (Json, Text { max: None }) => true,
        (Enum(labels), Text { max }) => {
            labels.labels.iter().all(|label| max.is_none_or(|max| label.name.chars().count() <= max as usize))
        }
        (Enum(labels), Enum(others)) => labels.labels.iter().all(|label| others.by_name(&label.name).is_some()),
        _ => false,
    }
}

/// The type after its labels are renamed.
pub(super) fn with_labels(kind: &ColumnType, renamed: &[(String, String)]) -> ColumnType {
    let ColumnType::Enum(found) = kind else { return kind.clone() };
    let mut found = EnumType::clone(found);
    for label in &mut found.labels {
        if let Some((_, to)) = renamed.iter().find(|(from, _)| *from == label.name) {
            label.name.clone_from(to);
        }
    }
    ColumnType::Enum(found.into())
}

/// Whether some value of the one type may be one of the other.
pub(super) fn may_convert(from: &ColumnType, to: &ColumnType) -> bool {
    use ColumnType::{BigInt, Boolean, Bytes, Decimal, Enum, Integer, Json, SmallInt, Text, Timestamp, Uuid};
    let one_way = |from: &ColumnType, to: &ColumnType| match (from, to) {
        (SmallInt | Integer | BigInt, SmallInt | Integer | BigInt | Decimal { .. } | Text { .. } | Boolean)
        | (Decimal { .. }, Decimal { .. } | Text { .. })
        | (Boolean | Uuid | Timestamp | Json | Enum(_), Text { .. })
        | (Bytes { .. }, Bytes { .. })
        | (Text { .. }, Text { .. }) => true,
        (Enum(from), Enum(to)) => from.labels.iter().any(|label| to.by_name(&label.name).is_some()),
        _ => false,
    };
    from == to || one_way(from, to) || one_way(to, from)
}
