//! Converts a schema to JSON Schema 2020-12, with every rule that the language can express.
//!
//! Descriptions state what it cannot express: ranges of decimals in strings, and generators. A JSON Schema validator
//! agrees with [`Schema::validate`] except for details below its level: duplicate keys, U+0000, dates that do not
//! exist, and exponents in strings.

use serde_json::{Map, Value as Json, json};

use crate::{Access, Field, FieldDefault, FieldType, Schema, Value};

mod column;

/// What a JSON Schema describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Input: without read-only fields, and with every accepted spelling of a value.
    Input,
    /// A complete response: without write-only fields, with every field present, and each value in its canonical
    /// spelling.
    Answer,
}

impl Schema {
    /// Returns the schema as JSON Schema 2020-12. Each nested schema appears once in `$defs`.
    pub fn json_schema(&self, purpose: Purpose) -> Json {
        let mut writer = Writer { purpose, definitions: Vec::new() };
        let mut root = Map::new();
        root.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
        root.extend(writer.object(self));
        if !writer.definitions.is_empty() {
            let definitions = writer.definitions.into_iter().map(|definition| (definition.name, definition.json));
            root.insert("$defs".into(), Json::Object(definitions.collect()));
        }
        Json::Object(root)
    }
}

struct Writer<'a> {
    purpose: Purpose,
    definitions: Vec<Definition<'a>>,
}

/// A nested schema with a unique name.
struct Definition<'a> {
    name: String,
    schema: &'a Schema,
    json: Json,
}

impl<'a> Writer<'a> {
    fn object(&mut self, schema: &'a Schema) -> Map<String, Json> {
        let mut object = Map::new();
        object.insert("title".into(), schema.name().into());
        if let Some(comment) = schema.comment() {
            object.insert("description".into(), comment.into());
        }
        object.insert("type".into(), "object".into());
        let hidden = match self.purpose {
            Purpose::Input => Access::ReadOnly,
            Purpose::Answer => Access::WriteOnly,
        };
        let mut properties = Map::new();
        let mut required = Vec::new();
        for field in schema.fields() {
            if field.access != hidden {
                properties.insert(field.name.clone(), self.field(field));
                if self.is_required(field) {
                    required.push(Json::from(field.name.as_str()));
                }
            } else if schema.takes_unknown() {
                properties.insert(field.name.clone(), Json::Bool(false));
            }
        }
        object.insert("properties".into(), Json::Object(properties));
        if !required.is_empty() {
            object.insert("required".into(), Json::Array(required));
        }
        if !schema.takes_unknown() {
            object.insert("additionalProperties".into(), Json::Bool(false));
        }
        object
    }

    fn is_required(&self, field: &Field) -> bool {
        self.purpose == Purpose::Answer || (field.required && field.default.is_none())
    }

    fn field(&mut self, field: &'a Field) -> Json {
        let mut json = self.kind(&field.kind, Some(field), field.nullable);
        if let Some(description) = self.description(field) {
            json.insert("description".into(), description.into());
        }
        if let (Some(FieldDefault::Constant(value)), Purpose::Input) = (&field.default, self.purpose) {
            json.insert("default".into(), default_json(value));
        }
        match field.access {
            Access::ReadOnly => json.insert("readOnly".into(), true.into()),
            Access::WriteOnly => json.insert("writeOnly".into(), true.into()),
            Access::ReadWrite => None,
        };
        Json::Object(json)
    }

    /// Returns the schema of a type. `field` has the rules, if they apply to the type itself.
    fn kind(&mut self, kind: &'a FieldType, field: Option<&Field>, nullable: bool) -> Map<String, Json> {
        let rules = field.map(|field| &field.rules);
        let mut json = match kind {
            FieldType::Column(kind) => return column::schema(kind, rules, self.purpose, nullable),
            FieldType::Nested(schema) => object(json!({ "$ref": self.reference(schema) })),
            FieldType::List(item) => object(json!({ "type": "array", "items": self.kind(item, None, false) })),
            FieldType::Map(value) => {
                object(json!({ "type": "object", "additionalProperties": self.kind(value, None, false) }))
            }
        };
        if let Some(rules) = rules {
            let unit = if matches!(kind, FieldType::List(_)) { "Items" } else { "Properties" };
            column::insert_length(&mut json, unit, rules.min_length, rules.max_length);
        }
        if nullable { column::nullable(json) } else { json }
    }

    fn reference(&mut self, schema: &'a Schema) -> String {
        let known = self.definitions.iter().find(|known| known.schema == schema);
        if let Some(known) = known {
            return format!("#/$defs/{}", known.name);
        }
        let plain = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' };
        let base: String = schema.name().chars().map(plain).collect();
        let mut name = base.clone();
        let mut number = 2;
        while self.definitions.iter().any(|known| known.name == name) {
            name = format!("{base}{number}");
            number += 1;
        }
        let position = self.definitions.len();
        self.definitions.push(Definition { name: name.clone(), schema, json: Json::Null });
        let json = Json::Object(self.object(schema));
        self.definitions[position].json = json;
        format!("#/$defs/{name}")
    }

    fn description(&self, field: &Field) -> Option<String> {
        let mut parts: Vec<String> = field.comment.iter().cloned().collect();
        if let FieldType::Column(kind) = &field.kind {
            parts.extend(column::notes(kind, &field.rules));
        }
        if let (Some(FieldDefault::AppGenerated(generator)), Purpose::Input) = (&field.default, self.purpose) {
            parts.push(format!("Generated by the server if missing: {}.", generator.name()));
        }
        (!parts.is_empty()).then(|| parts.join("\n"))
    }
}

/// Returns the members of a JSON object literal.
fn object(json: Json) -> Map<String, Json> {
    match json {
        Json::Object(members) => members,
        _ => Map::new(),
    }
}

fn default_json(value: &Value) -> Json {
    let mut text = Vec::new();
    crate::json::write_value(&mut text, value);
    // The server writes valid JSON. A constant that is not valid JSON becomes null, to show that there is a default.
    serde_json::from_slice(&text).unwrap_or(Json::Null)
}

#[cfg(test)]
mod tests;
