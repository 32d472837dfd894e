//! What no table says: triggers.

use std::collections::HashMap;

use mwallet_schema::{Access, Table};

use super::Work;
use super::relations::failure;
use crate::error::Result;
use crate::query::quote;
use crate::reflect::fields::ask;
use crate::reflect::{Construct, Finding, Standing};
use crate::session::Session;
use crate::statement::Sql;

const SQL: &str = "SELECT tbl_name, name FROM sqlite_schema WHERE type = 'trigger' ORDER BY tbl_name, name";

pub(super) async fn read(session: &mut Session, work: &mut Work) -> Result<()> {
    let found = ask(session, Sql::new(SQL), "tt").await?;
    let mut broken: HashMap<String, Option<String>> = HashMap::new();
    for mut fields in found {
        let (table, name) = (fields.text()?, fields.text()?);
        if !broken.contains_key(&table) {
            let failure = match work.table(&table) {
                Some(table) => refuse_broken_writes(session, table).await?,
                None => None,
            };
            broken.insert(table.clone(), failure);
        }
        let standing = Standing::Unsupported(match broken.get(&table) {
            Some(Some(reason)) => format!("what would run a trigger of the table fails: {reason}"),
            _ => "the database runs it, unseen".into(),
        });
        work.found.findings.push(Finding { schema: None, table, construct: Construct::Trigger, name, standing });
    }
    Ok(())
}

/// Takes writes away that triggers make fail, such as one that names a column which is gone or writes a text in double quotes;
/// the first reason, if there is one.
async fn refuse_broken_writes(session: &mut Session, table: &mut Table) -> Result<Option<String>> {
    let name = quote(&table.name);
    let written = table.columns.iter().filter(|column| column.access != Access::ReadOnly);
    let set: Vec<String> = written.map(|column| format!("{0} = {0}", quote(&column.name))).collect();
    let mut reason = None;
    // To explain a statement compiles it with all triggers, and runs nothing.
    if table.writes.insert {
        let failed = failure(session, format!("EXPLAIN INSERT INTO {name} DEFAULT VALUES")).await?;
        table.writes.insert = failed.is_none();
        reason = reason.or(failed);
    }
    if table.writes.update && !set.is_empty() {
        let failed = failure(session, format!("EXPLAIN UPDATE {name} SET {}", set.join(", "))).await?;
        table.writes.update = failed.is_none();
        reason = reason.or(failed);
    }
    if table.writes.delete {
        let failed = failure(session, format!("EXPLAIN DELETE FROM {name}")).await?;
        table.writes.delete = failed.is_none();
        reason = reason.or(failed);
    }
    Ok(reason)
}
