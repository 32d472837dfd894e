//! What may be done with a table, or with one of its rows: the methods that are taken.

use axum::http::Method;
use mwallet_db::schema::{Table, Writes};

use crate::problem::Problem;

/// The methods that are taken, as the `Allow` header lists them.
pub(crate) fn allowed(table: &Table, is_row: bool) -> String {
    let taken = |method: &&Method| takes(table, method) && !(is_row && **method == Method::POST);
    let methods =
        [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];
    methods.iter().filter(taken).map(Method::as_str).collect::<Vec<_>>().join(", ")
}

/// Refuses what the database does not let be done to the rows of a table, such as a view that joins others.
///
/// # Errors
///
/// Where the method writes what cannot be written.
pub(crate) fn require(table: &Table, is_row: bool, method: &Method) -> Result<(), Problem> {
    match takes(table, method) {
        true => Ok(()),
        false => {
            let hint = format!("{} is a {} that only takes {}", table.name, table.kind.name(), allowed(table, is_row));
            Err(Problem::method_not_allowed(method).hint(hint).allow(&allowed(table, is_row)))
        }
    }
}

/// Whether a method is taken: whatever reads, and what the database lets be written.
pub(crate) fn takes(table: &Table, method: &Method) -> bool {
    let Writes { insert, update, delete } = table.writes;
    match *method {
        Method::POST => insert,
        Method::PUT => insert && update && !table.primary_key.is_empty(),
        Method::PATCH => update,
        Method::DELETE => delete,
        _ => true,
    }
}
