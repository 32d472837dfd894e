//! Writes JSON text: escapes strings, writes values, drops white space.

use base64::Engine as _;

use super::{Reader, SyntaxError};
use crate::{Decimal, DecimalError, Value, ValueError};

/// The character after the backslash for each byte: 0 if it needs no escape, `u` for `\u00XX`.
const ESCAPES: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 0x20 {
        table[byte] = b'u';
        byte += 1;
    }
    table[0x08] = b'b';
    table[0x09] = b't';
    table[0x0a] = b'n';
    table[0x0c] = b'f';
    table[0x0d] = b'r';
    table[b'"' as usize] = b'"';
    table[b'\\' as usize] = b'\\';
    table
};

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Appends a text as a quoted JSON string.
///
/// ```
/// let mut out = Vec::new();
/// mwallet_schema::json::write_string(&mut out, "a \"b\"\n\u{1f}");
/// assert_eq!(out, br#""a \"b\"\n\u001f""#);
/// ```
pub fn write_string(out: &mut Vec<u8>, text: &str) {
    let mut rest = text.as_bytes();
    out.reserve(rest.len() + 2);
    out.push(b'"');
    loop {
        let (plain, special) = rest.split_at(plain_length(rest));
        out.extend_from_slice(plain);
        let Some((&byte, after)) = special.split_first() else { break };
        match ESCAPES[usize::from(byte)] {
            b'u' => {
                out.extend_from_slice(b"\\u00");
                out.extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
            }
            escape => out.extend_from_slice(&[b'\\', escape]),
        }
        rest = after;
    }
    out.push(b'"');
}

/// Returns the number of bytes before the first double quote, backslash or control character.
///
/// It checks eight bytes at a time, since every text of every row passes here. The mask has the high bit of each such
/// byte set. A borrow can set bits only above the first match, so the first is exact.
pub(super) fn plain_length(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    let mut at = 0;
    while let Some(chunk) = bytes[at..].first_chunk() {
        let word = u64::from_le_bytes(*chunk);
        let quote = word ^ (ONES * b'"' as u64);
        let backslash = word ^ (ONES * b'\\' as u64);
        let control = word.wrapping_sub(ONES * 0x20) & !word;
        let mask = (control | (quote.wrapping_sub(ONES) & !quote) | (backslash.wrapping_sub(ONES) & !backslash)) & HIGH;
        if mask != 0 {
            return at + mask.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    let rest = &bytes[at..];
    at + rest.iter().position(|byte| ESCAPES[usize::from(*byte)] != 0).unwrap_or(rest.len())
}

/// Appends a value as in API responses: decimals as strings, bytes as base64, times as RFC 3339.
pub fn write_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Int(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Value::Decimal(decimal) => write_string(out, &decimal.to_string()),
        Value::Text(text) => write_string(out, text),
        Value::Timestamp(time) => {
            out.push(b'"');
            time.write_to(out);
            out.push(b'"');
        }
        Value::Uuid(uuid) => write_string(out, uuid.hyphenated().encode_lower(&mut [0; 36])),
        Value::Bytes(bytes) => write_string(out, &base64::engine::general_purpose::STANDARD.encode(bytes)),
        Value::Json(json) => out.extend_from_slice(json.as_bytes()),
        Value::List(items) => {
            out.push(b'[');
            for (position, item) in items.iter().enumerate() {
                if position > 0 {
                    out.push(b',');
                }
                write_value(out, item);
            }
            out.push(b']');
        }
        Value::Record(record) => {
            out.push(b'{');
            for (position, (name, value)) in record.iter().enumerate() {
                if position > 0 {
                    out.push(b',');
                }
                write_string(out, name);
                out.push(b':');
                write_value(out, value);
            }
            out.push(b'}');
        }
    }
}

/// Removes insignificant white space. Numbers and escapes stay as written.
///
/// # Errors
///
/// Returns an error if the text is not JSON.
pub fn compact(text: &[u8]) -> Result<String, SyntaxError> {
    let mut reader = Reader::new(text)?;
    let raw = reader.raw()?;
    reader.end()?;
    Ok(squeeze(raw))
}

/// Removes insignificant white space from valid JSON.
pub(crate) fn squeeze(json: &str) -> String {
    let bytes = json.as_bytes();
    let mut out = String::with_capacity(json.len());
    let (mut at, mut start) = (0, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'"' => at = string_end(bytes, at),
            b' ' | b'\n' | b'\r' | b'\t' => {
                out.push_str(&json[start..at]);
                at += 1;
                start = at;
            }
            _ => at += 1,
        }
    }
    out.push_str(&json[start..]);
    out
}

/// Returns the end of the string that begins at `at`.
fn string_end(json: &[u8], mut at: usize) -> usize {
    at += 1;
    while let Some(&byte) = json.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    at
}

/// Rejects JSON that PostgreSQL's `jsonb` cannot hold, so that both engines accept the same: U+0000 in a string, or a
/// number with thousands of digits.
pub(crate) fn storable(json: &str) -> Result<(), ValueError> {
    let bytes = json.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                let end = string_end(bytes, at);
                if has_nul(&bytes[at..end]) {
                    return Err(ValueError::NulInText);
                }
                at = end;
            }
            b'-' | b'0'..=b'9' => {
                let length = json[at..].find([',', ']', '}', ' ', '\n', '\r', '\t']).unwrap_or(json.len() - at);
                let number = &json[at..at + length];
                // A short number without an exponent cannot be too large.
                if (length > 100 || number.contains(['e', 'E'])) && number.parse::<Decimal>().is_err() {
                    return Err(ValueError::OutOfRange(DecimalError::TooLarge.to_string()));
                }
                at += length;
            }
            _ => at += 1,
        }
    }
    Ok(())
}

/// Returns whether a well-formed string contains the escape of U+0000.
fn has_nul(string: &[u8]) -> bool {
    let mut at = 0;
    while at < string.len() {
        if string[at] == b'\\' {
            if string[at + 1..].starts_with(b"u0000") {
                return true;
            }
            at += 1;
        }
        at += 1;
    }
    false
}
