//! Objects of tables that cannot be described: triggers, rules, row security, partitions.

use super::Work;
use crate::row_reader::ask;
use crate::{Fidelity, Finding, SchemaObject};
use mwallet_db::{Result, Session};

const SQL: &str = "
SELECT n.nspname::text, c.relname::text, 'trigger', t.tgname::text, pg_get_triggerdef(t.oid)
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT t.tgisinternal AND NOT c.relispartition AND n.nspname = ANY($1::text[])
UNION ALL
SELECT n.nspname::text, c.relname::text, 'policy', p.polname::text, coalesce(pg_get_expr(p.polqual, p.polrelid), '')
FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT c.relispartition AND n.nspname = ANY($1::text[])
UNION ALL
SELECT n.nspname::text, c.relname::text, 'rule', r.rulename::text, pg_get_ruledef(r.oid)
FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE r.rulename <> '_RETURN' AND NOT c.relispartition AND n.nspname = ANY($1::text[])
UNION ALL
SELECT pn.nspname::text, p.relname::text, 'partition', c.relname::text, ''
FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid
JOIN pg_class p ON p.oid = i.inhparent JOIN pg_namespace pn ON pn.oid = p.relnamespace
WHERE c.relispartition AND c.relkind IN ('r', 'p', 'f') AND pn.nspname = ANY($1::text[])";

pub(super) async fn read(session: &mut Session, work: &mut Work) -> Result<()> {
    for mut fields in ask(session, work.question(SQL), "ttttt").await? {
        let (schema, table, kind) = (fields.text()?, fields.text()?, fields.text()?);
        let (name, definition) = (fields.text()?, fields.text()?);
        let (construct, standing) = match kind.as_str() {
            "trigger" => (
                SchemaObject::Trigger,
                Fidelity::Unsupported(format!("not described; the database runs it: {definition}")),
            ),
            "rule" => (
                SchemaObject::Rule,
                Fidelity::Unsupported(format!("not described; the database applies it: {definition}")),
            ),
            "policy" => {
                let loss = "the database applies it to the role that mWallet connects as";
                (SchemaObject::Policy, Fidelity::Unsupported(loss.into()))
            }
            _ => (
                SchemaObject::Partition,
                Fidelity::Lossy("its rows are served as part of the partitioned table".into()),
            ),
        };
        work.found.findings.push(Finding { schema: Some(schema), table, construct, name, standing });
    }
    Ok(())
}
