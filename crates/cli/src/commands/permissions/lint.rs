//! `mwallet permissions lint`: what a file allows and may be more than was meant.

use clap::Args;
use serde_json::json;

use super::{FileOptions, catalog};
use crate::failure::{Failure, Result};
use crate::output;
use crate::settings::Settings;

const LINTS: &str = "What is listed:
  all_rows         a grant is about all rows
  given_owner      a request may say whose a row is
  no_check         a write may make rows outside of what its grant is about
  no_index         no index finds the rows of a grant
  readable_secret  a column that is called like a secret can be read";

/// The options of `mwallet permissions lint`.
#[derive(Args)]
#[command(after_help = LINTS)]
pub(super) struct Options {
    #[command(flatten)]
    file: FileOptions,
    /// Fail if anything is listed
    #[arg(long)]
    strict: bool,
}

pub(super) async fn run(settings: &Settings, Options { file, strict }: Options) -> Result<()> {
    let (tables, permissions) = file.read(settings).await?;
    let warnings = permissions.lint(catalog(&tables)?);
    let lines = warnings.iter().map(|warning| {
        format!("line {}: {}: {}", warning.line, warning.lint.name(), mwallet_db::schema::visible(&warning.message))
    });
    let text = match warnings.is_empty() {
        true => format!("{}: nothing to be seen to", file.name()),
        false => lines.collect::<Vec<_>>().join("\n"),
    };
    let json: Vec<_> = warnings
        .iter()
        .map(|warning| json!({"line": warning.line, "lint": warning.lint.name(), "message": warning.message}))
        .collect();
    output::answer(&settings.output, text, &json!({ "file": file.name(), "warnings": json }))?;
    match strict && !warnings.is_empty() {
        true => {
            let found = format!("{} in {}", output::counted(warnings.len(), "warning", "warnings"), file.name());
            Err(Failure::new(found).code("lint"))
        }
        false => Ok(()),
    }
}
