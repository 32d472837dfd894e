//! The headers that choose among several schemas of a database.

use serde_json::{Map, Value, json};

use super::{Components, reference};
use crate::location;

const KIND: &str = "parameters";
const READ: &str = "AcceptProfile";
const WRITE: &str = "ContentProfile";

/// Adds the headers to every operation. They are required unless the tables are those of the first schema, which is the
/// default.
pub(super) fn insert(own: &str, schemas: &[String], paths: &mut Map<String, Value>, components: &mut Components) {
    let is_first = schemas.first().is_some_and(|first| first == own);
    let header = |name: &str, what: &str| {
        let all = schemas.iter().map(|schema| format!("`{schema}`")).collect::<Vec<_>>().join(", ");
        json!({
            "name": name, "in": "header", "required": !is_first,
            "description": format!("The database schema {what}. The schemas are {all}; each has its own document."),
            "schema": { "type": "string", "enum": [own] },
        })
    };
    components.insert(KIND, READ, header("Accept-Profile", "to read from"));
    components.insert(KIND, WRITE, header("Content-Profile", "to write to"));
    for (path, item) in paths.iter_mut().filter(|(path, _)| location::is_about_tables(path)) {
        let is_table = *path != location::REST;
        let operations = item.as_object_mut().into_iter().flatten();
        for (method, operation) in operations.filter(|(method, _)| *method != "parameters" && is_table) {
            let is_read = matches!(method.as_str(), "get" | "head" | "options") || path.starts_with(location::QUERY);
            let key = if is_read { READ } else { WRITE };
            if let Some(Value::Array(parameters)) = operation.get_mut("parameters") {
                parameters.push(reference(KIND, key));
            }
        }
    }
}
