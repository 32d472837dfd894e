//! Runs a statement on a connection and reads its rows.

use std::time::Instant;

use mwallet_schema::Value;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use super::packed_rows::PackedRows;
use super::{codec, errors, sort};
use crate::batch::{Batch, DriverRow};
use crate::columns::OutputColumn;
use crate::error::{Error, Result};
use crate::json_row::DriverValue;
use crate::statement::{Bind, Format, Output, Prepared, Statement};

/// Runs a statement that may write, and collects its rows. The caller must roll back the transaction if this fails.
pub(super) fn run_guarded(
    connection: &Connection,
    statement: &Statement,
    format: Format,
    echo: bool,
) -> Result<Output> {
    for guard in &statement.guards {
        if let Some(question) = guard.question() {
            Error::check_guard(guard, guard.allows_found(run(connection, question, Format::Values, echo)?))?;
        }
    }
    let output = run(connection, statement, format, echo)?;
    statement.guards.iter().try_for_each(|guard| Error::check_guard(guard, guard.allows_answer(&output)))?;
    Ok(output)
}

/// Runs a statement and collects its rows.
pub(super) fn run(connection: &Connection, statement: &Statement, format: Format, echo: bool) -> Result<Output> {
    if statement.hidden.tells_merged {
        // Reset the flag, which an earlier statement that failed may have set.
        let forget =
            |mut statement: rusqlite::CachedStatement<'_>| statement.query_row([], |row| row.get::<_, bool>(0));
        connection.prepare_cached("SELECT mwallet_merged()").and_then(forget).map_err(errors::convert)?;
    }
    if !statement.hidden.sort.is_empty() {
        return sort::run(connection, statement, format, echo);
    }
    let mut batch = Batch::new(statement, format);
    each_row(connection, statement, echo, |row| {
        batch.push(row)?;
        Ok(true)
    })?;
    Ok(batch.take())
}

/// Runs a statement and collects its rows, if they fit into one batch.
pub(super) fn run_if_small(
    connection: &Connection,
    statement: &Statement,
    format: Format,
    echo: bool,
) -> Result<Option<Output>> {
    let mut batch = Batch::new(statement, format);
    let mut is_small = true;
    each_row(connection, statement, echo, |row| {
        batch.push(row)?;
        is_small = !batch.is_full();
        Ok(is_small)
    })?;
    Ok(is_small.then(|| batch.take()))
}

/// Runs a statement and passes each row to a function, until that returns `false`.
pub(super) fn each_row(
    connection: &Connection,
    statement: &Statement,
    echo: bool,
    mut with: impl FnMut(&Row<'_>) -> Result<bool>,
) -> Result<()> {
    let begun = echo.then(Instant::now);
    let mut prepared = connection.prepare_cached(&statement.sql).map_err(errors::convert)?;
    let places = prepared.parameter_count();
    let mut step_all = |binds: &[Bind]| {
        // SQLite treats an unbound parameter as null.
        if binds.len() != places {
            let source = format!("the statement has {places} places and was given {} values", binds.len()).into();
            return Err(Error::Database { code: Some("08P01".into()), source });
        }
        for (index, bind) in binds.iter().enumerate() {
            prepared.raw_bind_parameter(index + 1, bind).map_err(errors::convert)?;
        }
        let mut rows = prepared.raw_query();
        while let Some(row) = rows.next().map_err(errors::convert)? {
            if !with(row)? {
                return Ok(false);
            }
        }
        Ok(true)
    };
    let mut result = step_all(&statement.binds);
    for binds in &statement.repeats {
        if !matches!(result, Ok(true)) {
            break;
        }
        result = step_all(binds);
    }
    // A cached EXPLAIN does not notice schema changes, and would read the names of dropped tables from freed memory.
    if prepared.is_explain() != 0 {
        prepared.discard();
    }
    if let Some(begun) = begun {
        crate::echo::log(&statement.sql, begun.elapsed());
    }
    result.map(drop)
}

impl DriverRow for Row<'_> {
    type Value<'r>
        = StoredValue<'r>
    where
        Self: 'r;

    fn value(&self, index: usize) -> Result<StoredValue<'_>> {
        self.get_ref(index).map(StoredValue).map_err(errors::convert)
    }

    fn flag(&self, index: usize) -> Result<bool> {
        self.get(index).map_err(errors::convert)
    }
}

/// A value as SQLite stores it.
#[derive(Clone, Copy)]
pub(crate) struct StoredValue<'r>(pub(super) ValueRef<'r>);

impl<'r> DriverValue for StoredValue<'r> {
    type Rows = PackedRows<'r>;

    fn is_null(self) -> bool {
        self.0 == ValueRef::Null
    }

    fn decode(self, column: &OutputColumn) -> Result<Value> {
        Ok(codec::decode(column, self.0)?)
    }

    fn write_json(self, column: &OutputColumn, out: &mut Vec<u8>) -> Result<()> {
        Ok(codec::write_json(column, self.0, out)?)
    }

    fn rows(self, is_many: bool) -> Result<PackedRows<'r>> {
        PackedRows::new(self.0, is_many)
    }
}

/// Prepares a statement and discards it.
pub(super) fn prepare(connection: &Connection, sql: &str) -> Prepared {
    let statement = connection.prepare(sql).map_err(|error| match error {
        rusqlite::Error::SqlInputError { msg, .. } => msg,
        error => error.to_string(),
    })?;
    let columns = statement.columns_with_metadata();
    Ok(columns.map(|column| Some((column.table_name()?.to_owned(), column.origin_name()?.to_owned()))).collect())
}

/// Runs a transaction control statement.
pub(super) fn execute(connection: &Connection, sql: &str) -> Result<()> {
    connection.prepare_cached(sql).and_then(|mut statement| statement.raw_execute()).map_err(errors::convert)?;
    Ok(())
}

/// Rolls back the transaction, if one is open.
pub(super) fn roll_back(connection: &Connection) {
    if !connection.is_autocommit()
        && let Err(error) = connection.execute_batch("ROLLBACK")
    {
        tracing::error!(%error, "a transaction could not be rolled back");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_explains_is_prepared_anew_each_time() {
        let connection = Connection::open_in_memory().unwrap();
        execute(&connection, "CREATE TABLE first (id INTEGER PRIMARY KEY, a TEXT)").unwrap();
        let explain = Statement::new("EXPLAIN INSERT INTO first (a) VALUES ('x')");
        let lines = || run(&connection, &explain, Format::Values, false).map(|output| output.into_values().len());
        let before = lines().unwrap();
        // A schema change frees memory that the prepared statement's program points to.
        execute(&connection, "CREATE INDEX first_a ON first (a)").unwrap();
        assert!(lines().unwrap() > before, "the index is written too");
        execute(&connection, "DROP TABLE first").unwrap();
        assert!(lines().is_err());
    }
}
