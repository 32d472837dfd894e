//! Sums of numbers, and their averages.

use num_bigint::BigInt;

use super::Decimal;
use super::average::average;

/// A running sum of exact numbers. It has as many decimal places as the number that has most.
///
/// ```
/// use mwallet_schema::DecimalSum;
///
/// let mut sum = DecimalSum::default();
/// sum.add(&"0.50".parse()?);
/// sum.add_integer(2);
/// assert_eq!(sum.total().map(|total| total.to_string()).as_deref(), Some("2.50"));
/// assert_eq!(sum.average().map(|average| average.to_string()).as_deref(), Some("1.25000000000000000000"));
/// # Ok::<(), mwallet_schema::DecimalError>(())
/// ```
#[derive(Debug, Default)]
pub struct DecimalSum {
    sum: BigInt,
    scale: u32,
    /// Most sums of integers fit into 128 bits. The others are carried into `sum`.
    integers: i128,
    count: i64,
}

impl DecimalSum {
    /// Adds a number.
    pub fn add(&mut self, number: &Decimal) {
        self.count += 1;
        if number.scale() > self.scale {
            self.sum *= Decimal::power_of_ten(number.scale() - self.scale);
            self.scale = number.scale();
        }
        match self.scale - number.scale() {
            0 => self.sum += number.unscaled(),
            more => self.sum += number.unscaled() * Decimal::power_of_ten(more),
        }
    }

    /// Adds an integer.
    pub fn add_integer(&mut self, number: i64) {
        self.count += 1;
        match self.integers.checked_add(number.into()) {
            Some(sum) => self.integers = sum,
            None => {
                let carried = std::mem::replace(&mut self.integers, number.into());
                self.sum += carried * Decimal::power_of_ten(self.scale);
            }
        }
    }

    /// Returns the sum, or `None` if there are no numbers.
    pub fn total(&self) -> Option<Decimal> {
        let integers = self.integers * Decimal::power_of_ten(self.scale);
        (self.count > 0).then(|| Decimal::new(&self.sum + integers, self.scale))
    }

    /// Returns the average with the digits of PostgreSQL, or `None` if there are no numbers.
    pub fn average(&self) -> Option<Decimal> {
        self.total().map(|total| average(&total, self.count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_any_scale_are_added_up() {
        let total = |numbers: &[&str], integers: &[i64]| {
            let mut sum = DecimalSum::default();
            integers.iter().for_each(|number| sum.add_integer(*number));
            numbers.iter().for_each(|number| sum.add(&number.parse().unwrap()));
            sum.total().map(|total| total.to_string())
        };
        assert_eq!(total(&[], &[]), None);
        assert_eq!(total(&["1.5", "2.25", "-0.005", "1e2"], &[]).as_deref(), Some("103.745"));
        assert_eq!(total(&["0.50"], &[7, -2]).as_deref(), Some("5.50"));
        assert_eq!(total(&[], &[i64::MAX, i64::MAX]).as_deref(), Some("18446744073709551614"));
    }
}
