//! Converts values of one type to another.
//!
//! | between | values that convert |
//! |---|---|
//! | whole numbers, decimals | the same number, if it has enough digits |
//! | whole numbers, decimals, texts | numbers as text: `-12.50`, without spaces and exponents |
//! | whole numbers, booleans | 0 and 1 |
//! | texts, booleans | `true` and `false` |
//! | texts, UUIDs | the usual form, with or without hyphens |
//! | texts, times | RFC 3339 in UTC |
//! | texts, enums, enums | labels that both have |
//! | texts, JSON | valid JSON |
//!
//! Values of other pairs never convert.

mod postgres;
mod sqlite;

use mwallet_schema::{ColumnType, EnumType, Timestamp};

use mwallet_db::Dialect;

/// A column whose values are converted to another type.
pub(super) struct Conversion<'c> {
    /// The column, quoted for SQL.
    pub(super) name: &'c str,
    /// The old type.
    pub(super) from: &'c ColumnType,
    /// The new type.
    pub(super) to: &'c ColumnType,
    /// Renamed labels of an enum.
    pub(super) labels: &'c [(String, String)],
}

impl Conversion<'_> {
    /// Returns the SQL expression of the converted value. It fails if a value does not fit.
    pub(super) fn expression(&self, dialect: Dialect) -> String {
        match dialect {
            _ if self.from == self.to => self.name.into(),
            Dialect::Postgres => self.renamed_labels().unwrap_or_else(|| postgres::expression(self)),
            Dialect::Sqlite => self.renamed_labels().unwrap_or_else(|| sqlite::expression(self)),
        }
    }

    /// Returns an SQL expression that is null if a value does not fit. It never fails, except on PostgreSQL for
    /// invalid JSON, which version 15 cannot test without a cast.
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

/// Returns whether every value of one type converts to the other.
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

/// Returns the type with renamed labels.
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

/// Returns whether some values of one type may convert to the other.
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
