//! The schema of a read as a JSON document.

use serde_json::{Value, json};

use super::{Components, reference};

const KIND: &str = "schemas";
const KEY: &str = "Query";

/// The body of a request that reads by a document.
pub(super) fn body() -> Value {
    let content = json!({ "schema": reference(KIND, KEY), "example": { "where": [], "limit": 10 } });
    json!({ "required": true, "content": { "application/json": content } })
}

/// Inserts the schema of documents, which is the same for every table.
pub(super) fn insert(components: &mut Components) {
    let select = list("item", "The columns, values and related rows to return; by default all columns.");
    let own = json!({
        "select": select,
        "where": list("condition", "The conditions that a row must meet: all of them."),
        "order": list("order", "What the rows are ordered by."),
        "limit": rows("The most rows to return."),
        "offset": rows("How many rows to leave out before."),
    });
    let mut related = own.clone();
    for (name, schema) in [
        ("related", text("The table of the related rows, or the column or foreign key that leads to them.")),
        ("hint", text("One of several ways: a foreign key, its column, or the table that joins the two.")),
        ("join", one_of("With `inner`, rows without related rows are left out.", &["inner", "left"])),
        ("spread", json!({ "type": "boolean", "description": "Whether their columns become those of the row." })),
        ("alias", text("Their name in the response.")),
    ] {
        related[name] = schema;
    }
    let item = json!([text("A column by its exact name, or `*` for all."), part("value"), part("related")]);
    let condition = json!([part("comparison"), group("and"), group("or")]);
    let order = json!([text("A column by its exact name."), part("ordered")]);
    let schema = json!({
        "title": KEY, "description": "The parameters of a read.",
        "type": "object", "properties": own, "additionalProperties": false,
    });
    components.insert(KIND, KEY, schema);
    for (name, schema) in [
        ("item", json!({ "anyOf": item })),
        ("value", value()),
        ("related", object(related, &["related"])),
        ("condition", json!({ "anyOf": condition })),
        ("comparison", comparison()),
        ("order", json!({ "anyOf": order })),
        ("ordered", ordered()),
    ] {
        components.insert(KIND, format!("{KEY}.{name}"), schema);
    }
}

fn value() -> Value {
    let types = "text, smallint, integer, bigint, numeric, boolean, date or jsonb, or another name of these.";
    let mut value = field();
    value["cast"] = text(&format!("The type to convert to: {types}"));
    value["aggregate"] = one_of("The function over the rows of a group.", &["avg", "count", "max", "min", "sum"]);
    value["aggregate_cast"] = text("The type to convert the result of the function to.");
    value["alias"] = text("The name in the response.");
    let mut schema = object(value, &[]);
    schema["anyOf"] = json!([{ "required": ["column"] }, { "required": ["aggregate"] }]);
    schema
}

fn comparison() -> Value {
    let operators: Vec<&str> = mwallet_query::operator_names().collect();
    let mut comparison = field();
    comparison["op"] = one_of("The operator.", &operators);
    comparison["value"] = json!({
        "description": "What to compare with: for `in` an array, for `is` null, true, false or \"unknown\".",
    });
    for (name, which) in [("any", "At least one of these must match."), ("all", "All of these must match.")] {
        comparison[name] = json!({ "type": "array", "description": which });
    }
    comparison["language"] = text("The language of a search for words.");
    comparison["not"] = json!({ "type": "boolean", "description": "Whether the condition must not hold." });
    let mut schema = object(comparison, &["column", "op"]);
    schema["oneOf"] = ["value", "any", "all"].map(|operand| json!({ "required": [operand] })).into_iter().collect();
    schema
}

fn ordered() -> Value {
    let mut ordered = field();
    ordered["related"] =
        text("The name of related rows in `select`, of which there is one at most, that have the column.");
    ordered["desc"] = json!({ "type": "boolean", "description": "Whether the largest is the first." });
    ordered["nulls"] = one_of("Where null is; by default it is larger than all values.", &["first", "last"]);
    object(ordered, &["column"])
}

/// A column, or a value inside its JSON.
fn field() -> Value {
    let key = json!({ "anyOf": [{ "type": "string" }, { "type": "integer" }] });
    let path = "The way to a value inside JSON: names of members, and numbers of elements, from the end if negative.";
    json!({
        "column": text("A column by its exact name."),
        "path": { "type": "array", "items": key, "description": path },
        "as_text": { "type": "boolean", "description": "Whether the value inside JSON is read as text." },
    })
}

fn group(junction: &str) -> Value {
    let members = json!({ "type": "array", "minItems": 1, "items": part("condition") });
    let mut properties = json!({ "not": { "type": "boolean" } });
    properties[junction] = members;
    object(properties, &[junction])
}

fn object(properties: Value, required: &[&str]) -> Value {
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

fn list(item: &str, description: &str) -> Value {
    json!({ "type": "array", "items": part(item), "description": description })
}

fn rows(description: &str) -> Value {
    json!({ "type": "integer", "minimum": 0, "description": description })
}

fn text(description: &str) -> Value {
    json!({ "type": "string", "minLength": 1, "description": description })
}

fn one_of(description: &str, values: &[&str]) -> Value {
    json!({ "type": "string", "enum": values, "description": description })
}

/// A reference to the schema of a part.
fn part(name: &str) -> Value {
    reference(KIND, &format!("{KEY}.{name}"))
}
