//! The text of a URL: which table, which row, which filters. Nothing here asks the database.

use mwallet_db::schema::{Access, Column, Table, ValueError};
use mwallet_db::{Comparison, Filter, Identifier, Operand, PlanError, Query};
use percent_encoding::percent_decode_str;

use crate::problem::Problem;

/// Parameters of PostgREST that are no columns.
const RESERVED: &[&str] =
    &["select", "order", "limit", "offset", "skip", "and", "or", "not.and", "not.or", "columns", "on_conflict"];

/// Operators of PostgREST.
const OPERATORS: &[&str] = &[
    "eq",
    "neq",
    "gt",
    "gte",
    "lt",
    "lte",
    "in",
    "is",
    "isdistinct",
    "like",
    "ilike",
    "match",
    "imatch",
    "fts",
    "plfts",
    "phfts",
    "wfts",
    "cs",
    "cd",
    "ov",
    "sl",
    "sr",
    "nxr",
    "nxl",
    "adj",
    "not",
];

/// Decodes a part of a URL.
///
/// # Errors
///
/// Where a `%` is not followed by two hexadecimal digits, or the bytes are not UTF-8.
pub(crate) fn decode(part: &str) -> Result<String, Problem> {
    let broken = |rest: &str| {
        let digits = rest.as_bytes().get(..2);
        !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    if part.split('%').skip(1).any(broken) {
        return Err(Problem::parameter("the URL has a % that is not followed by two hexadecimal digits")
            .hint("write a % itself as %25"));
    }
    match percent_decode_str(part).decode_utf8() {
        Ok(text) => Ok(text.into_owned()),
        Err(_) => Err(Problem::parameter("the URL is not UTF-8 behind its percent-encoding")),
    }
}

/// Reads what names one row in a URL.
///
/// # Errors
///
/// Where it is a number that no key can be, or text that no slug can be.
pub(crate) fn identifier(text: &str) -> Result<Identifier, Problem> {
    match Identifier::parse(text) {
        // Digits are an id, never a slug.
        Identifier::Slug(slug) if slug.bytes().all(|byte| byte.is_ascii_digit()) => {
            let error = ValueError::OutOfRange("the number is beyond 64 bits".into());
            Err(PlanError::Value { column: "id".into(), error }.into())
        }
        Identifier::Slug(slug) if slug.contains('\0') => {
            Err(PlanError::Value { column: "slug".into(), error: ValueError::NulInText }.into())
        }
        identifier => Ok(identifier),
    }
}

/// Reads the filters of a URL: `column=eq.value`, all of which must hold.
///
/// # Errors
///
/// Where a parameter is no column of the table, or its value is not in the grammar.
pub(crate) fn filters(parameters: &str, table: &Table, mut query: Query) -> Result<Query, Problem> {
    for parameter in parameters.split('&').filter(|parameter| !parameter.is_empty()) {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        // A plus is a space in what forms and most clients make.
        let (name, value) = (decode(&name.replace('+', " "))?, decode(&value.replace('+', " "))?);
        // A column that has the name of a parameter of ours wins.
        if !table.column(&name).is_some_and(is_readable) {
            return Err(unknown(name, table));
        }
        let operand = operand(&name, &value)?;
        query = query.filter(Filter::compare(name, Comparison::Eq, Operand::Text(operand.into())));
    }
    Ok(query)
}

/// Refuses parameters where none are taken.
///
/// # Errors
///
/// Where there is one.
pub(crate) fn none(parameters: Option<&str>) -> Result<(), Problem> {
    match parameters.unwrap_or_default().split('&').find(|parameter| !parameter.is_empty()) {
        None => Ok(()),
        Some(parameter) => {
            let name = decode(parameter.split('=').next().unwrap_or_default())?;
            Err(Problem::parameter(format!("the parameter {name} is not taken here")))
        }
    }
}

/// Whether clients may know of a column.
fn is_readable(column: &Column) -> bool {
    column.access != Access::WriteOnly
}

fn unknown(name: String, table: &Table) -> Problem {
    if RESERVED.contains(&name.as_str()) {
        return Problem::parameter(format!("the parameter {name} is not there yet"))
            .hint("filter by column=eq.value for now");
    }
    let columns = table.columns.iter().filter(|column| is_readable(column));
    let columns: Vec<&str> = columns.map(|column| column.name.as_str()).collect();
    let hint = format!("the columns are {}", columns.join(", "));
    Problem::from(PlanError::UnknownColumn { table: table.name.clone(), column: name }).hint(hint)
}

/// The text that a column is compared with: what stands behind `eq.`.
fn operand<'v>(name: &str, value: &'v str) -> Result<&'v str, Problem> {
    let (operator, operand) = value.split_once('.').unwrap_or((value, ""));
    let word = operator.split_once('(').map_or(operator, |(word, _)| word);
    match operator {
        "eq" if value.len() > operator.len() => Ok(operand),
        _ if word != "eq" && OPERATORS.contains(&word) => {
            Err(Problem::parameter(format!("{name}: the operator {word} is not there yet; there is eq")))
        }
        _ => Err(Problem::parameter(format!("{name}: expected an operator, a point and a value"))
            .hint(format!("write {name}=eq.value"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_urls_are_decoded_or_refused() {
        assert_eq!(decode("a%20b%C3%A9").ok().as_deref(), Some("a bé"));
        for broken in ["%", "%4", "a%zz", "%4%41", "%ff", "%C3"] {
            assert!(decode(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn what_stands_behind_eq_is_the_value() {
        assert_eq!(operand("memo", "eq.").ok(), Some(""));
        assert_eq!(operand("memo", "eq.a.b").ok(), Some("a.b"));
        for wrong in ["", "eq", "5", "equals.5", "gt.5", "in.(1,2)", "not.eq.5", "like(any).{a}"] {
            assert!(operand("memo", wrong).is_err(), "{wrong}");
        }
    }
}
