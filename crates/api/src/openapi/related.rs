//! The rows that `select` can return with those of a table: what they are called, and their schemas.

use mwallet_db::TableRef;
use serde_json::{Map, Value, json};

use super::{names, reference, schemas};

/// A table to which rows of another are related.
pub(super) struct Related {
    /// How a request names it: `users`, or `users!orders_user_id_fkey` if there are several ways.
    pub(super) call: String,
    /// The name in the response.
    pub(super) name: String,
    /// The same relationship by the column that refers to the other row.
    pub(super) column: Option<String>,
    pub(super) is_many: bool,
    key: String,
}

/// The tables that are related to one, each once for each way.
pub(super) fn of(table: TableRef<'_>) -> Vec<Related> {
    let mut all: Vec<Related> = Vec::new();
    for relationship in table.relationships() {
        let target = table.related(relationship);
        let name = target.table().name.clone();
        let leads = |target: &str, hint: Option<&str>| matches!(table.find(target, hint), Ok((found, _)) if std::ptr::eq(found, relationship));
        let junction = relationship.junction.as_ref().map(|junction| table.junction(junction).table().name.as_str());
        let hints = [Some(relationship.constraint.as_str()), junction];
        let hint = hints.into_iter().flatten().find(|hint| leads(&name, Some(hint)));
        let column = match relationship.columns.as_slice() {
            [(own, _)] if relationship.cardinality.is_to_one() => Some(table.table().columns[*own].name.clone()),
            _ => None,
        };
        let column = column.filter(|column| leads(column, None));
        let call = match (leads(&name, None), hint) {
            (true, _) => Some(name.clone()),
            (false, Some(hint)) => Some(format!("{name}!{}", names::quoted(hint))),
            // A column is the only way from a row to another of the same table.
            (false, None) => column.clone(),
        };
        let is_many = !relationship.cardinality.is_to_one();
        if let Some(call) = call.filter(|call| all.iter().all(|earlier| earlier.call != *call)) {
            all.push(Related { call, name, column, is_many, key: names::key(&target.table().name) });
        }
    }
    all
}

impl Related {
    /// The schema of what `select` returns under its name.
    fn schema(&self) -> Value {
        let row = reference("schemas", &schemas::answer_key(&self.key));
        match self.is_many {
            true => json!({ "type": "array", "items": row }),
            false => json!({ "anyOf": [row, { "type": "null" }] }),
        }
    }

    /// How a request names it and what it returns, in a list.
    pub(super) fn line(&self) -> String {
        let what = if self.is_many { "several" } else { "one or none" };
        format!("`{}(*)` ({what})", self.call)
    }
}

/// Adds the properties of related rows to those of columns. A property of the same name may be either.
pub(super) fn add_properties(properties: &mut Map<String, Value>, related: &[Related]) {
    let mut schemas: Vec<(&str, Value)> = Vec::new();
    for one in related {
        schemas.push((&one.name, one.schema()));
        schemas.extend(one.column.as_deref().map(|column| (column, one.schema())));
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
