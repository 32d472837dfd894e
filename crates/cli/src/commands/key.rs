//! `mwallet key`: the keys by which programs call the server, and the tokens that it signs.

use std::time::Duration;

use clap::{Args, Subcommand};
use mwallet_auth::api_key;
use mwallet_db::schema::{Record, Timestamp, Value, visible};
use mwallet_db::{ConstraintKind, Engine, Entity, Error, Filter, Query, crud};
use mwallet_models::{ApiKey, KeyKind};
use serde_json::json;

use crate::database;
use crate::failure::{Failure, Result};
use crate::output;
use crate::settings::Settings;

const EXAMPLES: &str = "Examples:
  # a key for the pages of an application; what it may do, everybody may
  mwallet key add web

  # a key for a program on a server, which sees and does everything
  mwallet key add nightly-report --secret --ends 2027-01-01T00:00:00Z

  # a token to try requests as a user
  TOKEN=$(mwallet key token --as ada)
  curl http://127.0.0.1:8080/rest/v1/orders -H \"Authorization: Bearer $TOKEN\"";

/// The options of `mwallet key`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Make a key and print it; it cannot be printed again
    Add {
        /// What the key is called
        name: String,
        /// A key for programs on servers, which must never be in the pages of an application
        #[arg(long)]
        secret: bool,
        /// The role of those who call with it [default: anon, or service_role for a secret key]
        #[arg(long, value_name = "ROLE")]
        role: Option<String>,
        /// When the key ends [default: never]
        #[arg(long, value_name = "TIME")]
        ends: Option<Timestamp>,
    },
    /// List the keys with their roles, and when they were last used
    List,
    /// Revoke a key; servers refuse it within ten seconds
    Revoke {
        /// What the key is called
        name: String,
    },
    /// Make a token for a user and print it
    Token {
        /// The user: a username, slug or rsid
        #[arg(long = "as", value_name = "USER")]
        user: String,
        /// How long the token is valid, at most 24h
        #[arg(long, value_name = "TIME", default_value = "1h", value_parser = duration)]
        ttl: Duration,
    },
    /// Sign tokens with a new key from now on; what the keys before it signed is accepted for another day
    Rotate,
}

pub(crate) async fn run(settings: &Settings, Options { action }: Options) -> Result<()> {
    let engine = settings.engine_of_existing(|options| options)?;
    database::prepare(settings, &engine, false).await?;
    let outcome = match action {
        Action::Add { name, secret, role, ends } => add(settings, &engine, &name, secret, role, ends).await,
        Action::List => list(settings, &engine).await,
        Action::Revoke { name } => revoke(settings, &engine, &name).await,
        Action::Token { user, ttl } => token(settings, &engine, &user, ttl).await,
        Action::Rotate => rotate(settings, &engine).await,
    };
    engine.close().await;
    outcome
}

/// The role that sees and does everything, if the permissions do not call it otherwise.
const BYPASS: &str = "service_role";

async fn add(
    settings: &Settings,
    engine: &Engine,
    name: &str,
    is_secret: bool,
    role: Option<String>,
    ends: Option<Timestamp>,
) -> Result<()> {
    let kind = if is_secret { KeyKind::Secret } else { KeyKind::Publishable };
    let role = role.unwrap_or_else(|| if is_secret { BYPASS } else { "anon" }.to_owned());
    if name.is_empty() || role.is_empty() {
        return Err(Failure::usage("the name of a key and its role cannot be empty"));
    }
    if !is_secret && role == BYPASS {
        let message = format!("a publishable key is for everybody, so its role cannot be {BYPASS}");
        return Err(Failure::usage(message).hint("--secret makes a key for programs on servers"));
    }
    if ends.is_some_and(|ends| ends <= engine.sources().now()) {
        return Err(Failure::usage("--ends: the key would have ended already"));
    }
    let key = api_key::generate(kind, engine.sources());
    let mut row = Record::new();
    row.set("name", name);
    row.set("kind", if is_secret { "SECRET" } else { "PUBLISHABLE" });
    row.set("role", role.as_str());
    row.set("hash", api_key::hash(&key));
    row.set("expires_at", ends.map_or(Value::Null, Value::Timestamp));
    crud::create(engine, ApiKey::table(), row).await.map_err(|error| match error {
        Error::Constraint(violation) if violation.kind == ConstraintKind::Unique => {
            Failure::new(format!("there is a key {} already", visible(name)))
                .hint("choose another name; `mwallet key list` prints them")
        }
        error => error.into(),
    })?;
    let text = format!("{key}\nkeep it now: it cannot be printed again");
    output::report(
        &settings.output,
        text,
        &json!({"key": key, "name": name, "role": role, "ends": ends.map(|ends| ends.to_string())}),
    )
}

async fn list(settings: &Settings, engine: &Engine) -> Result<()> {
    let keys = ApiKey::find().order(ApiKey::NAME.asc()).all(engine).await?;
    let now = engine.sources().now();
    let time = |time: &Option<Timestamp>| time.map(|time| time.to_string());
    let line = |key: &ApiKey| {
        let state = match (key.revoked_at, key.expires_at) {
            (Some(at), _) => format!("revoked {at}"),
            (None, Some(end)) if end <= now => format!("ended {end}"),
            (None, Some(end)) => format!("ends {end}"),
            (None, None) => "valid".to_owned(),
        };
        let used = key.last_used_at.map_or_else(|| "never used".to_owned(), |at| format!("last used {at}"));
        format!("{}  {}  {}  {state}  {used}", visible(&key.name), kind_of(key), visible(&key.role))
    };
    let text = match keys.is_empty() {
        true => "there are no keys; `mwallet key add NAME` makes one".to_owned(),
        false => keys.iter().map(line).collect::<Vec<_>>().join("\n"),
    };
    let json: Vec<serde_json::Value> = keys
        .iter()
        .map(|key| {
            json!({
                "name": key.name,
                "kind": kind_of(key),
                "role": key.role,
                "ends": time(&key.expires_at),
                "revoked": time(&key.revoked_at),
                "last_used": time(&key.last_used_at),
            })
        })
        .collect();
    output::report(&settings.output, text, &json!({ "keys": json }))
}

/// The kind of a key, as it is printed.
fn kind_of(key: &ApiKey) -> &'static str {
    if key.kind == KeyKind::Secret { "secret" } else { "publishable" }
}

async fn revoke(settings: &Settings, engine: &Engine, name: &str) -> Result<()> {
    let query = Query::new().filter(Filter::eq("name", name) & Filter::is_null("revoked_at"));
    let changes = Record::from([("revoked_at", engine.sources().now())]);
    let revoked = crud::update(engine, ApiKey::table(), &query, changes).await?;
    if revoked.count == 0 {
        return Err(
            Failure::new(format!("there is no valid key {}", visible(name))).hint("`mwallet key list` prints the keys")
        );
    }
    let text = format!("revoked {}; servers refuse it within ten seconds", visible(name));
    output::report(&settings.output, text, &json!({ "revoked": name }))
}

async fn token(settings: &Settings, engine: &Engine, user: &str, ttl: Duration) -> Result<()> {
    let issued = mwallet_auth::issue(engine, user, ttl).await.map_err(|error| Failure::caused("", &error))?;
    let json = json!({ "token": issued.token, "expires_at": issued.expires_at.to_string() });
    output::report(&settings.output, issued.token.clone(), &json)
}

async fn rotate(settings: &Settings, engine: &Engine) -> Result<()> {
    let key = mwallet_auth::rotate(engine).await.map_err(|error| Failure::caused("", &error))?;
    let text = format!("the key {} signs from now on; servers know it within ten seconds", key.id());
    output::report(&settings.output, text, &json!({ "kid": key.id() }))
}

/// Parses a time such as `90s`, `15m` or `24h`.
fn duration(text: &str) -> std::result::Result<Duration, &'static str> {
    let wrong = "expected a number with s, m or h behind it, such as 15m";
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or(wrong)?;
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        _ => return Err(wrong),
    };
    let seconds = number.parse::<u64>().ok().and_then(|number| number.checked_mul(unit)).filter(|seconds| *seconds > 0);
    seconds.map(Duration::from_secs).ok_or(wrong)
}
