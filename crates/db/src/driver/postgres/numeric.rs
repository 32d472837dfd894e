//! PostgreSQL's binary `numeric` format: base-10,000 digits, a weight, a sign and a scale.
//!
//! Source: `numeric_send` and `numeric_recv` in PostgreSQL's `numeric.c`.

use mwallet_schema::Decimal;

use crate::json_row::write_plain;

const NEGATIVE: u16 = 0x4000;
const POSITIVE: u16 = 0x0000;
/// The number of decimal digits in one base-10,000 digit.
const DIGIT_WIDTH: usize = 4;

/// Appends the number as text with all digits of its scale. Returns `None` for NaN, infinities and invalid input.
pub(super) fn write_text(raw: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let word = |index: usize| {
        let bytes = raw.get(index * 2..index * 2 + 2)?;
        Some(u16::from_be_bytes([bytes[0], bytes[1]]))
    };
    let count = usize::from(word(0)?);
    let weight = i32::from(word(1)?.cast_signed());
    let sign = word(2)?;
    let scale = usize::from(word(3)?);
    if sign == NEGATIVE {
        out.push(b'-');
    } else if sign != POSITIVE {
        return None;
    }
    // Returns the base-10,000 digit at 10,000^power.
    let digit = |power: i32| {
        let index = usize::try_from(weight - power).ok().filter(|index| *index < count);
        index.map_or(Some(0), |index| word(4 + index))
    };
    if weight < 0 {
        out.push(b'0');
    } else {
        let mut buffer = itoa::Buffer::new();
        out.extend_from_slice(buffer.format(digit(weight)?).as_bytes());
        for power in (0..weight).rev() {
            push_padded(out, digit(power)?);
        }
    }
    if scale > 0 {
        out.push(b'.');
        let end = out.len() + scale;
        let mut power = -1;
        while out.len() < end {
            push_padded(out, digit(power)?);
            power -= 1;
        }
        out.truncate(end);
    }
    Some(())
}

/// Appends the number as JSON. NaN and infinities are written as strings.
pub(super) fn write_json(raw: &[u8], out: &mut Vec<u8>) -> Option<()> {
    match no_number(raw) {
        Some(name) => write_plain(out, name.as_bytes()),
        None => write_text(raw, out)?,
    }
    Some(())
}

/// Appends the number, NaN or an infinity as a JSON string.
pub(super) fn write_string(raw: &[u8], out: &mut Vec<u8>) -> Option<()> {
    if let Some(name) = no_number(raw) {
        write_plain(out, name.as_bytes());
        return Some(());
    }
    out.push(b'"');
    let written = write_text(raw, out);
    out.push(b'"');
    written
}

/// Returns the name of NaN or an infinity, or `None` for a number.
pub(super) fn no_number(raw: &[u8]) -> Option<&'static str> {
    match raw.get(4..6)? {
        [0xC0, 0] => Some("NaN"),
        [0xD0, 0] => Some("Infinity"),
        [0xF0, 0] => Some("-Infinity"),
        _ => None,
    }
}

/// Appends NaN or an infinity in binary format. Returns `None` for any other text.
pub(super) fn write_no_number(name: &str, out: &mut impl bytes::BufMut) -> Option<()> {
    let sign = match name {
        "NaN" => 0xC000,
        "Infinity" => 0xD000,
        "-Infinity" => 0xF000,
        _ => return None,
    };
    // These have no digits, weight or scale.
    [0, 0, sign, 0].into_iter().for_each(|word| out.put_u16(word));
    Some(())
}

fn push_padded(out: &mut Vec<u8>, digit: u16) {
    for place in [1_000, 100, 10, 1] {
        // A decimal digit fits into a u8.
        out.push(b'0' + (digit / place % 10) as u8);
    }
}

/// Appends a decimal in binary format. Returns `None` if it is out of range for numeric.
pub(super) fn write_binary(decimal: &Decimal, out: &mut impl bytes::BufMut) -> Option<()> {
    let mut digits = decimal.unscaled().magnitude().to_string().into_bytes();
    let scale = decimal.scale() as usize;
    // Pad to whole groups of four on both sides of the decimal point.
    let behind = scale.div_ceil(DIGIT_WIDTH) * DIGIT_WIDTH - scale;
    digits.extend(std::iter::repeat_n(b'0', behind));
    let before = digits.len().div_ceil(DIGIT_WIDTH) * DIGIT_WIDTH - digits.len();
    let mut padded = vec![b'0'; before];
    padded.extend_from_slice(&digits);
    let groups: Vec<u16> = padded
        .chunks(DIGIT_WIDTH)
        .map(|group| group.iter().fold(0, |number, digit| number * 10 + u16::from(digit - b'0')))
        .collect();
    let mut weight = groups.len() as i64 - 1 - (scale.div_ceil(DIGIT_WIDTH)) as i64;
    let leading = groups.iter().take_while(|group| **group == 0).count();
    let trailing = groups[leading..].iter().rev().take_while(|group| **group == 0).count();
    let significant = &groups[leading..groups.len() - trailing];
    weight -= leading as i64;
    if significant.is_empty() {
        weight = 0;
    }
    out.put_u16(u16::try_from(significant.len()).ok()?);
    out.put_i16(i16::try_from(weight).ok()?);
    out.put_u16(if decimal.is_negative() { NEGATIVE } else { POSITIVE });
    out.put_u16(u16::try_from(scale).ok()?);
    significant.iter().for_each(|group| out.put_u16(*group));
    Some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn round_trip(decimal: &Decimal) -> String {
        let mut binary = Vec::new();
        write_binary(decimal, &mut binary).unwrap();
        let mut text = Vec::new();
        write_text(&binary, &mut text).unwrap();
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn known_numbers() {
        for text in ["0", "0.00", "1", "-1", "10000", "99999999999.123456789012345678", "0.000000000000000001", "-0.5"]
        {
            assert_eq!(round_trip(&text.parse().unwrap()), text);
        }
        let not_a_number = [0, 0, 0, 0, 0xC0, 0, 0, 0];
        assert_eq!(write_text(&not_a_number, &mut Vec::new()), None);
    }

    proptest! {
        #[test]
        fn every_number_comes_back(unscaled in any::<i128>(), scale in 0u32..40) {
            let decimal = Decimal::new(unscaled, scale);
            prop_assert_eq!(round_trip(&decimal), decimal.to_string());
        }
    }
}
