//! `mwallet permissions explain`: what permissions make of a request.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use clap::Args;
use mwallet_api::{ExplainedGrant, Explanation, OwnRequest, Problem, Refusal};
use mwallet_auth::Supposed;
use mwallet_db::schema::{Value, visible};
use serde_json::json;

use super::{FileOptions, WhoOptions, described};
use crate::failure::{Failure, Result};
use crate::output;
use crate::settings::Settings;

const EXAMPLES: &str = "Examples:
  mwallet permissions explain --as ada GET '/rest/v1/orders?select=id,memo'
  mwallet permissions explain GET /rest/v1/users
  mwallet permissions explain --role auditor DELETE '/rest/v1/orders?id=eq.3'

For a read there is the statement that each engine would get; nothing is read or written.";

/// The options of `mwallet permissions explain`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Options {
    /// The method: GET, HEAD, POST, PUT, PATCH or DELETE
    #[arg(value_parser = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])]
    method: String,
    /// The path with its parameters
    path: String,
    #[command(flatten)]
    who: WhoOptions,
    #[command(flatten)]
    file: FileOptions,
}

pub(super) async fn run(settings: &Settings, Options { method, path, who, file }: Options) -> Result<()> {
    let engine = file.engine(settings)?;
    let (state, authority) = file.server(settings, &engine).await?;
    let who = Supposed::from(who);
    let principal = authority.suppose(&who).await;
    engine.close().await;
    let principal = principal.map_err(|error| Failure::caused("", &error))?;
    let problem = |problem: Problem| {
        Failure::new(format!("{} {}: {}", problem.status().as_u16(), problem.code(), problem.message()))
    };
    let request = OwnRequest { method: &method, path: &path, ..OwnRequest::default() };
    let explanation = state.explain(principal, request).map_err(problem)?;
    let asked = format!("{method} {path}, as {}", described(&who));
    let text = text(&asked, &explanation);
    output::answer(&settings.output, text, &json(&explanation))
}

fn text(asked: &str, explanation: &Explanation) -> String {
    let Explanation { roles, values, sees_everything, table, actions, grants, definitions, .. } = explanation;
    let Explanation { masked, limit, statements, refusal, .. } = explanation;
    let mut text = String::new();
    // Writing to a string cannot fail.
    let mut line = |label: &str, value: &str| {
        let _ = writeln!(text, "{label:<10}{}", visible(value));
    };
    line("request", asked);
    line("roles", &if roles.is_empty() { "none".to_owned() } else { roles.join(", ") });
    let known: Vec<String> = values.iter().map(|(name, value)| format!("{name} = {}", value_json(value))).collect();
    line("known", &known.join(", "));
    if *sees_everything {
        line("grants", "none are needed: the role sees and does everything");
    }
    let mut named = BTreeSet::new();
    for (position, grant) in grants.iter().enumerate() {
        let mut said = format!("line {}: {} may {} ", grant.line, grant.role, grant.action);
        let _ = match grant.action {
            "create" => write!(said, "rows with {}", grant.columns.join(", ")),
            "delete" => write!(said, "rows where {}", grant.rows),
            _ => write!(said, "{} where {}", grant.columns.join(", "), grant.rows),
        };
        if !grant.set.is_empty() {
            let _ = write!(said, "; the server sets {}", grant.set.join(", "));
        }
        if let Some(check) = &grant.check {
            let _ = write!(said, "; afterwards {check}");
        }
        if !grant.unknown.is_empty() {
            let _ = write!(said, "; it does not apply, as nothing is known of {}", grant.unknown.join(", "));
        }
        line(if position == 0 { "grants" } else { "" }, &said);
        for text in [Some(&grant.rows), grant.check.as_ref()].into_iter().flatten() {
            add_named(text, definitions, &mut named);
        }
    }
    if grants.is_empty() && !sees_everything {
        line("grants", &format!("none to {} rows of {table}", actions.join(" or ")));
    }
    for (position, name) in named.iter().enumerate() {
        let filter = definitions.iter().find(|(known, _)| known == name).map_or("", |(_, filter)| filter);
        line(if position == 0 { "where" } else { "" }, &format!("{name} is {filter}"));
    }
    if !masked.is_empty() {
        line("masked", &format!("{}: null in rows that only other grants show", masked.join(", ")));
    }
    if let Some(limit) = limit {
        line("limit", &format!("at most {limit} rows"));
    }
    for (dialect, statement) in statements {
        match statement {
            Ok(statement) => {
                line(&dialect.to_string(), statement.sql());
                let values: Vec<String> = statement.values().map(|value| value_json(value).to_string()).collect();
                line("", &format!("with {}", values.join(", ")));
            }
            Err(error) => line(&dialect.to_string(), &error.to_string()),
        }
    }
    match refusal {
        None => line("answer", "allowed"),
        Some(Refusal { status, code, message, allowed_by }) => {
            line("answer", &format!("{status} {code}: {message}"));
            for (role, lines) in allowed_by {
                let lines: BTreeSet<u64> = lines.iter().copied().collect();
                let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
                let by = if lines.is_empty() { String::new() } else { format!(", by line {}", lines.join(", ")) };
                line("", &format!("the role {role} would allow it{by}"));
            }
            if allowed_by.is_empty() {
                line("", "no role would allow it");
            }
        }
    }
    text.trim_end().to_owned()
}

/// Adds the definitions that a filter names, and those that they name.
fn add_named(filter: &str, definitions: &[(String, String)], named: &mut BTreeSet<String>) {
    let words = filter.split(|character: char| !character.is_alphanumeric() && character != '_');
    for word in words {
        if let Some((name, filter)) = definitions.iter().find(|(name, _)| name == word)
            && named.insert(name.clone())
        {
            add_named(filter, definitions, named);
        }
    }
}

fn json(explanation: &Explanation) -> serde_json::Value {
    let Explanation { roles, values, sees_everything, table, actions, grants, .. } = explanation;
    let Explanation { masked, limit, statements, refusal, .. } = explanation;
    let values: serde_json::Map<_, _> = values.iter().map(|(name, value)| (name.clone(), value_json(value))).collect();
    let grant = |grant: &ExplainedGrant| {
        json!({
            "line": grant.line, "role": grant.role, "action": grant.action, "rows": grant.rows,
            "columns": grant.columns, "set": grant.set, "check": grant.check,
            "applies": grant.unknown.is_empty(), "unknown": grant.unknown,
        })
    };
    let statements: serde_json::Map<_, _> = statements
        .iter()
        .map(|(dialect, statement)| {
            let said = match statement {
                Ok(statement) => {
                    let values: Vec<_> = statement.values().map(value_json).collect();
                    json!({ "sql": statement.sql(), "values": values })
                }
                Err(error) => json!({ "error": error.to_string() }),
            };
            (dialect.to_string(), said)
        })
        .collect();
    let refusal = refusal.as_ref().map(|Refusal { status, code, message, allowed_by }| {
        let by = |(role, lines): &(String, Vec<u64>)| json!({"role": role, "lines": lines});
        json!({
            "status": status, "code": code, "message": message,
            "allowed_by": allowed_by.iter().map(by).collect::<Vec<_>>(),
        })
    });
    json!({
        "roles": roles, "known": values, "sees_everything": sees_everything, "table": table, "actions": actions,
        "grants": grants.iter().map(grant).collect::<Vec<_>>(), "masked": masked, "limit": limit,
        "statements": statements, "refusal": refusal,
    })
}

/// A value as JSON shows it.
fn value_json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(is_true) => (*is_true).into(),
        Value::Int(number) => (*number).into(),
        Value::Decimal(number) => number.to_string().into(),
        Value::Text(text) | Value::Json(text) => text.as_str().into(),
        Value::Timestamp(time) => time.to_string().into(),
        Value::Uuid(uuid) => uuid.to_string().into(),
        Value::Bytes(bytes) => format!("{} bytes", bytes.len()).into(),
        Value::List(values) => values.iter().map(value_json).collect(),
        Value::Record(_) => "a record".into(),
    }
}
