//! Columns and their declared types. Values may have other types.

use std::sync::Arc;

use mwallet_schema::{Access, Column, ColumnDefault, ColumnType, NativeType, TableKind};

use super::Work;
use crate::row_reader::ask;
use crate::{Fidelity, SchemaObject, add_check, managed, place};
use mwallet_db::schema_tools::{check_name, unmarked};
use mwallet_db::{Result, Session};

/// `hidden` is 1 for hidden columns of virtual tables, 2 and 3 for generated columns.
const SQL: &str = "
SELECT s.name, c.name, c.type, c.\"notnull\", c.dflt_value, c.pk, c.hidden, l.wr, l.strict
FROM (SELECT * FROM sqlite_schema WHERE name NOT IN (SELECT value FROM json_each($1))) s
JOIN pragma_table_list l ON l.name = s.name AND l.schema = 'main'
JOIN pragma_table_xinfo(s.name) c
WHERE s.type IN ('table', 'view') AND c.hidden <> 1
ORDER BY s.name, c.cid";

pub(super) async fn read(session: &mut Session, work: &mut Work) -> Result<()> {
    for mut fields in ask(session, work.question(SQL), "tttntnnnn").await? {
        let (table, name) = (fields.text()?, fields.text()?);
        let (written, required, default) = (fields.text()?, fields.flag()?, fields.maybe()?);
        let (key, hidden) = (fields.number()?, fields.number()?);
        let (has_no_rowid, is_strict) = (fields.flag()?, fields.flag()?);
        let Some(table) = work.table(&table) else { continue };

        let native = NativeType::declared(&written);
        let mut column = Column::new(&name, ColumnType::Native(Arc::new(native)));
        // `pk` is the position in the primary key, from 1.
        let is_key = has_no_rowid && key > 0;
        column.nullable = !(required || is_key);
        let is_rowid = key == 1 && written.eq_ignore_ascii_case("integer") && !has_no_rowid;
        let standing = match (table.kind, is_strict, is_rowid) {
            // The source column describes the values.
            (TableKind::View, ..) | (_, true, _) | (_, _, true) => Fidelity::Exact,
            _ if written.is_empty() => Fidelity::Lossy("no declared type: it accepts values of any type".into()),
            _ => Fidelity::Exact,
        };
        let mut findings = vec![(SchemaObject::Column, standing)];
        column.default = match hidden {
            2 | 3 => {
                column.access = Access::ReadOnly;
                Some(ColumnDefault::Database("GENERATED ALWAYS".into()))
            }
            // The rowid is described with the primary key.
            _ => default.map(ColumnDefault::Database),
        };
        if column.default.is_some() {
            findings.push((SchemaObject::Default, Fidelity::Exact));
        }
        table.columns.push(column);
        let place = place(table);
        for (construct, standing) in findings {
            work.found.find(place.clone(), construct, &name, standing);
        }
    }
    for table in &mut work.tables {
        let beside = work.definitions.get(&table.name).map(|found| &found.beside);
        for column in &mut table.columns {
            let Some(beside) = beside.and_then(|beside| beside.get(&column.name)) else { continue };
            let (beside, is_secret) = unmarked(beside);
            if is_secret {
                column.access = Access::WriteOnly;
            }
            let check = check_name(&table.name, &column.name);
            let before = table.checks.len();
            let is_own = managed::of_sqlite(&table.name, &mut table.checks, column, beside);
            if is_own && table.checks.len() < before {
                work.found.find((None, table.name.clone()), SchemaObject::Check, &check, Fidelity::Exact);
            }
        }
        // Other checks of a table that mWallet created are those of its author.
        if beside.is_some_and(|beside| !beside.is_empty()) {
            for check in &table.checks {
                work.found.find((None, table.name.clone()), SchemaObject::Check, &check.name, Fidelity::Exact);
            }
            continue;
        }
        // Add the checks now that the columns exist.
        for check in std::mem::take(&mut table.checks) {
            let name = check.name.clone();
            let standing = add_check(table, check);
            work.found.find(place(table), SchemaObject::Check, &name, standing);
        }
        let deferrable = work.definitions.get(&table.name).map_or(0, |found| found.deferrable_keys);
        if deferrable > 0 {
            let loss = format!("{deferrable} of its foreign keys can be violated until the end of a transaction");
            work.found.find(place(table), SchemaObject::Constraint, "deferrable", Fidelity::Lossy(loss));
        }
        for what in work.definitions.get(&table.name).into_iter().flat_map(|found| &found.conflict_clauses) {
            let loss = match what.as_str() {
                "REPLACE" => "a row that conflicts with others replaces them without an error",
                "IGNORE" => "a row that conflicts with others is not written, without an error",
                _ => "a row that conflicts with others aborts more than its statement",
            };
            work.found.find(
                place(table),
                SchemaObject::Constraint,
                &format!("ON CONFLICT {what}"),
                Fidelity::Unsupported(loss.into()),
            );
        }
        for collation in work.definitions.get(&table.name).into_iter().flat_map(|found| &found.collations) {
            let loss = format!("not described: texts are sorted and compared by {collation}");
            work.found.find(place(table), SchemaObject::Collation, collation, Fidelity::Lossy(loss));
        }
    }
    Ok(())
}
