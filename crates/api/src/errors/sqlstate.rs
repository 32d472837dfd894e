//! Problems from the database's own errors: the status of each SQLSTATE, which is that of PostgREST unless noted.

use axum::http::StatusCode;
use mwallet_db::Refusal;
use mwallet_db::schema::Table;

use super::broken_rule;
use crate::problem::Problem;

/// A request about a table that the database refused.
pub(super) fn refused(refusal: &Refusal, table: Option<&Table>) -> Problem {
    // Whether a function or an operator exists depends on the types of the values in the request.
    let status = if refusal.code == "42883" { StatusCode::BAD_REQUEST } else { status(&refusal.code) };
    let mut told = refusal.clone();
    // For a row without a partition, the details have the values of its key, whose columns may be hidden from clients.
    let is_hidden = |table: &Table| table.columns.iter().any(|column| !column.is_readable());
    if refusal.code == "23514" && table.is_some_and(is_hidden) {
        told.details = None;
    }
    answer(status, &told)
}

/// An error that a trigger or a function of the database raised.
pub(super) fn raised(refusal: &Refusal) -> Problem {
    answer(status(&refusal.code), refusal)
}

/// A failure inside the database, whose message is only in the log.
pub(super) fn failed(code: &str) -> Problem {
    let status = match status(code) {
        // An error in a statement of the server is not the client's fault.
        status if status.is_client_error() && status != StatusCode::FORBIDDEN => StatusCode::INTERNAL_SERVER_ERROR,
        status => status,
    };
    let problem = Problem::new(status, code.to_owned(), "the database failed; see the log of the server");
    if status == StatusCode::SERVICE_UNAVAILABLE { problem.retry() } else { problem }
}

fn answer(status: StatusCode, refusal: &Refusal) -> Problem {
    let Refusal { code, message, details, hint } = refusal.clone();
    let mut problem = match code.as_str() {
        "23502" => broken_rule(code, None, "missing", &message),
        "23514" => broken_rule(code, None, "check", &message),
        _ => Problem::new(status, code, message),
    };
    if let Some(details) = details {
        problem = problem.details(details.as_str().to_owned());
    }
    if let Some(hint) = hint {
        problem = problem.hint(hint);
    }
    match status {
        // Rows can still be read.
        StatusCode::METHOD_NOT_ALLOWED => problem.allow("GET, HEAD"),
        StatusCode::SERVICE_UNAVAILABLE => problem.retry(),
        _ => problem,
    }
}

/// The status of a SQLSTATE. A code like `PT402` is a status that a function chose.
fn status(code: &str) -> StatusCode {
    use StatusCode as Status;
    let class = code.get(..2).unwrap_or_default();
    match (class, code) {
        ("PT", _) => chosen(code).unwrap_or(Status::INTERNAL_SERVER_ERROR),
        (_, "23503" | "23505" | "23P01") => Status::CONFLICT,
        (_, "23502" | "23514") => Status::UNPROCESSABLE_ENTITY,
        (_, "25006") => Status::METHOD_NOT_ALLOWED,
        (_, "42P01" | "42883") => Status::NOT_FOUND,
        (_, "42501") | ("0L" | "0P" | "28", _) => Status::FORBIDDEN,
        // Such as a view that must be refreshed first, or that allows no writes.
        (_, "55000" | "P0001") => Status::BAD_REQUEST,
        (_, "53400") => Status::INTERNAL_SERVER_ERROR,
        ("08" | "53", _) => Status::SERVICE_UNAVAILABLE,
        ("09" | "25" | "2D" | "38" | "39" | "3B" | "40" | "54" | "55" | "57" | "58" | "F0" | "HV" | "P0" | "XX", _) => {
            Status::INTERNAL_SERVER_ERROR
        }
        _ => Status::BAD_REQUEST,
    }
}

/// The status in a code like `PT402`, if it is an error status.
fn chosen(code: &str) -> Option<StatusCode> {
    let status = StatusCode::from_bytes(code.get(2..)?.as_bytes()).ok()?;
    (status.is_client_error() || status.is_server_error()).then_some(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_status() {
        for (code, expected) in [
            ("P0001", 400),
            ("P0002", 500),
            ("PT402", 402),
            ("PT503", 503),
            ("PT200", 500),
            ("PTABC", 500),
            ("ZZ001", 400),
            ("22012", 400),
            ("21000", 400),
            ("23000", 400),
            ("23P01", 409),
            ("42P01", 404),
            ("53400", 500),
            ("53200", 503),
            ("54000", 500),
            ("55000", 400),
            ("55006", 500),
            ("08006", 503),
            ("28000", 403),
            ("", 400),
        ] {
            assert_eq!(status(code).as_u16(), expected, "{code}");
        }
        assert_eq!(failed("42601").status(), 500);
        assert_eq!(failed("26000").status(), 500);
    }
}
