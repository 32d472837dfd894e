//! Converts values between types in PostgreSQL's SQL.

use mwallet_schema::ColumnType;

use super::Conversion;
use mwallet_db::Dialect::Postgres;
use mwallet_db::schema_tools::type_name;

/// What counts as a number, on both engines.
const NUMBER: &str = "^[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)$";

/// What counts as a time, on both engines. The number of days in the month is checked separately.
const TIME: &str = "^(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[T \
    ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,6})?(Z|[+]00(:00)?)$";

/// What counts as a UUID, on both engines.
const UUID: &str = "^([0-9a-fA-F]{32}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$";

/// Returns the conversion, which fails if a value does not fit. A cast alone would round, or accept invalid values.
pub(super) fn expression(conversion: &Conversion<'_>) -> String {
    let value = value(conversion);
    match misfit(conversion) {
        Some(misfit) => {
            let kind = type_name(conversion.to, Postgres);
            // The error contains the value.
            let failure = format!("('does not fit: ' || {}::text)::{kind}", conversion.name);
            format!("CASE WHEN {misfit} THEN {failure} ELSE {value} END")
        }
        None => value,
    }
}

/// Returns the conversion, which is null if a value does not fit.
pub(super) fn fitting(conversion: &Conversion<'_>) -> String {
    let value = value(conversion);
    match misfit(conversion) {
        Some(misfit) => format!("CASE WHEN {misfit} THEN NULL ELSE {value} END"),
        None => value,
    }
}

/// Returns the conversion of a value that fits.
fn value(Conversion { name, from, to, .. }: &Conversion<'_>) -> String {
    use ColumnType::{BigInt, Boolean, Decimal, Integer, Json, SmallInt, Text, Timestamp, Uuid};
    let kind = type_name(to, Postgres);
    match (from, to) {
        (Timestamp, Text { .. }) => {
            format!("to_char({name} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"+00:00\"')")
        }
        (Text { .. }, SmallInt | Integer | BigInt) => format!("{name}::numeric::{kind}"),
        (Text { .. }, Decimal { .. } | Timestamp | Uuid | Boolean | Json) => format!("{name}::{kind}"),
        (SmallInt | Integer | BigInt | Decimal { .. } | Boolean | Uuid | Json, Text { .. }) => format!("{name}::text"),
        (SmallInt | Integer | BigInt, SmallInt | Integer | BigInt | Decimal { .. })
        | (Decimal { .. }, SmallInt | Integer | BigInt) => format!("{name}::{kind}"),
        (Boolean, SmallInt | Integer | BigInt) => format!("{name}::integer::{kind}"),
        (SmallInt | Integer | BigInt, Boolean) => format!("{name} = 1"),
        _ => (*name).to_owned(),
    }
}

/// Returns the condition under which a value does not fit.
fn misfit(Conversion { name, from, to, .. }: &Conversion<'_>) -> Option<String> {
    use ColumnType::{BigInt, Boolean, Decimal, Integer, SmallInt, Text, Timestamp, Uuid};
    let range = || to.integer_range().map(|(least, most)| format!("NOT BETWEEN {least} AND {most}"));
    let too_large = |number: &str, precision: &u32, scale: &u32| {
        format!("abs({number}) >= 1{}", "0".repeat((precision - scale) as usize))
    };
    let number_of_text =
        |condition: String| format!("CASE WHEN {name} ~ '{NUMBER}' THEN {condition} ELSE {name} IS NOT NULL END");
    let number = format!("{name}::numeric");
    Some(match (from, to) {
        (Decimal { .. }, Decimal { precision, scale }) => {
            format!("{name} <> round({name}, {scale}) OR {}", too_large(name, precision, scale))
        }
        (Decimal { .. }, SmallInt | Integer | BigInt) => format!("{name} <> trunc({name}) OR {name} {}", range()?),
        (SmallInt | Integer | BigInt, SmallInt | Integer | BigInt) => format!("{name} {}", range()?),
        (SmallInt | Integer | BigInt, Decimal { precision, scale }) => too_large(&number, precision, scale),
        (SmallInt | Integer | BigInt, Boolean) => format!("{name} NOT IN (0, 1)"),
        (Text { .. }, SmallInt | Integer | BigInt) => {
            number_of_text(format!("{number} <> trunc({number}) OR {number} {}", range()?))
        }
        (Text { .. }, Decimal { precision, scale }) => {
            number_of_text(format!("{number} <> round({number}, {scale}) OR {}", too_large(&number, precision, scale)))
        }
        (Text { .. }, Boolean) => format!("lower({name}) NOT IN ('true', 'false')"),
        (Text { .. }, Uuid) => format!("{name} !~ '{UUID}'"),
        (Text { .. }, Timestamp) => {
            let part = |from: u32, length: u32| format!("substr({name}, {from}, {length})::integer");
            let month = format!("make_date({}, {}, 1)", part(1, 4), part(6, 2));
            let days = format!("extract(day FROM {month} + interval '1 month' - interval '1 day')");
            format!("CASE WHEN {name} ~ '{TIME}' THEN {} > {days} ELSE {name} IS NOT NULL END", part(9, 2))
        }
        _ => return None,
    })
}
