//! Tests what the reader accepts and rejects, and that it agrees with serde_json.

use proptest::prelude::*;

use super::*;
use crate::{Record, Value};

fn accepts(text: &[u8]) -> bool {
    compact(text).is_ok()
}

#[test]
fn reads_what_rfc_8259_allows() {
    for text in
        ["null", " true ", "-0", "0.10", "1e5", "-1.5E-10", r#""""#, "[]", "{}", "[1,[2],{\"a\":[]}]", "\t[\r\n1 ]"]
    {
        assert!(accepts(text.as_bytes()), "{text}");
    }
}

#[test]
fn refuses_the_rest() {
    for text in [
        "",
        " ",
        "nul",
        "True",
        "01",
        "-",
        "+1",
        "1.",
        ".5",
        "1e",
        "1e+",
        "0x1",
        "NaN",
        "Infinity",
        "'a'",
        "[1,]",
        "[,1]",
        "[1 2]",
        "{a:1}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{,}",
        "{\"a\" 1}",
        "[1",
        "{\"a\":1",
        "\"a",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\n\"",
        "\"\t\"",
        "1 1",
        "[]]",
        "{}{}",
        "\u{feff}1",
        "\"\\ud800\"",
        "\"\\udc00\"",
        "\"\\ud800\\ud800\"",
        "\"\\ud800x\"",
        "\"\\ud800\\n\"",
        "[1}",
        "{\"a\":1]",
        "\u{a0}1",
        "/**/1",
        "[1//\n]",
        "\"\\",
    ] {
        assert!(!accepts(text.as_bytes()), "{text:?}");
    }
    assert!(!accepts(b"\"\xff\""));
    assert!(!accepts(b"\"\xed\xa0\x80\""));
}

#[test]
fn strings_lose_their_escapes() {
    let read = |text: &str| match Reader::new(text.as_bytes()).unwrap().value().unwrap() {
        Token::String(text) => text.into_owned(),
        token => panic!("{token:?}"),
    };
    assert_eq!(read(r#""\"\\\/\b\f\n\r\t\u0041\u00e9\ud83d\ude00x""#), "\"\\/\u{8}\u{c}\n\r\tAé😀x");
    assert_eq!(read(r#""\u0000""#), "\0");
    assert!(matches!(Reader::new(b"\"plain\"").unwrap().value(), Ok(Token::String(Cow::Borrowed("plain")))));
}

#[test]
fn numbers_are_their_text() {
    let mut reader = Reader::new(b"[0.10, 1E400, 123456789012345678901234567890]").unwrap();
    assert_eq!(reader.value(), Ok(Token::Array));
    for number in ["0.10", "1E400", "123456789012345678901234567890"] {
        assert_eq!(reader.item(), Ok(true));
        assert_eq!(reader.value(), Ok(Token::Number(number)));
    }
    assert_eq!(reader.item(), Ok(false));
    assert_eq!(reader.end(), Ok(()));
}

#[test]
fn an_error_names_its_place() {
    let error = compact("{\n  \"é\": \"é\", \"b\": tru\n}".as_bytes()).unwrap_err();
    assert_eq!(error.to_string(), "expected a value at line 2 column 18");
    assert_eq!((error.line, error.column, error.offset), (2, 18, 21));
    assert_eq!(compact(b"[1").unwrap_err().to_string(), "expected a comma or the end of the array at line 1 column 3");
}

#[test]
fn depth_has_a_limit() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(accepts(nested(128).as_bytes()));
    assert!(!accepts(nested(129).as_bytes()));
    assert!(!accepts("[".repeat(1_000_000).as_bytes()));
    // The limit counts nesting, not the number of brackets.
    assert!(accepts(format!("[{}[]]", "[],".repeat(1000)).as_bytes()));
}

#[test]
fn compacting_keeps_digits_and_escapes() {
    let text = br#" { "a b" : [ 1.50 , 1E+2, "\u00e9 \" \\" ] , "c":{ } } "#;
    assert_eq!(compact(text).unwrap(), r#"{"a b":[1.50,1E+2,"\u00e9 \" \\"],"c":{}}"#);
}

#[test]
fn strings_are_escaped() {
    let mut out = Vec::new();
    write_string(&mut out, "a\"b\\c\n\r\t\u{8}\u{c}\u{0}\u{1f}\u{7f}é😀/");
    assert_eq!(String::from_utf8(out).unwrap(), "\"a\\\"b\\\\c\\n\\r\\t\\b\\f\\u0000\\u001f\u{7f}é😀/\"");
}

#[test]
fn values_are_written_as_answers() {
    let record = Record::from([
        ("null", Value::Null),
        ("bool", true.into()),
        ("int", Value::Int(-5)),
        ("decimal", Value::Decimal("0.10".parse().unwrap())),
        ("time", Value::Timestamp("1399713634.5".parse().unwrap())),
        ("uuid", Value::Uuid(uuid::Uuid::nil())),
        ("bytes", Value::Bytes(vec![0, 255])),
        ("json", Value::Json("{\"a\":1.0}".into())),
        ("list", Value::List(vec!["a\"".into(), Value::Null])),
    ]);
    let mut out = Vec::new();
    write_value(&mut out, &record.into());
    assert_eq!(
        String::from_utf8(out).unwrap(),
        concat!(
            r#"{"null":null,"bool":true,"int":-5,"decimal":"0.10","time":"2014-05-10T09:20:34.5+00:00","#,
            r#""uuid":"00000000-0000-0000-0000-000000000000","bytes":"AP8=","json":{"a":1.0},"list":["a\"",null]}"#
        )
    );
}

#[test]
fn only_json_that_both_engines_hold_is_storable() {
    for good in ["{\"a\":[1,-2.5,\"\\\\u0000\",1e10]}", "\"\\u0001\"", "0", "true", "[1 , 2]"] {
        assert_eq!(storable(good), Ok(()), "{good}");
    }
    for bad in ["\"\\u0000\"", "{\"\\u0000\":1}", "[\"\\\\\\u0000\"]", "1e9999", "[1,-1E-9999]", &"9".repeat(3000)] {
        assert!(storable(bad).is_err(), "{bad}");
    }
}

/// Returns whether serde_json accepts a text. It has the same depth limit.
fn serde_accepts(text: &[u8]) -> bool {
    serde_json::from_slice::<&serde_json::value::RawValue>(text).is_ok()
        && serde_json::from_slice::<serde_json::Value>(text).is_ok()
}

/// Generates any JSON text, with white space and escapes.
fn any_json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("false".to_owned()),
        "-?(0|[1-9][0-9]{0,25})(\\.[0-9]{1,5})?([eE][+-]?[0-9]{1,2})?",
        "\"([ -!#-\\[\\]-~é😀]|\\\\[\"\\\\/bfnrt]|\\\\u00[0-9a-f]{2}|\\\\ud83d\\\\ude0[0-9]|\\\\ud[89a-f]00){0,6}\"",
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        let key = "\"([a-z]|\\\\n){0,3}\"";
        prop_oneof![
            (prop::collection::vec(inner.clone(), 0..5), "[ \n]?")
                .prop_map(|(items, s)| format!("[{s}{}]", items.join(&format!("{s},")))),
            (prop::collection::vec((key, inner), 0..5), "[ \t\r]?").prop_map(|(members, s)| {
                let members: Vec<String> = members.into_iter().map(|(k, v)| format!("{s}{k}{s}:{v}")).collect();
                format!("{{{}{s}}}", members.join(","))
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn agrees_with_another_reader(text in any_json()) {
        prop_assert_eq!(accepts(text.as_bytes()), serde_accepts(text.as_bytes()), "{}", text);
    }

    #[test]
    fn agrees_with_another_reader_on_damaged_text(
        text in any_json(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), 0..3u8, any::<u8>()), 1..4),
    ) {
        const LIKELY: &[u8] = b"{}[]\",:\\0123456789.eE+-tfn u\n\x00\xff\xc3";
        let mut bytes = text.into_bytes();
        for (place, how, byte) in damage {
            let byte = LIKELY[usize::from(byte) % LIKELY.len()];
            let at = place.index(bytes.len() + 1);
            match how {
                0 => bytes.insert(at, byte),
                1 if at < bytes.len() => bytes[at] = byte,
                _ if at < bytes.len() => { bytes.remove(at); }
                _ => {}
            }
        }
        prop_assert_eq!(accepts(&bytes), serde_accepts(&bytes), "{}", String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn compacting_changes_no_value(text in any_json()) {
        if let Ok(value) = serde_json::from_str::<serde_json::Value>(&text) {
            let compacted = compact(text.as_bytes()).unwrap();
            prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&compacted).unwrap(), value);
            prop_assert_eq!(compact(compacted.as_bytes()).unwrap(), compacted);
        }
    }

    #[test]
    fn strings_come_back(text in "([ -~]|[\\x00-\\x7f]|[é€😀\u{7f}\u{80}\u{ff}]){0,40}") {
        let mut out = Vec::new();
        write_string(&mut out, &text);
        prop_assert_eq!(std::str::from_utf8(&out).unwrap(), serde_json::to_string(&text).unwrap());
        prop_assert_eq!(Reader::new(&out).unwrap().value().unwrap(), Token::String(text.into()));
    }
}
