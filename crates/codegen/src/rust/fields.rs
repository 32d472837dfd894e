//! Generates the struct of a table: its fields and attributes.

use std::borrow::Cow;

use super::attributes::{Attributes, Item, assigned, listed};
use super::enums::Enums;
use super::names::{Members, Names};
use super::{Imports, documentation, literal};
use mwallet_schema::{
    Access, Check, Column, ColumnDefault, ColumnType, DeclaredType, ForeignKey, NativeType, OnUpdate,
    ReferentialAction, Rules, Table, TableKind, Transfer, Updatability, Value, ValueGenerator, constraint_name, plural,
    snake_case,
};

/// The struct of a table.
pub(super) struct Row {
    pub(super) kind: &'static str,
    pub(super) table: String,
    pub(super) type_name: String,
    pub(super) module: String,
    /// The names and types of the fields.
    pub(super) fields: Vec<String>,
    pub(super) types: Vec<String>,
    pub(super) imports: Imports,
    pub(super) text: String,
}

/// A table with the names of its fields.
struct Named<'t> {
    table: &'t Table,
    fields: Vec<String>,
}

impl Row {
    pub(super) fn from_table(table: &Table, type_name: String, names: &mut Names, enums: &mut Enums) -> Self {
        let mut members = Members::default();
        let fields = table.columns.iter().map(|column| members.field(&column.name)).collect();
        let named = Named { table, fields };
        let (mut imports, mut types) = (Imports::default(), Vec::new());
        imports.db.insert("Entity");

        let mut above = Attributes::default();
        let mut text = comment(table.comment.as_deref(), "", &mut above);
        let (uniques, indexes) = (named.by_field(true), named.by_field(false));
        named.describe(&type_name, uniques, indexes, &mut above);
        text.push_str("#[derive(Clone, Debug, PartialEq, Entity)]\n");
        text.push_str(&above.written(""));
        text.push_str(&format!("pub struct {type_name} {{\n"));
        for (column, field) in table.columns.iter().zip(&named.fields) {
            let mut items = Attributes::default();
            text.push_str(&comment(column.comment.as_deref(), "    ", &mut items));
            // Rust normalizes identifiers, but a database keeps names as written.
            if unraw(field) != column.name || !field.is_ascii() {
                items.text("column", &column.name);
            }
            let held = kind(column, names, enums, &mut imports, &mut items);
            named.column(column, uniques, indexes, &mut items);
            text.push_str(&items.written("    "));
            let kind = filled(column, held, &mut imports);
            text.push_str(&format!("    pub {field}: {kind},\n"));
            types.push(kind);
        }
        text.push_str("}\n");
        let module = names.of_module(&type_name);
        let (kind, name, fields) = (table.kind.name(), table.name.clone(), named.fields);
        Self { kind, table: name, type_name, module, fields, types, imports, text }
    }
}

impl Named<'_> {
    fn field(&self, column: &str) -> String {
        // A key should only name existing columns; otherwise the compiler reports the unknown name.
        self.table.position(column).map_or_else(|| column.into(), |at| self.fields[at].clone())
    }

    fn fields(&self, columns: &[String]) -> Vec<String> {
        columns.iter().map(|column| self.field(column)).collect()
    }

    /// Returns whether unique constraints, or indexes, can be attributes of their fields: all have the derived names,
    /// and are in the order of the fields.
    fn by_field(&self, uniques: bool) -> bool {
        let table = self.table;
        let all: Vec<(&str, &[String])> = match uniques {
            true => table.uniques.iter().map(|one| (one.name.as_str(), one.columns.as_slice())).collect(),
            false => table.indexes.iter().map(|one| (one.name.as_str(), one.columns.as_slice())).collect(),
        };
        let ending = if uniques { "key" } else { "idx" };
        let mut last = None;
        !all.is_empty()
            && all.iter().all(|(name, columns)| {
                let [column] = columns else { return false };
                let position = table.position(column);
                let is_next = position > last;
                last = position;
                let is_key = table.primary_key.len() == 1 && table.primary_key[0] == *column;
                // A unique column has an index, and the derive rejects a second one.
                let is_unique = !uniques && table.uniques.iter().any(|unique| unique.columns == *columns);
                is_next && !is_key && !is_unique && *name == constraint_name(&table.name, &[column], ending)
            })
    }

    /// Adds the attributes above the struct.
    fn describe(&self, type_name: &str, uniques: bool, indexes: bool, items: &mut Attributes) {
        let table = self.table;
        if table.name != plural(&snake_case(type_name)) || !type_name.is_ascii() {
            items.text("table", &table.name);
        }
        if let Some(schema) = &table.schema {
            items.text("schema", schema);
        }
        if table.kind != TableKind::Table {
            items.text("kind", table.kind.name());
        }
        let writes =
            [("insert", table.writes.insert), ("update", table.writes.update), ("delete", table.writes.delete)];
        if table.writes == Updatability::NONE {
            items.add("read_only");
        } else if table.writes != Updatability::default() {
            let allowed: Vec<String> = writes.iter().filter(|(_, is)| *is).map(|(name, _)| (*name).into()).collect();
            items.add(listed("writes", allowed));
        }
        let answers =
            [("insert", table.answers.insert), ("update", table.answers.update), ("delete", table.answers.delete)];
        if table.answers != Updatability::default() {
            items.add(listed("unanswered", answers.iter().filter(|(_, is)| !*is).map(|(name, _)| *name)));
        }
        if table.primary_key.len() > 1 {
            items.add(listed("key", self.fields(&table.primary_key)));
        }
        for unique in table.uniques.iter().filter(|_| !uniques) {
            items.add(self.constraint("unique", &unique.name, &unique.columns, "key"));
        }
        for index in table.indexes.iter().filter(|_| !indexes) {
            items.add(match &index.special {
                None => self.constraint("index", &index.name, &index.columns, "idx"),
                Some(special) => {
                    let mut parts = vec![assigned("name", &index.name), assigned("keys", &special.keys)];
                    parts.extend(special.condition.as_ref().map(|condition| assigned("where", condition)));
                    if special.unique {
                        parts.push("unique".into());
                    }
                    listed("index", parts)
                }
            });
        }
        table.foreign_keys.iter().for_each(|key| items.add(self.foreign_key(key)));
        for Check { name, expression } in &table.checks {
            let start = format!("{}_", table.name);
            let middle = name.strip_prefix(&start).and_then(|rest| rest.strip_suffix("_check"));
            let name = match middle.filter(|middle| !middle.is_empty()) {
                Some(middle) => assigned("name", middle),
                None => assigned("constraint", name),
            };
            items.add(listed("check", [name, assigned("sql", expression)]));
        }
    }

    fn constraint(&self, word: &'static str, name: &str, columns: &[String], ending: &str) -> Item {
        let fields = self.fields(columns);
        let given: Vec<&str> = columns.iter().map(String::as_str).collect();
        match name == constraint_name(&self.table.name, &given, ending) {
            true => listed(word, fields),
            false => listed(word, [assigned("name", name), listed("columns", fields)]),
        }
    }

    fn foreign_key(&self, key: &ForeignKey) -> Item {
        let columns: Vec<&str> = key.columns.iter().map(String::as_str).collect();
        let mut items = Vec::new();
        if key.name != constraint_name(&self.table.name, &columns, "fkey") {
            items.push(assigned("name", &key.name));
        }
        items.push(listed("columns", self.fields(&key.columns)));
        if let Some(schema) = &key.references_schema {
            items.push(assigned("schema", schema));
        }
        items.push(assigned("references", &key.references));
        let to: Vec<String> = key.referenced_columns.iter().map(|name| literal(name)).collect();
        items.push(listed("to", to));
        for (name, action) in [("on_delete", key.on_delete), ("on_update", key.on_update)] {
            let action = match action {
                ReferentialAction::NoAction => continue,
                ReferentialAction::Restrict => "restrict",
                ReferentialAction::Cascade => "cascade",
                ReferentialAction::SetNull => "set_null",
                ReferentialAction::SetDefault => "set_default",
            };
            items.push(assigned(name, action));
        }
        listed("foreign_key", items)
    }

    /// Adds the attributes of a field, except for those of its type.
    fn column(&self, column: &Column, uniques: bool, indexes: bool, items: &mut Attributes) {
        let table = self.table;
        let is_key = table.primary_key.len() == 1 && table.primary_key[0] == column.name;
        if column.default == Some(ColumnDefault::Identity) {
            items.add("identity");
        } else if is_key {
            items.add("key");
        }
        if uniques && table.uniques.iter().any(|unique| unique.columns == [column.name.as_str()]) {
            items.add("unique");
        }
        if indexes && table.indexes.iter().any(|index| index.columns == [column.name.as_str()]) {
            items.add("index");
        }
        match &column.default {
            Some(ColumnDefault::Database(expression)) => items.text("default_sql", expression),
            Some(ColumnDefault::AppGenerated(generator)) => items.text("generate", &generator_name(*generator)),
            Some(ColumnDefault::Constant(value)) => items.add(format!("default = {}", constant(value))),
            Some(ColumnDefault::Identity) | None => {}
        }
        match column.on_update {
            Some(OnUpdate::Now) => items.text("on_update", "now"),
            Some(OnUpdate::Increment) => items.text("on_update", "increment"),
            None => {}
        }
        rules(column, items);
        match column.access {
            Access::ReadOnly => items.add("read_only"),
            Access::WriteOnly => items.add("write_only"),
            Access::ReadWrite => {}
        }
        if column.immutable {
            items.add("immutable");
        }
        if let Some(base) = &column.base {
            let schema = base.schema.as_ref().map(|schema| assigned("schema", schema));
            let rest = [assigned("table", &base.table), assigned("column", &base.column)];
            items.add(listed("base", schema.into_iter().chain(rest)));
        }
    }
}

/// Returns a comment as doc comments, or adds an attribute if they would not preserve it.
fn comment(comment: Option<&str>, indent: &str, items: &mut Attributes) -> String {
    let Some(comment) = comment else { return String::new() };
    documentation(comment, indent).unwrap_or_else(|| {
        items.text("comment", comment);
        String::new()
    })
}

/// Returns the type of a field without `Option` and `Auto`.
fn kind(
    column: &Column,
    names: &mut Names,
    enums: &mut Enums,
    imports: &mut Imports,
    items: &mut Attributes,
) -> String {
    let label = enums.name_for(column, names);
    if let ColumnType::Native(native) = &column.kind {
        describe_native(native, items);
    }
    if let Some(label) = label {
        imports.siblings.insert(label.clone());
        return label;
    }
    let word = match &column.kind {
        ColumnType::SmallInt => "i16",
        ColumnType::Integer => "i32",
        ColumnType::BigInt => "i64",
        ColumnType::Decimal { precision, scale } => {
            items.number("precision", *precision);
            items.number("scale", *scale);
            "Decimal"
        }
        ColumnType::Text { max } | ColumnType::Bytes { max } => {
            max.iter().for_each(|max| items.number("max", *max));
            if matches!(column.kind, ColumnType::Text { .. }) { "String" } else { "Vec<u8>" }
        }
        ColumnType::Timestamp => "Timestamp",
        ColumnType::Uuid => "Uuid",
        ColumnType::Json => "Json",
        ColumnType::Boolean => "bool",
        // An enum with labels is handled above.
        ColumnType::Enum(_) => "String",
        ColumnType::Native(native) => native_word(native),
    };
    match word {
        "Decimal" | "Timestamp" | "Uuid" | "Value" => _ = imports.schema.insert(word),
        "Json" => _ = imports.db.insert(word),
        _ => {}
    }
    word.into()
}

fn describe_native(native: &NativeType, items: &mut Attributes) {
    let transfer = match native.transfer {
        Transfer::SqliteDynamic(_) => return items.text("declared", &native.name),
        Transfer::Text { .. } => "text",
        Transfer::Number { .. } => "number",
        Transfer::TextRepr => "literal",
        Transfer::Json => "json",
    };
    let comparison_type =
        native.comparison_type.as_ref().filter(|_| native.comparison_type != NativeType::without_limits(&native.name));
    let comparison_type = comparison_type.map(|name| assigned("comparison_type", name));
    let rest = [assigned("name", &native.name), assigned("transfer", transfer)];
    items.add(listed("native", rest.into_iter().chain(comparison_type)));
}

/// Returns the Rust type of a native type.
fn native_word(native: &NativeType) -> &'static str {
    match native.transfer {
        Transfer::Text { .. } => "String",
        Transfer::Number { .. } => "Decimal",
        Transfer::TextRepr if native.name == "bytea" => "Vec<u8>",
        Transfer::TextRepr => "String",
        Transfer::Json => made_of_json(native),
        Transfer::SqliteDynamic(DeclaredType::Integer) => "i64",
        Transfer::SqliteDynamic(DeclaredType::Number { .. }) => "Decimal",
        Transfer::SqliteDynamic(DeclaredType::Text { .. } | DeclaredType::Time) => "String",
        Transfer::SqliteDynamic(DeclaredType::Boolean) => "bool",
        Transfer::SqliteDynamic(DeclaredType::Any) if native.name.to_ascii_uppercase().contains("BLOB") => "Vec<u8>",
        Transfer::SqliteDynamic(DeclaredType::Any) => "Value",
    }
}

/// Returns the Rust type of what PostgreSQL converts to JSON.
fn made_of_json(native: &NativeType) -> &'static str {
    match native.json_name().as_str() {
        "smallint" => "i16",
        "integer" => "i32",
        "bigint" => "i64",
        // Exact, like all numbers with a fraction: the shortest decimal that represents the float.
        "real" | "double precision" | "numeric" => "Decimal",
        "boolean" => "bool",
        "uuid" => "Uuid",
        "timestamp with time zone" => "Timestamp",
        "text" | "character varying" | "character" | "bpchar" | "name" | "inet" | "bytea" | "bit" | "\"bit\""
        | "citext" => "String",
        "bit varying" | "date" | "interval" | "time without time zone" | "time with time zone" => "String",
        "timestamp without time zone" => "String",
        _ => "Json",
    }
}

/// Wraps the type in `Option` and `Auto` if necessary.
fn filled(column: &Column, held: String, imports: &mut Imports) -> String {
    let held = if column.nullable { format!("Option<{held}>") } else { held };
    match column.default {
        Some(ColumnDefault::Identity | ColumnDefault::Database(_) | ColumnDefault::AppGenerated(_)) => {
            imports.db.insert("Auto");
            format!("Auto<{held}>")
        }
        Some(ColumnDefault::Constant(_)) | None => held,
    }
}

fn rules(column: &Column, items: &mut Attributes) {
    let Rules { min, max, min_length, max_length, pattern, one_of } = &column.rules;
    for (bound, inclusive, exclusive) in [(min, "at_least", "above"), (max, "at_most", "below")] {
        if let Some(bound) = bound {
            items.text(if bound.exclusive { exclusive } else { inclusive }, &bound.value.to_string());
        }
    }
    for (name, length) in [("min_length", min_length), ("max_length", max_length)] {
        length.iter().for_each(|length| items.number(name, *length));
    }
    pattern.iter().for_each(|pattern| items.text("pattern", pattern));
    if !one_of.is_empty() && column.labels().is_none() {
        items.add(listed("one_of", one_of.iter().map(constant)));
    }
}

/// Formats a value as a Rust literal; a decimal as a string that is parsed again.
fn constant(value: &Value) -> String {
    match value {
        Value::Bool(value) => value.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Decimal(number) => literal(&number.to_string()),
        Value::Text(text) | Value::Json(text) => literal(text),
        other => literal(&format!("{other:?}")),
    }
}

fn generator_name(generator: ValueGenerator) -> Cow<'static, str> {
    match generator {
        ValueGenerator::UuidV7 => "uuid_v7".into(),
        ValueGenerator::Slug => "slug".into(),
        ValueGenerator::Reference(prefix) => format!("reference {prefix}").into(),
        ValueGenerator::Now => "now".into(),
    }
}

pub(super) fn unraw(field: &str) -> &str {
    field.strip_prefix("r#").unwrap_or(field)
}
