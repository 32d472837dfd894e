//! Primary keys, unique constraints, foreign keys and checks.

use mwallet_schema::{Check, ForeignKey, ReferentialAction, Unique};

use super::Work;
use crate::row_reader::ask;
use crate::{Fidelity, SchemaObject, add_check, managed, place};
use mwallet_db::schema_tools::DECLARED_AS;
use mwallet_db::{Result, Session};

/// One row for each column of a key, in key order, and one for a constraint of another kind.
const SQL: &str = "
SELECT c.conrelid::int8, c.conname::text, c.contype::text, a.attname::text, r.relname::text, rn.nspname::text,
    b.attname::text, c.confdeltype::text, c.confupdtype::text,
    concat_ws(E'\n',
        CASE WHEN c.condeferrable THEN 'deferrable, which the description does not say' END,
        CASE WHEN c.contype = 'f' AND c.confmatchtype = 'f'
            THEN 'MATCH FULL: the database alone refuses keys that are null in part' END,
        CASE WHEN c.contype IN ('f', 'c') AND NOT c.convalidated THEN
        'NOT VALID: rows that were there before may break it' END,
        CASE WHEN to_jsonb(c) ->> 'conenforced' = 'false' THEN 'NOT ENFORCED: rows may break it' END,
        CASE WHEN c.contype = 'c' AND c.connoinherit THEN
        'NO INHERIT: tables that inherit from this one do not have it' END,
        CASE WHEN to_jsonb(c) ->> 'confdelsetcols' IS NOT NULL
            THEN 'some of its columns alone are emptied, which the description does not say' END,
        CASE WHEN to_jsonb(c) ->> 'conperiod' = 'true' THEN
        'held over spans of time, which the description does not say' END,
        CASE WHEN c.contype IN ('p', 'u') AND i.indnkeyatts <> i.indnatts
            THEN 'INCLUDE: columns that its index carries along are not described' END,
        CASE WHEN c.contype IN ('p', 'u') AND to_jsonb(i) ->> 'indnullsnotdistinct' = 'true' THEN
        'NULLS NOT DISTINCT: rows without a value are alike, which the description does not say' END),
    CASE WHEN c.contype = 'c' THEN pg_get_expr(c.conbin, c.conrelid) ELSE pg_get_constraintdef(c.oid) END,
    obj_description(c.oid, 'pg_constraint')
FROM pg_constraint c
JOIN pg_class t ON t.oid = c.conrelid JOIN pg_namespace n ON n.oid = t.relnamespace
LEFT JOIN pg_index i ON i.indexrelid = c.conindid
LEFT JOIN LATERAL unnest(CASE WHEN c.contype IN ('p', 'u', 'f') THEN c.conkey END, c.confkey)
    WITH ORDINALITY AS k(own, other, place) ON true
LEFT JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.own
LEFT JOIN pg_class r ON r.oid = c.confrelid LEFT JOIN pg_namespace rn ON rn.oid = r.relnamespace
LEFT JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = k.other
WHERE c.contype <> 't' AND c.contypid = 0 AND n.nspname = ANY($1::text[]) AND NOT t.relispartition
ORDER BY c.conrelid::int8, c.conname, c.contype, k.place";

/// A constraint with its rows combined.
struct Gathered {
    oid: i64,
    name: String,
    kind: String,
    columns: Vec<String>,
    references: Option<(String, String)>,
    referenced: Vec<String>,
    on_delete: ReferentialAction,
    on_update: ReferentialAction,
    /// What the description does not say.
    losses: Vec<String>,
    definition: String,
    comment: Option<String>,
}

pub(super) async fn read(session: &mut Session, work: &mut Work) -> Result<()> {
    let mut gathered: Vec<Gathered> = Vec::new();
    for mut fields in ask(session, work.question(SQL), "nttttttttttt").await? {
        let (oid, name, kind) = (fields.number()?, fields.text()?, fields.text()?);
        let (column, table, schema) = (fields.maybe()?, fields.maybe()?, fields.maybe()?);
        let (referenced, on_delete, on_update) = (fields.maybe()?, fields.text()?, fields.text()?);
        let losses = fields.text()?.lines().map(Into::into).collect();
        let (definition, comment) = (fields.maybe()?.unwrap_or_default(), fields.maybe()?);
        match gathered.last_mut() {
            Some(last) if last.oid == oid && last.name == name && last.kind == kind => {
                last.columns.extend(column);
                last.referenced.extend(referenced);
            }
            _ => gathered.push(Gathered {
                oid,
                name,
                kind,
                columns: column.into_iter().collect(),
                references: schema.zip(table),
                referenced: referenced.into_iter().collect(),
                on_delete: action(&on_delete),
                on_update: action(&on_update),
                losses,
                definition,
                comment,
            }),
        }
    }
    gathered.into_iter().for_each(|constraint| add(constraint, work));
    Ok(())
}

fn add(constraint: Gathered, work: &mut Work) {
    let Gathered { oid, name, kind, columns, definition, .. } = constraint;
    let Ok(at) = work.tables.binary_search_by_key(&oid, |(oid, _)| *oid) else { return };
    let (table, in_order_of_bytes) = (&mut work.tables[at].1, &work.in_order_of_bytes);
    let is_in_order = |column: &str| in_order_of_bytes.contains(&(oid, column.to_owned()));
    let losses = constraint.losses;
    let standing = match losses.is_empty() {
        true => Fidelity::Exact,
        false => Fidelity::Lossy(losses.join("; ")),
    };
    let (construct, standing) = match kind.as_str() {
        "p" => {
            table.primary_key = columns;
            (SchemaObject::PrimaryKey, standing)
        }
        "u" => {
            table.uniques.push(Unique { name: name.clone(), columns });
            (SchemaObject::Unique, standing)
        }
        "f" => {
            let (schema, references) = constraint.references.unwrap_or_default();
            table.foreign_keys.push(ForeignKey {
                name: name.clone(),
                columns,
                references_schema: Some(schema).filter(|schema| table.schema.as_ref() != Some(schema)),
                references,
                referenced_columns: constraint.referenced,
                on_delete: constraint.on_delete,
                on_update: constraint.on_update,
            });
            (SchemaObject::ForeignKey, standing)
        }
        "c" if managed::check_of_postgres(table, &name, &definition, is_in_order) => (SchemaObject::Check, standing),
        "c" if let Some(declared) = constraint.comment.as_ref().and_then(|text| text.strip_prefix(DECLARED_AS)) => {
            table.checks.push(Check { name: name.clone(), expression: declared.into() });
            (SchemaObject::Check, standing)
        }
        "c" => {
            let added = add_check(table, Check { name: name.clone(), expression: definition });
            (SchemaObject::Check, added.and(standing))
        }
        _ => (SchemaObject::Constraint, Fidelity::Unsupported(format!("only the database checks {definition}"))),
    };
    let place = place(table);
    work.found.find(place, construct, &name, standing);
}

fn action(letter: &str) -> ReferentialAction {
    match letter {
        "r" => ReferentialAction::Restrict,
        "c" => ReferentialAction::Cascade,
        "n" => ReferentialAction::SetNull,
        "d" => ReferentialAction::SetDefault,
        _ => ReferentialAction::NoAction,
    }
}
