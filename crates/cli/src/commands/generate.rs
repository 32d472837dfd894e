//! `mwallet generate`: types, schemas and documents for other programs, generated from a database's schema.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use mwallet_api::Document;
use mwallet_codegen::rust::{self, SourceFile};
use mwallet_codegen::typescript;
use mwallet_db::EngineOptions;
use mwallet_db::schema::{FromTable, Purpose, Schema, Table, visible};
use mwallet_reflect::{ReflectOptions, Script};
use serde_json::{Value, json};

use crate::failure::{Failure, Result};
use crate::output;
use crate::settings::Settings;

const EXAMPLES: &str = "\
Examples:
  mwallet generate typescript --database-url sqlite:legacy.db > database.ts
  mwallet generate openapi --database-url postgresql://me@localhost/shop
  mwallet generate jsonschema --database-url sqlite:legacy.db --out schemas
  mwallet generate rust --database-url sqlite:legacy.db --out src/entities
  mwallet generate sql --database-url sqlite:legacy.db > schema.sql

The TypeScript types fit createClient<Database> of supabase-js and new PostgrestClient<Database>. The command does \
not write to the database.";

/// The options of `mwallet generate`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// What to generate
    what: What,
    /// A PostgreSQL schema; can be repeated [default: public]
    #[arg(long, value_name = "NAME")]
    schema: Vec<String>,
    /// Write files to this folder instead of printing; it is created if missing
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum What {
    /// Rust entities for the tables, one file each: mod.rs and its modules
    Rust,
    /// The `Database` type for TypeScript clients: database.ts
    Typescript,
    /// JSON Schemas of each table's input and output, one file per table
    Jsonschema,
    /// The OpenAPI document of a server for the database: openapi.json
    Openapi,
    /// The statements that recreate the schema: schema.sql
    Sql,
}

pub(crate) async fn run(settings: &Settings, Options { what, schema, out }: Options) -> Result<()> {
    let engine = settings.engine_of_existing(|options| EngineOptions { read_only: true, ..options })?;
    let options = ReflectOptions { schemas: schema };
    let source = match what {
        What::Sql => Source { script: mwallet_reflect::script(&engine, &options).await?, ..Source::default() },
        _ => Source {
            tables: mwallet_reflect::reflect(&engine, &options).await?.tables,
            title: engine.name().into(),
            ..Source::default()
        },
    };
    engine.close().await;
    let left_out: Vec<&str> = match what {
        What::Rust => {
            source.tables.iter().filter(|table| !rust::is_described(table)).map(|table| &*table.name).collect()
        }
        _ => Vec::new(),
    };
    if !settings.output.json {
        left_out.iter().for_each(|name| {
            output::note(format_args!("omitted: {}, which has no columns", visible(name)));
        });
    }
    let Some(folder) = out else {
        output::write(source.printed(what)?.trim_end())?;
        return source.whole(settings);
    };
    let files = source.files(what)?;
    let wrong = |error: &std::io::Error| Failure::caused(&format!("cannot write to {}", folder.display()), error);
    fs::create_dir_all(&folder).map_err(|error| wrong(&error))?;
    let mut paths = Vec::with_capacity(files.len());
    for SourceFile { name, text } in files {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|error| wrong(&error))?;
        paths.push(path);
    }
    let names: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
    output::report(
        &settings.output,
        format!("wrote {}", names.join(", ")),
        &json!({ "database": engine.to_string(), "files": names, "left_out": left_out }),
    )?;
    source.whole(settings)
}

/// What was read from the database.
#[derive(Default)]
struct Source {
    tables: Vec<Table>,
    /// The name of the database.
    title: String,
    /// The statements that create its schema.
    script: Script,
}

impl Source {
    /// Fails if the script omits something, so that nobody takes it for complete.
    fn whole(&self, settings: &Settings) -> Result<()> {
        let left_out = &self.script.left_out;
        let number = left_out.len();
        let message = match number {
            0 => return Ok(()),
            1 => "1 object of the schema was omitted".to_owned(),
            _ => format!("{number} objects of the schema were omitted"),
        };
        // With `--json` they are in the error object.
        if !settings.output.json {
            left_out.iter().for_each(|text| output::note(format_args!("omitted: {}", visible(text))));
        }
        let causes = if settings.output.json { left_out.clone() } else { Vec::new() };
        Err(Failure::new(message).causes(causes).hint("pg_dump -s dumps the whole schema"))
    }

    fn files(&self, what: What) -> Result<Vec<SourceFile>> {
        let contradiction =
            |error: &(dyn std::error::Error + 'static)| Failure::caused("cannot describe the tables", error);
        let one = |name: &str, text: String| Ok(vec![SourceFile { name: name.into(), text }]);
        match what {
            What::Rust => Ok(rust::module(&self.tables())),
            What::Typescript => one("database.ts", typescript::database(&self.tables())),
            What::Openapi => {
                let schemas = self.schemas();
                let file = |schema: &Option<&str>| {
                    let tables = self.tables.iter().filter(|table| table.schema.as_deref() == *schema);
                    let document =
                        Document::new(tables).titled(&*self.title).of_schemas(schemas.iter().flatten().copied());
                    let document = document.json().map_err(|error| contradiction(&error))?;
                    let name = match schema.filter(|_| schemas.len() > 1) {
                        Some(schema) => format!("{}.openapi.json", plain(schema)),
                        None => "openapi.json".into(),
                    };
                    Ok(SourceFile { name, text: format!("{document:#}\n") })
                };
                schemas.iter().map(file).collect()
            }
            What::Sql => one("schema.sql", self.script.sql.clone()),
            What::Jsonschema => {
                let mut taken = HashSet::new();
                let file = |table: &Table| {
                    let schema =
                        Schema::from_table(table, FromTable::default()).map_err(|error| contradiction(&error))?;
                    let text = json!({
                        "input": schema.json_schema(Purpose::Input), "answer": schema.json_schema(Purpose::Answer),
                    });
                    Ok(SourceFile { name: file_name(table, &mut taken), text: format!("{text:#}\n") })
                };
                self.tables.iter().map(file).collect()
            }
        }
    }

    /// What is printed instead of written to files: the only file, or all of them in one.
    fn printed(&self, what: What) -> Result<String> {
        match what {
            What::Rust => Ok(rust::file(&self.tables())),
            What::Openapi if self.schemas().len() > 1 => Err(Failure::new(
                "there is one document per schema: write them to a folder with --out, or choose one --schema",
            )),
            What::Typescript | What::Openapi | What::Sql => {
                Ok(self.files(what)?.into_iter().map(|file| file.text).collect())
            }
            What::Jsonschema => {
                let mut all = serde_json::Map::new();
                for SourceFile { name, text } in self.files(what)? {
                    let json: Value =
                        serde_json::from_str(&text).map_err(|error| Failure::caused("a schema", &error))?;
                    let name = Path::new(&name).file_stem().unwrap_or_default().to_string_lossy().into_owned();
                    all.insert(name, json);
                }
                Ok(format!("{:#}", Value::Object(all)))
            }
        }
    }

    /// The schemas of the tables, in order.
    fn schemas(&self) -> Vec<Option<&str>> {
        let mut schemas: Vec<Option<&str>> = self.tables.iter().map(|table| table.schema.as_deref()).collect();
        schemas.dedup();
        schemas
    }

    fn tables(&self) -> Vec<&Table> {
        self.tables.iter().collect()
    }
}

/// A file name that is valid on every system.
fn plain(name: &str) -> String {
    let plain: String = name.chars().map(|c| if c.is_alphanumeric() || "._-".contains(c) { c } else { '_' }).collect();
    if plain.starts_with('.') || plain.is_empty() { format!("_{plain}") } else { plain }
}

/// A unique file name for a table that is valid on every system.
fn file_name(table: &Table, taken: &mut HashSet<String>) -> String {
    let schema = table.schema.as_deref().filter(|schema| *schema != "public");
    let whole = schema.map_or(table.name.clone(), |schema| format!("{schema}.{}", table.name));
    let plain = plain(&whole);
    let mut name = plain.clone();
    let mut number = 1;
    // Some file systems ignore case.
    while !taken.insert(name.to_lowercase()) {
        number += 1;
        name = format!("{plain}_{number}");
    }
    format!("{name}.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_has_a_file_of_its_own() {
        let mut taken = HashSet::new();
        let mut name = |schema: Option<&str>, name: &str| {
            file_name(&Table { schema: schema.map(Into::into), ..Table::new(name) }, &mut taken)
        };
        assert_eq!(name(Some("public"), "orders"), "orders.json");
        assert_eq!(name(Some("sales"), "orders"), "sales.orders.json");
        assert_eq!(name(None, "Orders"), "Orders_2.json");
        assert_eq!(name(None, "../secret"), "_.._secret.json");
        assert_eq!(name(None, "Order Details"), "Order_Details.json");
    }
}
