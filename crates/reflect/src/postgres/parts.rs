//! Objects of partitions that do not come from the partitioned table.

use super::Work;
use crate::row_reader::ask;
use crate::{Fidelity, Finding, SchemaObject};
use mwallet_db::{Result, Session};

/// Inherited objects have a parent, or are not local. Partitions are listed in the schema of the partitioned table.
const SQL: &str = "
WITH parts AS (
    SELECT c.oid, c.relname, c.relkind, c.relpersistence, p.nspname, i.inhparent
    FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid JOIN pg_namespace p ON p.oid = c.relnamespace
    JOIN pg_class w ON w.oid = pg_partition_root(c.oid) JOIN pg_namespace n ON n.oid = w.relnamespace
    WHERE c.relispartition AND c.relkind IN ('r', 'p', 'f') AND n.nspname = ANY($1::text[])
)
SELECT t.nspname::text, t.relname::text, k.contype::text, k.conname::text, pg_get_constraintdef(k.oid)
FROM parts t JOIN pg_constraint k ON k.conrelid = t.oid
WHERE k.conparentid = 0 AND (k.conislocal OR k.contype <> 'c') AND k.contype IN ('p', 'u', 'f', 'c', 'x')
UNION ALL
SELECT t.nspname::text, t.relname::text, 'not null', a.attname::text, a.attname || ' NOT NULL'
FROM parts t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attnotnull
JOIN pg_attribute b ON b.attrelid = t.inhparent AND b.attname = a.attname AND NOT b.attnotnull
WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = t.oid AND k.contype = 'p' AND a.attnum = ANY(k.conkey))
UNION ALL
SELECT t.nspname::text, t.relname::text, 'default', a.attname::text,
    coalesce(pg_get_expr(f.adbin, f.adrelid), 'none')
FROM parts t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
JOIN pg_attribute b ON b.attrelid = t.inhparent AND b.attname = a.attname AND NOT b.attisdropped
LEFT JOIN pg_attrdef f ON f.adrelid = a.attrelid AND f.adnum = a.attnum
LEFT JOIN pg_attrdef g ON g.adrelid = b.attrelid AND g.adnum = b.attnum
WHERE pg_get_expr(f.adbin, f.adrelid) IS DISTINCT FROM pg_get_expr(g.adbin, g.adrelid)
UNION ALL
SELECT t.nspname::text, t.relname::text, 'index', x.relname::text, pg_get_indexdef(x.oid)
FROM parts t JOIN pg_index i ON i.indrelid = t.oid JOIN pg_class x ON x.oid = i.indexrelid
WHERE NOT EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = x.oid)
    AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = x.oid AND k.contype IN ('p', 'u', 'x'))
UNION ALL
SELECT t.nspname::text, t.relname::text, 'trigger', g.tgname::text, pg_get_triggerdef(g.oid)
FROM parts t JOIN pg_trigger g ON g.tgrelid = t.oid WHERE NOT g.tgisinternal AND g.tgparentid = 0
UNION ALL
SELECT t.nspname::text, t.relname::text, 'rule', r.rulename::text, pg_get_ruledef(r.oid)
FROM parts t JOIN pg_rewrite r ON r.ev_class = t.oid WHERE r.rulename <> '_RETURN'
UNION ALL
SELECT t.nspname::text, t.relname::text, 'policy', p.polname::text, '' FROM parts t JOIN pg_policy p ON p.polrelid =
t.oid
UNION ALL
SELECT t.nspname::text, t.relname::text, 'unlogged', '', '' FROM parts t WHERE t.relpersistence = 'u'";

pub(super) async fn read(session: &mut Session, work: &mut Work) -> Result<()> {
    for mut fields in ask(session, work.question(SQL), "ttttt").await? {
        let (schema, table, kind) = (fields.text()?, fields.text()?, fields.text()?);
        let (name, definition) = (fields.text()?, fields.text()?);
        let held = || format!("only the database checks the rows of this partition: {definition}");
        let (construct, loss) = match kind.as_str() {
            "p" => (SchemaObject::PrimaryKey, held()),
            "u" => (SchemaObject::Unique, held()),
            "f" => (SchemaObject::ForeignKey, held()),
            "c" | "not null" => (SchemaObject::Check, held()),
            "x" => (SchemaObject::Constraint, held()),
            "default" => {
                let loss =
                    format!("rows that other programs write to this partition get another default: {definition}");
                (SchemaObject::Default, loss)
            }
            "index" => {
                (SchemaObject::Index, format!("an index of this partition only, which is not described: {definition}"))
            }
            "trigger" => {
                (SchemaObject::Trigger, format!("not described; the database runs it for this partition: {definition}"))
            }
            "rule" => (
                SchemaObject::Rule,
                format!("it does not apply to requests, which use the partitioned table: {definition}"),
            ),
            "policy" => (SchemaObject::Policy, "it does not apply to requests, which use the partitioned table".into()),
            _ => (SchemaObject::Table, "unlogged: a crash of the database empties this partition".into()),
        };
        let standing = Fidelity::Unsupported(loss);
        work.found.findings.push(Finding { schema: Some(schema), table, construct, name, standing });
    }
    Ok(())
}
