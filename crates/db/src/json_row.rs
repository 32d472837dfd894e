//! Writes rows as JSON text by their column types, without intermediate structs or values.

use crate::columns::{Columns, OutputColumn};

/// Writes one object. `write` writes the value of the given column.
pub(crate) fn write_row<E>(
    columns: &Columns,
    out: &mut Vec<u8>,
    mut write: impl FnMut(usize, &OutputColumn, &mut Vec<u8>) -> Result<(), E>,
) -> Result<(), E> {
    let shape = columns.shape();
    let mut start = 0;
    for (index, (column, end)) in columns.iter().zip(&shape.ends).enumerate() {
        out.extend_from_slice(&shape.prefixes[start..*end]);
        start = *end;
        write(index, column, out)?;
    }
    out.extend_from_slice(if columns.is_empty() { b"{}" } else { b"}" });
    Ok(())
}

/// Writes an integer.
pub(crate) fn write_integer(out: &mut Vec<u8>, number: i64) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Writes a quoted string that needs no escapes.
pub(crate) fn write_plain(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    out.extend_from_slice(text);
    out.push(b'"');
}

/// Turns the numbers written since `start` into strings: a single number, or the elements of an array.
pub(crate) fn quote_numbers(out: &mut Vec<u8>, start: usize) {
    match out.get(start) {
        Some(b'-' | b'0'..=b'9') => {
            out.insert(start, b'"');
            out.push(b'"');
        }
        Some(b'[') => quote_elements(out, start),
        _ => {}
    }
}

/// Turns the numbers in an array into strings. Other elements are arrays, nulls, and quoted words such as `"NaN"`.
fn quote_elements(out: &mut Vec<u8>, start: usize) {
    let array = out.split_off(start);
    let (mut is_text, mut is_number) = (false, false);
    for byte in array {
        let belongs = !is_text && matches!(byte, b'-' | b'+' | b'.' | b'0'..=b'9' | b'e' | b'E');
        // A letter, as in `null`, cannot start a number, but can be part of one.
        let is_of_number = belongs && (is_number || !byte.is_ascii_alphabetic());
        if is_of_number != is_number {
            out.push(b'"');
            is_number = is_of_number;
        }
        is_text ^= byte == b'"';
        out.push(byte);
    }
}

/// Writes bytes as a base64 string.
pub(crate) fn write_base64(out: &mut Vec<u8>, bytes: &[u8]) {
    use base64::Engine as _;
    out.push(b'"');
    let start = out.len();
    out.resize(start + bytes.len().div_ceil(3) * 4, 0);
    // The slice has the exact length of the encoding, so it always fits.
    let written = base64::engine::general_purpose::STANDARD.encode_slice(bytes, &mut out[start..]).unwrap_or(0);
    out.truncate(start + written);
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use mwallet_schema::ColumnType;

    use super::*;
    use crate::columns::OutputKind;

    #[test]
    fn names_are_escaped_and_an_empty_row_is_an_object() {
        let column = |name: &str| OutputColumn { name: name.into(), kind: OutputKind::Column(ColumnType::BigInt) };
        let columns = vec![column("a"), column("b\"c")].into();
        let mut out = Vec::new();
        let written: Result<(), ()> = write_row(&columns, &mut out, |index, _, out| {
            write_integer(out, index as i64);
            Ok(())
        });
        assert_eq!(written, Ok(()));
        assert_eq!(String::from_utf8(out).unwrap(), r#"{"a":0,"b\"c":1}"#);

        let mut out = Vec::new();
        let _: Result<(), ()> = write_row(&Vec::new().into(), &mut out, |_, _, _| Ok(()));
        assert_eq!(out, b"{}");
    }

    #[test]
    fn numbers_become_strings_in_arrays_too() {
        for (written, quoted) in [
            ("12", "\"12\""),
            ("null", "null"),
            ("\"NaN\"", "\"NaN\""),
            ("[]", "[]"),
            ("[1,-2.50,null,\"NaN\",\"-Infinity\"]", "[\"1\",\"-2.50\",null,\"NaN\",\"-Infinity\"]"),
            ("[[1,2],\n [3,null]]", "[[\"1\",\"2\"],\n [\"3\",null]]"),
        ] {
            let mut out = [b"before ", written.as_bytes()].concat();
            quote_numbers(&mut out, 7);
            assert_eq!(String::from_utf8(out).unwrap(), format!("before {quoted}"));
        }
    }

    #[test]
    fn base64_of_every_length() {
        for (bytes, text) in [(&b""[..], "\"\""), (b"a", "\"YQ==\""), (b"ab", "\"YWI=\""), (b"abc", "\"YWJj\"")] {
            let mut out = Vec::new();
            write_base64(&mut out, bytes);
            assert_eq!(String::from_utf8(out).unwrap(), text);
        }
    }
}
