//! Averages of decimals with the scale of PostgreSQL's `numeric`.
//!
//! Source: `select_div_scale` and `div_var` in PostgreSQL's `numeric.c`.

use super::Decimal;
use num_bigint::{BigInt, Sign};
use num_traits::{Signed, Zero};

/// The minimum number of significant digits of a quotient (`NUMERIC_MIN_SIG_DIGITS`).
const MIN_SIGNIFICANT_DIGITS: i64 = 16;
/// The number of decimal digits in one base-10,000 digit (`DEC_DIGITS`).
const DIGIT_WIDTH: i64 = 4;
/// The maximum scale of a quotient (`NUMERIC_MAX_DISPLAY_SCALE`).
const MAX_SCALE: i64 = 1_000;

/// Returns the average of `count` numbers with the sum `total`, at PostgreSQL's scale, rounded half away from zero.
///
/// `count` must not be zero.
pub(super) fn average(total: &Decimal, count: i64) -> Decimal {
    let divisor = Decimal::from(count);
    let scale = quotient_scale(total, &divisor);
    // total.unscaled / 10^total.scale / count, in units of 10^-scale.
    let numerator = total.unscaled() * BigInt::from(10u8).pow(scale - total.scale().min(scale));
    let (quotient, rest) = num_integer::Integer::div_rem(&numerator, divisor.unscaled());
    let round = (rest.abs() * 2u8) >= divisor.unscaled().abs();
    let away = match numerator.sign() {
        Sign::Minus => BigInt::from(-1),
        _ => BigInt::from(1),
    };
    Decimal::new(if round { quotient + away } else { quotient }, scale)
}

/// Returns the scale of a quotient: enough for 16 significant digits, and at least the scale of either operand.
fn quotient_scale(dividend: &Decimal, divisor: &Decimal) -> u32 {
    let (weight1, first1) = leading_digit(dividend);
    let (weight2, first2) = leading_digit(divisor);
    let mut weight = weight1 - weight2;
    if first1 <= first2 {
        weight -= 1;
    }
    let scale = MIN_SIGNIFICANT_DIGITS - weight * DIGIT_WIDTH;
    let scale = scale.max(dividend.scale().into()).max(divisor.scale().into()).clamp(0, MAX_SCALE);
    u32::try_from(scale).unwrap_or(0)
}

/// Returns the weight and value of the first base-10,000 digit of a number.
fn leading_digit(decimal: &Decimal) -> (i64, u32) {
    if decimal.unscaled().is_zero() {
        return (0, 0);
    }
    let digits = decimal.unscaled().magnitude().to_string();
    // The position of the first decimal digit: 0 for ones, 1 for tens, -1 for tenths.
    let place = digits.len() as i64 - 1 - i64::from(decimal.scale());
    let weight = place.div_euclid(DIGIT_WIDTH);
    let taken = place.rem_euclid(DIGIT_WIDTH) + 1;
    let mut first = 0;
    let mut digits = digits.bytes();
    for _ in 0..taken {
        first = first * 10 + u32::from(digits.next().unwrap_or(b'0') - b'0');
    }
    (weight, first)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected values from `SELECT avg(x)` on PostgreSQL 15.
    #[test]
    fn averages_have_the_digits_of_postgresql() {
        for (total, count, expected) in [
            ("1", 1, "1.00000000000000000000"),
            ("0", 3, "0.00000000000000000000"),
            ("10", 4, "2.5000000000000000"),
            ("100000", 3, "33333.333333333333"),
            ("-2", 3, "-0.66666666666666666667"),
        ] {
            let total: Decimal = total.parse().unwrap();
            assert_eq!(average(&total, count).to_string(), expected, "{total} / {count}");
        }
    }
}
