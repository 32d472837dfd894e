//! Parses the identifier and the parameters of a URL. Nothing here uses the database.

use mwallet_db::schema::ValueError;
use mwallet_db::{Identifier, PlanError, QueryArgs, Scope};

use crate::ExposedTable;
use crate::errors;
use crate::location::decode;
use crate::problem::Problem;

/// Parses the identifier of a row.
///
/// # Errors
///
/// If it is a number that no key can have, or a text that no slug can have.
pub(crate) fn identifier(text: &str) -> Result<Identifier, Problem> {
    match Identifier::parse(text) {
        // Digits are an id, never a slug.
        Identifier::Slug(slug) if slug.bytes().all(|byte| byte.is_ascii_digit()) => {
            let error = ValueError::OutOfRange("the number is beyond 64 bits".into());
            Err(PlanError::InvalidValue { column: "id".into(), error }.into())
        }
        Identifier::Slug(slug) if slug.contains('\0') => {
            Err(PlanError::InvalidValue { column: "slug".into(), error: ValueError::NulInText }.into())
        }
        identifier => Ok(identifier),
    }
}

/// Parses the parameters of a URL, in the query language of PostgREST.
///
/// # Errors
///
/// If a parameter cannot be decoded, is neither a column nor a keyword, or has an invalid value.
pub(crate) fn read(parameters: Option<&str>, table: &ExposedTable, scope: Scope<'_>) -> Result<QueryArgs, Problem> {
    let Some(parameters) = parameters else { return Ok(QueryArgs::default()) };
    let args = QueryArgs::parse(pairs(parameters)?, table.scoped(scope));
    args.map_err(|error| errors::about_table(error, table.table()))
}

/// The names and values of parameters, decoded.
///
/// # Errors
///
/// If one cannot be decoded.
pub(crate) fn pairs(parameters: &str) -> Result<Vec<(String, String)>, Problem> {
    let pair = |parameter: &str| {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        // Forms and most clients encode a space as `+`.
        Ok((decode(&name.replace('+', " "))?.into_owned(), decode(&value.replace('+', " "))?.into_owned()))
    };
    parameters.split('&').filter(|parameter| !parameter.is_empty()).map(pair).collect()
}

/// Whether a `+` is between digits, as in a time with an offset. It decodes to a space there.
pub(crate) fn has_plus(query: &str) -> bool {
    query.as_bytes().windows(3).any(|three| three[1] == b'+' && three[0].is_ascii_digit() && three[2].is_ascii_digit())
}

/// Parses a number of rows.
///
/// # Errors
///
/// If it is not a number.
pub(crate) fn rows(name: &str, value: &str) -> Result<u64, Problem> {
    mwallet_query::parse_row_count(name, value).map_err(|error| Problem::parameter(error.to_string()))
}
