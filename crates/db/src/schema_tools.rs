//! What describes or changes whole schemas is built on this: statements whose text is known only at run time, how each
//! engine writes tables as statements, and what SQLite says of statements that it only prepares.
//!
//! `mwallet-reflect` and `mwallet-migrate` use it. The texts they give it come from a catalog, a migration file or a
//! [`Table`](crate::schema::Table), never from a request; everything else gives the engine a [`Sql`](crate::Sql), whose
//! text the compiler has seen.

pub mod tokens;

use mwallet_schema::{ColumnType, Value};

pub use crate::ddl::{
    DECLARED_AS, ENUM, check, check_comment, check_name, column_check, column_constraint, column_default,
    column_definition, comment, create_index, create_table_as, foreign_key, index_comment, key_name, literal,
    marked_comment, parents_first, quoted_list, stored_literal, table_name, type_conditions, type_name, unique,
    unmarked, unmarked_comment,
};
pub use crate::decimal_text::decode as decode_decimal;
pub use crate::explain::place;
pub use crate::place::Place;
pub use crate::quote::quote;
pub use crate::statement::{Origins, Prepared};

use crate::columns::{OutputColumn, OutputKind};
use crate::engine::Engine;
use crate::error::Result;
use crate::session::{Session, SessionFactory};
use crate::statement::{SearchPath, Statement};

/// Whether an engine has no database, so that there is no schema.
pub fn is_mock(engine: &Engine) -> bool {
    engine.is_mock()
}

/// Sessions that change tables: on SQLite foreign keys are checked at the end, and what is kept of the schema is
/// forgotten.
pub fn schema_changes(sessions: SessionFactory) -> SessionFactory {
    sessions.schema_change()
}

/// A second engine for the same SQLite file that leaves the file as it is, for as long as nobody knows whose it is: to
/// open a file as ours changes how it keeps its journal. `None` where there is no file.
///
/// # Errors
///
/// Where the first engine is closed.
pub fn without_changes(engine: &Engine) -> Result<Option<Engine>> {
    engine.untouching()
}

/// Runs a query without parameters, and gives its rows; `kinds` are the types of its columns. PostgreSQL finds
/// unqualified names by the search path that the session has.
///
/// # Errors
///
/// What the database says, or where a value is of another type.
pub async fn query(session: &mut Session, sql: String, kinds: &[ColumnType]) -> Result<Vec<Vec<Value>>> {
    let column = |kind: &ColumnType| OutputColumn { name: "column".into(), kind: OutputKind::Column(kind.clone()) };
    let columns: Vec<OutputColumn> = kinds.iter().map(column).collect();
    let statement = Statement { columns: columns.into(), search_path: SearchPath::Any, ..Statement::new(sql) };
    Ok(session.run_statement(statement).await?.into_values())
}

/// Runs a statement of a migration. Its error keeps all that the database says.
///
/// # Errors
///
/// What the database says.
pub async fn run_script(session: &mut Session, sql: &str) -> Result<()> {
    session.run_script(sql).await
}

/// Runs a statement of a migration outside of any transaction.
///
/// # Errors
///
/// What the database says.
pub async fn run_script_alone(engine: &Engine, sql: &str) -> Result<()> {
    engine.run_script(sql).await
}

/// Runs statements without parameters, and ignores their rows.
///
/// # Errors
///
/// What the database says.
pub async fn run_plain(session: &mut Session, sql: &str) -> Result<()> {
    session.run_plain(sql).await
}

/// Prepares statements on SQLite without running them: for each, where its columns come from, or why it does not
/// compile.
///
/// # Errors
///
/// Where the connection is lost.
pub async fn prepare(session: &mut Session, statements: Vec<String>) -> Result<Vec<Prepared>> {
    session.prepare(statements).await
}
