//! Schemas of a table: its rows, the bodies that create and change them, and examples of each.

use mwallet_db::schema::{FromTable, Purpose, Schema, SchemaError};
use serde_json::{Map, Value, json};

use super::{Components, Described, reference as shared, related};

const KIND: &str = "schemas";

/// The endings of keys.
pub(super) const NEW: &str = "new";
pub(super) const WHOLE: &str = "whole";
pub(super) const CHANGE: &str = "change";
const PART: &str = "part";
const ANSWER: &str = "answer";
/// The key of the schema of rows with values that are not those of columns.
const COMPUTED: &str = "Computed";

/// The key of the schema of a table's rows in responses.
pub(super) fn answer_key(key: &str) -> String {
    format!("{key}.{ANSWER}")
}

/// Inserts the schemas that all tables share.
pub(super) fn insert_shared(components: &mut Components) {
    let description = "A row in which `select` renamed, converted or aggregated values, or chose some inside JSON: \
                       each under its alias or, without one, the name of the column, the key or the function.";
    components.insert(KIND, COMPUTED, json!({ "title": COMPUTED, "description": description, "type": "object" }));
}

/// Inserts the schemas of one table, and its examples.
///
/// # Errors
///
/// If the table contradicts itself.
pub(super) fn insert(components: &mut Components, described: &Described<'_>) -> Result<(), SchemaError> {
    let key = |ending: &str| format!("{}.{ending}", described.key);
    let schema = |name: String, purpose, partial| {
        let options = FromTable { name: Some(name), partial, ..FromTable::default() };
        let schema = Schema::from_table(described.table, options)?;
        Ok(component(schema.json_schema(purpose)))
    };
    let row = schema(described.key.clone(), Purpose::Answer, false)?;
    let part = part(described, &row);
    components.insert(KIND, described.key.clone(), Value::Object(row));
    components.insert(KIND, key(PART), part);
    let either = [described.reference(KIND, ""), described.reference(KIND, PART), shared(KIND, COMPUTED)];
    let description = "A complete row, or what `select` chose.";
    let answer = json!({ "title": key(ANSWER), "description": description, "anyOf": either });
    components.insert(KIND, key(ANSWER), answer);
    components.insert(KIND, key(NEW), Value::Object(schema(key(NEW), Purpose::Input, false)?));
    components.insert(KIND, key(CHANGE), Value::Object(schema(key(CHANGE), Purpose::Input, true)?));

    let examples = &described.examples;
    let rows = examples.row.as_ref().map(|row| json!([row]));
    for (ending, summary, value) in [
        ("row", "A row", &examples.row),
        ("rows", "Rows", &rows),
        (NEW, "A new row", &examples.new),
        (WHOLE, "A complete row", &examples.whole),
        (CHANGE, "A change", &examples.change),
    ] {
        if let Some(value) = value {
            components.insert("examples", key(ending), json!({ "summary": summary, "value": value }));
        }
    }
    Ok(())
}

/// One row of a response: complete, or the columns that `select` chose.
pub(super) fn answered(described: &Described<'_>) -> Value {
    described.reference(KIND, ANSWER)
}

/// A reference to a schema of the table.
pub(super) fn reference(described: &Described<'_>, ending: &str) -> Value {
    described.reference(KIND, ending)
}

/// An example of the table under a name, if there is one.
pub(super) fn example(described: &Described<'_>, ending: &str) -> Map<String, Value> {
    let examples = &described.examples;
    let found = match ending {
        NEW => &examples.new,
        WHOLE => &examples.whole,
        CHANGE => &examples.change,
        _ => &examples.row,
    };
    found.iter().map(|_| (ending.to_owned(), described.reference("examples", ending))).collect()
}

/// A schema as a component of a document. Schemas of tables have no definitions, so no reference has to be fixed.
fn component(json: Value) -> Map<String, Value> {
    let Value::Object(mut json) = json else { return Map::new() };
    json.remove("$schema");
    json
}

/// The schema of some columns of a row.
fn part(described: &Described<'_>, row: &Map<String, Value>) -> Value {
    let mut part = row.clone();
    part.insert("title".into(), format!("{}.{PART}", described.key).into());
    let description = "The columns and related rows that `select` chose.";
    part.insert("description".into(), description.into());
    if let Some(Value::Object(properties)) = part.get_mut("properties") {
        related::add_properties(properties, &described.related);
    }
    part.remove("required");
    part.remove("additionalProperties");
    Value::Object(part)
}
