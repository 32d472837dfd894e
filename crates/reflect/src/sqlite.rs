//! Reads the schema of SQLite: its pragmas, and the text of `CREATE TABLE` for what they do not report.

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

/// The intermediate result, as one kind of object after the other is read.
#[derive(Default)]
struct Work {
    tables: Vec<Table>,
    /// The parsed definition of each table, by name.
    definitions: HashMap<String, ddl::Definition>,
    /// The origins of the columns of each table and view.
    origins: HashMap<String, Origins>,
    /// The names of views and virtual tables that cannot be read. Querying their columns fails.
    unreadable: Vec<String>,
    found: Reflection,
}

impl Work {
    /// Returns the declared name of a constraint, or the name that PostgreSQL would give it.
    fn constraint_name(&self, table: &str, is_foreign: bool, columns: &[String], ending: &str) -> String {
        let named = self.definitions.get(table).and_then(|found| found.name_of(is_foreign, columns));
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        named.map_or_else(|| constraint_name(table, &columns, ending), Into::into)
    }

    /// Returns a query in which `$1` is the list of names to omit.
    fn question(&self, sql: &'static str) -> Sql {
        let names = Value::List(self.unreadable.iter().cloned().map(Value::Text).collect());
        Sql::new(sql).bind_as(names, ColumnType::Text { max: None })
    }

    fn table(&mut self, name: &str) -> Option<&mut Table> {
        self.tables.iter_mut().find(|table| table.name == name)
    }
}

/// Reflects the database.
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
