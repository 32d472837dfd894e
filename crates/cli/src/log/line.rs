//! One line of the log, as text or as JSON.
//!
//! Whatever a message contains, it stays one line: a database, or a client through it, can put anything into a message.

use std::fmt::Write;

use mwallet_api::Exchange;
use mwallet_db::schema::{Timestamp, visible};
use serde_json::{Map, Number, Value};
use tracing::Level;

/// The most bytes of one text in a line; longer texts are cut.
const LONGEST: usize = 16 * 1024;

/// The format of a line.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    Text { in_colour: bool },
    Json,
}

/// One event.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) at: Timestamp,
    pub(super) level: Level,
    /// The part of the program that logged it.
    pub(super) target: String,
    pub(super) message: String,
    pub(super) fields: Vec<(&'static str, Field)>,
}

/// The value of a field of a line.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Field {
    Text(String),
    Number(Number),
    Bool(bool),
}

impl Field {
    /// A text, cut if it is too long.
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(cut(text.into()))
    }
}

/// Cuts a text that is too long.
pub(super) fn cut(mut text: String) -> String {
    if text.len() > LONGEST {
        // A character has four bytes at most.
        let end = (LONGEST - 3..=LONGEST).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
        text.truncate(end);
        text.push('…');
    }
    text
}

/// Appends the line of a request. There are very many of them and their values need no escaping, so this does not
/// build a [`Line`].
pub(super) fn write_exchange(exchange: &Exchange, at: Timestamp, form: Form, out: &mut String) {
    let micros = exchange.time.as_micros();
    let time_ms = format_args!("{}.{:03}", micros / 1_000, micros % 1_000);
    let (method, place, status, id) = (exchange.method(), exchange.place(), exchange.status.as_u16(), exchange.id());
    let (rows, is_broken) = (exchange.rows, !exchange.is_whole);
    // Writing to a string cannot fail.
    let _ = match form {
        Form::Text { in_colour } => {
            write_head(at, Level::INFO, ACCESS, in_colour, out);
            write!(out, "answered method={method} path={place} status={status} time_ms={time_ms}")
        }
        Form::Json => write!(
            out,
            concat!(
                r#"{{"timestamp":"{at}","level":"INFO","target":"{ACCESS}","message":"answered","#,
                r#""method":"{method}","path":"{place}","status":{status},"time_ms":{time_ms}"#
            ),
            at = at,
            ACCESS = ACCESS,
            method = method,
            place = place,
            status = status,
            time_ms = time_ms,
        ),
    };
    let _ = match (form, rows) {
        (_, None) => Ok(()),
        (Form::Text { .. }, Some(rows)) => write!(out, " rows={rows}"),
        (Form::Json, Some(rows)) => write!(out, r#","rows":{rows}"#),
    };
    let _ = match (form, is_broken) {
        (_, false) => Ok(()),
        (Form::Text { .. }, true) => write!(out, " is_whole=false"),
        (Form::Json, true) => write!(out, r#","is_whole":false"#),
    };
    let _ = match (form, exchange.from) {
        (_, None) => Ok(()),
        (Form::Text { .. }, Some(from)) => write!(out, " from={from}"),
        (Form::Json, Some(from)) => write!(out, r#","from":"{from}""#),
    };
    let _ = match form {
        Form::Text { .. } => writeln!(out, " request={id}"),
        Form::Json => writeln!(out, r#","request":"{id}"}}"#),
    };
}

/// The target of the lines of requests.
const ACCESS: &str = "mwallet::access";

/// Writes the start of a line of text.
fn write_head(at: Timestamp, level: Level, target: &str, in_colour: bool, out: &mut String) {
    let (colour, end) = match (in_colour, level) {
        (false, _) => ("", ""),
        (true, Level::ERROR) => ("\u{1b}[31m", "\u{1b}[0m"),
        (true, Level::WARN) => ("\u{1b}[33m", "\u{1b}[0m"),
        (true, Level::INFO) => ("\u{1b}[32m", "\u{1b}[0m"),
        (true, _) => ("\u{1b}[34m", "\u{1b}[0m"),
    };
    // Writing to a string cannot fail.
    let _ = write!(out, "{at} {colour}{level:>5}{end} {target}: ");
}

impl Line {
    /// Appends the line to `out`.
    pub(super) fn write(&self, form: Form, out: &mut String) {
        match form {
            Form::Text { in_colour } => self.write_text(in_colour, out),
            Form::Json => self.write_json(out),
        }
        out.push('\n');
    }

    fn write_text(&self, in_colour: bool, out: &mut String) {
        write_head(self.at, self.level, &self.target, in_colour, out);
        out.push_str(&visible(&self.message));
        for (name, field) in &self.fields {
            let _ = write!(out, " {name}=");
            match field {
                Field::Number(number) => out.push_str(&number.to_string()),
                Field::Bool(bool) => out.push_str(&bool.to_string()),
                Field::Text(text) if is_plain(text) => out.push_str(text),
                Field::Text(text) => {
                    out.push('"');
                    out.push_str(&visible(&text.replace('\\', "\\\\").replace('"', "\\\"")));
                    out.push('"');
                }
            }
        }
    }

    fn write_json(&self, out: &mut String) {
        let mut object = Map::new();
        object.insert("timestamp".into(), self.at.to_string().into());
        object.insert("level".into(), self.level.as_str().into());
        object.insert("target".into(), self.target.as_str().into());
        object.insert("message".into(), self.message.as_str().into());
        for (name, field) in &self.fields {
            object.insert(
                (*name).into(),
                match field {
                    Field::Text(text) => text.as_str().into(),
                    Field::Number(number) => Value::Number(number.clone()),
                    Field::Bool(bool) => (*bool).into(),
                },
            );
        }
        out.push_str(&Value::Object(object).to_string());
    }
}

/// Whether a text is unambiguous without quotes.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic() && !"\"\\=".contains(c) || c == '…')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(message: &str, text: &str) -> Line {
        let at = Timestamp::from_micros(0).unwrap();
        let fields = vec![("code", Field::text(text)), ("count", Field::Number(7.into()))];
        Line { at, level: Level::ERROR, target: "mwallet".into(), message: message.into(), fields }
    }

    fn written(form: Form, line: &Line) -> String {
        let mut out = String::new();
        line.write(form, &mut out);
        out
    }

    #[test]
    fn a_line_stays_one() {
        let forged = "failed\n1970-01-01T00:00:00Z ERROR mwallet: forged\r\u{1b}[2J\u{85}\u{2028}\u{202e}\0";
        let text = written(Form::Text { in_colour: false }, &line(forged, forged));
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(text.ends_with('\n') && !text.trim_end_matches('\n').contains(char::is_control), "{text:?}");
        assert!(text.contains("failed\\n1970") && text.contains("\\u{1b}[2J\\u{85}\\u{2028}\\u{202e}\\u{0}"), "{text}");

        let json = written(Form::Json, &line(forged, forged));
        assert_eq!(json.trim_end_matches('\n').lines().count(), 1, "{json}");
        let object: Value = serde_json::from_str(&json).unwrap();
        assert_eq!((&object["message"], &object["code"]), (&forged.into(), &forged.into()));
    }

    #[test]
    fn text_is_in_quotes_where_it_must_be() {
        let of = |text: &str| written(Form::Text { in_colour: false }, &line("failed", text));
        assert!(of("53100").ends_with("ERROR mwallet: failed code=53100 count=7\n"), "{}", of("53100"));
        for (text, quoted) in [("", r#""""#), ("a b", r#""a b""#), ("a=\"b\\", r#""a=\"b\\\\""#)] {
            let quoted = quoted.replace("\\\\\\\\", "\\\\");
            assert!(of(text).contains(&format!("code={quoted} count=7")), "{}", of(text));
        }
        assert!(written(Form::Text { in_colour: true }, &line("failed", "x")).contains("\u{1b}[31mERROR\u{1b}[0m"));
    }

    #[test]
    fn what_is_too_long_is_cut() {
        let long = written(Form::Json, &line("failed", &"é".repeat(LONGEST)));
        assert!(long.len() < LONGEST + 200 && long.contains("é…\""), "{}", long.len());
    }
}
