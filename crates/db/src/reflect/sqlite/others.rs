//! What no table says: triggers, and writes that SQLite would refuse whatever is written.

use mwallet_schema::{Access, Table, Writes};

use super::Work;
use crate::error::Result;
use crate::query::quote;
use crate::reflect::fields::ask;
use crate::reflect::{Construct, Finding, Standing};
use crate::session::Session;
use crate::statement::Sql;

const SQL: &str = "SELECT tbl_name, name FROM sqlite_schema WHERE type = 'trigger' ORDER BY tbl_name, name";

pub(super) async fn read(session: &mut Session, work: &mut Work) -> Result<()> {
    for mut fields in ask(session, Sql::new(SQL), "tt").await? {
        let (table, name) = (fields.text()?, fields.text()?);
        let standing = Standing::Unsupported("the database runs it, unseen".into());
        work.found.findings.push(Finding { schema: None, table, construct: Construct::Trigger, name, standing });
    }
    refuse_broken_writes(session, work).await
}

/// Takes from tables the writes that cannot be prepared: a trigger of theirs names what is gone or has a text in double quotes, or
/// a foreign key leads to a table that is not there. Tells which, and why.
async fn refuse_broken_writes(session: &mut Session, work: &mut Work) -> Result<()> {
    for table in &mut work.tables {
        let (writes, statements): (Vec<String>, Vec<String>) = writes(table).into_iter().unzip();
        let prepared = session.prepare(statements).await?;
        let (mut refused, mut reasons, mut works) = (Vec::new(), Vec::new(), Writes::NONE);
        for (write, prepared) in writes.iter().zip(prepared) {
            match (prepared, write.as_str()) {
                (Ok(_), INSERT) => works.insert = true,
                (Ok(_), DELETE) => works.delete = true,
                (Ok(_), _) => works.update = true,
                (Err(reason), write) => {
                    refused.push(write);
                    if !reasons.contains(&reason) {
                        reasons.push(reason);
                    }
                }
            }
        }
        table.writes = works;
        let is_its = |finding: &&mut Finding| finding.construct == Construct::Table && finding.table == table.name;
        if !refused.is_empty()
            && let Some(finding) = work.found.findings.iter_mut().find(is_its)
        {
            let loss = format!("{} would fail: {}", refused.join(", "), reasons.join("; "));
            finding.standing = Standing::Degraded(loss);
        }
    }
    Ok(())
}

const INSERT: &str = "INSERT";
const DELETE: &str = "DELETE";

/// What may be written to a table, and a statement for each. What answers its rows is held against all foreign keys; a single row
/// that does not may slip by one that leads to no unique columns.
fn writes(table: &Table) -> Vec<(String, String)> {
    let name = quote(&table.name);
    let insert =
        table.writes.insert.then(|| (INSERT.to_owned(), format!("INSERT INTO {name} DEFAULT VALUES RETURNING 1")));
    let delete = table.writes.delete.then(|| (DELETE.to_owned(), format!("DELETE FROM {name}")));
    // What an update sets off depends on the columns that it sets.
    let columns = table.columns.iter().filter(|column| table.writes.update && column.access != Access::ReadOnly);
    let updates = columns.map(|column| {
        let column = quote(&column.name);
        (format!("UPDATE of {column}"), format!("UPDATE {name} SET {column} = {column}"))
    });
    insert.into_iter().chain(updates).chain(delete).collect()
}
