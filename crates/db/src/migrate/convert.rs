//! Values of one type as values of another, in SQL.

use mwallet_schema::ColumnType;

use crate::Dialect;

/// What raises an error within an expression of SQLite.
const FAIL: &str = "json('a value does not fit')";

/// Whether every value of the one type is one of the other.
pub(crate) fn converts(from: &ColumnType, to: &ColumnType) -> bool {
    use ColumnType::{BigInt, Bytes, Decimal, Enum, Integer, SmallInt, Text, Timestamp, Uuid};
    let fits = |from: &Option<u32>, to: &Option<u32>| to.is_none_or(|to| from.is_some_and(|from| from <= to));
    match (from, to) {
        (from, to) if from == to => true,
        (SmallInt, Integer | BigInt) | (Integer, BigInt) => true,
        (Decimal { precision, scale }, Decimal { precision: wider, scale: finer }) => {
            finer >= scale && wider.saturating_sub(*finer) >= precision - scale
        }
        (SmallInt, Decimal { precision, scale }) => precision - scale >= 5,
        (Integer, Decimal { precision, scale }) => precision - scale >= 10,
        (BigInt, Decimal { precision, scale }) => precision - scale >= 19,
        (Text { max: from }, Text { max: to }) | (Bytes { max: from }, Bytes { max: to }) => fits(from, to),
        (SmallInt | Integer | BigInt, Text { max }) => max.is_none_or(|max| max >= 20),
        (Uuid, Text { max }) => max.is_none_or(|max| max >= 36),
        (Timestamp, Text { max: None }) => true,
        (Enum(labels), Text { max }) => {
            labels.labels.iter().all(|label| max.is_none_or(|max| label.name.chars().count() <= max as usize))
        }
        (Enum(labels), Enum(others)) => labels.labels.iter().all(|label| others.by_name(&label.name).is_some()),
        _ => false,
    }
}

/// The expression that makes values of the one type of a column of the other; it fails where a value does not fit.
pub(super) fn expression(name: &str, from: &ColumnType, to: &ColumnType, dialect: Dialect) -> String {
    match dialect {
        Dialect::Postgres => of_postgres(name, from, to),
        Dialect::Sqlite => of_sqlite(name, from, to),
    }
}

/// The same, which is null where a value does not fit its type, and never fails.
pub(super) fn fitting(name: &str, from: &ColumnType, to: &ColumnType, dialect: Dialect) -> String {
    let value = expression(name, from, to, dialect);
    match dialect {
        Dialect::Sqlite => value.replace(FAIL, "NULL"),
        Dialect::Postgres => match misfit(name, from, to) {
            Some(misfit) => format!("CASE WHEN {misfit} THEN NULL ELSE {value} END"),
            None => value,
        },
    }
}

/// Whether a value of PostgreSQL is none of the other type, where a conversion would fail or round.
fn misfit(name: &str, from: &ColumnType, to: &ColumnType) -> Option<String> {
    use ColumnType::{BigInt, Decimal, Integer, SmallInt, Text, Timestamp, Uuid};
    let range = to.integer_range().map(|(least, most)| format!("NOT BETWEEN {least} AND {most}"));
    Some(match (from, to) {
        (Decimal { .. }, Decimal { precision, scale }) => {
            format!("{name} <> round({name}, {scale}) OR abs({name}) >= 1{}", "0".repeat((precision - scale) as usize))
        }
        (Decimal { .. }, SmallInt | Integer | BigInt) => format!("{name} <> trunc({name}) OR {name} {}", range?),
        (SmallInt | Integer | BigInt, SmallInt | Integer | BigInt) => format!("{name} {}", range?),
        (Text { .. }, SmallInt | Integer | BigInt) => {
            format!("CASE WHEN {name} ~ '^\\s*[-+]?[0-9]+\\s*$' THEN {name}::numeric {} ELSE true END", range?)
        }
        (Text { .. }, Uuid) => format!("regexp_replace({name}, '[-{{}}]', '', 'g') !~* '^[0-9a-f]{{32}}$'"),
        // The form that mWallet writes; whether there is such a day is left to PostgreSQL.
        (Text { .. }, Timestamp) => format!("{name} !~ '^\\s*[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}'"),
        _ => return None,
    })
}

fn of_postgres(name: &str, from: &ColumnType, to: &ColumnType) -> String {
    use ColumnType::{BigInt, Decimal, Integer, SmallInt, Text, Timestamp, Uuid};
    match (from, to) {
        // A cast would round.
        (Decimal { .. }, Decimal { scale, .. }) => {
            format!("CASE WHEN {name} = round({name}, {scale}) THEN {name} ELSE {name} / 0 END")
        }
        (Decimal { .. }, SmallInt | Integer | BigInt) => {
            let kind = crate::ddl::type_name(to, Dialect::Postgres);
            format!("(CASE WHEN {name} = trunc({name}) THEN {name} ELSE {name} / 0 END)::{kind}")
        }
        (Timestamp, Text { .. }) => {
            format!("to_char({name} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"+00:00\"')")
        }
        (Text { .. }, Timestamp | Uuid | SmallInt | Integer | BigInt) => {
            format!("{name}::{}", crate::ddl::type_name(to, Dialect::Postgres))
        }
        (SmallInt | Integer | BigInt | Uuid, Text { .. }) => format!("{name}::text"),
        _ => name.into(),
    }
}

fn of_sqlite(name: &str, from: &ColumnType, to: &ColumnType) -> String {
    use ColumnType::{BigInt, Decimal, Integer, SmallInt, Text};
    match (from, to) {
        (Decimal { precision, scale }, Decimal { precision: wider, scale: finer }) => {
            digits(name, precision - scale, *scale, wider - finer, *finer)
        }
        // The digits of a whole number, from which those of a decimal without a point are made.
        (SmallInt | Integer | BigInt, Decimal { precision, scale }) => {
            let zeros = "0".repeat(19);
            let positive = format!("'0' || substr('{zeros}' || {name}, -19)");
            let negative = format!("'-' || {}", complement(&format!("substr('{zeros}' || substr({name}, 2), -19)")));
            let whole = format!("CASE WHEN {name} < 0 THEN {negative} ELSE {positive} END");
            let made = digits("made", 19, 0, precision - scale, *scale);
            format!("(SELECT {made} FROM (SELECT {whole} AS made))")
        }
        (Decimal { precision, scale }, SmallInt | Integer | BigInt) => {
            let whole = precision - scale;
            let (kept, cut) = (format!("substr({name}, 2, {whole})"), format!("substr({name}, {})", whole + 3));
            let rest = if *scale == 0 { "''".into() } else { cut };
            let negative = format!("-CAST({} AS INTEGER)", complement(&kept));
            format!(
                "CASE WHEN {name} IS NULL THEN NULL WHEN trim({rest}, CASE WHEN {name} < '0' THEN '9' ELSE '0' END) <> '' \
                 THEN {FAIL} WHEN {name} < '0' THEN {negative} ELSE CAST({kept} AS INTEGER) END"
            )
        }
        (SmallInt | Integer | BigInt, Text { .. }) => format!("CAST({name} AS TEXT)"),
        (Text { .. }, SmallInt | Integer | BigInt) => {
            format!(
                "CASE WHEN CAST(CAST({name} AS INTEGER) AS TEXT) = {name} THEN CAST({name} AS INTEGER) \
                     WHEN {name} IS NULL THEN NULL ELSE {FAIL} END"
            )
        }
        _ => name.into(),
    }
}

/// A stored decimal with other numbers of digits before and after its point. What is filled in, and what may be cut, are zeros;
/// in a negative number they are stored as nines.
fn digits(name: &str, whole: u32, fraction: u32, new_whole: u32, new_fraction: u32) -> String {
    let fill = |count: u32| {
        let (zeros, nines) = ("0".repeat(count as usize), "9".repeat(count as usize));
        format!("CASE WHEN {name} < '0' THEN '{nines}' ELSE '{zeros}' END")
    };
    let (mut parts, mut cut) = (vec![format!("substr({name}, 1, 1)")], Vec::new());
    if new_whole >= whole {
        parts.push(fill(new_whole - whole));
        parts.push(format!("substr({name}, 2, {whole})"));
    } else {
        cut.push(format!("substr({name}, 2, {})", whole - new_whole));
        parts.push(format!("substr({name}, {}, {new_whole})", 2 + whole - new_whole));
    }
    if new_fraction > 0 {
        parts.push("'.'".into());
    }
    // Behind the sign, the digits before the point, and the point.
    let start = 1 + whole + 2;
    if new_fraction >= fraction {
        if fraction > 0 {
            parts.push(format!("substr({name}, {start}, {fraction})"));
        }
        parts.push(fill(new_fraction - fraction));
    } else {
        parts.push(format!("substr({name}, {start}, {new_fraction})"));
        cut.push(format!("substr({name}, {})", start + new_fraction));
    }
    let made = parts.join(" || ");
    if cut.is_empty() {
        return made;
    }
    let zero = format!("CASE WHEN {name} < '0' THEN '9' ELSE '0' END");
    format!(
        "CASE WHEN {name} IS NULL THEN NULL WHEN trim({}, {zero}) <> '' THEN {FAIL} ELSE {made} END",
        cut.join(" || ")
    )
}

/// The nines' complement of digits, by way of letters so that none is exchanged twice.
fn complement(digits: &str) -> String {
    let to_letters = (0..10)
        .fold(digits.to_owned(), |text, digit| format!("replace({text}, '{digit}', '{}')", char::from(b'a' + digit)));
    (0..10).fold(to_letters, |text, digit| format!("replace({text}, '{}', '{}')", char::from(b'a' + digit), 9 - digit))
}
