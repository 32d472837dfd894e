//! Turns errors of the data layer into problems. No other file does.
//!
//! Messages of the database go to the log, once, and never to a client. Messages for clients are written here, or by
//! the data layer about the client's own request; they are the same on both engines.

mod sqlstate;

use std::borrow::Cow;

use axum::http::StatusCode;
use mwallet_db::crud::data_plane::AllowedRows;
use mwallet_db::schema::{Failures, Table, ValidationError, constraint_name, shortened};
use mwallet_db::{ConstraintKind, Error, FindError, PlanError, Violation};
use mwallet_query::UnknownPreferences;
use serde_json::json;

use crate::error_log;
use crate::problem::{ErrorItem, Problem};

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        convert(error, None)
    }
}

impl From<PlanError> for Problem {
    fn from(error: PlanError) -> Self {
        // All of these are errors of the request.
        let status = match error {
            PlanError::NoPlace { .. } => StatusCode::METHOD_NOT_ALLOWED,
            PlanError::Relationship(FindError::Ambiguous { .. }) => StatusCode::MULTIPLE_CHOICES,
            // Those who have not said who they are get 401, where that is known.
            PlanError::Denied(_) => StatusCode::FORBIDDEN,
            _ => StatusCode::BAD_REQUEST,
        };
        let problem = Self::new(status, error.code(), error.to_string());
        match error {
            PlanError::Syntax { hint: Some(hint), .. } => problem.hint(hint),
            PlanError::Unfiltered { .. } => problem.hint("add a filter, such as id=eq.5"),
            PlanError::NoPlace { .. } => problem.allow("GET, HEAD, POST, PATCH, DELETE, OPTIONS"),
            PlanError::UnknownColumn { suggestion: Some(suggestion), .. } => {
                problem.hint(format!("did you mean {suggestion}?"))
            }
            PlanError::Relationship(error) => relationship(problem, &error),
            PlanError::NotRelated { name } => {
                let missing = shortened(name.rsplit('.').next().unwrap_or(&name));
                problem.hint(format!("Verify that '{missing}' is included in the 'select' query parameter."))
            }
            PlanError::RelatedOrder { table, name } => problem.details(format!(
                "'{table}' and '{}' do not form a many-to-one or one-to-one relationship",
                shortened(&name)
            )),
            PlanError::RelatedOperator { .. } => {
                problem.details("Only is null or not is null filters are allowed on embedded resources")
            }
            _ => problem,
        }
    }
}

/// A relationship that was not found, or that is one of several. The words are those of PostgREST.
fn relationship(problem: Problem, error: &FindError) -> Problem {
    match error {
        FindError::None { origin, target, hint, suggestion } => {
            let target = shortened(target);
            let using = hint.as_ref().map(|hint| format!(" using the hint '{}'", shortened(hint))).unwrap_or_default();
            let problem = problem.details(format!(
                "Searched for a foreign key relationship between '{origin}' and '{target}'{using}, but no matches were \
                 found."
            ));
            match suggestion {
                Some(suggestion) => problem.hint(format!("Perhaps you meant '{suggestion}' instead of '{target}'.")),
                None => problem,
            }
        }
        FindError::Ambiguous { target, candidates, .. } => {
            let details = candidates.iter().map(|candidate| {
                json!({
                    "cardinality": candidate.cardinality,
                    "embedding": candidate.embedding,
                    "relationship": candidate.relationship,
                })
            });
            let names: Vec<String> = candidates.iter().map(|candidate| format!("'{}'", candidate.name)).collect();
            problem.details_list(details.collect()).hint(format!(
                "Try changing '{}' to one of the following: {}. Find the desired relationship in the 'details' key.",
                shortened(target),
                names.join(", ")
            ))
        }
    }
}

impl From<UnknownPreferences> for Problem {
    fn from(UnknownPreferences(unknown): UnknownPreferences) -> Self {
        Self::preference(&unknown.join(", "))
    }
}

impl From<ValidationError> for Problem {
    fn from(error: ValidationError) -> Self {
        match error {
            ValidationError::Syntax(error) => Self::body(format!("cannot parse the body: {error}"))
                .hint("send a JSON object, or an array of objects, in UTF-8"),
            ValidationError::Invalid(failures) => invalid(&failures),
            error => {
                tracing::error!(error = &error as &dyn std::error::Error, "cannot validate a body");
                Self::internal()
            }
        }
    }
}

/// A problem from an error of an operation on one table, with the names of that table.
pub(crate) fn about_table(error: impl Into<Error>, table: &Table) -> Problem {
    convert(error.into(), Some(table))
}

/// A request that does not match its table.
fn of_plan(error: PlanError, table: Option<&Table>) -> Problem {
    match (&error, table) {
        // The columns of a related table are too far away to list.
        (PlanError::UnknownColumn { table: name, suggestion: None, .. }, Some(table)) if *name == table.name => {
            let readable = table.columns.iter().filter(|column| column.is_readable());
            let names: Vec<&str> = readable.map(|column| column.name.as_str()).collect();
            Problem::from(error).hint(format!("the columns are {}", names.join(", ")))
        }
        _ => error.into(),
    }
}

fn convert(error: Error, table: Option<&Table>) -> Problem {
    let problem = problem(&error, table);
    if error.is_outdated() { problem.outdated(error) } else { problem }
}

fn problem(error: &Error, table: Option<&Table>) -> Problem {
    use StatusCode as Status;
    let code = error.code().to_owned();
    let answer = |status| Problem::new(status, code.clone(), error.to_string());
    match error {
        Error::Plan(plan) => of_plan(plan.clone(), table),
        Error::RowCount { found, allowed: AllowedRows::One } => Problem::not_one_row(*found),
        Error::RowCount { found, .. } => Problem::new(Status::BAD_REQUEST, "PGRST124", error.to_string())
            .details(format!("The query affects {found} rows")),
        Error::Constraint(violation) => constraint(violation, table),
        Error::Immutable { columns } => {
            let column = columns.first().filter(|_| columns.len() == 1);
            broken_rule("23514", column, "immutable", &format!("{error}; omit it, or send its current value"))
        }
        Error::Refused(refusal) => sqlstate::refused(refusal, table),
        Error::Raised(refusal) => {
            let problem = sqlstate::raised(refusal);
            if problem.status().is_server_error() {
                error_log::write(error);
            }
            problem
        }
        Error::Database { code: Some(denied), .. } if denied == "42501" => {
            error_log::write(error);
            let message = "the database denies this server permission";
            Problem::new(Status::FORBIDDEN, "42501", message).hint("the operator of the server can grant it")
        }
        Error::Database { code: Some(full), .. } if full == Error::DISK_FULL => {
            error_log::write(error);
            Problem::disk_full()
        }
        Error::VersionConflict { .. } => answer(Status::CONFLICT),
        Error::Serialization(_) => answer(Status::CONFLICT).hint("send the request again"),
        // As in PostgREST: a read-only database does not allow the method.
        Error::ReadOnly => answer(Status::METHOD_NOT_ALLOWED).allow("GET, HEAD"),
        Error::Busy | Error::Unavailable(_) | Error::Cancelled | Error::ReadEnded { .. } => {
            error_log::write(error);
            answer(Status::SERVICE_UNAVAILABLE).retry()
        }
        // The message does not reveal the path of the file.
        Error::NotOpened { .. } => {
            error_log::write(error);
            Problem::new(Status::SERVICE_UNAVAILABLE, code, "the database cannot be reached").retry()
        }
        // No `Retry-After`: a retry does not help until the operator has fixed it.
        Error::FileGone { .. } => {
            error_log::write(error);
            let message = "the database file was removed or replaced while the server was running";
            Problem::new(Status::SERVICE_UNAVAILABLE, code, message)
                .hint("the operator must put the file back, or restart the server with the new file")
        }
        // A retry does not help: the server's description of the table is outdated.
        // This is not logged here but when the response is sent: most requests are planned again first, and succeed.
        _ if error.is_outdated() => {
            let message = "the table has changed since the server read its schema; see the log of the server";
            Problem::new(Status::INTERNAL_SERVER_ERROR, code, message)
                .hint("the operator can find the difference with `mwallet migrate check` or `mwallet inspect`")
        }
        Error::Timeout | Error::SessionExpired { .. } => {
            error_log::write(error);
            answer(Status::GATEWAY_TIMEOUT)
        }
        Error::Database { code: Some(code), .. } => {
            error_log::write(error);
            sqlstate::failed(code)
        }
        _ => {
            error_log::write(error);
            Problem::internal()
        }
    }
}

/// A row that violates a constraint. Each engine reports different parts of the constraint; the table has the rest.
fn constraint(violation: &Violation, table: Option<&Table>) -> Problem {
    let code = violation.kind.code();
    let (constraint, columns) = place(violation, table);
    let conflict = |message: String| {
        let message = match (&constraint, violation.kind) {
            (Some(name), ConstraintKind::Exclusion) => format!("{message} \"{name}\""),
            (Some(name), _) => format!("{message} ({name})"),
            (None, _) => message,
        };
        let problem = Problem::new(StatusCode::CONFLICT, code, message);
        match violation.details.clone().filter(|_| !is_about_hidden(violation.kind, &columns, table)) {
            Some(details) => problem.details(details.as_str().to_owned()),
            None => problem,
        }
    };
    match violation.kind {
        ConstraintKind::Unique => {
            let what = if columns.is_empty() { "value".into() } else { columns.join(" and ") };
            conflict(format!("a row with this {what} exists already"))
        }
        // PostgreSQL reports the referring table. SQLite does not, and for a table that references itself that does not
        // tell the direction.
        ConstraintKind::ForeignKey => conflict(match (&violation.table, table) {
            (Some(referring), Some(table)) if *referring != table.name => "the row is still referenced".into(),
            (Some(_), Some(table)) if !columns.is_empty() && !refers_to_itself(table) => {
                format!("{} references a row that does not exist", columns.join(" and "))
            }
            _ => "the row references a row that does not exist, or is still referenced".into(),
        }),
        // PostgreSQL's own text: only the constraint knows what it excludes.
        ConstraintKind::Exclusion => conflict("conflicting key value violates exclusion constraint".into()),
        ConstraintKind::NotNull => broken_rule(code, columns.first(), "missing", "a value is required"),
        ConstraintKind::Check => match &violation.constraint {
            Some(name) => broken_rule(code, None, "check", &format!("the row violates the check constraint {name}")),
            None => broken_rule(code, None, "check", "the row violates a check constraint of the table"),
        },
    }
}

fn broken_rule(code: impl Into<Cow<'static, str>>, column: Option<&String>, kind: &'static str, msg: &str) -> Problem {
    let loc = column.map_or_else(String::new, |column| pointer(column));
    let item = ErrorItem { loc, msg: msg.into(), kind };
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, message(&item)).errors(vec![item])
}

/// Whether the values of a violation may be those of columns that are hidden from clients. The table does not know the
/// columns of an exclusion constraint or of an index on an expression.
fn is_about_hidden(kind: ConstraintKind, columns: &[String], table: Option<&Table>) -> bool {
    let Some(table) = table else { return false };
    let mut hidden = table.columns.iter().filter(|column| !column.is_readable());
    match kind {
        ConstraintKind::Exclusion => hidden.next().is_some(),
        ConstraintKind::Unique if columns.is_empty() => hidden.next().is_some(),
        _ => hidden.any(|column| columns.contains(&column.name)),
    }
}

fn refers_to_itself(table: &Table) -> bool {
    table.foreign_keys.iter().any(|key| key.references == table.name)
}

/// The constraint of a violation and its columns, as the database reported them or else as the table has them.
fn place(violation: &Violation, table: Option<&Table>) -> (Option<String>, Vec<String>) {
    let (name, columns) = (violation.constraint.clone(), violation.columns.clone());
    let Some(table) = table else { return (name, columns) };
    let key = (constraint_name(&table.name, &[], "pkey"), &table.primary_key);
    let uniques = table.uniques.iter().map(|unique| (unique.name.clone(), &unique.columns));
    let references = table.foreign_keys.iter().map(|reference| (reference.name.clone(), &reference.columns));
    let mut known = uniques.chain([key]).chain(references.filter(|_| violation.kind == ConstraintKind::ForeignKey));
    match name {
        Some(name) => {
            let found = known.find(|(known, _)| *known == name).map(|(_, columns)| columns.clone());
            (Some(name), if columns.is_empty() { found.unwrap_or_default() } else { columns })
        }
        None if violation.kind == ConstraintKind::Unique => {
            let found = known.find(|(_, known)| **known == columns).map(|(name, _)| name);
            (found, columns)
        }
        None => (None, columns),
    }
}

/// An invalid body, with all its errors.
fn invalid(failures: &Failures) -> Problem {
    let items: Vec<ErrorItem> = failures.iter().map(ErrorItem::from).collect();
    let code = failures.first().map_or("XX000", |failure| failure.kind.sqlstate());
    let message = match items.as_slice() {
        [one] => message(one),
        [first, rest @ ..] => format!("{}; and {} more", message(first), rest.len()),
        [] => String::new(),
    };
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, message).errors(items)
}

/// The message with its place in front.
pub(crate) fn message(item: &ErrorItem) -> String {
    match item.loc.as_str() {
        "" => item.msg.clone(),
        loc => format!("{loc}: {}", item.msg),
    }
}

/// The JSON Pointer to a member of the body.
pub(crate) fn pointer(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn internal() -> mwallet_db::DriverError {
        "row of somebody else".into()
    }

    #[test]
    fn every_error_has_its_status() {
        let violation = |kind| {
            Error::Constraint(Violation { kind, constraint: None, table: None, columns: Vec::new(), details: None })
        };
        for (error, status) in [
            (PlanError::NothingToUpdate.into(), 400),
            (PlanError::Unfiltered { operation: "an update" }.into(), 400),
            (violation(ConstraintKind::Unique), 409),
            (violation(ConstraintKind::ForeignKey), 409),
            (violation(ConstraintKind::Exclusion), 409),
            (violation(ConstraintKind::NotNull), 422),
            (violation(ConstraintKind::Check), 422),
            (Error::VersionConflict { table: "orders".into() }, 409),
            (Error::Serialization(internal()), 409),
            (Error::ReadOnly, 405),
            (Error::Busy, 503),
            (Error::Unavailable(internal()), 503),
            (Error::Cancelled, 503),
            (Error::FileGone { path: "password".into() }, 503),
            (Error::NotOpened { path: "password".into(), why: mwallet_db::NotOpened::Refused }, 503),
            (Error::Timeout, 504),
            (Error::SessionExpired { limit: Duration::from_secs(1) }, 504),
            (Error::SessionEnded, 500),
            (Error::Config("the password is p".into()), 500),
            (Error::Panicked("row of somebody else".into()), 500),
            (Error::Database { code: Some("42P01".into()), source: internal() }, 500),
            (Error::Database { code: Some("53100".into()), source: internal() }, 503),
        ] {
            let text = format!("{error:?}");
            let problem = Problem::from(error);
            assert_eq!(problem.status().as_u16(), status, "{text}");
            let answered = format!("{problem:?}");
            assert!(!answered.contains("somebody") && !answered.contains("password"), "{answered}");
        }
    }

    #[test]
    fn a_unique_violation_reads_the_same_whatever_the_engine_tells() {
        let mut table = Table::new("transactions");
        table.add_unique(&["network", "tranx_id"]);
        let told = |constraint: Option<&str>, columns: &[&str]| Violation {
            kind: ConstraintKind::Unique,
            constraint: constraint.map(Into::into),
            table: Some("transactions".into()),
            columns: columns.iter().map(|name| (*name).into()).collect(),
            details: None,
        };
        let postgres = told(Some("transactions_network_tranx_id_key"), &[]);
        let sqlite = told(None, &["network", "tranx_id"]);
        let problem = |violation| format!("{:?}", about_table(Error::Constraint(violation), &table));
        assert_eq!(problem(postgres.clone()), problem(sqlite));
        assert!(problem(postgres).contains("a row with this network and tranx_id exists already"));
    }
}
