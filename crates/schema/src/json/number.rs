//! Numbers in JSON text of any size and precision.

use std::cmp::Ordering;
use std::fmt;

/// The exponent beyond which a number is not written in full. `jsonb` holds no such numbers.
const MOST_PLACES: i128 = 150_000;

/// A number as it was written. Equality and order are those of the numbers.
#[derive(Clone, Debug)]
pub(super) struct JsonNumber(String);

/// A number in parts: `-12.5` is 125 with the sign and the exponent -1. The digits have no zeros at either end.
struct Parts<'n> {
    is_negative: bool,
    digits: String,
    exponent: i128,
    /// As written: all digits, and how many of them follow the point.
    whole: &'n str,
    fraction: &'n str,
    written_exponent: i128,
}

/// Compares two numbers as JSON writes them.
///
/// ```
/// # use std::cmp::Ordering;
/// assert_eq!(mwallet_schema::json::compare_numbers("9", "10.0"), Ordering::Less);
/// ```
pub fn compare_numbers(one: &str, other: &str) -> Ordering {
    JsonNumber::new(one).cmp(&JsonNumber::new(other))
}

impl JsonNumber {
    /// Keeps a number that the reader has checked.
    pub(super) fn new(text: &str) -> Self {
        Self(text.into())
    }

    fn parts(&self) -> Parts<'_> {
        let (is_negative, rest) = self.0.strip_prefix('-').map_or((false, self.0.as_str()), |rest| (true, rest));
        let (mantissa, exponent) = rest.split_once(['e', 'E']).unwrap_or((rest, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        let digits = all.trim_start_matches('0');
        let significant = digits.trim_end_matches('0');
        // A longer exponent exceeds every database.
        let written_exponent = exponent.parse::<i128>().unwrap_or(i128::from(i64::MAX));
        let dropped = (digits.len() - significant.len()) as i128;
        let exponent = written_exponent - fraction.len() as i128 + dropped;
        Parts { is_negative, digits: significant.into(), exponent, whole, fraction, written_exponent }
    }

    /// Writes the significant digits and an exponent of ten, if that is not 0: equal numbers become equal texts.
    pub(super) fn write_canonical(&self, out: &mut Vec<u8>) {
        let parts = self.parts();
        if parts.digits.is_empty() {
            return out.push(b'0');
        }
        out.extend_from_slice(if parts.is_negative { b"-" } else { b"" });
        out.extend_from_slice(parts.digits.as_bytes());
        if parts.exponent != 0 {
            out.push(b'e');
            out.extend_from_slice(parts.exponent.to_string().as_bytes());
        }
    }
}

/// Writes the number without an exponent, with the digits after the point that it was written with, as PostgreSQL does.
impl fmt::Display for JsonNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts { is_negative, digits, whole, fraction, written_exponent, .. } = self.parts();
        if written_exponent.abs() > MOST_PLACES {
            return f.write_str(&self.0);
        }
        let scale = fraction.len() as i128 - written_exponent;
        let mut all = format!("{whole}{fraction}");
        if scale < 0 {
            all.extend(std::iter::repeat_n('0', scale.unsigned_abs() as usize));
        }
        let scale = scale.max(0) as usize;
        if all.len() <= scale {
            all.insert_str(0, &"0".repeat(scale + 1 - all.len()));
        }
        let point = all.len() - scale;
        let before = all[..point].trim_start_matches('0');
        // PostgreSQL has no negative zero.
        f.write_str(if is_negative && !digits.is_empty() { "-" } else { "" })?;
        f.write_str(if before.is_empty() { "0" } else { before })?;
        if scale > 0 { write!(f, ".{}", &all[point..]) } else { Ok(()) }
    }
}

impl Ord for JsonNumber {
    fn cmp(&self, other: &Self) -> Ordering {
        let (one, other) = (self.parts(), other.parts());
        let sign = |parts: &Parts<'_>| match (parts.digits.is_empty(), parts.is_negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        let size = |parts: &Parts<'_>| parts.digits.len() as i128 + parts.exponent;
        // Digits begin with no zero, so those of numbers of one size compare as texts.
        let magnitude = || size(&one).cmp(&size(&other)).then_with(|| one.digits.cmp(&other.digits));
        sign(&one).cmp(&sign(&other)).then_with(|| match sign(&one) {
            0 => Ordering::Equal,
            1 => magnitude(),
            _ => magnitude().reverse(),
        })
    }
}

impl PartialOrd for JsonNumber {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for JsonNumber {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for JsonNumber {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_compare_by_value() {
        let ascending = ["-1e3", "-12", "-1.5", "-1e-400", "0", "1e-400", "0.05", "0.5", "1.25", "10", "12e300"];
        for (index, one) in ascending.iter().enumerate() {
            for (other_index, other) in ascending.iter().enumerate() {
                let (left, right) = (JsonNumber::new(one), JsonNumber::new(other));
                assert_eq!(left.cmp(&right), index.cmp(&other_index), "{one} and {other}");
            }
        }
        assert_eq!(JsonNumber::new("1.50"), JsonNumber::new("15e-1"));
        assert_eq!(JsonNumber::new("-0.0"), JsonNumber::new("0"));
    }
}
