//! Filters: `asset=eq.BITCOIN`, `or=(id.lt.5,memo.is.null)`.

use mwallet_schema::{Table, Value};

use super::lexer::Lexer;
use super::{ParseError, is_readable};
use crate::query::plan::MAX_DEPTH;
use crate::query::{Comparison, Filter, Is, Operand, PlanError};

/// Operators of PostgREST that are not there yet.
const MISSING: &[&str] =
    &["match", "imatch", "fts", "plfts", "phfts", "wfts", "cs", "cd", "ov", "sl", "sr", "nxr", "nxl", "adj"];

const OPERATORS_HINT: &str =
    "the operators are eq, neq, gt, gte, lt, lte, like, ilike, in, is and isdistinct; not. before one negates it";

/// What an operator does with the value behind it.
#[derive(Clone, Copy)]
enum Operator {
    Compare(Comparison),
    Like { fold_case: bool },
    In,
    Is,
    IsDistinct,
}

impl Operator {
    fn of(word: &str) -> Option<Self> {
        Some(match word {
            "eq" => Self::Compare(Comparison::Eq),
            "neq" => Self::Compare(Comparison::Neq),
            "gt" => Self::Compare(Comparison::Gt),
            "gte" => Self::Compare(Comparison::Gte),
            "lt" => Self::Compare(Comparison::Lt),
            "lte" => Self::Compare(Comparison::Lte),
            "like" => Self::Like { fold_case: false },
            "ilike" => Self::Like { fold_case: true },
            "in" => Self::In,
            "is" => Self::Is,
            "isdistinct" => Self::IsDistinct,
            _ => return None,
        })
    }
}

/// Whether one of several values will do, or all must.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quantifier {
    Any,
    All,
}

/// Where a value ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// At the end of the parameter; quotes are part of it.
    Parameter,
    /// Before a comma or a closing bracket, unless it stands in quotes.
    List,
}

/// Reads the filter of a parameter that is a column.
pub(super) fn of_column(column: &str, value: &str) -> Result<Filter, PlanError> {
    let mut lexer = Lexer::new(column, value);
    let filter = operation(&mut lexer, column, Place::Parameter)?;
    match lexer.is_at_end() {
        true => Ok(filter),
        false => Err(lexer.error("expected the end").into()),
    }
}

/// Whether a value reads as an operator and what stands behind it, of which the operator is not a column itself.
pub(super) fn is_operation(value: &str, table: &Table) -> bool {
    let value = value.strip_prefix("not.").unwrap_or(value);
    let end = value.find(['.', '(']).unwrap_or(value.len());
    let word = &value[..end];
    let is_known = MISSING.contains(&word) || Operator::of(word).is_some();
    is_known && end < value.len() && !is_readable(table, word)
}

/// Reads a list of filters in brackets: the value of `and` and `or`.
pub(super) fn list(parameter: &str, value: &str) -> Result<Vec<Filter>, PlanError> {
    let mut lexer = Lexer::new(parameter, value);
    lexer.spaces();
    let filters = brackets(&mut lexer, MAX_DEPTH)?;
    match lexer.is_at_end() {
        true => Ok(filters),
        false => Err(lexer.error("expected the end").into()),
    }
}

fn brackets(lexer: &mut Lexer<'_>, depth: usize) -> Result<Vec<Filter>, PlanError> {
    let depth = depth.checked_sub(1).ok_or(PlanError::TooComplex)?;
    lexer.expect("(")?;
    let mut filters = Vec::new();
    loop {
        lexer.spaces();
        filters.push(item(lexer, depth)?);
        lexer.spaces();
        if lexer.take(")") {
            lexer.spaces();
            return Ok(filters);
        }
        if !lexer.take(",") {
            return Err(lexer.error("expected a comma or )").into());
        }
    }
}

/// One of a list: more brackets, or a column with its operation.
fn item(lexer: &mut Lexer<'_>, depth: usize) -> Result<Filter, PlanError> {
    for (word, any, negated) in
        [("and", false, false), ("or", true, false), ("not.and", false, true), ("not.or", true, true)]
    {
        // A column may begin so, such as `order`.
        if lexer.rest().strip_prefix(word).is_some_and(|rest| rest.trim_start_matches(' ').starts_with('(')) {
            lexer.take(word);
            lexer.spaces();
            let filters = brackets(lexer, depth)?;
            let filter = if any { Filter::Or(filters) } else { Filter::And(filters) };
            return Ok(if negated { !filter } else { filter });
        }
    }
    let column = lexer.name(&['.', ',', '(', ')'])?;
    if column.is_empty() {
        return Err(lexer.error("expected a column").into());
    }
    lexer.expect(".")?;
    operation(lexer, &column, Place::List)
}

/// Reads `not.`, the operator and the value.
fn operation(lexer: &mut Lexer<'_>, column: &str, place: Place) -> Result<Filter, PlanError> {
    let negated = lexer.take("not.");
    let (operator, quantifier) = operator(lexer)?;
    if !lexer.take(".") {
        return Err(lexer.error("expected a point and a value").hint("write column=eq.value").into());
    }
    let filter = match (operator, quantifier) {
        (Operator::In, _) => {
            lexer.expect("(").map_err(|error| error.hint("write column=in.(one,another)"))?;
            let values = lexer.list()?.into_iter().map(Operand::Text).collect();
            lexer.spaces();
            Filter::In { column: column.into(), values }
        }
        (Operator::Is, _) => is(lexer, column, place)?,
        (operator, Some(quantifier)) => {
            lexer.expect("{").map_err(|error| error.hint("write column=eq(any).{one,another}"))?;
            let each = lexer.array()?.into_iter().map(|value| single(operator, column, value)).collect();
            if quantifier == Quantifier::Any { Filter::Or(each) } else { Filter::And(each) }
        }
        (operator, None) => {
            let value = match place {
                Place::Parameter => lexer.all().into(),
                Place::List => lexer.value_or_array(&[',', ')']),
            };
            single(operator, column, Some(value))
        }
    };
    Ok(if negated { !filter } else { filter })
}

/// A column and one value; without one, which an array may have in it, nobody knows whether it holds.
fn single(operator: Operator, column: &str, value: Option<String>) -> Filter {
    let Some(value) = value else { return Filter::compare(column, Comparison::Eq, Operand::Value(Value::Null)) };
    match operator {
        Operator::Compare(comparison) => Filter::compare(column, comparison, Operand::Text(value)),
        // A star is easier to write in a URL than a percent sign.
        Operator::Like { fold_case } => {
            Filter::Like { column: column.into(), pattern: value.replace('*', "%"), fold_case }
        }
        Operator::In | Operator::Is | Operator::IsDistinct => {
            Filter::compare(column, Comparison::Neq, Operand::Text(value)) | Filter::is_null(column)
        }
    }
}

fn is(lexer: &mut Lexer<'_>, column: &str, place: Place) -> Result<Filter, ParseError> {
    let before = lexer.error("expected null, not_null, true, false or unknown");
    let value = match place {
        Place::Parameter => lexer.all(),
        Place::List => lexer.until(&[',', ')']),
    };
    let is = match value.to_ascii_lowercase().as_str() {
        "null" => Is::Null,
        "not_null" => return Ok(!Filter::is_null(column)),
        "true" => Is::True,
        "false" => Is::False,
        "unknown" => Is::Unknown,
        _ => return Err(before),
    };
    Ok(Filter::Is { column: column.into(), is })
}

fn operator(lexer: &mut Lexer<'_>) -> Result<(Operator, Option<Quantifier>), ParseError> {
    let before = lexer.error("expected an operator").hint(OPERATORS_HINT);
    let word = lexer.until(&['.', '(', ',', ')']);
    let operator = match Operator::of(word) {
        Some(operator) => operator,
        None if MISSING.contains(&word) => {
            let message = format!("the operator {word} is not there yet");
            return Err(ParseError { message, ..before });
        }
        None => return Err(before),
    };
    let takes_many = matches!(operator, Operator::Compare(_) | Operator::Like { .. });
    let quantifier = match lexer.next_is('(') && takes_many {
        true if lexer.take("(any)") => Some(Quantifier::Any),
        true if lexer.take("(all)") => Some(Quantifier::All),
        true => return Err(lexer.error("expected (any) or (all)")),
        false => None,
    };
    Ok((operator, quantifier))
}
