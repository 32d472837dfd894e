//! Generates the TypeScript type `Database` that the clients of Supabase and PostgREST use.
//!
//! Its shape is the one that `createClient<Database>` of supabase-js and `new PostgrestClient<Database>` of
//! postgrest-js expect: the tables and views of each schema, each with the types of its rows, inserts and updates,
//! and its relationships.

use std::collections::BTreeMap;

use mwallet_schema::JsonKind;
use mwallet_schema::{
    Access, Column, ColumnType, DeclaredType, EnumType, ForeignKey, NativeType, Table, Transfer, Value, is_hidden,
    json::write_string, visible,
};

/// The schema of tables without one.
const DEFAULT_SCHEMA: &str = "public";

const HEAD: &str = "\
export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[]

export type Database = {
  // How much of PostgREST's language there is: without it, clients refuse what the versions from 13 on have.
  __InternalSupabase: { PostgrestVersion: '13' }
";

/// Short names for the most common types: `Row<'orders'>`.
const TAIL: &str = "
type Schemas = Omit<Database, '__InternalSupabase'>
type First = Schemas[Extract<keyof Schemas, 'public'> extends never ? keyof Schemas : 'public']

/** A row as it is answered. */
export type Tables<Name extends keyof (First['Tables'] & First['Views'])> =
  (First['Tables'] & First['Views'])[Name] extends { Row: infer Row } ? Row : never
/** A row as it is brought. */
export type TablesInsert<Name extends keyof First['Tables']> =
  First['Tables'][Name] extends { Insert: infer Insert } ? Insert : never
/** A change of a row. */
export type TablesUpdate<Name extends keyof First['Tables']> =
  First['Tables'][Name] extends { Update: infer Update } ? Update : never
/** The labels of a type. */
export type Enums<Name extends keyof First['Enums']> = First['Enums'][Name]
";

/// Returns the source of a module with the type `Database`.
///
/// ```
/// # use mwallet_codegen::typescript;
/// # use mwallet_schema::{Column, ColumnType, Table};
/// let mut coins = Table::new("coins");
/// coins.columns.push(Column::new("name", ColumnType::Text { max: None }));
/// coins.columns.push(Column::new("rank", ColumnType::Integer).nullable());
/// let source = typescript::database(&[&coins]);
/// assert!(source.contains("rank: number | null"));
/// assert!(source.contains("rank?: number | null"));
/// ```
pub fn database(tables: &[&Table]) -> String {
    let mut out = Writer { text: HEAD.into(), depth: 1 };
    let mut schemas: Vec<&str> = Vec::new();
    for schema in tables.iter().map(|table| schema(table)) {
        if !schemas.contains(&schema) {
            schemas.push(schema);
        }
    }
    for name in if schemas.is_empty() { vec![DEFAULT_SCHEMA] } else { schemas } {
        let of_schema: Vec<&Table> = tables.iter().copied().filter(|table| schema(table) == name).collect();
        out.block(&format!("{}: {{", key(name)), "}", |out| {
            for (words, views) in [("Tables: {", false), ("Views: {", true)] {
                let chosen: Vec<&&Table> = of_schema.iter().filter(|table| table.kind.is_view() == views).collect();
                if chosen.is_empty() {
                    // Without `never`, an empty type would allow any name.
                    out.line(&format!("{words} [_ in never]: never }}"));
                } else {
                    out.block(words, "}", |out| {
                        chosen.into_iter().for_each(|table| write_table(out, table, &of_schema))
                    });
                }
            }
            write_enums(out, &of_schema);
            for empty in ["Functions", "CompositeTypes"] {
                out.line(&format!("{empty}: {{ [_ in never]: never }}"));
            }
        });
    }
    out.text.push_str("}\n");
    out.text.push_str(TAIL);
    out.text
}

/// Writes each enum once, sorted by name.
fn write_enums(out: &mut Writer, tables: &[&Table]) {
    let columns = tables.iter().flat_map(|table| &table.columns);
    let enums: BTreeMap<String, EnumType> =
        columns.filter_map(Column::labels).map(|found| (found.name.clone(), found)).collect();
    if enums.is_empty() {
        return out.line("Enums: { [_ in never]: never }");
    }
    out.block("Enums: {", "}", |out| {
        for (name, found) in &enums {
            // PostgreSQL quotes the name if necessary.
            let name = name.strip_prefix('"').and_then(|name| name.strip_suffix('"')).unwrap_or(name);
            let labels = union(found.labels.iter().map(|label| literal(&label.name)));
            out.line(&format!("{}: {labels}", key(name)));
        }
    });
}

struct Writer {
    text: String,
    depth: usize,
}

impl Writer {
    fn line(&mut self, text: &str) {
        self.text.push_str(&"  ".repeat(self.depth));
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn block(&mut self, open: &str, close: &str, inner: impl FnOnce(&mut Self)) {
        self.line(open);
        self.depth += 1;
        inner(self);
        self.depth -= 1;
        self.line(close);
    }

    /// Writes a comment, if there is one.
    fn comment(&mut self, comment: Option<&str>) {
        let Some(comment) = comment else { return };
        // The text must not end the comment.
        let lines: Vec<String> = comment.lines().map(|line| visible(line).replace("*/", "*\\/")).collect();
        match lines.as_slice() {
            [] => {}
            // The compiler only obeys directives such as `@ts-ignore` in the last line of a comment.
            [line] if !line.contains('@') => self.line(&format!("/** {line} */")),
            lines => {
                self.line("/**");
                lines.iter().for_each(|line| self.line(format!(" * {line}").trim_end()));
                self.line(" */");
            }
        }
    }
}

fn schema(table: &Table) -> &str {
    table.schema.as_deref().unwrap_or(DEFAULT_SCHEMA)
}

fn write_table(out: &mut Writer, table: &Table, of_schema: &[&Table]) {
    out.comment(table.comment.as_deref());
    out.block(&format!("{}: {{", key(&table.name)), "}", |out| {
        out.block("Row: {", "}", |out| {
            for column in table.columns.iter().filter(|column| column.is_readable()) {
                out.comment(column.comment.as_deref());
                out.line(&format!("{}: {}", key(&column.name), or_null(answered(column), column)));
            }
        });
        let taken = [("Insert", table.writes.insert, false), ("Update", table.writes.update, true)];
        for (word, is_taken, is_partial) in taken {
            if is_taken {
                out.block(&format!("{word}: {{"), "}", |out| write_taken(out, table, is_partial));
            } else if !table.kind.is_view() {
                // Not needed for views, for which clients assume it.
                out.line(&format!("{word}: never"));
            }
        }
        write_relationships(out, table, of_schema);
    });
}

/// Writes the foreign keys between tables of the schema, from which clients derive the types of related rows in both
/// directions.
fn write_relationships(out: &mut Writer, table: &Table, of_schema: &[&Table]) {
    let is_served = |key: &&ForeignKey| {
        let schema = key.references_schema.as_ref().or(table.schema.as_ref());
        of_schema.iter().any(|other| other.schema.as_ref() == schema && other.name == key.references)
    };
    let keys: Vec<&ForeignKey> = table.foreign_keys.iter().filter(is_served).collect();
    if keys.is_empty() {
        return out.line("Relationships: []");
    }
    let list = |names: &[String]| names.iter().map(|name| literal(name)).collect::<Vec<_>>().join(", ");
    out.block("Relationships: [", "]", |out| {
        for foreign_key in keys {
            let columns: Vec<&str> = foreign_key.columns.iter().map(String::as_str).collect();
            out.block("{", "},", |out| {
                out.line(&format!("foreignKeyName: {}", literal(&foreign_key.name)));
                out.line(&format!("columns: [{}]", list(&foreign_key.columns)));
                out.line(&format!("isOneToOne: {}", table.is_unique(&columns)));
                out.line(&format!("referencedRelation: {}", literal(&foreign_key.references)));
                out.line(&format!("referencedColumns: [{}]", list(&foreign_key.referenced_columns)));
            });
        }
    });
}

/// Writes the columns that a request body may contain.
fn write_taken(out: &mut Writer, table: &Table, is_partial: bool) {
    for column in &table.columns {
        let name = key(&column.name);
        match column.access {
            Access::ReadOnly => out.line(&format!("{name}?: never")),
            Access::ReadWrite | Access::WriteOnly => {
                let mark = if is_partial || column.is_filled() { "?" } else { "" };
                out.line(&format!("{name}{mark}: {}", or_null(taken(column), column)));
            }
        }
    }
}

fn or_null(kind: String, column: &Column) -> String {
    // `Json` already includes null.
    if column.nullable && kind != "Json" { format!("{kind} | null") } else { kind }
}

/// Returns the type of a value in a response.
fn answered(column: &Column) -> String {
    if let Some(listed) = listed(column) {
        return listed;
    }
    match &column.kind {
        ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt => "number".into(),
        ColumnType::Boolean => "boolean".into(),
        ColumnType::Json => "Json".into(),
        ColumnType::Enum(labels) => union(labels.labels.iter().map(|label| literal(&label.name))),
        ColumnType::Decimal { .. }
        | ColumnType::Text { .. }
        | ColumnType::Timestamp
        | ColumnType::Uuid
        | ColumnType::Bytes { .. } => "string".into(),
        ColumnType::Native(native) => match native.transfer {
            Transfer::Text { .. } | Transfer::TextRepr => "string".into(),
            Transfer::Number { .. } => "number".into(),
            Transfer::Json => made_of_json(native),
            Transfer::SqliteDynamic(DeclaredType::Integer | DeclaredType::Number { .. } | DeclaredType::Boolean) => {
                "number".into()
            }
            Transfer::SqliteDynamic(DeclaredType::Text { .. } | DeclaredType::Time) => "string".into(),
            Transfer::SqliteDynamic(DeclaredType::Any) => "string | number".into(),
        },
    }
}

/// Returns the type of a value in a request, which may allow more than in a response.
fn taken(column: &Column) -> String {
    match &column.kind {
        ColumnType::Decimal { .. } | ColumnType::Timestamp => "string | number".into(),
        ColumnType::Native(native) if column.rules.one_of.is_empty() => match native.transfer {
            Transfer::Number { .. } | Transfer::SqliteDynamic(DeclaredType::Number { .. } | DeclaredType::Time) => {
                "string | number".into()
            }
            Transfer::SqliteDynamic(DeclaredType::Boolean) => "boolean | number".into(),
            Transfer::SqliteDynamic(DeclaredType::Any) => "string | number | boolean".into(),
            _ => answered(column),
        },
        _ => answered(column),
    }
}

/// Returns the values that a rule lists, as a union.
fn listed(column: &Column) -> Option<String> {
    let word = |value: &Value| match value {
        Value::Text(text) => Some(literal(text)),
        Value::Int(number) => Some(number.to_string()),
        _ => None,
    };
    // A decimal is returned with all digits of its scale, so no list of literals matches it.
    if matches!(column.kind, ColumnType::Decimal { .. }) {
        return None;
    }
    let words = column.rules.one_of.iter().map(word).collect::<Option<Vec<_>>>()?;
    (!words.is_empty()).then(|| union(words.into_iter()))
}

/// Returns the type of what PostgreSQL converts to JSON.
fn made_of_json(native: &NativeType) -> String {
    let name = native.json_name();
    match name.strip_suffix("[]").map(plain) {
        Some("Json") => "Json".into(),
        Some(item) => format!("({item} | null)[]"),
        None => plain(&name).into(),
    }
}

fn plain(name: &str) -> &'static str {
    match JsonKind::from_type_name(name) {
        JsonKind::Number => "number",
        JsonKind::Text => "string",
        JsonKind::Boolean => "boolean",
        JsonKind::Any => "Json",
    }
}

fn union(words: impl Iterator<Item = String>) -> String {
    let words: Vec<String> = words.collect();
    if words.is_empty() { "never".into() } else { words.join(" | ") }
}

/// Formats a name as a property: quoted unless it is an identifier.
fn key(name: &str) -> String {
    let mut letters = name.chars();
    let is_plain = letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_' || first == '$')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_' || letter == '$');
    if is_plain { name.into() } else { literal(name) }
}

/// Formats a text as a literal. JSON's syntax is also valid in TypeScript, except for line separators. Hidden
/// characters are escaped too.
fn literal(text: &str) -> String {
    let mut json = Vec::new();
    write_string(&mut json, text);
    let mut text = String::with_capacity(json.len());
    for c in String::from_utf8_lossy(&json).chars() {
        if is_hidden(c) { text.push_str(&format!("\\u{:04x}", u32::from(c))) } else { text.push(c) }
    }
    text
}

#[cfg(test)]
mod tests;
