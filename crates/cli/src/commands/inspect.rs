//! `mwallet inspect`: shows what a database contains, and how much of it mWallet can serve.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use clap::Args;
use mwallet_db::EngineOptions;
use mwallet_db::schema::{Table, visible};
use mwallet_reflect::{Fidelity, Finding, IntegrityIssue, ReflectOptions, Reflection};
use serde_json::{Value, json};

use crate::failure::{Failure, Result};
use crate::output;
use crate::settings::Settings;

const EXAMPLES: &str = "\
Examples:
  mwallet inspect --database-url sqlite:legacy.db
  mwallet inspect --schema sales --database-url postgresql://me@localhost/shop
  mwallet inspect --database-url sqlite:legacy.db --erd legacy.html
  mwallet inspect --database-url sqlite:legacy.db --json |
    jq '.findings[] | select(.standing != \"kept\")'

The command does not write to the database. Each construct of the database is kept (served and described as it is), \
degraded (served, but something is lost, which is shown) or not supported (known to the database only).";

/// The options of `mwallet inspect`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// A PostgreSQL schema to inspect; can be repeated [default: public]
    #[arg(long, value_name = "NAME")]
    schema: Vec<String>,
    /// Do not read rows: inspect only the schema
    #[arg(long)]
    no_rows: bool,
    /// Draw the tables and their references instead: FILE.svg, FILE.html (interactive) or FILE.mmd (Mermaid)
    #[arg(long, value_name = "FILE", value_parser = picture)]
    erd: Option<Picture>,
}

/// The file of a diagram, and the function that draws it.
#[derive(Clone)]
struct Picture {
    file: PathBuf,
    draw: fn(&[&Table]) -> String,
}

fn picture(text: &str) -> std::result::Result<Picture, &'static str> {
    let file = PathBuf::from(text);
    let draw = match file.extension().and_then(|extension| extension.to_str()) {
        Some("svg") => mwallet_erd::svg,
        Some("html") => mwallet_erd::html,
        Some("mmd") => mwallet_erd::mermaid,
        _ => return Err("expected a file name that ends in .svg, .html or .mmd"),
    };
    Ok(Picture { file, draw })
}

pub(crate) async fn run(settings: &Settings, Options { schema, no_rows, erd }: Options) -> Result<()> {
    let engine = settings.engine_of_existing(|options| EngineOptions { read_only: true, ..options })?;
    let reflection = mwallet_reflect::reflect(&engine, &ReflectOptions { schemas: schema }).await?;
    if let Some(Picture { file, draw }) = erd {
        engine.close().await;
        let tables: Vec<&Table> = reflection.tables.iter().collect();
        let written = fs::write(&file, draw(&tables));
        written.map_err(|error| Failure::caused(&format!("cannot write {}", file.display()), &error))?;
        let told = json!({ "database": engine.to_string(), "file": file.display().to_string() });
        return output::report(
            &settings.output,
            format!("drew {} tables and views in {}", tables.len(), file.display()),
            &told,
        );
    }
    let doubts = if no_rows { Vec::new() } else { mwallet_reflect::check_data(&engine, &reflection.tables).await? };
    engine.close().await;
    let place = engine.to_string();
    output::answer(&settings.output, text(&place, &reflection, &doubts), &json(&place, &reflection, &doubts))
}

/// Lists what is degraded or not supported, and counts what is kept.
fn text(place: &str, reflection: &Reflection, doubts: &[IntegrityIssue]) -> String {
    let Reflection { tables, findings } = reflection;
    let mut text = format!("{place}: {}\n", output::counted(tables.len(), "table or view", "tables and views"));
    // Writing to a string cannot fail.
    for table in tables {
        let of_table = |finding: &&Finding| finding.schema == table.schema && finding.table == table.name;
        let _ = writeln!(text, "\n{} {}: {}", table.kind.name(), visible(&name(table)), visible(&summary(table)));
        for finding in findings.iter().filter(of_table).filter(|finding| finding.standing != Fidelity::Exact) {
            let _ = writeln!(text, "  {}", line(finding));
        }
        let here = |doubt: &&IntegrityIssue| doubt.schema == table.schema && doubt.table == table.name;
        for doubt in doubts.iter().filter(here) {
            let column = doubt.column.as_ref().map(|column| format!(" {column}")).unwrap_or_default();
            let _ = writeln!(text, "  {}", visible(&format!("rows{column}: {}", doubt.text)));
        }
    }
    let is_of_none =
        |finding: &&Finding| !tables.iter().any(|table| table.schema == finding.schema && table.name == finding.table);
    for finding in findings.iter().filter(is_of_none).filter(|finding| finding.standing != Fidelity::Exact) {
        let schema = finding.schema.as_ref().map(|schema| format!("{schema}.")).unwrap_or_default();
        let _ = writeln!(text, "\n{}: {}", visible(&format!("{schema}{}", finding.table)), line(finding));
    }
    let (kept, all) = reflection.kept();
    let _ = write!(text, "\n{kept} of {all} constructs are kept ({})", percent(kept, all));
    text
}

fn name(table: &Table) -> String {
    table.schema.as_ref().map_or(table.name.clone(), |schema| format!("{schema}.{}", table.name))
}

fn summary(table: &Table) -> String {
    let key = match table.primary_key.as_slice() {
        [] => "no primary key".into(),
        names => format!("primary key {}", names.join(", ")),
    };
    let mut parts = vec![output::counted(table.columns.len(), "column", "columns"), key];
    if !table.foreign_keys.is_empty() {
        parts.push(output::counted(table.foreign_keys.len(), "foreign key", "foreign keys"));
    }
    let joined = table.joins();
    if !joined.is_empty() {
        parts.push(format!("joins {}", joined.join(", ")));
    }
    let writes = table.writes;
    if !(writes.insert || writes.update || writes.delete) {
        parts.push("read only".into());
    }
    parts.join("; ")
}

fn line(finding: &Finding) -> String {
    let space = if finding.name.is_empty() { "" } else { " " };
    let Finding { construct, name, standing, .. } = finding;
    // A statement in it may have several lines; a finding is printed on one.
    format!("{}{space}{} is {}", construct.name(), visible(name), visible(&standing.to_string().replace('\n', " ")))
}

fn percent(kept: usize, all: usize) -> String {
    match (kept * 1_000).checked_div(all) {
        Some(share) => format!("{}.{} %", share / 10, share % 10),
        None => "100 %".into(),
    }
}

fn json(place: &str, reflection: &Reflection, doubts: &[IntegrityIssue]) -> Value {
    let (kept, all) = reflection.kept();
    let tables = reflection.tables.iter().map(|table| {
        json!({
            "schema": table.schema, "name": table.name, "kind": table.kind.name(),
            "columns": table.columns.len(), "primary_key": table.primary_key,
            "foreign_keys": table.foreign_keys.len(), "joins": table.joins(),
            "writes": { "insert": table.writes.insert, "update": table.writes.update, "delete": table.writes.delete },
        })
    });
    let findings = reflection.findings.iter().map(|finding| {
        json!({
            "schema": finding.schema, "table": finding.table, "construct": finding.construct.name(),
            "name": finding.name, "standing": finding.standing.name(), "loss": finding.standing.loss(),
        })
    });
    let doubts = doubts.iter().map(
        |doubt| json!({ "schema": doubt.schema, "table": doubt.table, "column": doubt.column, "finding": doubt.text }),
    );
    json!({
        "database": place, "kept": kept, "constructs": all,
        "tables": tables.collect::<Vec<_>>(), "findings": findings.collect::<Vec<_>>(),
        "rows": doubts.collect::<Vec<_>>(),
    })
}
