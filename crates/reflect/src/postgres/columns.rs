//! Columns and their types: built-in types, domains, enums, arrays, ranges, composite types.

use std::collections::HashMap;
use std::sync::Arc;

use mwallet_schema::{Access, Column, ColumnDefault, ColumnType, NativeType, Transfer, Value};

use super::Work;
use crate::check::{self, ColumnRule};
use crate::row_reader::ask;
use crate::{Fidelity, SchemaObject, place, rules_that_hold};
use mwallet_db::schema_tools::unmarked_comment;
use mwallet_db::{Result, Session};

/// Resolves a domain to its base type, through all levels.
const SQL: &str = "
WITH RECURSIVE base AS (
    SELECT t.oid, t.oid AS domain, t.typnotnull AS required, t.typdefault AS preset
        FROM pg_type t WHERE t.typtype = 'd'
    UNION ALL
    SELECT t.typbasetype, base.domain, base.required OR b.typnotnull, coalesce(base.preset, b.typdefault)
        FROM base JOIN pg_type t ON t.oid = base.oid AND t.typtype = 'd' JOIN pg_type b ON b.oid = t.typbasetype
)
SELECT a.attrelid::int8, a.attname::text, format_type(a.atttypid, a.atttypmod), t.typtype::text,
    coalesce(b.typname, t.typname)::text, coalesce(b.typtype, t.typtype)::text,
    coalesce(b.typcategory, t.typcategory)::text, coalesce(b.oid, t.oid)::int8,
    (a.attnotnull OR coalesce(d.required, false))::int::int8,
    coalesce(pg_get_expr(f.adbin, f.adrelid), d.preset), a.attidentity::text, a.attgenerated::text,
    col_description(a.attrelid, a.attnum),
    CASE WHEN a.attcollation <> t.typcollation THEN o.collname END::text,
    pg_column_is_updatable(a.attrelid, a.attnum, true)::int::int8, a.atttypid::int8,
    format_type(coalesce(b.oid, t.oid), -1)
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN (SELECT DISTINCT ON (domain) * FROM base JOIN pg_type USING (oid) WHERE typtype <> 'd') d ON d.domain = t.oid
LEFT JOIN pg_type b ON b.oid = d.oid
LEFT JOIN pg_attrdef f ON f.adrelid = a.attrelid AND f.adnum = a.attnum
LEFT JOIN pg_collation o ON o.oid = a.attcollation
WHERE a.attnum > 0 AND NOT a.attisdropped AND n.nspname = ANY($1::text[])
    AND c.relkind IN ('r', 'p', 'f', 'v', 'm') AND NOT c.relispartition
ORDER BY a.attrelid::int8, a.attnum";

const ENUMS: &str = "
SELECT enumtypid::int8, enumlabel::text FROM pg_enum ORDER BY enumtypid, enumsortorder";

/// The checks of domains, in which the value is named `VALUE`.
const DOMAINS: &str = "
SELECT c.contypid::int8, pg_get_expr(c.conbin, 0) FROM pg_constraint c
WHERE c.contypid <> 0 AND c.contype = 'c' ORDER BY c.contypid, c.conname";

/// A type as described by the catalogue.
struct Found {
    /// The type as PostgreSQL prints it, with its length or precision.
    written: String,
    /// The type without its length, or the base type of a domain.
    comparison_type: String,
    is_domain: bool,
    /// The name of the type, or of the base type of a domain.
    base: String,
    /// `e` for an enum, `c` for a composite type, `r` for a range, ...
    base_kind: String,
    /// `A` for an array.
    category: String,
}

pub(super) async fn read(session: &mut Session, work: &mut Work) -> Result<()> {
    let mut labels: HashMap<i64, Vec<Value>> = HashMap::new();
    for mut fields in ask(session, mwallet_db::Sql::new(ENUMS), "nt").await? {
        labels.entry(fields.number()?).or_default().push(Value::Text(fields.text()?));
    }
    let mut domains: HashMap<i64, Vec<String>> = HashMap::new();
    for mut fields in ask(session, mwallet_db::Sql::new(DOMAINS), "nt").await? {
        domains.entry(fields.number()?).or_default().push(fields.text()?);
    }
    for mut fields in ask(session, work.question(SQL), "nttttttnntttttnnt").await? {
        let oid = fields.number()?;
        let name = fields.text()?;
        let (written, type_kind) = (fields.text()?, fields.text()?);
        let (base, base_kind, category) = (fields.text()?, fields.text()?, fields.text()?);
        let base_oid = fields.number()?;
        let required = fields.flag()?;
        let (default, identity, generated) = (fields.maybe()?, fields.text()?, fields.text()?);
        let (comment, collation) = (fields.maybe()?, fields.maybe()?);
        let (is_updatable, type_oid) = (fields.flag()?, fields.number()?);
        let comparison_type = fields.text()?;
        let Some(table) = work.table(oid) else { continue };

        let found = Found { written, comparison_type, is_domain: type_kind == "d", base, base_kind, category };
        let (kind, standing) = column_type(&found);
        let (comment, is_secret) = comment.as_deref().map_or((None, false), unmarked_comment);
        let comment = comment.map(Into::into);
        let mut column = Column { nullable: !required, comment, ..Column::new(&name, kind) };
        let mut findings = vec![(SchemaObject::Column, standing)];
        if let Some(labels) = labels.get(&base_oid) {
            column.rules.one_of = labels.clone();
        }
        for expression in domains.get(&type_oid).into_iter().flatten() {
            findings.push((SchemaObject::Check, domain_rule(&mut column, expression)));
        }
        column.default = match (identity.as_str(), generated.as_str(), default) {
            ("", "", None) => None,
            ("", "", Some(expression)) => Some(ColumnDefault::Database(expression)),
            ("", _, expression) => {
                let expression = expression.unwrap_or_default();
                Some(ColumnDefault::Database(format!("GENERATED ALWAYS AS ({expression}) STORED")))
            }
            ("a", ..) => Some(ColumnDefault::Database("GENERATED ALWAYS AS IDENTITY".into())),
            _ => Some(ColumnDefault::Database("GENERATED BY DEFAULT AS IDENTITY".into())),
        };
        if column.default.is_some() {
            findings.push((SchemaObject::Default, Fidelity::Exact));
        }
        let is_made = !generated.is_empty() || identity == "a";
        // For a view with `INSTEAD OF` triggers, the catalogue does not know which columns can be updated.
        if is_made || (table.writes.update && !is_updatable) {
            column.access = Access::ReadOnly;
        }
        if is_secret {
            column.access = Access::WriteOnly;
        }
        // All text columns that mWallet creates have byte order.
        let is_of_bytes = collation.as_deref() == Some("C");
        if let Some(collation) = collation.filter(|_| !is_of_bytes || !matches!(column.kind, ColumnType::Text { .. })) {
            let loss = format!("not described: texts are sorted and compared by {collation}");
            findings.push((SchemaObject::Collation, Fidelity::Lossy(loss)));
        }
        if column.comment.is_some() {
            findings.push((SchemaObject::Comment, Fidelity::Exact));
        }
        table.columns.push(column);
        let place = place(table);
        if is_of_bytes {
            work.in_order_of_bytes.insert((oid, name.clone()));
        }
        for (construct, standing) in findings {
            work.found.find(place.clone(), construct, &name, standing);
        }
    }
    Ok(())
}

/// Adds the check of a domain to the rules of a column.
fn domain_rule(column: &mut Column, expression: &str) -> Fidelity {
    let by_database = || Fidelity::Lossy(format!("only the database checks {expression}"));
    let rules = check::rules(expression).filter(|rules| rules.iter().all(|one| one.rule.is_of_column()));
    let Some(rules) = rules else { return by_database() };
    let mut all = column.rules.clone();
    for ColumnRule { column, rule } in rules {
        if !column.eq_ignore_ascii_case("value") {
            return by_database();
        }
        rule.add_to(&mut all);
    }
    match rules_that_hold(column, &all) {
        Some(rules) => {
            column.rules = rules;
            Fidelity::Exact
        }
        None => by_database(),
    }
}

/// Converts a PostgreSQL type to a column type.
fn column_type(found: &Found) -> (ColumnType, Fidelity) {
    let native = |transfer| {
        let comparison_type = Some(&found.comparison_type).filter(|name| **name != found.written).cloned();
        ColumnType::Native(Arc::new(NativeType { name: found.written.clone(), comparison_type, transfer }))
    };
    let kind = match found.base.as_str() {
        _ if found.category == "A" => {
            return (native(Transfer::Json), Fidelity::Lossy("an array, whose items only the database checks".into()));
        }
        _ if found.base_kind == "c" => {
            let loss = "a composite type, whose fields only the database checks";
            return (native(Transfer::Json), Fidelity::Lossy(loss.into()));
        }
        // A cast would truncate long text; reading it from JSON rejects it.
        _ if found.is_domain => native(Transfer::Json),
        _ if found.base_kind == "e" => native(Transfer::TextRepr),
        "int2" => ColumnType::SmallInt,
        "int4" => ColumnType::Integer,
        "int8" => ColumnType::BigInt,
        "bool" => ColumnType::Boolean,
        "uuid" => ColumnType::Uuid,
        "jsonb" => ColumnType::Json,
        "text" => ColumnType::Text { max: None },
        "varchar" | "bpchar" | "name" => native(Transfer::text(&found.written)),
        "numeric" => native(Transfer::number(&found.written)),
        "float4" | "float8" | "json" | "timestamp" | "timestamptz" => native(Transfer::Json),
        "bit" | "varbit" => {
            let loss = format!("{} is transferred as text, which only the database checks", found.written);
            return (native(Transfer::Json), Fidelity::Lossy(loss));
        }
        "citext" | "bytea" | "date" | "time" | "timetz" | "interval" => native(Transfer::TextRepr),
        _ => {
            let loss = format!("{} is transferred as text, which only the database checks", found.written);
            return (native(Transfer::TextRepr), Fidelity::Lossy(loss));
        }
    };
    (kind, Fidelity::Exact)
}
