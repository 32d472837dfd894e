//! Objects of tables that cannot be described: triggers, and writes that SQLite would always reject.

use mwallet_schema::{Access, Table, Updatability};

use super::Work;
use crate::row_reader::ask;
use crate::{Fidelity, Finding, SchemaObject, place};
use mwallet_db::schema_tools::quote;
use mwallet_db::{Result, Session, Sql, schema_tools};

const SQL: &str = "SELECT tbl_name, name FROM sqlite_schema WHERE type = 'trigger' ORDER BY tbl_name, name";

pub(super) async fn read(session: &mut Session, work: &mut Work) -> Result<()> {
    for mut fields in ask(session, Sql::new(SQL), "tt").await? {
        let (table, name) = (fields.text()?, fields.text()?);
        let standing = Fidelity::Unsupported("not described; the database runs it".into());
        work.found.findings.push(Finding { schema: None, table, construct: SchemaObject::Trigger, name, standing });
    }
    refuse_broken_writes(session, work).await?;
    tell_unknown_collations(session, work).await
}

/// Removes the writes that cannot be prepared from tables, and reports them with the reason. A trigger may use
/// missing objects or a string in double quotes, a foreign key may reference a missing table, or an index or a check
/// may need a collation or function of another program.
async fn refuse_broken_writes(session: &mut Session, work: &mut Work) -> Result<()> {
    for table in &mut work.tables {
        let (writes, statements): (Vec<Write>, Vec<String>) = writes(table).into_iter().unzip();
        let prepared = schema_tools::prepare(session, statements).await?;
        let (mut refused, mut reasons, mut works) = (Vec::new(), Vec::new(), Updatability::NONE);
        let mut kept = Vec::new();
        for (write, prepared) in writes.iter().zip(prepared) {
            match (prepared, write) {
                (Ok(_), Write::Insert) => works.insert = true,
                (Ok(_), Write::Delete) => works.delete = true,
                (Ok(_), Write::UpdateOf(_)) => works.update = true,
                (Err(reason), write) => {
                    if let Write::UpdateOf(column) = write {
                        kept.push(column.clone());
                    }
                    refused.push(write.to_string());
                    if !reasons.contains(&reason) {
                        reasons.push(reason);
                    }
                }
            }
        }
        works.update &= keep_columns(table, &kept, works.insert);
        table.writes = works;
        let is_its = |finding: &&mut Finding| finding.construct == SchemaObject::Table && finding.table == table.name;
        if !refused.is_empty()
            && let Some(finding) = work.found.findings.iter_mut().find(is_its)
        {
            let loss = format!("{} would fail: {}", refused.join(", "), reasons.join("; "));
            finding.standing = Fidelity::Lossy(loss);
        }
    }
    Ok(())
}

/// Makes columns that cannot be updated read-only, and returns whether the other columns can be updated. If rows can
/// be inserted with such a column, or the column is write-only, its access cannot express that, so no column can be
/// updated.
fn keep_columns(table: &mut Table, kept: &[String], is_created: bool) -> bool {
    let mut kept_ones: Vec<_> = table.columns.iter_mut().filter(|column| kept.contains(&column.name)).collect();
    if is_created || kept_ones.iter().any(|column| !column.is_readable()) {
        return kept_ones.is_empty();
    }
    for column in &mut kept_ones {
        column.access = Access::ReadOnly;
    }
    true
}

/// Reports columns with a collation of another program. They can be read, but not compared or sorted.
async fn tell_unknown_collations(session: &mut Session, work: &mut Work) -> Result<()> {
    const KNOWN: [&str; 3] = ["BINARY", "NOCASE", "RTRIM"];
    let mut collations = work.definitions.values().flat_map(|definition| &definition.collations);
    if collations.all(|name| KNOWN.iter().any(|known| name.eq_ignore_ascii_case(known))) {
        return Ok(());
    }
    for table in &work.tables {
        let name = quote(&table.name);
        let ordered =
            table.columns.iter().map(|column| format!("SELECT 1 FROM {name} ORDER BY {}", quote(&column.name)));
        let prepared = schema_tools::prepare(session, ordered.collect()).await?;
        for (column, prepared) in table.columns.iter().zip(prepared) {
            let Err(reason) = prepared else { continue };
            let loss = format!("cannot be filtered or sorted: {reason}");
            work.found.find(place(table), SchemaObject::Column, &column.name, Fidelity::Lossy(loss));
        }
    }
    Ok(())
}

/// A kind of write to a table.
enum Write {
    Insert,
    /// An update of this column.
    UpdateOf(String),
    Delete,
}

impl std::fmt::Display for Write {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Insert => f.write_str("INSERT"),
            Self::UpdateOf(column) => write!(f, "UPDATE of {}", quote(column)),
            Self::Delete => f.write_str("DELETE"),
        }
    }
}

/// Returns the possible writes to a table, with a statement for each. With `RETURNING` SQLite checks all foreign
/// keys; without it, a single-row insert may pass one that references columns that are not unique.
fn writes(table: &Table) -> Vec<(Write, String)> {
    let name = quote(&table.name);
    let insert = table.writes.insert.then(|| (Write::Insert, format!("INSERT INTO {name} DEFAULT VALUES RETURNING 1")));
    // Without a condition, SQLite would truncate the table and its indexes without checking what these need.
    let delete = table.writes.delete.then(|| (Write::Delete, format!("DELETE FROM {name} WHERE true")));
    // The triggers of an update depend on the columns that it sets.
    let columns = table.columns.iter().filter(|column| table.writes.update && column.access != Access::ReadOnly);
    let updates = columns.map(|column| {
        let set = quote(&column.name);
        (Write::UpdateOf(column.name.clone()), format!("UPDATE {name} SET {set} = {set}"))
    });
    insert.into_iter().chain(updates).chain(delete).collect()
}
