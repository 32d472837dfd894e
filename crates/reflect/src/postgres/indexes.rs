//! Indexes that do not belong to a constraint.

use mwallet_schema::Index;

use super::Work;
use crate::row_reader::ask;
use crate::{Fidelity, SchemaObject, place, special_index};
use mwallet_db::schema_tools::DECLARED_AS;
use mwallet_db::{Dialect, Result, Session};

/// One row for each key column. Included columns are not part of the key.
const SQL: &str = "
SELECT i.indrelid::int8, x.relname::text, a.attname::text, i.indisunique::int::int8,
    (i.indpred IS NOT NULL OR i.indexprs IS NOT NULL)::int::int8,
    (m.amname <> 'btree' OR i.indoption[k - 1] <> 0 OR i.indnkeyatts <> i.indnatts OR NOT o.opcdefault
        OR i.indcollation[k - 1] <> a.attcollation)::int::int8,
    pg_get_indexdef(i.indexrelid), obj_description(i.indexrelid, 'pg_class'), m.amname::text,
    coalesce(to_jsonb(i) ->> 'indnullsnotdistinct', 'false')
FROM pg_index i
JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am m ON m.oid = x.relam
JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace
JOIN LATERAL generate_series(1, i.indnkeyatts) AS k ON true
LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k - 1] AND i.indkey[k - 1] <> 0
LEFT JOIN pg_opclass o ON o.oid = i.indclass[k - 1]
WHERE n.nspname = ANY($1::text[]) AND NOT t.relispartition AND t.relkind IN ('r', 'p', 'm')
    AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.contype IN ('p', 'u', 'x'))
ORDER BY i.indrelid::int8, x.relname, k";

/// The loss for a unique index with `NULLS NOT DISTINCT`.
const ALIKE: &str = "NULLS NOT DISTINCT, by which rows without a value are duplicates, is not described";

struct Gathered {
    oid: i64,
    name: String,
    columns: Vec<String>,
    is_unique: bool,
    is_partial: bool,
    is_special: bool,
    is_tree: bool,
    is_alike_without_value: bool,
    definition: String,
    told: String,
}

pub(super) async fn read(session: &mut Session, work: &mut Work) -> Result<()> {
    let mut gathered: Vec<Gathered> = Vec::new();
    for mut fields in ask(session, work.question(SQL), "nttnnntttt").await? {
        let (oid, name, column) = (fields.number()?, fields.text()?, fields.maybe()?);
        let (is_unique, is_partial, is_special) = (fields.flag()?, fields.flag()?, fields.flag()?);
        let (definition, comment, method) = (fields.text()?, fields.maybe()?, fields.text()?);
        let is_alike_without_value = fields.text()? == "true";
        match gathered.last_mut() {
            Some(last) if last.oid == oid && last.name == name => {
                last.columns.extend(column);
                last.is_special |= is_special;
            }
            _ => {
                let columns = column.into_iter().collect();
                let is_tree = method == "btree";
                // The declared definition if it was recorded, otherwise what PostgreSQL prints.
                let declared = comment.as_ref().and_then(|text| text.strip_prefix(DECLARED_AS)).map(Into::into);
                let told = declared.unwrap_or_else(|| definition.clone());
                gathered.push(Gathered {
                    oid,
                    name,
                    columns,
                    is_unique,
                    is_partial,
                    is_special,
                    is_tree,
                    is_alike_without_value,
                    definition,
                    told,
                });
            }
        }
    }
    for index in gathered {
        let Some(table) = work.table(index.oid) else { continue };
        let Gathered { name, columns, definition, .. } = &index;
        let (name, columns) = (name.clone(), columns.clone());
        let special = special_index(&index.told, index.is_unique, Dialect::Postgres)
            .filter(|_| index.is_partial && index.is_tree);
        if let Some(special) = special {
            table.indexes.push(Index { special: Some(special), ..Index::on_columns(&name, Vec::new()) });
            let place = place(table);
            work.found.find(place, SchemaObject::Index, &name, Fidelity::Exact);
            continue;
        }
        let standing = match (index.is_partial, index.is_unique, index.is_special) {
            // It cannot identify rows, and its columns cannot describe it.
            (true, ..) => Fidelity::Unsupported(format!("not described: {definition}")),
            (false, true, _) => {
                table.uniques.push(mwallet_schema::Unique { name: name.clone(), columns });
                let loss = "a unique index, described as a unique constraint";
                Fidelity::Lossy(loss.into()).and(match index.is_alike_without_value {
                    true => Fidelity::Lossy(ALIKE.into()),
                    false => Fidelity::Exact,
                })
            }
            (false, false, is_special) => {
                table.indexes.push(Index::on_columns(&name, columns));
                match is_special {
                    true => Fidelity::Lossy(format!("only its columns are described: {definition}")),
                    false => Fidelity::Exact,
                }
            }
        };
        let place = place(table);
        work.found.find(place, SchemaObject::Index, &name, standing);
    }
    Ok(())
}
