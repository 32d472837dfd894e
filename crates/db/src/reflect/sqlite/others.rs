//! What no table says: triggers, and writes that SQLite would refuse whatever is written.

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
    for mut fields in ask(session, Sql::new(SQL), "tt").await? {
        let (table, name) = (fields.text()?, fields.text()?);
        let standing = Standing::Unsupported("the database runs it, unseen".into());
        work.found.findings.push(Finding { schema: None, table, construct: Construct::Trigger, name, standing });
    }
    for table in &mut work.tables {
        if let Some(loss) = refuse_broken_writes(session, table).await? {
            let is_its = |finding: &&mut Finding| finding.construct == Construct::Table && finding.table == table.name;
            if let Some(finding) = work.found.findings.iter_mut().find(is_its) {
                finding.standing = Standing::Degraded(loss);
            }
        }
    }
    Ok(())
}

/// Takes from a table the writes that cannot be compiled: a trigger of theirs names what is gone or has a text in double
/// quotes, or a foreign key leads to a table that is not there. Tells which, and why.
async fn refuse_broken_writes(session: &mut Session, table: &mut Table) -> Result<Option<String>> {
    let name = quote(&table.name);
    let (mut refused, mut reasons) = (Vec::new(), Vec::new());
    let mut fails = async |verb: String, statement: String| -> Result<bool> {
        // To explain a statement compiles it with all that it sets off, and runs nothing.
        let reason = failure(session, format!("EXPLAIN {statement}")).await?;
        if let Some(reason) = &reason {
            refused.push(verb);
            if !reasons.contains(reason) {
                reasons.push(reason.clone());
            }
        }
        Ok(reason.is_some())
    };
    let offered = &mut table.writes;
    if offered.insert {
        offered.insert = !fails("INSERT".into(), format!("INSERT INTO {name} DEFAULT VALUES")).await?;
    }
    if offered.update {
        // What an update sets off depends on the columns that it sets.
        let mut works = false;
        for column in table.columns.iter().filter(|column| column.access != Access::ReadOnly) {
            let column = quote(&column.name);
            let statement = format!("UPDATE {name} SET {column} = {column}");
            works |= !fails(format!("UPDATE of {column}"), statement).await?;
        }
        offered.update = works;
    }
    if offered.delete {
        offered.delete = !fails("DELETE".into(), format!("DELETE FROM {name}")).await?;
    }
    Ok((!refused.is_empty()).then(|| format!("{} would fail: {}", refused.join(", "), reasons.join("; "))))
}
