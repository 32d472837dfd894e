//! Exact numbers as PostgreSQL's `numeric` has them: with a number of digits after the point that counts for their
//! text, but not for their value.

use std::cmp::Ordering;
use std::fmt;

/// `unscaled` divided by 10 to the power of `scale`. Equality and order are those of the values.
#[derive(Clone, Copy, Debug)]
pub(super) struct Number {
    pub(super) unscaled: i128,
    pub(super) scale: u32,
}

/// The digits that a quotient has at least, and those of a digit to the base of 10,000.
const SIGNIFICANT_DIGITS: i64 = 16;
const DIGITS_PER_PLACE: usize = 4;

impl Number {
    pub(super) fn new(unscaled: i128, scale: u32) -> Self {
        Self { unscaled, scale }
    }

    /// Reads what PostgreSQL takes for a number, but not all of it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim_matches(' ');
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        if !whole.ends_with(|c: char| c.is_ascii_digit()) || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let unscaled: i128 = digits.parse().ok()?;
        let scale = i64::try_from(fraction.len()).ok()? - exponent.parse::<i64>().ok()?;
        let zeros = u32::try_from((-scale).max(0)).ok()?;
        Some(Self::new(unscaled.checked_mul(10i128.checked_pow(zeros)?)?, u32::try_from(scale.max(0)).ok()?))
    }

    pub(super) fn of_json(number: &serde_json::Number) -> Self {
        Self::parse(&number.to_string()).unwrap()
    }

    /// The same with more digits after the point; nothing if it is too large.
    fn at_scale(self, scale: u32) -> Option<i128> {
        let unit = 10i128.checked_pow(scale - self.scale);
        if self.unscaled == 0 { Some(0) } else { self.unscaled.checked_mul(unit?) }
    }

    /// The sum, with as many digits after the point as the number that has most.
    pub(super) fn sum(numbers: &[Self]) -> Self {
        let scale = numbers.iter().map(|number| number.scale).max().unwrap_or(0);
        Self::new(numbers.iter().map(|number| number.at_scale(scale).unwrap()).sum(), scale)
    }

    /// Divides by a count, as `select_div_scale` and `div_var` in PostgreSQL's `numeric.c` do.
    pub(super) fn divided_by(self, count: usize) -> Self {
        let divisor = Self::new(i128::try_from(count).unwrap(), 0);
        let ((weight, first), (divisor_weight, divisor_first)) = (self.first_place(), divisor.first_place());
        let weight = weight - divisor_weight - i64::from(first <= divisor_first);
        let scale = (SIGNIFICANT_DIGITS - 4 * weight).max(self.scale.into()).max(0);
        let scale = u32::try_from(scale).unwrap();
        Self::new(half_away(self.at_scale(scale).unwrap(), divisor.unscaled), scale)
    }

    /// The place of the first digit to the base of 10,000 that is not zero, and that digit.
    fn first_place(self) -> (i64, i128) {
        let text = Self::new(self.unscaled.abs(), self.scale).to_string();
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let (mut whole, mut fraction) = (whole.to_owned(), fraction.to_owned());
        while whole.len() % DIGITS_PER_PLACE != 0 {
            whole.insert(0, '0');
        }
        while fraction.len() % DIGITS_PER_PLACE != 0 {
            fraction.push('0');
        }
        let first = i64::try_from(whole.len() / DIGITS_PER_PLACE).unwrap() - 1;
        let all = whole + &fraction;
        let digits = all.as_bytes().chunks(DIGITS_PER_PLACE).map(|digits| {
            let digits = std::str::from_utf8(digits).unwrap();
            digits.parse::<i128>().unwrap()
        });
        (0i64..).zip(digits).find(|(_, digit)| *digit != 0).map_or((0, 0), |(place, digit)| (first - place, digit))
    }

    /// The nearest integer, half away from zero.
    pub(super) fn rounded(self) -> i128 {
        half_away(self.unscaled, 10i128.pow(self.scale))
    }
}

fn half_away(numerator: i128, denominator: i128) -> i128 {
    let (quotient, rest) = (numerator / denominator, numerator % denominator);
    quotient + if rest.abs() * 2 >= denominator { numerator.signum() } else { 0 }
}

/// With all of its digits.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, scale) = (if self.unscaled < 0 { "-" } else { "" }, self.scale as usize);
        let digits = format!("{:0width$}", self.unscaled.unsigned_abs(), width = scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        match scale {
            0 => write!(f, "{sign}{whole}"),
            _ => write!(f, "{sign}{whole}.{fraction}"),
        }
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        let scale = self.scale.max(other.scale);
        match (self.at_scale(scale), other.at_scale(scale)) {
            (Some(one), Some(other)) => one.cmp(&other),
            // Only the one with fewer digits after the point can be too large.
            (None, _) => self.unscaled.cmp(&0),
            (_, None) => 0.cmp(&other.unscaled),
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Number {}
