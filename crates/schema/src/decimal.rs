//! Exact decimal numbers of any size, for money and balances.

mod average;
mod sum;

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use num_bigint::{BigInt, Sign};
use num_traits::{Signed, Zero};

pub use sum::DecimalSum;

/// The maximum number of digits on either side of the point, so that `1e999999999` cannot exhaust memory.
///
/// PostgreSQL's `numeric` holds 131,072 digits before the point and 16,383 after it; no asset needs a tenth of that.
const MAX_DIGITS: usize = 2_000;

/// An exact decimal number: an integer number of units of `10^-scale`.
///
/// Equality and order compare the numbers: `1.50 == 1.5`. [`Display`](fmt::Display) prints every digit of the scale.
///
/// ```
/// use mwallet_schema::Decimal;
/// let price: Decimal = "99999999999.123456789012345678".parse()?;
/// assert_eq!(price.to_string(), "99999999999.123456789012345678");
/// assert_eq!("1.50".parse::<Decimal>()?, "15e-1".parse::<Decimal>()?);
/// # Ok::<(), mwallet_schema::DecimalError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Decimal {
    unscaled: BigInt,
    scale: u32,
}

/// Why a text is not a decimal, or does not fit its column.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    /// The text is not a number such as `-12.50` or `1.25e3`.
    #[error("not a decimal number")]
    Malformed,
    /// The number has more digits than any column can hold.
    #[error("a decimal can have at most {MAX_DIGITS} digits on each side of the decimal point")]
    TooLarge,
    /// The number has more than `precision - scale` digits before the point.
    #[error("at most {whole} digits before the decimal point are allowed")]
    WholeDigits {
        /// The maximum number of digits before the point.
        whole: u32,
    },
    /// The number has more digits after the point than the scale allows.
    #[error("at most {scale} decimal places are allowed")]
    FractionDigits {
        /// The maximum number of digits after the point.
        scale: u32,
    },
}

impl Decimal {
    /// Returns the number `unscaled * 10^-scale`.
    pub fn new(unscaled: impl Into<BigInt>, scale: u32) -> Self {
        Self { unscaled: unscaled.into(), scale }
    }

    /// Returns the number in units of `10^-scale`.
    pub fn unscaled(&self) -> &BigInt {
        &self.unscaled
    }

    /// Returns the number of digits after the point.
    pub fn scale(&self) -> u32 {
        self.scale
    }

    /// Returns whether the number is negative.
    pub fn is_negative(&self) -> bool {
        self.unscaled.is_negative()
    }

    /// Returns the number with exactly `scale` digits after the point, or `None` if that would lose a digit.
    pub fn rescale(&self, scale: u32) -> Option<Self> {
        if scale >= self.scale {
            let unscaled = &self.unscaled * Self::power_of_ten(scale - self.scale);
            return Some(Self { unscaled, scale });
        }
        let divisor = Self::power_of_ten(self.scale - scale);
        let (unscaled, rest) = num_integer::Integer::div_rem(&self.unscaled, &divisor);
        rest.is_zero().then_some(Self { unscaled, scale })
    }

    /// Rounds down to `scale` digits after the point.
    pub fn floor(&self, scale: u32) -> Self {
        match self.scale.checked_sub(scale) {
            None | Some(0) => Self { unscaled: &self.unscaled * Self::power_of_ten(scale - self.scale), scale },
            Some(cut) => {
                Self { unscaled: num_integer::Integer::div_floor(&self.unscaled, &Self::power_of_ten(cut)), scale }
            }
        }
    }

    /// Returns `10^exponent`.
    pub fn power_of_ten(exponent: u32) -> BigInt {
        BigInt::from(10u8).pow(exponent)
    }

    /// Converts the number to `decimal(precision, scale)`.
    ///
    /// # Errors
    ///
    /// Returns an error if a digit would be lost on either side of the point. Nothing is ever rounded.
    pub fn fit(&self, precision: u32, scale: u32) -> Result<Self, DecimalError> {
        let fitted = self.rescale(scale).ok_or(DecimalError::FractionDigits { scale })?;
        if fitted.unscaled.magnitude() >= Self::power_of_ten(precision).magnitude() {
            return Err(DecimalError::WholeDigits { whole: precision - scale });
        }
        Ok(fitted)
    }
}

impl FromStr for Decimal {
    type Err = DecimalError;

    /// Parses `[+-]digits[.digits][e[+-]digits]` directly from the text, never through a double.
    fn from_str(text: &str) -> Result<Self, DecimalError> {
        let (mantissa, exponent) = match text.find(['e', 'E']) {
            Some(at) => (&text[..at], parse_exponent(&text[at + 1..])?),
            None => (text, 0),
        };
        let (negative, digits) = match mantissa.as_bytes().first() {
            Some(b'-') => (true, &mantissa[1..]),
            Some(b'+') => (false, &mantissa[1..]),
            _ => (false, mantissa),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        if whole.len() + fraction.len() == 0 || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
            return Err(DecimalError::Malformed);
        }
        let scale = fraction.len() as i64 - exponent;
        if whole.len() > MAX_DIGITS || fraction.len() > MAX_DIGITS || scale.unsigned_abs() as usize > MAX_DIGITS {
            return Err(DecimalError::TooLarge);
        }
        let mut unscaled =
            BigInt::parse_bytes(format!("{whole}{fraction}").as_bytes(), 10).ok_or(DecimalError::Malformed)?;
        if negative {
            unscaled = -unscaled;
        }
        if scale < 0 {
            unscaled *= Self::power_of_ten(scale.unsigned_abs() as u32);
        }
        Ok(Self { unscaled, scale: scale.max(0) as u32 })
    }
}

/// Parses the digits after an `e`. Returns an error if the number would exceed [`MAX_DIGITS`].
fn parse_exponent(text: &str) -> Result<i64, DecimalError> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(DecimalError::Malformed);
    }
    text.strip_prefix('+').unwrap_or(text).parse::<i32>().map(i64::from).map_err(|_| DecimalError::TooLarge)
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits = self.unscaled.magnitude().to_string();
        let scale = self.scale as usize;
        if digits.len() <= scale {
            digits.insert_str(0, &"0".repeat(scale + 1 - digits.len()));
        }
        if scale > 0 {
            digits.insert(digits.len() - scale, '.');
        }
        if self.unscaled.sign() == Sign::Minus {
            digits.insert(0, '-');
        }
        f.write_str(&digits)
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        if self.scale == other.scale {
            return self.unscaled.cmp(&other.unscaled);
        }
        let scale = self.scale.max(other.scale);
        let left = &self.unscaled * Self::power_of_ten(scale - self.scale);
        let right = &other.unscaled * Self::power_of_ten(scale - other.scale);
        left.cmp(&right)
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal {}

impl From<i64> for Decimal {
    fn from(number: i64) -> Self {
        Self::new(number, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn reads_and_prints_every_digit() {
        for (text, printed) in [
            ("0", "0"),
            ("-0", "0"),
            ("+1.50", "1.50"),
            ("-.5", "-0.5"),
            ("1e3", "1000"),
            ("1.25E-4", "0.000125"),
            ("1.25e1", "12.5"),
            ("99999999999999999999.999999999999999999", "99999999999999999999.999999999999999999"),
        ] {
            assert_eq!(decimal(text).to_string(), printed, "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_number() {
        for text in ["", ".", "-", "1.2.3", "1e", "e5", "0x10", "NaN", "Infinity", "1_000", " 1", "1 ", "١"] {
            assert_eq!(text.parse::<Decimal>(), Err(DecimalError::Malformed), "{text:?}");
        }
        assert_eq!("1e999999999".parse::<Decimal>(), Err(DecimalError::TooLarge));
        assert_eq!("1e99999999999999999999".parse::<Decimal>(), Err(DecimalError::TooLarge));
    }

    #[test]
    fn fits_only_without_loss() {
        assert_eq!(decimal("1.5").fit(4, 2).unwrap().to_string(), "1.50");
        assert_eq!(decimal("1.500").fit(4, 2).unwrap().to_string(), "1.50");
        assert_eq!(decimal("1.505").fit(4, 2), Err(DecimalError::FractionDigits { scale: 2 }));
        assert_eq!(decimal("-99.99").fit(4, 2).unwrap().to_string(), "-99.99");
        assert_eq!(decimal("100").fit(4, 2), Err(DecimalError::WholeDigits { whole: 2 }));
    }

    #[test]
    fn compares_as_numbers() {
        assert_eq!(decimal("1.50"), decimal("1.5"));
        assert!(decimal("-2") < decimal("-1.99"));
        assert!(decimal("0.000000000000000001") > decimal("0"));
    }
}
