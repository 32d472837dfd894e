//! Filters: `asset=eq.BITCOIN`, `or=(id.lt.5,memo.is.null)`.

use super::ParseError;
use super::lexer::Lexer;
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
        if lexer.rest().strip_prefix(word).is_some_and(|rest| rest.starts_with('(')) {
            lexer.take(word);
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
            let values = lexer.list(')')?.into_iter().map(Operand::Text).collect();
            lexer.spaces();
            Filter::In { column: column.into(), values }
        }
        (Operator::Is, _) => is(lexer, column, place)?,
        (operator, Some(quantifier)) => {
            lexer.expect("{").map_err(|error| error.hint("write column=eq(any).{one,another}"))?;
            let each = lexer.list('}')?.into_iter().map(|value| single(operator, column, value)).collect();
            if quantifier == Quantifier::Any { Filter::Or(each) } else { Filter::And(each) }
        }
        (operator, None) => {
            let value = match place {
                Place::Parameter => lexer.all().into(),
                Place::List => lexer.value(&[',', ')'])?,
            };
            single(operator, column, value)
        }
    };
    Ok(if negated { !filter } else { filter })
}

/// A column and one value.
fn single(operator: Operator, column: &str, value: String) -> Filter {
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
    let operator = match word {
        "eq" => Operator::Compare(Comparison::Eq),
        "neq" => Operator::Compare(Comparison::Neq),
        "gt" => Operator::Compare(Comparison::Gt),
        "gte" => Operator::Compare(Comparison::Gte),
        "lt" => Operator::Compare(Comparison::Lt),
        "lte" => Operator::Compare(Comparison::Lte),
        "like" => Operator::Like { fold_case: false },
        "ilike" => Operator::Like { fold_case: true },
        "in" => Operator::In,
        "is" => Operator::Is,
        "isdistinct" => Operator::IsDistinct,
        _ if MISSING.contains(&word) => {
            let message = format!("the operator {word} is not there yet");
            return Err(ParseError { message, ..before });
        }
        _ => return Err(before),
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
