//! Relations with columns and rows: tables, partitioned and foreign tables, views, materialized views.

use mwallet_schema::{Table, TableKind, Updatability};

use super::Work;
use crate::row_reader::ask;
use crate::{Fidelity, SchemaObject, place};
use mwallet_db::{Result, Session};

/// The bits of `pg_relation_is_updatable` are PostgreSQL's command types. Partitions are served through the
/// partitioned table. Excludes tables of extensions and the migration history.
const SQL: &str = "
SELECT c.oid::int8, n.nspname::text, c.relname::text, c.relkind::text, obj_description(c.oid, 'pg_class'),
    c.relrowsecurity::int::int8, pg_relation_is_updatable(c.oid, true)::int8,
    (SELECT count(*) FROM pg_inherits i WHERE i.inhrelid = c.oid)::int8,
    coalesce((SELECT bit_or(1 << (r.ev_type::text::int)) FROM pg_rewrite r WHERE r.ev_class = c.oid AND r.is_instead
        AND r.rulename <> '_RETURN' AND r.ev_enabled <> 'D' AND pg_get_ruledef(r.oid) NOT LIKE '%RETURNING %'),
        0)::int8,
    (c.relpersistence = 'u')::int::int8,
    (SELECT upper(substr(o, 14)) FROM unnest(c.reloptions) AS o WHERE o LIKE 'check_option=%')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND NOT c.relispartition AND n.nspname = ANY($1::text[])
    AND c.relname <> '_mwallet_migrations'
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype =
    'e')
ORDER BY c.oid::int8";

const UPDATE: i64 = 1 << 2;
const INSERT: i64 = 1 << 3;
const DELETE: i64 = 1 << 4;

pub(super) async fn read(session: &mut Session, work: &mut Work) -> Result<()> {
    for mut fields in ask(session, work.question(SQL), "nttttnnnnnt").await? {
        let oid = fields.number()?;
        let mut table = Table { schema: Some(fields.text()?), ..Table::new(fields.text()?) };
        table.kind = match fields.text()?.as_str() {
            "p" => TableKind::Partitioned,
            "f" => TableKind::Foreign,
            "v" => TableKind::View,
            "m" => TableKind::MaterializedView,
            _ => TableKind::Table,
        };
        table.comment = fields.maybe()?;
        let (has_policies, writes, parents) = (fields.flag()?, fields.number()?, fields.number()?);
        // A write that a rule replaces cannot return its rows.
        let replaced = fields.number()?;
        table.answers = Updatability {
            insert: replaced & INSERT == 0,
            update: replaced & UPDATE == 0,
            delete: replaced & DELETE == 0,
        };
        let (is_unlogged, check_option) = (fields.flag()?, fields.maybe()?);
        let may = |bit: i64| writes & bit != 0;
        table.writes = Updatability { insert: may(INSERT), update: may(UPDATE), delete: may(DELETE) };
        let found = &mut work.found;
        let standing = match is_unlogged {
            true => Fidelity::Lossy("unlogged: a crash of the database empties it".into()),
            false => Fidelity::Exact,
        };
        found.find(place(&table), SchemaObject::Table, "", standing);
        if let Some(which) = check_option {
            let loss = "only the database refuses rows that the view would not show";
            let name = format!("WITH {which} CHECK OPTION");
            found.find(place(&table), SchemaObject::Constraint, &name, Fidelity::Lossy(loss.into()));
        }
        if table.comment.is_some() {
            found.find(place(&table), SchemaObject::Comment, "", Fidelity::Exact);
        }
        if parents > 0 {
            let loss = "it is served as a separate table; the table that it inherits from returns its rows too";
            found.find(place(&table), SchemaObject::Inheritance, "", Fidelity::Lossy(loss.into()));
        }
        if has_policies {
            let loss =
                "the database applies it to the role that mWallet connects as; clients do not have separate roles";
            found.find(place(&table), SchemaObject::Policy, "row security", Fidelity::Lossy(loss.into()));
        }
        work.tables.push((oid, table));
    }
    Ok(())
}
