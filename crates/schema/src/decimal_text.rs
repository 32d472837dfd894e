//! Decimals as text of fixed width that sorts like the numbers, as SQLite stores them.
//!
//! For `decimal(5, 2)`, `12.5` is `0012.50` and `-12.5` is `-987.49`. The leading `0` of non-negative numbers sorts
//! after the `-` of negative ones, whose digits are nines' complements, so that -12.5 sorts before -12.4. Any tool
//! can compare, sort and index such text as is.

use crate::Decimal;

/// Returns the text length of a `decimal(precision, scale)`.
pub fn width(precision: u32, scale: u32) -> u32 {
    1 + precision + u32::from(scale > 0)
}

/// Encodes a decimal. Returns `None` if it does not fit.
pub fn encode(decimal: &Decimal, precision: u32, scale: u32) -> Option<String> {
    let fitted = decimal.fit(precision, scale).ok()?;
    let digits = fitted.unscaled().magnitude().to_string();
    let negative = fitted.is_negative();
    let mut text = String::with_capacity(width(precision, scale) as usize);
    text.push(if negative { '-' } else { '0' });
    let padding = (precision as usize).saturating_sub(digits.len());
    let padded = std::iter::repeat_n(b'0', padding).chain(digits.bytes());
    for (index, digit) in padded.enumerate() {
        if scale > 0 && index == (precision - scale) as usize {
            text.push('.');
        }
        text.push(char::from(if negative { b'0' + b'9' - digit } else { digit }));
    }
    Some(text)
}

/// Appends the number in the usual notation. Returns `None` if the text is not an encoded decimal.
pub fn write_plain(text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let (&sign, digits) = text.split_first()?;
    let negative = match sign {
        b'-' => true,
        b'0' => false,
        _ => return None,
    };
    if digits.is_empty() || !digits.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.') {
        return None;
    }
    if negative {
        out.push(b'-');
    }
    let zero = if negative { b'9' } else { b'0' };
    let point = digits.iter().position(|byte| *byte == b'.').unwrap_or(digits.len());
    let first = digits[..point].iter().position(|digit| *digit != zero).unwrap_or(point);
    if first == point {
        out.push(b'0');
    }
    let complement = |byte: u8| if negative && byte != b'.' { b'0' + b'9' - byte } else { byte };
    out.extend(digits[first..].iter().map(|byte| complement(*byte)));
    Some(())
}

/// Decodes a decimal. Returns `None` if the text is not an encoded decimal.
pub fn decode(text: &str) -> Option<Decimal> {
    let mut plain = Vec::with_capacity(text.len());
    write_plain(text.as_bytes(), &mut plain)?;
    std::str::from_utf8(&plain).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encoded(text: &str, precision: u32, scale: u32) -> Option<String> {
        encode(&text.parse().unwrap(), precision, scale)
    }

    #[test]
    fn known_texts() {
        assert_eq!(encoded("12.5", 5, 2).unwrap(), "0012.50");
        assert_eq!(encoded("-12.5", 5, 2).unwrap(), "-987.49");
        assert_eq!(encoded("-0", 5, 2).unwrap(), "0000.00");
        assert_eq!(encoded("7", 3, 0).unwrap(), "0007");
        assert_eq!(encoded("0.5", 2, 2).unwrap(), "0.50");
        assert_eq!(encoded("1000", 5, 2), None);
        assert_eq!(decode("0.50").unwrap().to_string(), "0.50");
        for wrong in ["", "x12", "-", "0", "0012,50", "+012.50"] {
            assert_eq!(decode(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn order_of_bytes_is_order_of_numbers(
            left in -99_999_999i64..=99_999_999, right in -99_999_999i64..=99_999_999,
        ) {
            let (left, right) = (Decimal::new(left, 3), Decimal::new(right, 3));
            let (a, b) = (encode(&left, 8, 3).unwrap(), encode(&right, 8, 3).unwrap());
            prop_assert_eq!(a.len() as u32, width(8, 3));
            prop_assert_eq!(a.cmp(&b), left.cmp(&right));
            prop_assert_eq!(decode(&a).unwrap().to_string(), left.to_string());
        }
    }
}
