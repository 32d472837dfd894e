//! The parameter `columns`: which keys of the rows in a body are used.

use axum::http::StatusCode;
use mwallet_db::PlanError;
use mwallet_db::schema::{Access, FailureKind, Record, Schema, Table, Value};

use crate::errors;
use crate::problem::{ErrorItem, Problem};

/// PostgREST's code for an unknown column in a write. Clients distinguish it from the one for reads.
const UNKNOWN_COLUMN: &str = "PGRST204";

/// The schema of rows of which only some keys are used.
///
/// As in PostgREST, other keys are ignored, and a missing key is null, unless the client prefers `missing=default`.
///
/// # Errors
///
/// If a name is not a column, or if a required column is not among them.
pub(crate) fn schema(
    create: &Schema,
    table: &Table,
    columns: &[String],
    missing_default: bool,
) -> Result<Schema, Problem> {
    if let Some(unknown) = columns.iter().find(|name| create.field_of_column(name).is_none()) {
        let (table, column) = (table.name.clone(), unknown.clone());
        let error = PlanError::UnknownColumn { table, column, suggestion: None };
        let fields = create.fields().iter().filter(|field| field.access != Access::ReadOnly);
        let names: Vec<&str> = fields.map(|field| field.column()).collect();
        return Err(Problem::new(StatusCode::BAD_REQUEST, UNKNOWN_COLUMN, error.to_string())
            .hint(format!("the columns are {}", names.join(", "))));
    }
    let counts = |name: &str| columns.iter().any(|column| column == name);
    let missing = create.fields().iter().filter(|field| field.required && !counts(field.column()));
    let missing: Vec<ErrorItem> = missing
        .map(|field| ErrorItem {
            loc: errors::pointer(&field.name),
            msg: "is required, but is not among the columns".into(),
            kind: FailureKind::Missing.name(),
        })
        .collect();
    if let Some(first) = missing.first() {
        let message = errors::message(first);
        let code = FailureKind::Missing.sqlstate();
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, message).errors(missing));
    }
    let names: Vec<&str> = columns.iter().map(String::as_str).collect();
    let narrowed = create.only(create.name(), &names).ignoring_unknown();
    Ok(if missing_default { narrowed } else { narrowed.without_defaults() })
}

/// Sets missing columns of the schema to null.
pub(crate) fn fill_nulls(record: &mut Record, schema: &Schema) {
    for field in schema.fields().iter().filter(|field| field.access != Access::ReadOnly) {
        if record.get(field.column()).is_none() {
            record.set(field.column(), Value::Null);
        }
    }
}
