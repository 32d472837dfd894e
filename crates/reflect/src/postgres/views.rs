//! Traces columns of views to the table columns that they show.
//!
//! PostgreSQL stores a view as a query tree, in which each result column names the relation and column from which it
//! was taken unchanged. If that relation is a view, the trace continues.

use std::collections::{HashMap, HashSet};

use mwallet_schema::{Access, ColumnType, Value, ViewColumnSource};

use super::Work;
use crate::row_reader::ask;
use crate::{Fidelity, NO_BASE, SchemaObject, place};
use mwallet_db::schema_tools::unmarked_comment;
use mwallet_db::{Result, Session, Sql};

/// Reads all views, since reflected ones may depend on others.
const TREES: &str = "
SELECT c.oid::int8, r.ev_action::text, pg_relation_is_updatable(c.oid, false)::int8
FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE r.rulename = '_RETURN' AND c.relkind IN ('v', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema')";

const NAMES: &str = "
SELECT a.attrelid::int8, a.attnum::int8, n.nspname::text, c.relname::text, a.attname::text,
    col_description(a.attrelid, a.attnum)
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE a.attrelid = ANY($1::int8[]::oid[]) AND a.attnum > 0";

/// The OID of a relation and the number of a column.
type Origin = (i64, i64);

/// The maximum depth of nested views. PostgreSQL allows no cycles.
const MAX_DEPTH: usize = 100;

pub(super) async fn read(session: &mut Session, work: &mut Work) -> Result<()> {
    let mut origins: HashMap<i64, HashMap<i64, Origin>> = HashMap::new();
    let mut simple = HashSet::new();
    for mut fields in ask(session, Sql::new(TREES), "ntn").await? {
        let (oid, tree, writes) = (fields.number()?, fields.text()?, fields.number()?);
        origins.insert(oid, targets(&tree));
        // The view is updatable without triggers, so each of its rows is a row of one table.
        if writes != 0 {
            simple.insert(oid);
        }
    }
    let base = |(mut relation, mut column): Origin| {
        for _ in 0..MAX_DEPTH {
            match origins.get(&relation) {
                Some(of_view) => (relation, column) = *of_view.get(&column)?,
                None => return Some((relation, column)),
            }
        }
        None
    };
    let bases: HashMap<i64, Vec<(Origin, Origin)>> = origins
        .iter()
        .map(|(view, columns)| {
            let bases = columns.iter().filter_map(|(number, origin)| Some(((*view, *number), base(*origin)?)));
            (*view, bases.collect())
        })
        .collect();
    let relations = bases.values().flatten().flat_map(|((view, _), (base, _))| [*view, *base]).collect();
    let names = names(session, relations).await?;

    let Work { tables, found: report, .. } = work;
    let own: HashMap<i64, (Vec<String>, Vec<mwallet_schema::Unique>)> =
        tables.iter().map(|(oid, table)| (*oid, (table.primary_key.clone(), table.uniques.clone()))).collect();
    for (oid, table) in tables.iter_mut() {
        if !table.kind.is_view() {
            continue;
        }
        let place = place(table);
        let mut shown: HashMap<(i64, String), String> = HashMap::new();
        for (of, origin) in bases.get(oid).into_iter().flatten() {
            let (Some((_, _, name)), Some((schema, base, column))) = (names.of.get(of), names.of.get(origin)) else {
                continue;
            };
            if let Some(found) = table.columns.iter_mut().find(|column| column.name == *name) {
                // A secret stays one wherever it is shown.
                if names.secrets.contains(origin) {
                    found.access = Access::WriteOnly;
                }
                let schema = Some(schema.clone()).filter(|schema| table.schema.as_ref() != Some(schema));
                found.base = Some(ViewColumnSource { schema, table: base.clone(), column: column.clone() });
                shown.insert((origin.0, column.clone()), name.clone());
            }
        }
        for column in &table.columns {
            let standing = if column.base.is_some() { Fidelity::Exact } else { Fidelity::Lossy(NO_BASE.into()) };
            report.find(place.clone(), SchemaObject::ViewColumn, &column.name, standing);
        }
        if simple.contains(oid) {
            let bases: HashSet<i64> = shown.keys().map(|(base, _)| *base).collect();
            let only = bases.iter().next().filter(|_| bases.len() == 1);
            if let Some((base, (key, uniques))) = only.and_then(|base| Some((*base, own.get(base)?))) {
                let here = |names: &[String]| -> Option<Vec<String>> {
                    names.iter().map(|name| shown.get(&(base, name.clone())).cloned()).collect()
                };
                table.primary_key = here(key).unwrap_or_default();
                let uniques = uniques.iter().filter_map(|unique| {
                    Some(mwallet_schema::Unique { name: unique.name.clone(), columns: here(&unique.columns)? })
                });
                table.uniques = uniques.collect();
            }
        }
    }
    Ok(())
}

/// The names of columns, and which are secret.
#[derive(Default)]
struct Names {
    /// The schema, relation and name of each column.
    of: HashMap<Origin, (String, String, String)>,
    secrets: HashSet<Origin>,
}

async fn names(session: &mut Session, relations: HashSet<i64>) -> Result<Names> {
    let relations = relations.into_iter().map(Value::Int).collect();
    let sql = Sql::new(NAMES).bind_as(Value::List(relations), ColumnType::BigInt);
    let mut names = Names::default();
    for mut fields in ask(session, sql, "nntttt").await? {
        let of = (fields.number()?, fields.number()?);
        names.of.insert(of, (fields.text()?, fields.text()?, fields.text()?));
        if fields.maybe()?.is_some_and(|comment| unmarked_comment(&comment).1) {
            names.secrets.insert(of);
        }
    }
    Ok(names)
}

/// Returns the origins of a view's columns by column number, from its query tree.
fn targets(tree: &str) -> HashMap<i64, Origin> {
    let mut found = HashMap::new();
    // In `({QUERY ... :targetList ({TARGETENTRY ...} ...)})` an entry is four brackets deep. Deeper entries belong to
    // subqueries.
    let mut depth = 0_usize;
    let mut in_list = false;
    let mut field = "";
    let (mut number, mut relation, mut column) = (0, 0, 0);
    for token in tokens(tree) {
        match token {
            "(" | "{" => depth += 1,
            ")" | "}" => {
                if in_list && depth == 4 {
                    if relation != 0 && column > 0 {
                        found.insert(number, (relation, column));
                    }
                    (number, relation, column) = (0, 0, 0);
                }
                depth = depth.saturating_sub(1);
                in_list &= depth >= 3;
            }
            _ if token.starts_with(':') => {
                field = token;
                in_list |= depth == 2 && token == ":targetList";
                in_list &= depth != 2 || token == ":targetList";
            }
            value if in_list && depth == 4 => {
                let value = value.parse().unwrap_or(0);
                match field {
                    ":resno" => number = value,
                    ":resorigtbl" => relation = value,
                    ":resorigcol" => column = value,
                    _ => {}
                }
            }
            _ => {}
        }
    }
    found
}

/// Splits a tree into brackets, field names and values. A backslash escapes the next character.
fn tokens(tree: &str) -> impl Iterator<Item = &str> {
    let mut rest = tree;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        let first = rest.chars().next()?;
        let length = match first {
            '(' | ')' | '{' | '}' => 1,
            '"' => {
                let mut escaped = false;
                let end = rest.char_indices().skip(1).find(|(_, sign)| {
                    let ends = *sign == '"' && !escaped;
                    escaped = *sign == '\\' && !escaped;
                    ends
                });
                end.map_or(rest.len(), |(at, _)| at + 1)
            }
            _ => {
                let mut escaped = false;
                let end = rest.char_indices().find(|(_, sign)| {
                    let ends = !escaped && (sign.is_whitespace() || matches!(sign, '(' | ')' | '{' | '}'));
                    escaped = *sign == '\\' && !escaped;
                    ends
                });
                end.map_or(rest.len(), |(at, _)| at)
            }
        };
        let token;
        (token, rest) = rest.split_at(length);
        Some(token)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_of_the_outer_query_count() {
        let tree = r#"({QUERY :cteList <> :rtable ({RANGETBLENTRY :eref {ALIAS :aliasname a\ \(b :colnames ("i\"d (" "b")}
            :subquery {QUERY :targetList ({TARGETENTRY :resno 1 :resorigtbl 7 :resorigcol 1 :resjunk false})}})
            :targetList ({TARGETENTRY :expr {VAR :varno 1 :resno 9} :resno 1 :resname id :resorigtbl 16897 :resorigcol 2}
            {TARGETENTRY :expr {CONST :constvalue 4 [ 1 0 ]} :resno 2 :resname \(x :resorigtbl 0 :resorigcol 0}
            {TARGETENTRY :expr {SUBLINK :subselect {QUERY :targetList ({TARGETENTRY :resno 5 :resorigtbl 3 :resorigcol 1})}}
            :resno 3 :resname n :resorigtbl 16820 :resorigcol 1 :resjunk false}) :override 0
            :returningList ({TARGETENTRY :resno 4 :resorigtbl 9 :resorigcol 1})})"#;
        assert_eq!(targets(tree), HashMap::from([(1, (16897, 2)), (3, (16820, 1))]));
    }

    #[test]
    fn what_is_no_tree_has_no_origins() {
        for tree in ["", "({", "}})", "\"", "\\", ":targetList ({"] {
            assert_eq!(targets(tree), HashMap::new(), "{tree}");
        }
    }
}
