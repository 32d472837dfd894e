//! The rows that `select` can return with those of a table: what they are called, and their schemas.

use serde_json::{Map, Value, json};

use super::{names, reference, schemas};
use crate::related::Related;

/// How a request names related rows and what it returns, in a list.
pub(super) fn line(related: &Related) -> String {
    let what = if related.is_many { "several" } else { "one or none" };
    format!("`{}` ({what})", related.embed)
}

/// The schema of what `select` returns under their name.
fn schema(related: &Related) -> Value {
    let row = reference("schemas", &schemas::answer_key(&names::key(&related.table)));
    match related.is_many {
        true => json!({ "type": "array", "items": row }),
        false => json!({ "anyOf": [row, { "type": "null" }] }),
    }
}

/// Adds the properties of related rows to those of columns. A property of the same name may be either.
pub(super) fn add_properties(properties: &mut Map<String, Value>, related: &[Related]) {
    let mut schemas: Vec<(&str, Value)> = Vec::new();
    for one in related {
        schemas.push((&one.table, schema(one)));
        schemas.extend(one.column.as_deref().map(|column| (column, schema(one))));
    }
    for (name, schema) in schemas {
        match properties.get_mut(name) {
            None => {
                properties.insert(name.to_owned(), schema);
            }
            Some(known) if *known == schema => {}
            Some(known) => match known.get_mut("anyOf").and_then(Value::as_array_mut) {
                Some(either) => either.push(schema),
                None => *known = json!({ "anyOf": [known.take(), schema] }),
            },
        }
    }
}
