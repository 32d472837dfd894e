//! Converts equal JSON values to the same text, where equality is that of PostgreSQL's `jsonb`.

use std::collections::BTreeMap;

use super::number::JsonNumber;
use super::{Reader, SyntaxError, Token, write_string};

/// Returns the canonical text of a JSON value: without white space, with sorted keys, the last of duplicate keys, and
/// numbers in a normal form, so that `1.0` and `10e-1` become `1`.
///
/// ```
/// let text = mwallet_schema::json::canonical(br#"{ "b": 1.50, "a": [-0, 12e3], "b": "\u0041" }"#)?;
/// assert_eq!(text, r#"{"a":[0,12e3],"b":"A"}"#);
/// # Ok::<(), mwallet_schema::json::SyntaxError>(())
/// ```
///
/// # Errors
///
/// Returns an error if the text is not JSON.
pub fn canonical(text: &[u8]) -> Result<String, SyntaxError> {
    let mut reader = Reader::new(text)?;
    let mut out = Vec::with_capacity(text.len());
    write_next(&mut reader, &mut out)?;
    reader.end()?;
    // Both the reader and the writers use UTF-8 only.
    Ok(String::from_utf8_lossy(&out).into_owned())
}

/// Writes the next value of the reader, which limits the depth of the recursion.
fn write_next(reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Result<(), SyntaxError> {
    match reader.value()? {
        Token::Null => out.extend_from_slice(b"null"),
        Token::Bool(value) => out.extend_from_slice(if value { b"true" } else { b"false" }),
        Token::Number(number) => JsonNumber::new(number).write_canonical(out),
        Token::String(text) => write_string(out, &text),
        Token::Array => {
            out.push(b'[');
            let start = out.len();
            while reader.item()? {
                if out.len() > start {
                    out.push(b',');
                }
                write_next(reader, out)?;
            }
            out.push(b']');
        }
        Token::Object => {
            let mut members = BTreeMap::new();
            while let Some(key) = reader.key()? {
                let mut value = Vec::new();
                write_next(reader, &mut value)?;
                members.insert(key.into_owned(), value);
            }
            out.push(b'{');
            for (index, (key, value)) in members.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_string(out, key);
                out.push(b':');
                out.extend_from_slice(value);
            }
            out.push(b'}');
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_one_value_become_one_text() {
        for (texts, expected) in [
            (&["1", "1.0", "10e-1", "0.1E1", "1.000e+0"][..], "1"),
            (&["0", "-0", "0.00", "-0e5"], "0"),
            (&["-120", "-1.2e2", "-12E1"], "-12e1"),
            (&["0.05", "5e-2"], "5e-2"),
            (&[r#""A""#, r#" "\u0041" "#], r#""A""#),
            (&["[ ]"], "[]"),
            (&["{ }"], "{}"),
            (
                &[r#"{"b":[1,{"d":null,"c":true}],"a":"x\n"}"#, r#"{"a":"x\u000a","b":[1.0,{"c":true,"d":null}]}"#],
                r#"{"a":"x\n","b":[1,{"c":true,"d":null}]}"#,
            ),
            (&[r#"{"a":1,"a":2}"#, r#"{"a":2}"#], r#"{"a":2}"#),
        ] {
            for text in texts {
                assert_eq!(canonical(text.as_bytes()).as_deref(), Ok(expected), "{text}");
            }
        }
        assert!(canonical(b"{").is_err());
        assert!(canonical(b"1 2").is_err());
    }
}
