//! The operations of custom endpoints.

use serde_json::{Map, Value, json};

use super::problems::ALWAYS;
use super::responses::{self, RANGE};
use super::{Components, names, reference, server};
use crate::endpoint::{Answer, Endpoint, Parameter, ParameterKind};

/// The path item of an endpoint.
pub(super) fn path_item(endpoint: &Endpoint, components: &Components) -> Value {
    let (tag, found, own) = match endpoint.answer {
        Answer::Rows(table) => (table, rows(table, components), &[406][..]),
        Answer::Document { media_type, description } => (server::TAG, document(media_type, description), &[][..]),
    };
    let mut operation = json!({
        "operationId": endpoint.operation,
        "tags": [tag],
        "summary": endpoint.summary,
        "description": endpoint.description,
        "responses": responses::all([(200, found)], &[ALWAYS, own]),
    });
    if !endpoint.parameters.is_empty() {
        let parameters = endpoint.parameters.iter().map(|parameter| describe(endpoint, parameter));
        operation["parameters"] = parameters.collect();
    }
    json!({ "get": operation })
}

fn rows(table: &str, components: &Components) -> Value {
    let key = names::key(table);
    let rows = json!({ "type": "array", "items": reference("schemas", &key) });
    let example = Some(format!("{key}.rows")).filter(|example| components.has("examples", example));
    let examples: Map<_, _> = example.iter().map(|key| ("rows".to_owned(), reference("examples", key))).collect();
    let content = json!({ "schema": rows, "examples": examples });
    let mut found = responses::bare("The rows.", &[RANGE]);
    found["content"] = json!({ "application/json": content });
    found
}

fn document(media_type: &str, description: &str) -> Value {
    json!({ "description": description, "content": { media_type: { "schema": { "type": "string" } } } })
}

fn describe(endpoint: &Endpoint, parameter: &Parameter) -> Value {
    let is_in_path = endpoint.is_in_path(parameter);
    let schema = match parameter.kind {
        ParameterKind::Rows => json!({ "type": "integer", "minimum": 0 }),
        ParameterKind::Text | ParameterKind::Time => json!({ "type": "string" }),
    };
    let mut described = json!({
        "name": parameter.name, "in": if is_in_path { "path" } else { "query" }, "description": parameter.description,
        "schema": schema,
    });
    if parameter.is_required || is_in_path {
        described["required"] = true.into();
    }
    if !parameter.example.is_empty() {
        let number = parameter.example.parse::<u64>().ok().filter(|_| parameter.kind == ParameterKind::Rows);
        described["example"] = number.map_or_else(|| parameter.example.into(), Value::from);
    }
    described
}
