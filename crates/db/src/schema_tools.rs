//! Low-level functions for code that describes or changes whole schemas: SQL that is only known at run time, DDL of
//! both engines, and statements that SQLite prepares but does not run.
//!
//! Used by `mwallet-reflect` and `mwallet-migrate`. Their SQL comes from a catalog, a migration file or a
//! [`Table`](crate::schema::Table), never from a request. All other code uses [`Sql`](crate::Sql), whose text is
//! known at compile time.

use mwallet_schema::{ColumnType, Value};

pub use crate::ddl::{
    DECLARED_AS, ENUM, check, check_comment, check_name, column_check, column_constraint, column_default,
    column_definition, comment, create_index, create_table_as, foreign_key, index_comment, key_name, literal,
    marked_comment, parents_first, quoted_list, stored_literal, table_name, type_conditions, type_name, unique,
    unmarked, unmarked_comment,
};
pub use crate::explain::place;
pub use crate::quote::quote;
pub use crate::statement::{Origins, Prepared};

use crate::columns::{OutputColumn, OutputKind};
use crate::engine::Engine;
use crate::error::Result;
use crate::session::{Session, SessionFactory};
use crate::statement::{SearchPath, Statement};

/// Returns whether the engine is a mock, so that there is no schema.
pub fn is_mock(engine: &Engine) -> bool {
    engine.is_mock()
}

/// Configures sessions for schema changes. See
/// [`SessionOptions::schema_change`](crate::SessionOptions::schema_change).
pub fn schema_changes(sessions: SessionFactory) -> SessionFactory {
    sessions.schema_change()
}

/// Returns a second engine on the same SQLite file that does not change it, to find out whether it is ours: opening
/// it as our own changes its journal mode. Returns `None` if there is no file.
///
/// # Errors
///
/// Returns an error if the engine is closed.
pub fn without_changes(engine: &Engine) -> Result<Option<Engine>> {
    engine.untouching()
}

/// Runs a query without parameters and returns its rows. `kinds` are the types of its columns. On PostgreSQL,
/// unqualified names are resolved by the session's current search path.
///
/// # Errors
///
/// Returns an error if the database reports one, or if a value has another type.
pub async fn query(session: &mut Session, sql: String, kinds: &[ColumnType]) -> Result<Vec<Vec<Value>>> {
    let column = |kind: &ColumnType| OutputColumn { name: "column".into(), kind: OutputKind::Column(kind.clone()) };
    let columns: Vec<OutputColumn> = kinds.iter().map(column).collect();
    let statement = Statement { columns: columns.into(), search_path: SearchPath::Any, ..Statement::new(sql) };
    Ok(session.run_statement(statement).await?.into_values())
}

/// Runs a migration statement. Errors keep the database's full message.
///
/// # Errors
///
/// Returns an error if the database reports one.
pub async fn run_script(session: &mut Session, sql: &str) -> Result<()> {
    session.run_script(sql).await
}

/// Runs a migration statement outside a transaction.
///
/// # Errors
///
/// Returns an error if the database reports one.
pub async fn run_script_alone(engine: &Engine, sql: &str) -> Result<()> {
    engine.run_script(sql).await
}

/// Runs statements without parameters and ignores their rows.
///
/// # Errors
///
/// Returns an error if the database reports one.
pub async fn run_plain(session: &mut Session, sql: &str) -> Result<()> {
    session.run_plain(sql).await
}

/// Prepares SQLite statements without running them. Returns for each the origins of its columns, or why it does not
/// compile.
///
/// # Errors
///
/// Returns an error if the session has ended, or if the engine is PostgreSQL.
pub async fn prepare(session: &mut Session, statements: Vec<String>) -> Result<Vec<Prepared>> {
    session.prepare(statements).await
}
