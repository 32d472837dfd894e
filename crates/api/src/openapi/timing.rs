//! The header with the times of a request, if the server sends it.

use serde_json::{Map, Value, json};

use super::{Components, reference};
use crate::location;

const KIND: &str = "headers";
const KEY: &str = "ServerTiming";

/// Adds the header to the responses of the operations on tables. It is optional: they share problems with other
/// operations, which are not measured.
pub(super) fn insert(paths: &mut Map<String, Value>, components: &mut Components) {
    let text = "The time of each stage of the request in milliseconds, of those that it reached.";
    let pattern = "^(?:(?:parse|plan|transaction|response);dur=[0-9]+\\.[0-9]+(?:, |$))+$";
    let example = "parse;dur=0.041, plan;dur=0.012, transaction;dur=0.301, response;dur=0.008";
    let schema = json!({ "type": "string", "pattern": pattern, "examples": [example] });
    components.insert(KIND, KEY, json!({ "description": text, "required": false, "schema": schema }));
    let shared = components.kinds.get_mut("responses").and_then(Value::as_object_mut);
    shared.into_iter().flatten().for_each(|(_, response)| add(response));
    let of_tables = paths.iter_mut().filter(|(path, _)| location::is_about_tables(path));
    let operations = of_tables.filter_map(|(_, item)| item.as_object_mut()).flatten();
    let responses = operations.filter_map(|(_, operation)| operation.get_mut("responses")?.as_object_mut());
    responses.flatten().for_each(|(_, response)| add(response));
}

/// Adds the header to a response, unless it refers to a shared one.
fn add(response: &mut Value) {
    let Some(response) = response.as_object_mut().filter(|response| !response.contains_key("$ref")) else { return };
    let headers = response.entry("headers").or_insert_with(|| json!({}));
    if let Some(headers) = headers.as_object_mut() {
        headers.insert("Server-Timing".into(), reference(KIND, KEY));
    }
}
