//! The forms of rows in a response: JSON with or without its nulls, one object alone, or CSV.

use axum::http::HeaderValue;
use bytes::Bytes;
use mwallet_db::JsonRows;
use mwallet_db::schema::json::{Reader, SyntaxError, Token, write_string};

/// The form of rows in a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// An array of objects.
    Array(Nulls),
    /// Exactly one object.
    Object(Nulls),
    /// A line of names, and a line for each row.
    Csv,
}

/// What becomes of members that are null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nulls {
    Kept,
    /// They are left out, at any depth.
    Stripped,
}

impl Form {
    /// The media type of the response.
    pub(crate) fn media_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Array(Nulls::Kept) => "application/json",
            Self::Array(Nulls::Stripped) => "application/vnd.pgrst.array+json;nulls=stripped; charset=utf-8",
            Self::Object(Nulls::Kept) => "application/vnd.pgrst.object+json; charset=utf-8",
            Self::Object(Nulls::Stripped) => "application/vnd.pgrst.object+json;nulls=stripped; charset=utf-8",
            Self::Csv => "text/csv; charset=utf-8",
        })
    }

    /// Whether the response is one row, and it is an error if there are none or several.
    pub(crate) fn is_object(self) -> bool {
        matches!(self, Self::Object(_))
    }

    /// All rows.
    ///
    /// # Errors
    ///
    /// If the rows are not the JSON that the data layer writes.
    pub(crate) fn whole(self, names: &[String], rows: JsonRows) -> Result<Bytes, SyntaxError> {
        Ok(match self {
            Self::Array(Nulls::Kept) => rows.into_array(),
            Self::Object(Nulls::Kept) => rows.into_objects(),
            Self::Array(Nulls::Stripped) => surrounded(b"[", &stripped(rows)?, b"]"),
            Self::Object(Nulls::Stripped) => stripped(rows)?.into(),
            Self::Csv => surrounded(&header(names), &lines(rows)?, b""),
        })
    }

    /// The first of several parts.
    ///
    /// # Errors
    ///
    /// If the rows are not the JSON that the data layer writes.
    pub(crate) fn begin(self, names: &[String], rows: JsonRows) -> Result<Bytes, SyntaxError> {
        Ok(match self {
            Self::Array(Nulls::Kept) | Self::Object(Nulls::Kept) => rows.into_array_begin(),
            Self::Array(Nulls::Stripped) | Self::Object(Nulls::Stripped) => surrounded(b"[", &stripped(rows)?, b""),
            Self::Csv => surrounded(&header(names), &lines(rows)?, b""),
        })
    }

    /// A further part.
    ///
    /// # Errors
    ///
    /// If the rows are not the JSON that the data layer writes.
    pub(crate) fn part(self, rows: JsonRows) -> Result<Bytes, SyntaxError> {
        Ok(match self {
            Self::Array(Nulls::Kept) | Self::Object(Nulls::Kept) => rows.into_array_part(),
            Self::Array(Nulls::Stripped) | Self::Object(Nulls::Stripped) => surrounded(b",", &stripped(rows)?, b""),
            Self::Csv => lines(rows)?.into(),
        })
    }

    /// What follows the last part.
    pub(crate) fn end(self) -> Bytes {
        Bytes::from_static(match self {
            Self::Array(_) | Self::Object(_) => b"]",
            Self::Csv => b"",
        })
    }
}

fn surrounded(before: &[u8], text: &[u8], after: &[u8]) -> Bytes {
    [before, text, after].concat().into()
}

/// Writes the rows again, without members that are null. Nulls in arrays stay.
fn stripped(rows: JsonRows) -> Result<Vec<u8>, SyntaxError> {
    let mut out = Vec::with_capacity(rows.bytes());
    each_row(rows, |reader| {
        if !out.is_empty() {
            out.push(b',');
        }
        strip_next(reader, &mut out)
    })?;
    Ok(out)
}

/// Writes the next value of the reader, which limits the depth of the recursion.
fn strip_next(reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Result<(), SyntaxError> {
    match reader.peek() {
        Some(b'{') => {
            reader.value()?;
            out.push(b'{');
            let begin = out.len();
            while let Some(key) = reader.key()? {
                if reader.peek() == Some(b'n') {
                    reader.value()?;
                    continue;
                }
                if out.len() > begin {
                    out.push(b',');
                }
                write_string(out, &key);
                out.push(b':');
                strip_next(reader, out)?;
            }
            out.push(b'}');
        }
        Some(b'[') => {
            reader.value()?;
            out.push(b'[');
            let begin = out.len();
            while reader.item()? {
                if out.len() > begin {
                    out.push(b',');
                }
                strip_next(reader, out)?;
            }
            out.push(b']');
        }
        _ => out.extend_from_slice(reader.raw()?.as_bytes()),
    }
    Ok(())
}

/// The line of names.
fn header(names: &[String]) -> Vec<u8> {
    let mut out = Vec::new();
    for (index, name) in names.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_field(&mut out, name);
    }
    out.extend_from_slice(b"\r\n");
    out
}

/// A line for each row (RFC 4180). Null is nothing, and an empty text is `""`. What is nested is JSON.
fn lines(rows: JsonRows) -> Result<Vec<u8>, SyntaxError> {
    let mut out = Vec::with_capacity(rows.bytes());
    each_row(rows, |reader| {
        reader.value()?;
        let mut is_first = true;
        while reader.key()?.is_some() {
            if !std::mem::take(&mut is_first) {
                out.push(b',');
            }
            match reader.peek() {
                Some(b'{' | b'[') => write_field(&mut out, reader.raw()?),
                _ => match reader.value()? {
                    Token::Null => {}
                    Token::String(text) => write_field(&mut out, &text),
                    Token::Number(number) => out.extend_from_slice(number.as_bytes()),
                    Token::Bool(value) => out.extend_from_slice(if value { b"true" } else { b"false" }),
                    // Both were read as they are.
                    Token::Array | Token::Object => {}
                },
            }
        }
        out.extend_from_slice(b"\r\n");
        Ok(())
    })?;
    Ok(out)
}

/// Calls a function with a reader at each row.
fn each_row(
    rows: JsonRows,
    mut row: impl FnMut(&mut Reader<'_>) -> Result<(), SyntaxError>,
) -> Result<(), SyntaxError> {
    let array = rows.into_array();
    let mut reader = Reader::new(&array)?;
    reader.value()?;
    while reader.item()? {
        row(&mut reader)?;
    }
    Ok(())
}

fn write_field(out: &mut Vec<u8>, text: &str) {
    let is_bare = !text.is_empty() && !text.contains(['"', ',', '\r', '\n']) && text.trim() == text;
    if is_bare {
        return out.extend_from_slice(text.as_bytes());
    }
    out.push(b'"');
    out.extend_from_slice(text.replace('"', "\"\"").as_bytes());
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows as the data layer writes them; there is no other way to make some.
    fn parts(form: Form, rows: &[&str]) -> String {
        let names = ["a".to_owned(), "b,c".to_owned()];
        let rows: Vec<JsonRows> = rows.iter().map(|row| JsonRows::of_objects([*row])).collect();
        let mut rows = rows.into_iter();
        let mut text = form.begin(&names, rows.next().unwrap()).unwrap().to_vec();
        rows.for_each(|row| text.extend_from_slice(&form.part(row).unwrap()));
        text.extend_from_slice(&form.end());
        String::from_utf8(text).unwrap()
    }

    const ROWS: [&str; 3] = [
        r#"{"a":null,"b,c":{"x":null,"y":[null,{"z":null}]}}"#,
        r#"{"a":"say \"hi\", \u00e4\n","b,c":-0.10}"#,
        r#"{"a":"","b,c":true}"#,
    ];

    #[test]
    fn nulls_are_left_out_at_any_depth() {
        let expected = r#"[{"b,c":{"y":[null,{}]}},{"a":"say \"hi\", ä\n","b,c":-0.10},{"a":"","b,c":true}]"#;
        let expected = expected.replace('ä', "\\u00e4");
        assert_eq!(parts(Form::Array(Nulls::Stripped), &ROWS), expected);
        let whole = |rows: &[&str]| Form::Array(Nulls::Stripped).whole(&[], JsonRows::of_objects(rows.iter().copied()));
        assert_eq!(whole(&ROWS).unwrap(), expected);
        assert_eq!(whole(&[]).unwrap(), "[]");
    }

    #[test]
    fn a_line_of_names_and_a_line_for_each_row() {
        let nested = r#"{""x"":null,""y"":[null,{""z"":null}]}"#;
        let expected = format!("a,\"b,c\"\r\n,\"{nested}\"\r\n\"say \"\"hi\"\", ä\n\",-0.10\r\n\"\",true\r\n");
        assert_eq!(parts(Form::Csv, &ROWS), expected);
        assert_eq!(Form::Csv.whole(&["a".into()], JsonRows::default()).unwrap(), "a\r\n");
    }
}
