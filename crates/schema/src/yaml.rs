//! Converts YAML to JSON text: one document, the core schema of YAML 1.2, with the digits of numbers preserved.
//!
//! Anchors and aliases are rejected, since a few lines can expand to gigabytes, and so are tags other than `!!str`.
//! The result goes through ordinary validation; nothing here knows a schema.

use num_bigint::BigInt;
use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Tag};

use crate::json::{MAX_DEPTH, SyntaxError, write_string};
use crate::validate::MAX_FILE_BYTES;

/// Converts a YAML text to JSON.
pub(crate) fn to_json(text: &[u8]) -> Result<Vec<u8>, SyntaxError> {
    if text.len() as u64 > MAX_FILE_BYTES {
        return Err(error(&Marker::new(0, 1, 0), "the text is too long"));
    }
    let text = std::str::from_utf8(text).map_err(|_| error(&Marker::new(0, 1, 0), "not UTF-8"))?;
    // A byte order mark is valid in YAML, but not in JSON.
    let mut parser = Parser::new_from_str(text.strip_prefix('\u{feff}').unwrap_or(text));
    let mut writer = Writer::default();
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| self::error(error.marker(), error.info()))?;
        writer.event(&event).map_err(|message| error(&span.start, message))?;
    }
    if !writer.document {
        return Err(error(&Marker::new(0, 1, 0), "there is no document"));
    }
    Ok(writer.out)
}

fn error(marker: &Marker, message: &str) -> SyntaxError {
    SyntaxError { offset: marker.index(), line: marker.line(), column: marker.col() + 1, message: message.into() }
}

/// A collection that the writer has not closed yet.
enum Open {
    Sequence { first: bool },
    Mapping { first: bool, key: bool },
}

#[derive(Default)]
struct Writer {
    out: Vec<u8>,
    open: Vec<Open>,
    document: bool,
}

impl Writer {
    fn event(&mut self, event: &Event<'_>) -> Result<(), &'static str> {
        match event {
            Event::DocumentStart(_) if std::mem::replace(&mut self.document, true) => {
                Err("only one document is supported")
            }
            Event::Alias(_) => Err("aliases are not supported"),
            Event::Scalar(text, style, anchor, tag) => {
                let is_text = is_text(*anchor, tag.as_deref())?;
                self.scalar(text, *style != ScalarStyle::Plain || is_text)
            }
            Event::SequenceStart(anchor, tag) => {
                self.begin(*anchor, tag.as_deref(), b'[', Open::Sequence { first: true })
            }
            Event::MappingStart(anchor, tag) => {
                self.begin(*anchor, tag.as_deref(), b'{', Open::Mapping { first: true, key: true })
            }
            Event::SequenceEnd => self.end(b']'),
            Event::MappingEnd => self.end(b'}'),
            _ => Ok(()),
        }
    }

    fn scalar(&mut self, text: &str, is_text: bool) -> Result<(), &'static str> {
        if self.separate() || is_text {
            write_string(&mut self.out, text);
            return Ok(());
        }
        plain(&mut self.out, text)
    }

    fn begin(&mut self, anchor: usize, tag: Option<&Tag>, bracket: u8, open: Open) -> Result<(), &'static str> {
        if is_text(anchor, tag)? {
            return Err("only a scalar can be tagged as text");
        }
        if self.open.len() == MAX_DEPTH as usize {
            return Err("sequences and mappings are nested too deep");
        }
        if self.separate() {
            return Err("a key must be a scalar");
        }
        self.out.push(bracket);
        self.open.push(open);
        Ok(())
    }

    fn end(&mut self, bracket: u8) -> Result<(), &'static str> {
        self.open.pop();
        self.out.push(bracket);
        Ok(())
    }

    /// Writes the comma or colon before the next node. Returns true if that is a key.
    fn separate(&mut self) -> bool {
        let (first, is_key, between) = match self.open.last_mut() {
            None => return false,
            Some(Open::Sequence { first }) => (std::mem::take(first), false, b','),
            Some(Open::Mapping { first, key }) if *key => {
                *key = false;
                (std::mem::take(first), true, b',')
            }
            Some(Open::Mapping { key, .. }) => {
                *key = true;
                (false, false, b':')
            }
        };
        if !first {
            self.out.push(between);
        }
        is_key
    }
}

/// Returns whether a node is tagged as a string. Rejects anchors and other tags.
fn is_text(anchor: usize, tag: Option<&Tag>) -> Result<bool, &'static str> {
    match tag {
        _ if anchor != 0 => Err("anchors are not supported"),
        None => Ok(false),
        Some(tag) if tag.is_yaml_core_schema() && tag.suffix == "str" => Ok(true),
        Some(_) => Err("tags other than !!str are not supported"),
    }
}

/// Writes a plain scalar, resolved by the core schema.
fn plain(out: &mut Vec<u8>, text: &str) -> Result<(), &'static str> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => out.extend_from_slice(b"null"),
        "true" | "True" | "TRUE" => out.extend_from_slice(b"true"),
        "false" | "False" | "FALSE" => out.extend_from_slice(b"false"),
        _ if is_infinite_or_nan(text) => return Err("JSON has no infinity and no NaN"),
        _ => match based(text).or_else(|| decimal(text)) {
            Some(number) => out.extend_from_slice(number.as_bytes()),
            None => write_string(out, text),
        },
    }
    Ok(())
}

fn is_infinite_or_nan(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN")
}

/// The maximum number of digits in base 8 or 16. The time of the conversion to decimal is not linear.
const MAX_BASED_DIGITS: usize = 1_000;

/// Converts `0o17` and `0x1F` to decimal digits.
fn based(text: &str) -> Option<String> {
    let (radix, digits) = match text.as_bytes() {
        [b'0', b'o', ..] => (8, &text[2..]),
        [b'0', b'x', ..] => (16, &text[2..]),
        _ => return None,
    };
    let all = digits.len() <= MAX_BASED_DIGITS && digits.chars().all(|c| c.is_digit(radix));
    all.then(|| BigInt::parse_bytes(digits.as_bytes(), radix)).flatten().map(|number| number.to_string())
}

/// Converts a number of the core schema to JSON: without a plus sign or leading zeros, and with digits on both sides
/// of the point.
fn decimal(text: &str) -> Option<String> {
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    let unsigned = mantissa.strip_prefix(['+', '-']).unwrap_or(mantissa);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() + fraction.len() == 0 || !digits(whole) || !digits(fraction) {
        return None;
    }
    if !exponent.is_empty() {
        let power = exponent[1..].strip_prefix(['+', '-']).unwrap_or(&exponent[1..]);
        if power.is_empty() || !digits(power) {
            return None;
        }
    }
    let sign = if mantissa.starts_with('-') { "-" } else { "" };
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let point = if fraction.is_empty() { "" } else { "." };
    Some(format!("{sign}{whole}{point}{fraction}{exponent}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(yaml: &str) -> String {
        String::from_utf8(to_json(yaml.as_bytes()).unwrap()).unwrap()
    }

    fn refusal(yaml: &str) -> String {
        to_json(yaml.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn structures_become_json() {
        assert_eq!(
            json("a: 1\nb:\n  - x\n  - {c: ~, d: [true, 'true']}\n"),
            r#"{"a":1,"b":["x",{"c":null,"d":[true,"true"]}]}"#
        );
        assert_eq!(json("- - 1\n  - 2\n-\n- {}\n"), "[[1,2],null,{}]");
        assert_eq!(
            json("memo: |\n  two\n  lines\n1: one\nnull: none\n"),
            r#"{"memo":"two\nlines\n","1":"one","null":"none"}"#
        );
        assert_eq!(json("--- {a: !!str 12}\n...\n"), r#"{"a":"12"}"#);
        assert_eq!(json("\u{feff}a: \"\\u00e9 \\\"\""), "{\"a\":\"é \\\"\"}");
    }

    #[test]
    fn numbers_keep_their_digits() {
        for (yaml, number) in [
            ("99999999999.123456789012345678", "99999999999.123456789012345678"),
            ("0.10", "0.10"),
            ("+1.50", "1.50"),
            ("-007", "-7"),
            (".5", "0.5"),
            ("5.", "5"),
            ("1e+3", "1e+3"),
            ("0o17", "15"),
            ("0x1F", "31"),
            ("-0", "-0"),
        ] {
            assert_eq!(json(yaml), number, "{yaml}");
        }
        for text in ["0x", "0xg", "1_000", "1.2.3", "1e", "+", ".", "12:30", "yes", "No", "2014-05-10", "1e5x"] {
            assert_eq!(json(text), format!("\"{text}\""));
        }
    }

    #[test]
    fn what_json_has_not_is_refused_with_its_place() {
        assert_eq!(refusal("a: &x 1\nb: *x\n"), "anchors are not supported at line 1 column 4");
        assert_eq!(refusal("a: 1\nb: *x\n").split(" at ").next(), Some("while parsing node, found unknown anchor"));
        assert!(refusal("a: !!int '1'").starts_with("tags other than !!str are not supported at line 1"));
        assert!(refusal("a: 1\n---\nb: 2\n").starts_with("only one document is supported at line 2"));
        assert!(refusal("[1, 2]: x").starts_with("a key must be a scalar"));
        assert!(refusal("a: .inf").starts_with("JSON has no infinity"));
        assert!(refusal("").starts_with("there is no document"));
        assert!(refusal(&"[".repeat(200)).starts_with("sequences and mappings are nested too deep"));
        assert!(to_json(b"a: \xff").is_err());
        assert!(to_json(b"a: [1").is_err());
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(3_000))]

        #[test]
        fn whatever_is_read_becomes_json(text in "([a-c]|[0-9.eE+~ -]|: |\n|- |\n  \
            |[{}\\[\\],'\"|>?#!&*%@`]|é|\t){0,40}") {
            if let Ok(json) = to_json(text.as_bytes()) {
                let agrees = serde_json::from_slice::<serde_json::Value>(&json).is_ok();
                proptest::prop_assert!(agrees, "{:?} became {}", text, String::from_utf8_lossy(&json));
            }
        }
    }
}
