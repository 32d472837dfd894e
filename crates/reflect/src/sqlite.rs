//! The schema of SQLite: its pragmas, and the text of `CREATE TABLE` for what they do not tell.

mod columns;
mod ddl;
mod dependents;
mod keys;
mod relations;
mod script;
mod values;
mod views;

use std::collections::HashMap;

use mwallet_schema::{ColumnType, Table, Value, constraint_name};

use super::{Finding, Reflection};
use mwallet_db::schema_tools::Origins;
use mwallet_db::{Result, Session, Sql};

pub(super) use script::script;
pub(super) use values::check_data;

/// What is known so far, while one kind of thing after the other is read.
#[derive(Default)]
struct Work {
    tables: Vec<Table>,
    /// What the text of each table's definition says, by its name.
    definitions: HashMap<String, ddl::Definition>,
    /// Where the columns of each table and view come from.
    origins: HashMap<String, Origins>,
    /// The names of views and virtual tables that cannot be read. To ask for their columns fails.
    unreadable: Vec<String>,
    found: Reflection,
}

impl Work {
    /// The name of a constraint of these columns, or the one that PostgreSQL would give it.
    fn constraint_name(&self, table: &str, is_foreign: bool, columns: &[String], ending: &str) -> String {
        let named = self.definitions.get(table).and_then(|found| found.name_of(is_foreign, columns));
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        named.map_or_else(|| constraint_name(table, &columns, ending), Into::into)
    }

    /// A statement with one place, for the names that must be left out.
    fn question(&self, sql: &'static str) -> Sql {
        let names = Value::List(self.unreadable.iter().cloned().map(Value::Text).collect());
        Sql::new(sql).bind_as(names, ColumnType::Text { max: None })
    }

    fn table(&mut self, name: &str) -> Option<&mut Table> {
        self.tables.iter_mut().find(|table| table.name == name)
    }
}

/// Describes the database.
pub(super) async fn reflect(session: &mut Session) -> Result<Reflection> {
    let mut work = Work::default();
    relations::read(session, &mut work).await?;
    columns::read(session, &mut work).await?;
    keys::read(session, &mut work).await?;
    dependents::read(session, &mut work).await?;
    views::read(&mut work);
    let Work { tables, mut found, .. } = work;
    found.tables = tables;
    let key = |finding: &Finding| (finding.table.clone(), finding.construct, finding.name.clone());
    found.findings.sort_by_cached_key(key);
    Ok(found)
}
