//! `mwallet permissions init`: a first permissions file, to be reviewed.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;
use mwallet_auth::looks_secret;
use mwallet_db::schema::Table;
use serde_json::json;

use super::full_name;
use crate::failure::{Failure, Result};
use crate::output;
use crate::reflected::ReflectedOptions;
use crate::settings::Settings;

/// The options of `mwallet permissions init`.
#[derive(Args)]
pub(super) struct Options {
    /// The file to write, which must not exist yet
    #[arg(default_value = "permissions.yml")]
    file: PathBuf,
    #[command(flatten)]
    reflected: ReflectedOptions,
}

const HEAD: &str = "\
# Who may see and do what. What is not named here is closed. The guide is docs/permissions.md.
#
# A first file, to be reviewed: nobody has the role reader unless a key or a token names it. Move what everybody may see
# to anon, and what users may see to authenticated, with the rows that are theirs: rows: user_id=eq.{auth.uid}
#
#   mwallet permissions lint, matrix, explain and test show what the file does.

roles:
  # Who has not said who they are.
  anon: {}
  # Who has a token.
  authenticated: { includes: [anon] }
  reader: {}
  # Programs with a secret key: they see and do everything that the tables allow.
  service_role: { bypass: true }
";

pub(super) async fn run(settings: &Settings, Options { file, reflected }: Options) -> Result<()> {
    let found = super::tables(settings, &reflected).await?;
    let tables: Vec<&Table> = match &found {
        None => mwallet_models::tables(),
        Some(found) => found.iter().collect(),
    };
    let text = first_file(&tables);
    let written = OpenOptions::new().write(true).create_new(true).open(&file);
    let written = written.and_then(|mut opened| opened.write_all(text.as_bytes()));
    written.map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => Failure::new(format!("{} exists already", file.display()))
            .code("file_exists")
            .hint("name another file; nothing was written"),
        _ => Failure::caused(&format!("cannot write {}", file.display()), &error),
    })?;
    let name = file.display();
    let text = format!(
        "wrote {name}: the role reader reads {}, and nobody has it yet\n\
         review it, then: mwallet permissions lint --permissions {name}",
        output::counted(tables.len(), "table", "tables")
    );
    output::report(&settings.output, text, &json!({"file": name.to_string(), "tables": tables.len()}))
}

fn first_file(tables: &[&Table]) -> String {
    let mut text = HEAD.to_owned();
    let closed: Vec<String> = tables.iter().filter_map(|table| closed(table)).collect();
    if !closed.is_empty() {
        text.push_str("\n# Called like secrets, or write-only.\nclosed:\n");
        text.extend(closed);
    }
    text.push_str("\ntables:\n");
    for table in tables {
        let shown: Vec<String> =
            table.columns.iter().filter(|column| is_shown(column)).map(|column| word(&column.name)).collect();
        if !shown.is_empty() {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "  {}:\n    reader:\n      read:\n        rows: all", key(table));
            text.push_str(&list(&shown));
        }
    }
    text
}

fn is_shown(column: &mwallet_db::schema::Column) -> bool {
    column.is_readable() && !looks_secret(&column.name)
}

/// The columns of a table that stay closed.
fn closed(table: &Table) -> Option<String> {
    let hidden: Vec<String> =
        table.columns.iter().filter(|column| !is_shown(column)).map(|column| word(&column.name)).collect();
    (!hidden.is_empty()).then(|| format!("  {}: [{}]\n", key(table), hidden.join(", ")))
}

/// A list of columns that fits the width of the file.
fn list(names: &[String]) -> String {
    const WIDTH: usize = 120;
    let one_line = format!("        columns: [{}]\n", names.join(", "));
    if one_line.chars().count() <= WIDTH {
        return one_line;
    }
    let mut lines = vec!["          [".to_owned()];
    for (position, name) in names.iter().enumerate() {
        let end = if position + 1 == names.len() { "]" } else { "," };
        let line = lines.last_mut().map_or(0, |line| line.chars().count());
        if line + name.chars().count() + 2 > WIDTH {
            lines.push("           ".to_owned());
        }
        if let Some(line) = lines.last_mut() {
            let space = if line.ends_with(['[', ' ']) { "" } else { " " };
            line.push_str(&format!("{space}{name}{end}"));
        }
    }
    format!("        columns:\n{}\n", lines.join("\n"))
}

fn key(table: &Table) -> String {
    word(&full_name(table.schema.as_deref(), &table.name))
}

/// A name as YAML reads it back.
fn word(name: &str) -> String {
    let is_plain = name.chars().all(|character| character.is_ascii_alphanumeric() || "_.".contains(character))
        && name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && !["null", "true", "false", "yes", "no", "on", "off", "y", "n"].contains(&name.to_ascii_lowercase().as_str());
    if is_plain { name.to_owned() } else { serde_json::Value::from(name).to_string() }
}
