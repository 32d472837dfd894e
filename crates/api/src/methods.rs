//! What may be done with a table, or with one of its rows: the methods that are taken.

use axum::http::Method;
use mwallet_db::schema::{Table, Updatability};

use crate::problem::Problem;

/// The methods that are taken, as the `Allow` header lists them.
pub(crate) fn allowed(table: &Table, is_row: bool) -> String {
    let methods =
        [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];
    let taken = methods.iter().filter(|method| takes(table, is_row, method));
    taken.map(Method::as_str).collect::<Vec<_>>().join(", ")
}

/// Refuses what the database does not let be done to the rows of a table, such as a view that joins others, and to create
/// what is there.
///
/// # Errors
///
/// Where the method is not taken.
pub(crate) fn require(table: &Table, is_row: bool, method: &Method) -> Result<(), Problem> {
    match takes(table, is_row, method) {
        true => Ok(()),
        false => Err(refuse(table, is_row, method)),
    }
}

/// Why a method is not taken.
pub(crate) fn refuse(table: &Table, is_row: bool, method: &Method) -> Problem {
    let allowed = allowed(table, is_row);
    let hint = match is_row {
        true => format!("a row of {} only takes {allowed}", table.name),
        false => format!("{} is a {} that only takes {allowed}", table.name, table.kind.name()),
    };
    Problem::method_not_allowed(method).hint(hint).allow(&allowed)
}

/// Whether a method is taken: whatever reads, and what the database lets be written.
pub(crate) fn takes(table: &Table, is_row: bool, method: &Method) -> bool {
    let Updatability { insert, update, delete } = table.writes;
    match *method {
        Method::GET | Method::HEAD | Method::OPTIONS => true,
        Method::POST => insert && !is_row,
        // Whether the row was there is told by the rows that the update answers.
        Method::PUT => insert && update && table.answers.update && !table.primary_key.is_empty(),
        Method::PATCH => update,
        Method::DELETE => delete,
        _ => false,
    }
}
