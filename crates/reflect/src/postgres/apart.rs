//! Objects that belong to no table: functions, aggregates, operators, sequences, tables of extensions, objects
//! outside schemas, and comments that cannot be described.

use super::Work;
use crate::row_reader::ask;
use crate::{Fidelity, Finding, SchemaObject};
use mwallet_db::schema_tools::DECLARED_AS;
use mwallet_db::{Result, Session};

/// Excludes the objects of extensions, apart from their tables. A sequence owned by a column is described by the
/// column's default, unless it has unusual options.
const SQL: &str = "
SELECT n.nspname::text, p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')',
    CASE WHEN p.prokind = 'a' THEN 'aggregate' ELSE 'function' END, '', ''
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = ANY($1::text[])
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype IN
    ('e', 'i'))
UNION ALL
SELECT n.nspname::text, c.relname::text, 'sequence', '', ''
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'S' AND n.nspname = ANY($1::text[])
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype
    IN ('e', 'a', 'i'))
UNION ALL
SELECT n.nspname::text, t.relname::text, 'numbers', a.attname::text, format('from %s by %s, within %s and %s%s',
    s.seqstart, s.seqincrement, s.seqmin, s.seqmax, CASE WHEN s.seqcycle THEN ', and again' ELSE '' END)
FROM pg_sequence s JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = s.seqrelid AND d.deptype IN
('a', 'i')
JOIN pg_class t ON t.oid = d.refobjid JOIN pg_namespace n ON n.oid = t.relnamespace
JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
WHERE n.nspname = ANY($1::text[]) AND (s.seqstart <> 1 OR s.seqincrement <> 1 OR s.seqmin <> 1 OR s.seqcycle)
UNION ALL
SELECT n.nspname::text, c.relname::text, 'table', '', e.extname::text
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
JOIN pg_extension e ON e.oid = d.refobjid
WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND n.nspname = ANY($1::text[])";

/// Objects that queries may rely on, and objects outside schemas. Excludes those of extensions and types.
const SUPPORT: &str = "
SELECT coalesce(n.nspname, '')::text, o.name, o.kind FROM (
    SELECT 'pg_operator'::regclass AS class, oid, oprnamespace AS schema, format('%s(%s, %s)', oprname,
        CASE oprleft WHEN 0 THEN 'NONE' ELSE format_type(oprleft, NULL) END, format_type(oprright, NULL)) AS name,
        'operator' AS kind FROM pg_operator
    UNION ALL SELECT 'pg_opclass'::regclass, oid, opcnamespace, opcname::text, 'operator class' FROM pg_opclass
    UNION ALL SELECT 'pg_collation'::regclass, oid, collnamespace, collname::text, 'collation' FROM pg_collation
    UNION ALL SELECT 'pg_ts_config'::regclass, oid, cfgnamespace, cfgname::text, 'text search configuration'
        FROM pg_ts_config
    UNION ALL SELECT 'pg_ts_dict'::regclass, oid, dictnamespace, dictname::text, 'text search dictionary'
        FROM pg_ts_dict
    UNION ALL SELECT 'pg_cast'::regclass, oid, NULL, format('%s AS %s', format_type(castsource, NULL),
        format_type(casttarget, NULL)), 'cast' FROM pg_cast
    UNION ALL SELECT 'pg_event_trigger'::regclass, oid, NULL, evtname::text, 'event trigger' FROM pg_event_trigger
    UNION ALL SELECT 'pg_publication'::regclass, oid, NULL, pubname::text, 'publication' FROM pg_publication) o
LEFT JOIN pg_namespace n ON n.oid = o.schema
WHERE o.oid >= 16384 AND (o.schema IS NULL OR n.nspname = ANY($1::text[]))
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = o.class AND d.objid = o.oid
        AND d.deptype IN ('e', 'i'))";

/// Excludes the comments of tables and columns, which are described, and mWallet's own notes on checks and indexes.
const COMMENTS: &str = "
SELECT n.nspname::text, coalesce(c.relname, t.typname)::text, k.conname::text, 'constraint', o.description
FROM pg_description o JOIN pg_constraint k ON o.classoid = 'pg_constraint'::regclass AND k.oid = o.objoid
LEFT JOIN pg_class c ON c.oid = k.conrelid LEFT JOIN pg_type t ON t.oid = k.contypid
JOIN pg_namespace n ON n.oid = coalesce(c.relnamespace, t.typnamespace) WHERE n.nspname = ANY($1::text[])
UNION ALL
SELECT n.nspname::text, c.relname::text, x.relname::text, 'index', o.description
FROM pg_description o JOIN pg_index i ON o.classoid = 'pg_class'::regclass AND i.indexrelid = o.objoid
JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_class c ON c.oid = i.indrelid
JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ANY($1::text[])
UNION ALL
SELECT n.nspname::text, c.relname::text, g.tgname::text, 'trigger', o.description
FROM pg_description o JOIN pg_trigger g ON o.classoid = 'pg_trigger'::regclass AND g.oid = o.objoid
JOIN pg_class c ON c.oid = g.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ANY($1::text[])
UNION ALL
SELECT n.nspname::text, c.relname::text, r.rulename::text, 'rule', o.description
FROM pg_description o JOIN pg_rewrite r ON o.classoid = 'pg_rewrite'::regclass AND r.oid = o.objoid
JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ANY($1::text[])
UNION ALL
SELECT n.nspname::text, c.relname::text, p.polname::text, 'policy', o.description
FROM pg_description o JOIN pg_policy p ON o.classoid = 'pg_policy'::regclass AND p.oid = o.objoid
JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ANY($1::text[])
UNION ALL
SELECT n.nspname::text, t.typname::text, '', 'type', o.description
FROM pg_description o JOIN pg_type t ON o.classoid = 'pg_type'::regclass AND t.oid = o.objoid
JOIN pg_namespace n ON n.oid = t.typnamespace WHERE n.nspname = ANY($1::text[])
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype =
    'e')
UNION ALL
SELECT n.nspname::text, c.relname::text, '', 'sequence', o.description
FROM pg_description o JOIN pg_class c ON o.classoid = 'pg_class'::regclass AND c.oid = o.objoid AND c.relkind = 'S'
JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ANY($1::text[])
UNION ALL
SELECT n.nspname::text, p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', '', 'function',
o.description
FROM pg_description o JOIN pg_proc p ON o.classoid = 'pg_proc'::regclass AND p.oid = o.objoid
JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = ANY($1::text[])
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype =
    'e')";

pub(super) async fn read(session: &mut Session, work: &mut Work) -> Result<()> {
    for mut fields in ask(session, work.question(SQL), "ttttt").await? {
        let (schema, table, kind) = (fields.text()?, fields.text()?, fields.text()?);
        let (name, told) = (fields.text()?, fields.text()?);
        let (construct, standing) = match kind.as_str() {
            "aggregate" => (SchemaObject::Aggregate, Fidelity::Unsupported("not served".into())),
            "function" => (SchemaObject::Function, Fidelity::Unsupported("not served".into())),
            "sequence" => (SchemaObject::Sequence, Fidelity::Unsupported("not served".into())),
            "numbers" => {
                let loss = format!("not described: its numbers go {told}");
                (SchemaObject::Sequence, Fidelity::Lossy(loss))
            }
            _ => {
                let loss = format!("omitted, since it belongs to the extension {told}");
                (SchemaObject::Table, Fidelity::Unsupported(loss))
            }
        };
        work.found.findings.push(Finding { schema: Some(schema), table, construct, name, standing });
    }
    for mut fields in ask(session, work.question(SUPPORT), "ttt").await? {
        let (schema, table, kind) = (Some(fields.text()?), fields.text()?, fields.text()?);
        let (construct, loss) = match kind.as_str() {
            "operator" => (SchemaObject::Operator, "requests cannot use it"),
            "operator class" => (SchemaObject::OperatorClass, "known to the database only"),
            "collation" => (SchemaObject::Collation, "known to the database only"),
            "text search configuration" => (SchemaObject::TextSearchConfiguration, "known to the database only"),
            "text search dictionary" => (SchemaObject::TextSearchDictionary, "known to the database only"),
            "cast" => (SchemaObject::Cast, "not described; the database applies it"),
            "event trigger" => {
                (SchemaObject::EventTrigger, "not described; the database runs it when its schema changes")
            }
            _ => (SchemaObject::Publication, "not described; the database publishes changes to subscribers"),
        };
        let (schema, standing) = (schema.filter(|name| !name.is_empty()), Fidelity::Unsupported(loss.into()));
        work.found.findings.push(Finding { schema, table, construct, name: String::new(), standing });
    }
    for mut fields in ask(session, work.question(COMMENTS), "ttttt").await? {
        let (schema, table, name) = (fields.text()?, fields.text()?, fields.text()?);
        let (of, comment) = (fields.text()?, fields.text()?);
        if comment.starts_with(DECLARED_AS) {
            continue;
        }
        let standing = Fidelity::Unsupported(format!("the comment of the {of} is not served: {comment}"));
        let construct = SchemaObject::Comment;
        work.found.findings.push(Finding { schema: Some(schema), table, construct, name, standing });
    }
    Ok(())
}
