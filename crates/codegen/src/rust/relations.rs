//! Generates the relations between structs as constants, from the foreign keys of the tables.

use std::collections::HashSet;

use heck::{ToShoutySnakeCase, ToSnakeCase};
use mwallet_schema::{ForeignKey, Table, plural};

use super::fields::{Row, unraw};
use super::names::unused;

/// The maximum number of columns of a relation, as `mwallet_db::ToOne::and` has it.
const MAX_COLUMNS: usize = 8;

/// The relation of a foreign key.
struct Relation<'t> {
    /// The positions of the tables.
    from: usize,
    to: usize,
    key: &'t ForeignKey,
    /// The columns of the key, for names: `AUTHOR`, or `COUNTRY_NUMBER`.
    columns: String,
    /// The name of the constant.
    name: String,
}

/// Adds constants for the relations to the structs of some tables, in the same order.
pub(super) fn add(tables: &[&Table], rows: &mut [Row]) {
    let mut taken: Vec<HashSet<String>> =
        rows.iter().map(|row| row.fields.iter().map(|f| shouting(f)).collect()).collect();
    let mut constants: Vec<Vec<String>> = rows.iter().map(|_| Vec::new()).collect();
    let mut relations = Vec::new();
    for (from, table) in tables.iter().enumerate() {
        for key in &table.foreign_keys {
            let Some(to) = target(tables, table, key) else { continue };
            let Some(pairs) = pairs(key, (table, &rows[from]), (tables[to], &rows[to])) else { continue };
            let columns = column_names(key, table, &rows[from]);
            // The constant of a column has its name.
            let is_free = key.columns.len() == 1 && !taken[from].contains(&columns);
            let wanted = if is_free { columns.clone() } else { shouting(&rows[to].type_name) };
            let name = free(&wanted, &mut taken[from]);
            constants[from].push(constant("ToOne", &name, &rows[from], &rows[to], &pairs));
            import(rows, from, to, "ToOne");
            relations.push(Relation { from, to, key, columns, name });
        }
    }
    for relation in &relations {
        let Relation { from, to, key, columns, name } = relation;
        let of_key: Vec<&str> = key.columns.iter().map(String::as_str).collect();
        let is_one = tables[*from].is_identified_by(&of_key);
        let (kind, method) = if is_one { ("ToOne", "inverse_one") } else { ("ToMany", "inverse") };
        let plain = if is_one { shouting(&rows[*from].type_name) } else { several(&rows[*from].type_name) };
        let is_alone = relations.iter().filter(|other| (other.from, other.to) == (*from, *to)).count() == 1;
        let wanted = if is_alone && from != to { plain } else { format!("{plain}_BY_{columns}") };
        let wanted = free(&wanted, &mut taken[*to]);
        let value = format!("{}::{name}.{method}()", rows[*from].type_name);
        constants[*to].push(constant(kind, &wanted, &rows[*to], &rows[*from], &value));
        import(rows, *to, *from, kind);
    }
    for (one, other) in through(tables, &relations) {
        let junction = &rows[one.from].type_name;
        let wanted = several(&rows[other.to].type_name);
        let wanted = match taken[one.to].contains(&wanted) {
            true => format!("{wanted}_THROUGH_{}", shouting(junction)),
            false => wanted,
        };
        let wanted = free(&wanted, &mut taken[one.to]);
        let value = format!("{junction}::{}.inverse().through({junction}::{})", one.name, other.name);
        constants[one.to].push(constant("ToMany", &wanted, &rows[one.to], &rows[other.to], &value));
        import(rows, one.to, other.to, "ToMany");
        import(rows, one.to, one.from, "ToMany");
    }
    for (row, constants) in rows.iter_mut().zip(constants) {
        if !constants.is_empty() {
            row.text.push_str(&format!("\nimpl {} {{\n{}}}\n", row.type_name, constants.join("\n")));
        }
    }
}

/// Returns the position of the table that a foreign key refers to, unless it is none of the tables.
fn target(tables: &[&Table], table: &Table, key: &ForeignKey) -> Option<usize> {
    let schema = key.references_schema.as_ref().or(table.schema.as_ref());
    tables.iter().position(|other| other.name == key.references && other.schema.as_ref() == schema)
}

/// Returns the relation of a foreign key as an expression, unless two columns have different types.
fn pairs(key: &ForeignKey, (table, row): (&Table, &Row), (other, other_row): (&Table, &Row)) -> Option<String> {
    let mut text = String::new();
    for (column, referenced) in key.columns.iter().zip(&key.referenced_columns) {
        let (own, far) = (table.position(column)?, other.position(referenced)?);
        if plain(&row.types[own]) != plain(&other_row.types[far]) {
            return None;
        }
        let (own, far) = (shouting(&row.fields[own]), shouting(&other_row.fields[far]));
        let pair = format!("{}::{own}.references({}::{far})", row.type_name, other_row.type_name);
        text.push_str(&if text.is_empty() { pair } else { format!(".and({pair})") });
    }
    (!text.is_empty() && key.columns.len() <= MAX_COLUMNS).then_some(text)
}

/// Returns the type without `Option` and `Auto`.
fn plain(kind: &str) -> &str {
    let inner = ["Option<", "Auto<"].iter().find_map(|outer| kind.strip_prefix(outer)?.strip_suffix('>'));
    inner.map_or(kind, plain)
}

/// Returns the two relations of each pair of foreign keys that make up the primary key of a junction, in both
/// directions.
fn through<'r, 't>(tables: &[&Table], relations: &'r [Relation<'t>]) -> Vec<(&'r Relation<'t>, &'r Relation<'t>)> {
    let mut found = Vec::new();
    for (position, table) in tables.iter().enumerate() {
        let is_of_key = |relation: &&Relation<'_>| {
            relation.from == position && relation.key.columns.iter().all(|column| table.primary_key.contains(column))
        };
        let keys: Vec<&Relation<'_>> = relations.iter().filter(is_of_key).collect();
        if let [one, other] = keys.as_slice()
            && table.joins().len() == 2
        {
            found.extend([(*one, *other), (*other, *one)]);
        }
    }
    found
}

/// Returns the names of the columns of a key, each without its ending.
fn column_names(key: &ForeignKey, table: &Table, row: &Row) -> String {
    let fields = key.columns.iter().filter_map(|column| Some(unraw(&row.fields[table.position(column)?])));
    let names =
        fields.map(|field| shouting(field.strip_suffix("_id").filter(|name| !name.is_empty()).unwrap_or(field)));
    names.collect::<Vec<_>>().join("_")
}

fn shouting(name: &str) -> String {
    unraw(name).to_shouty_snake_case()
}

/// Returns the name for several rows.
fn several(type_name: &str) -> String {
    shouting(&plural(&type_name.to_snake_case()))
}

/// Takes a name, with a number if it is taken.
fn free(wanted: &str, taken: &mut HashSet<String>) -> String {
    let name = unused(wanted, "_", |name| !taken.contains(name));
    taken.insert(name.clone());
    name
}

fn constant(kind: &str, name: &str, from: &Row, to: &Row, value: &str) -> String {
    let rows = if kind == "ToOne" { "row" } else { "rows" };
    let comment = format!("    /// The related {rows} of [`{}`].\n", to.type_name);
    let declared = format!("    pub const {name}: {kind}<{}, {}> =", from.type_name, to.type_name);
    match declared.len() + value.len() < 100 {
        true => format!("{comment}{declared} {value};\n"),
        false => format!("{comment}{declared}\n        {value};\n"),
    }
}

/// Imports the type of one table in the file of another.
fn import(rows: &mut [Row], into: usize, from: usize, kind: &'static str) {
    rows[into].imports.db.insert(kind);
    if into != from {
        let name = rows[from].type_name.clone();
        rows[into].imports.siblings.insert(name);
    }
}
