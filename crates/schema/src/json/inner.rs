//! Values inside JSON text: found, and written as PostgreSQL writes those of `jsonb`.

use super::tree::JsonTree;
use super::{Reader, SyntaxError, Token};

/// One step into a JSON value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'k> {
    /// To the member of an object.
    Member(&'k str),
    /// To the item of an array; negative numbers count from the end.
    Item(i64),
}

/// Returns the text of the value at the end of some steps, or `None` if there is none. The last of duplicate members
/// counts, as in `jsonb`.
///
/// ```
/// use mwallet_schema::json::{Step, inner};
/// let text = br#"{"a": [1, {"b": 2.50}]}"#;
/// assert_eq!(inner(text, [Step::Member("a"), Step::Item(-1), Step::Member("b")])?, Some("2.50"));
/// # Ok::<(), mwallet_schema::json::SyntaxError>(())
/// ```
///
/// # Errors
///
/// Returns an error if the text is not JSON.
pub fn inner<'t, 'k>(
    text: &'t [u8],
    steps: impl IntoIterator<Item = Step<'k>>,
) -> Result<Option<&'t str>, SyntaxError> {
    let mut reader = Reader::new(text)?;
    let mut found = reader.raw()?;
    reader.end()?;
    for step in steps {
        let mut reader = Reader::new(found.as_bytes())?;
        let next = match (step, reader.value()?) {
            (Step::Member(name), Token::Object) => member(&mut reader, name)?,
            (Step::Item(index), Token::Array) => item(&mut reader, index)?,
            // As in PostgreSQL, what is neither an array nor an object is like an array of itself.
            (Step::Item(0 | -1), Token::String(_) | Token::Number(_) | Token::Bool(_) | Token::Null) => Some(found),
            _ => None,
        };
        match next {
            Some(value) => found = value,
            None => return Ok(None),
        }
    }
    Ok(Some(found))
}

fn member<'t>(reader: &mut Reader<'t>, name: &str) -> Result<Option<&'t str>, SyntaxError> {
    let mut found = None;
    while let Some(key) = reader.key()? {
        let value = reader.raw()?;
        if key == name {
            found = Some(value);
        }
    }
    Ok(found)
}

fn item<'t>(reader: &mut Reader<'t>, index: i64) -> Result<Option<&'t str>, SyntaxError> {
    let mut items = Vec::new();
    while reader.item()? {
        items.push(reader.raw()?);
    }
    let index = if index < 0 { index + items.len() as i64 } else { index };
    Ok(usize::try_from(index).ok().and_then(|index| items.get(index).copied()))
}

/// Returns the text that PostgreSQL makes of a `jsonb` value: members in its order, with spaces between, and numbers
/// without exponents.
///
/// ```
/// let text = mwallet_schema::json::jsonb_text(br#"{"bb":1.50,"a":[1e2,null]}"#)?;
/// assert_eq!(text, r#"{"a": [100, null], "bb": 1.50}"#);
/// # Ok::<(), mwallet_schema::json::SyntaxError>(())
/// ```
///
/// # Errors
///
/// Returns an error if the text is not JSON.
pub fn jsonb_text(text: &[u8]) -> Result<String, SyntaxError> {
    Ok(JsonTree::parse(text)?.to_string())
}

/// Returns a JSON value as plain text, as `->>` of PostgreSQL does: a string without its quotes, and `None` for null.
///
/// # Errors
///
/// Returns an error if the text is not JSON.
pub fn plain_text(text: &[u8]) -> Result<Option<String>, SyntaxError> {
    Ok(match JsonTree::parse(text)? {
        JsonTree::Null => None,
        JsonTree::String(text) => Some(text),
        other => Some(other.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_lead_to_values() {
        let text = br#"{"a": [1, {"b": null}], "b": 1, "b": "x", "": 0}"#;
        let find = |steps: &[Step<'_>]| inner(text, steps.iter().copied()).unwrap();
        assert_eq!(find(&[Step::Member("b")]), Some("\"x\""));
        assert_eq!(find(&[Step::Member("")]), Some("0"));
        assert_eq!(find(&[Step::Member("a"), Step::Item(0)]), Some("1"));
        assert_eq!(find(&[Step::Member("a"), Step::Item(-1), Step::Member("b")]), Some("null"));
        assert_eq!(find(&[Step::Member("b"), Step::Item(0), Step::Item(-1)]), Some("\"x\""));
        for missing in [
            &[Step::Member("c")][..],
            &[Step::Member("b"), Step::Item(1)],
            &[Step::Item(0)],
            &[Step::Member("a"), Step::Item(2)],
            &[Step::Member("a"), Step::Item(-3)],
            &[Step::Member("a"), Step::Member("0")],
            &[Step::Member("b"), Step::Member("b")],
        ] {
            assert_eq!(find(missing), None, "{missing:?}");
        }
        assert!(inner(b"{", [Step::Item(0)]).is_err());
        assert!(inner(b"{} x", [Step::Item(0)]).is_err());
    }

    #[test]
    fn texts_are_those_of_jsonb() {
        for (text, written, plain) in [
            (r#"{"bb":1,"a":{"y":[],"x":{}},"bb":2}"#, r#"{"a": {"x": {}, "y": []}, "bb": 2}"#, None),
            ("[1.50,1e2,1.5e1,-0.0,-1e-3,100E-1]", "[1.50, 100, 15, 0.0, -0.001, 10.0]", None),
            (r#""a\u0041\u0001\/\"\n""#, r#""aA\u0001/\"\n""#, Some("aA\u{1}/\"\n")),
            ("true", "true", None),
        ] {
            assert_eq!(jsonb_text(text.as_bytes()).unwrap(), written, "{text}");
            assert_eq!(plain_text(text.as_bytes()).unwrap().as_deref(), Some(plain.unwrap_or(written)), "{text}");
        }
        assert_eq!(plain_text(b" null ").unwrap(), None);
    }
}
