//! The methods that a table, or one of its rows, allows.

use axum::http::Method;
use mwallet_db::schema::{Table, Updatability};
use mwallet_db::{PlanError, ScopedTable, WriteAction};

use crate::problem::Problem;

/// The allowed methods, as the `Allow` header lists them.
pub(crate) fn allowed(table: &Table, is_row: bool) -> String {
    let methods =
        [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];
    let taken = methods.iter().filter(|method| is_allowed(table, is_row, method));
    taken.map(Method::as_str).collect::<Vec<_>>().join(", ")
}

/// Refuses methods that the database does not support for a table, such as a view with a join, and a POST to a row.
///
/// # Errors
///
/// If the method is not allowed.
pub(crate) fn require(table: &Table, is_row: bool, method: &Method) -> Result<(), Problem> {
    match is_allowed(table, is_row, method) {
        true => Ok(()),
        false => Err(refuse(table, is_row, method)),
    }
}

/// Refuses writes that no grant of the sender is about, before their body is read.
///
/// # Errors
///
/// If there is no such grant.
pub(crate) fn require_permission(table: ScopedTable<'_>, method: &Method) -> Result<(), Problem> {
    let actions: &[WriteAction] = match *method {
        Method::POST => &[WriteAction::Create],
        Method::PUT => &[WriteAction::Create, WriteAction::Update],
        Method::PATCH => &[WriteAction::Update],
        Method::DELETE => &[WriteAction::Delete],
        _ => return Ok(()),
    };
    // The last refusal is that of a PUT that may neither create nor update.
    let mut refusals = actions.iter().map(|action| table.check_action(*action).err());
    match refusals.try_fold(None, |_, refusal| refusal.map(Some)) {
        Some(Some(refusal)) => Err(PlanError::from(refusal).into()),
        _ => Ok(()),
    }
}

/// The problem of a method that is not allowed.
pub(crate) fn refuse(table: &Table, is_row: bool, method: &Method) -> Problem {
    let allowed = allowed(table, is_row);
    let hint = match is_row {
        true => format!("a row of {} only allows {allowed}", table.name),
        false => format!("{} is a {} that only allows {allowed}", table.name, table.kind.name()),
    };
    Problem::method_not_allowed(method).hint(hint).allow(&allowed)
}

/// Whether a method is allowed: all that read, and those that the database supports for writes.
pub(crate) fn is_allowed(table: &Table, is_row: bool, method: &Method) -> bool {
    let Updatability { insert, update, delete } = table.writes;
    match *method {
        Method::GET | Method::HEAD | Method::OPTIONS => true,
        Method::POST => insert && !is_row,
        // The rows that the update returns tell whether the row existed.
        Method::PUT => insert && update && table.answers.update && !table.primary_key.is_empty(),
        Method::PATCH => update,
        Method::DELETE => delete,
        _ => false,
    }
}
