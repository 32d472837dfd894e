//! Checks that the views and triggers of SQLite still work after a migration.
//!
//! PostgreSQL itself rejects changes that would break its views. SQLite stores views and triggers as text, and
//! reports an error only when they are next used.

use mwallet_schema::ColumnType;

use super::error::{MigrateError, Result};
use super::files::Migration;
use mwallet_db::schema_tools::quote;
use mwallet_db::{Dialect, Session, Sql, crud, schema_tools};
use mwallet_reflect::tokens::{Token, tokens};

const SQL: &str =
    "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE type IN ('view', 'trigger') ORDER BY rowid";

/// A view or trigger that does not work.
pub(super) struct Broken {
    /// The object, such as `the trigger noted of members`.
    what: String,
    /// The error of SQLite.
    why: String,
}

/// Returns the views and triggers that do not work; none on PostgreSQL.
pub(super) async fn broken(session: &mut Session) -> mwallet_db::Result<Vec<Broken>> {
    if session.engine().dialect() == Dialect::Postgres {
        return Ok(Vec::new());
    }
    let text = || ColumnType::Text { max: None };
    let sql = Sql::new(SQL).returns("type", text()).returns("name", text());
    let sql = sql.returns("table", text()).returns("sql", text());
    let found: Vec<(String, String, String, String)> = crud::execute(&mut *session, sql).await?;
    let mut broken = Vec::new();
    for (kind, name, table, sql) in found {
        let (what, statements) = match kind.as_str() {
            "view" => (format!("the view {name}"), vec![format!("SELECT * FROM {}", quote(&name))]),
            _ => (format!("the trigger {name} of {table}"), uses(session, &table, &sql).await?),
        };
        let prepared = schema_tools::prepare(session, statements).await?;
        if let Some(why) = prepared.into_iter().find_map(std::result::Result::err) {
            // Drop the suggestion, which is no help here.
            let why = why.split(" - should this be").next().unwrap_or_default().to_owned();
            broken.push(Broken { what, why });
        }
    }
    Ok(broken)
}

/// Rejects a migration that breaks a view or trigger.
///
/// # Errors
///
/// Returns an error that names all views and triggers that worked before and no longer do.
pub(super) async fn check(session: &mut Session, migration: &Migration, before: &[Broken]) -> Result<()> {
    let mut after = broken(session).await?;
    after.retain(|broken| before.iter().all(|known| known.what != broken.what));
    let told: Vec<String> = after.into_iter().map(|Broken { what, why }| format!("{what} ({why})")).collect();
    match told.is_empty() {
        true => Ok(()),
        false => Err(MigrateError::Broken { migration: migration.to_string(), what: told.join(", ") }),
    }
}

/// Returns statements that fire a trigger. SQLite compiles the trigger with each of them.
async fn uses(session: &mut Session, table: &str, sql: &str) -> mwallet_db::Result<Vec<String>> {
    let words = tokens(sql, Dialect::Sqlite);
    let event = words.iter().position(|word| ["INSERT", "DELETE", "UPDATE"].iter().any(|event| word.is(event)));
    let Some(event) = event else { return Ok(Vec::new()) };
    let place = quote(table);
    if words[event].is("INSERT") {
        return Ok(vec![format!("INSERT INTO {place} DEFAULT VALUES")]);
    }
    if words[event].is("DELETE") {
        return Ok(vec![format!("DELETE FROM {place}")]);
    }
    let named = words[event + 1..].iter().take_while(|word| !word.is("ON"));
    let mut columns: Vec<String> = named.filter(|word| !word.is("OF") && word.text != ",").map(Token::name).collect();
    if columns.is_empty() {
        // Generated columns cannot be set.
        let sql = Sql::new("SELECT name FROM pragma_table_xinfo($1) WHERE hidden = 0 LIMIT 1").bind(table.to_owned());
        let first: Vec<(String,)> = crud::execute(session, sql.returns("name", ColumnType::Text { max: None })).await?;
        columns.extend(first.into_iter().map(|(name,)| name));
    }
    // A missing column never fires the trigger, and SQLite does not report it.
    Ok(columns.iter().map(|name| format!("UPDATE {place} SET {0} = {0}", quote(name))).collect())
}
