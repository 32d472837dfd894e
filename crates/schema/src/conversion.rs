//! Conversions of text to other types, as PostgreSQL has them.

use std::str::FromStr;

use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive};

use crate::{Decimal, DecimalError, shortened};

/// Why a text cannot be converted to a type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConversionError {
    /// It is not a value of the type.
    #[error("invalid input syntax for type {kind}: {}", shortened(text))]
    Invalid {
        /// The name of the type.
        kind: String,
        /// The text.
        text: String,
    },
    /// The type does not reach so far.
    #[error("{kind} out of range")]
    OutOfRange {
        /// The name of the type.
        kind: String,
    },
}

impl ConversionError {
    /// Returns the error for a text that is not a value of a type.
    pub fn invalid(kind: &str, text: &str) -> Self {
        Self::Invalid { kind: kind.into(), text: text.into() }
    }

    /// Returns its SQLSTATE.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid { .. } => "22P02",
            Self::OutOfRange { .. } => "22003",
        }
    }
}

/// Converts text to an exact number.
///
/// # Errors
///
/// Returns an error if it is not a number, or if it is too large.
pub fn to_number(text: &str, kind: &str) -> Result<Decimal, ConversionError> {
    text.trim_matches(is_space).parse().map_err(|error| match error {
        DecimalError::TooLarge => ConversionError::OutOfRange { kind: kind.into() },
        _ => ConversionError::invalid(kind, text),
    })
}

/// Converts text to an integer within bounds. A number is rounded, half away from zero; other text must be an integer
/// already.
///
/// # Errors
///
/// Returns an error if it is not an integer, or out of the bounds.
pub fn to_integer(text: &str, is_number: bool, kind: &str, least: i64, most: i64) -> Result<i64, ConversionError> {
    let found = if is_number {
        rounded(&to_number(text, kind)?)
    } else {
        let trimmed = text.trim_matches(is_space);
        let unsigned = trimmed.trim_start_matches(['+', '-']);
        let sign = &trimmed[..trimmed.len() - unsigned.len()];
        let rest = unsigned.trim_start_matches(|character: char| character.is_ascii_digit());
        let digits = &unsigned[..unsigned.len() - rest.len()];
        let minus = if sign == "-" { "-" } else { "" };
        let found = BigInt::from_str(&format!("{minus}{digits}")).map_err(|_| ConversionError::invalid(kind, text))?;
        // PostgreSQL notices that there are too many digits before it comes to what follows them.
        if sign.len() > 1 || (!rest.is_empty() && within(&found, least, most).is_some()) {
            return Err(ConversionError::invalid(kind, text));
        }
        found
    };
    within(&found, least, most).ok_or_else(|| ConversionError::OutOfRange { kind: kind.into() })
}

fn within(number: &BigInt, least: i64, most: i64) -> Option<i64> {
    number.to_i64().filter(|number| (least..=most).contains(number))
}

/// Returns whether a character counts as a space around a value.
fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t'..='\r')
}

fn rounded(number: &Decimal) -> BigInt {
    let unit = Decimal::power_of_ten(number.scale());
    let magnitude: BigInt = (number.unscaled().abs() * 2 + &unit) / (&unit * 2);
    if number.is_negative() { -magnitude } else { magnitude }
}

/// Converts text to a boolean: any beginning of `true`, `false`, `yes` or `no` that is clear, `on`, `off`, `1` or `0`.
///
/// # Errors
///
/// Returns an error if it is none of these.
pub fn to_boolean(text: &str) -> Result<bool, ConversionError> {
    let word = text.trim_matches(is_space).to_ascii_lowercase();
    let begins = |whole: &str, least: usize| word.len() >= least && whole.starts_with(&word);
    match () {
        () if begins("true", 1) || begins("yes", 1) || word == "on" || word == "1" => Ok(true),
        () if begins("false", 1) || begins("no", 1) || begins("off", 2) || word == "0" => Ok(false),
        () => Err(ConversionError::invalid("boolean", text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_half_away_from_zero() {
        for (text, expected) in
            [("2.5", 3), ("-2.5", -3), ("2.4999", 2), ("0.5", 1), ("-0.4", 0), ("7", 7), ("1e2", 100)]
        {
            assert_eq!(to_integer(text, true, "bigint", i64::MIN, i64::MAX), Ok(expected), "{text}");
        }
        let beyond = to_integer("32767.5", true, "smallint", -32768, 32767).unwrap_err();
        assert_eq!((beyond.code(), beyond.to_string().as_str()), ("22003", "smallint out of range"));
    }

    #[test]
    fn texts_of_integers_have_no_fraction() {
        assert_eq!(to_integer(" +7\u{b}", false, "integer", -9, 9), Ok(7));
        assert_eq!(to_integer("-7", false, "integer", -9, 9), Ok(-7));
        for (text, code) in [
            ("7.0", "22P02"),
            ("1e2", "22P02"),
            ("", "22P02"),
            ("+", "22P02"),
            ("--1", "22P02"),
            ("\u{a0}1", "22P02"),
            ("10", "22003"),
            ("-10.5", "22003"),
            ("99999999999999999999x", "22003"),
        ] {
            let error = to_integer(text, false, "integer", -9, 9).unwrap_err();
            assert_eq!(error.code(), code, "{text}");
        }
    }

    #[test]
    fn booleans_are_those_of_postgresql() {
        for (text, expected) in
            [("t", true), (" TRUE ", true), ("y", true), ("on", true), ("of", false), ("n", false), ("0", false)]
        {
            assert_eq!(to_boolean(text), Ok(expected), "{text}");
        }
        for text in ["", "o", "truth", "2", "nope"] {
            assert!(to_boolean(text).is_err(), "{text}");
        }
    }
}
