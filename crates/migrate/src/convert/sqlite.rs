//! Converts values between types in SQLite's SQL, which has no casts that fail.

use mwallet_schema::ColumnType;

use super::Conversion;

/// Raises an error in a SQLite expression.
const FAIL: &str = "json('a value does not fit')";

/// Returns the conversion, which fails if a value does not fit.
pub(super) fn expression(Conversion { name, from, to, .. }: &Conversion<'_>) -> String {
    use ColumnType::{BigInt, Boolean, Decimal, Integer, SmallInt, Text, Timestamp, Uuid};
    match (from, to) {
        (Decimal { .. } | Text { .. }, SmallInt | Integer | BigInt) => whole_number(&parts(name, from)),
        (SmallInt | Integer | BigInt | Decimal { .. } | Text { .. }, Decimal { precision, scale }) => {
            decimal(&parts(name, from), precision - scale, *scale)
        }
        (Decimal { scale, .. }, Text { .. }) => written_decimal(&parts(name, from), *scale),
        (SmallInt | Integer | BigInt, Text { .. }) => format!("CAST({name} AS TEXT)"),
        (Boolean, Text { .. }) => format!("CASE {name} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END"),
        (Text { .. }, Boolean) => format!(
            "CASE lower({name}) WHEN 'true' THEN 1 WHEN 'false' THEN 0 ELSE CASE WHEN {name} IS NOT NULL THEN {FAIL} \
             END END"
        ),
        (Text { .. }, Uuid) => uuid(name),
        (Text { .. }, Timestamp) => timestamp(name),
        // The column's check rejects the rest.
        _ => (*name).to_owned(),
    }
}

/// Returns the conversion, which is null if a value does not fit.
pub(super) fn fitting(conversion: &Conversion<'_>) -> String {
    expression(conversion).replace(FAIL, "NULL")
}

/// Returns a query of one row for a number: its value, whether it is a number, whether it is negative, and its digits
/// before and after the point without leading and trailing zeros.
fn parts(name: &str, from: &ColumnType) -> String {
    match from {
        // The format is that of `decimal_text.rs` in `crates/schema`.
        ColumnType::Decimal { precision, scale } => {
            let whole = precision - scale;
            let negative = complement(&format!("substr({name}, 2)"));
            format!(
                "SELECT value, 1 AS is_number, negative, ltrim(substr(digits, 1, {whole}), '0') AS whole, \
                 rtrim(substr(digits, {}), '0') AS fraction \
                 FROM (SELECT {name} AS value, {name} < '0' AS negative, \
                 CASE WHEN {name} < '0' THEN {negative} ELSE substr({name}, 2) END AS digits)",
                whole + 2
            )
        }
        ColumnType::Text { .. } => format!(
            "SELECT value, body GLOB '*[0-9]*' AND body NOT GLOB '*[^0-9.]*' AND body NOT GLOB '*.*.*' AS is_number, \
             negative, ltrim(substr(body, 1, instr(body || '.', '.') - 1), '0') AS whole, \
             rtrim(substr(body, instr(body || '.', '.') + 1), '0') AS fraction \
             FROM (SELECT {name} AS value, substr({name}, 1, 1) = '-' AS negative, \
             CASE WHEN substr({name}, 1, 1) IN ('-', '+') THEN substr({name}, 2) ELSE {name} END AS body)"
        ),
        _ => format!(
            "SELECT {name} AS value, 1 AS is_number, {name} < 0 AS negative, \
             ltrim(ltrim(CAST({name} AS TEXT), '-'), '0') AS whole, '' AS fraction"
        ),
    }
}

/// Returns the 64-bit integer with these parts.
fn whole_number(parts: &str) -> String {
    format!(
        "(SELECT CASE WHEN value IS NULL THEN NULL WHEN NOT is_number OR fraction <> '' OR length(whole) > 19 \
         OR length(whole) = 19 AND whole > CASE WHEN negative THEN '{}' ELSE '{}' END THEN {FAIL} \
         ELSE CAST(CASE WHEN negative THEN '-' ELSE '' END || '0' || whole AS INTEGER) END FROM ({parts}))",
        i64::MIN.unsigned_abs(),
        i64::MAX
    )
}

/// Returns the decimal with these parts as it is stored, with these numbers of digits before and after its point.
fn decimal(parts: &str, whole: u32, scale: u32) -> String {
    let zeros = |count: u32| "0".repeat(count as usize);
    let before = format!("substr('{}' || whole, -{whole})", zeros(whole));
    let behind = format!("substr(fraction || '{0}', 1, {scale})", zeros(scale));
    let digits = match (whole, scale) {
        (_, 0) => before,
        (0, _) => format!("'.' || {behind}"),
        _ => format!("{before} || '.' || {behind}"),
    };
    format!(
        "(SELECT CASE WHEN value IS NULL THEN NULL \
         WHEN NOT is_number OR length(whole) > {whole} OR length(fraction) > {scale} THEN {FAIL} \
         WHEN negative AND whole || fraction <> '' THEN '-' || {} ELSE '0' || {digits} END FROM ({parts}))",
        complement(&digits)
    )
}

/// Returns the decimal with these parts in its usual form.
fn written_decimal(parts: &str, scale: u32) -> String {
    let behind = match scale {
        0 => String::new(),
        scale => format!(" || '.' || substr(fraction || '{}', 1, {scale})", "0".repeat(scale as usize)),
    };
    format!(
        "(SELECT CASE WHEN value IS NULL THEN NULL ELSE \
         CASE WHEN negative THEN '-' ELSE '' END || CASE whole WHEN '' THEN '0' ELSE whole END{behind} END FROM \
         ({parts}))"
    )
}

fn uuid(name: &str) -> String {
    let part = |from: u32, length: u32| format!("substr(digits, {from}, {length})");
    let usual = [part(1, 8), part(9, 4), part(13, 4), part(17, 4), part(21, 12)].join(" || '-' || ");
    format!(
        "(SELECT CASE WHEN value IS NULL THEN NULL \
         WHEN length(digits) = 32 AND digits NOT GLOB '*[^0-9a-f]*' AND value IN (digits, {usual}) THEN {usual} \
         ELSE {FAIL} END FROM (SELECT lower({name}) AS value, lower(replace({name}, '-', '')) AS digits))"
    )
}

fn timestamp(name: &str) -> String {
    let behind = format!("substr({name}, 20)");
    let cut = |zone: &str| {
        format!("WHEN {behind} GLOB '*{zone}' THEN substr({behind}, 1, length({behind}) - {})", zone.len())
    };
    let fraction = format!("CASE {} {} {} END", cut("Z"), cut("+00:00"), cut("+00"));
    format!(
        "(SELECT CASE WHEN value IS NULL THEN NULL \
         WHEN date(day) = day AND day >= '0001' AND separator IN ('T', ' ') AND time(clock) = clock AND clock < '24' \
         AND (fraction = '' OR fraction GLOB '.[0-9]*' AND substr(fraction, 2) NOT GLOB '*[^0-9]*' AND \
         length(fraction) <= 7) \
         THEN day || 'T' || clock || '.' || substr(substr(fraction, 2) || '000000', 1, 6) || '+00:00' ELSE {FAIL} END \
         FROM (SELECT {name} AS value, substr({name}, 1, 10) AS day, substr({name}, 11, 1) AS separator, \
         substr({name}, 12, 8) AS clock, {fraction} AS fraction))"
    )
}

/// Returns the nines' complement of digits. It goes by way of letters, so that no digit is replaced twice.
fn complement(digits: &str) -> String {
    let to_letters = (0..10)
        .fold(digits.to_owned(), |text, digit| format!("replace({text}, '{digit}', '{}')", char::from(b'a' + digit)));
    (0..10).fold(to_letters, |text, digit| format!("replace({text}, '{}', '{}')", char::from(b'a' + digit), 9 - digit))
}
