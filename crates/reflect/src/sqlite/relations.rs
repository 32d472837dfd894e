//! Relations with columns and rows: tables and views.

use mwallet_schema::{Check, Table, TableKind, Updatability};

use super::{Work, ddl};
use crate::row_reader::ask;
use crate::{Fidelity, SchemaObject, place};
use mwallet_db::schema_tools::quote;
use mwallet_db::{Result, Session, Sql, schema_tools};

/// Excludes shadow tables of virtual tables, SQLite's own `sqlite_` tables and the migration history.
const SQL: &str = "
SELECT s.name, l.type, s.sql,
    (SELECT group_concat(t.sql, char(10)) FROM sqlite_schema t WHERE t.type = 'trigger' AND t.tbl_name = s.name)
FROM sqlite_schema s JOIN pragma_table_list l ON l.name = s.name AND l.schema = 'main'
WHERE s.type IN ('table', 'view') AND l.type <> 'shadow' AND s.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
    AND s.name <> '_mwallet_migrations'
ORDER BY s.name";

pub(super) async fn read(session: &mut Session, work: &mut Work) -> Result<()> {
    let mut found = Vec::new();
    for mut fields in ask(session, Sql::new(SQL), "tttt").await? {
        found.push((fields.text()?, fields.text()?, fields));
    }
    let reads = found.iter().map(|(name, ..)| format!("SELECT * FROM {}", quote(name))).collect();
    for ((name, kind, mut fields), prepared) in found.into_iter().zip(schema_tools::prepare(session, reads).await?) {
        // A view of a missing table, or a virtual table of a missing module, must not block the others.
        match prepared {
            Ok(origins) => drop(work.origins.insert(name.clone(), origins)),
            Err(reason) => {
                let standing = Fidelity::Unsupported(format!("cannot be read: {reason}"));
                work.found.find((None, name.clone()), SchemaObject::Table, "", standing);
                work.unreadable.push(name);
                continue;
            }
        }
        let (sql, triggers) = (fields.maybe()?.unwrap_or_default(), fields.maybe()?.unwrap_or_default());
        let mut table = Table::new(name);
        let definition = ddl::Definition::read(&sql);
        let mut standing = Fidelity::Exact;
        match kind.as_str() {
            "view" => {
                table.kind = TableKind::View;
                table.writes = view_writes(&triggers);
            }
            "virtual" => {
                let loss = "a virtual table: only its module knows which queries it supports";
                standing = Fidelity::Lossy(loss.into());
            }
            _ => {}
        }
        work.found.find(place(&table), SchemaObject::Table, "", standing);
        for (number, expression) in definition.checks.iter().enumerate() {
            let name = expression.name.clone().unwrap_or_else(|| format!("{}_check{number}", table.name));
            table.checks.push(Check { name, expression: expression.text.clone() });
        }
        work.definitions.insert(table.name.clone(), definition);
        work.tables.push(table);
    }
    Ok(())
}

/// Returns the writes that `INSTEAD OF` triggers allow on a view; SQLite itself allows none.
fn view_writes(triggers: &str) -> Updatability {
    let words: Vec<String> = triggers.split_whitespace().map(str::to_uppercase).collect();
    let has = |verb: &str| words.windows(3).any(|three| three[0] == "INSTEAD" && three[1] == "OF" && three[2] == verb);
    Updatability { insert: has("INSERT"), update: has("UPDATE"), delete: has("DELETE") }
}
