//! `mwallet seed`: fills an empty database with fake data.

use clap::Args;
use clap::builder::RangedU64ValueParser;
use mwallet_db::schema::{Table, Timestamp, TimestampError};
use serde_json::{Map, Value, json};

use crate::failure::{Failure, Result};
use crate::output;
use crate::seed::{Amounts, Origin, Outcome, fill};
use crate::settings::Settings;

/// The most rows of a kind: more are a mistake of somebody's keyboard.
const MOST: u64 = 100_000_000;

const EXAMPLES: &str = "\
Examples:
  # some hundred users, some thousand orders
  mwallet seed
  mwallet seed --users 20000 --orders 200000 --seed 7
  # open orders that end after today
  mwallet seed --as-of now
  mwallet seed --database-url postgresql://me@localhost/try --json

The same seed as of the same time makes the same rows, down to ids and times, on SQLite and on PostgreSQL; another version of \
mWallet may make others. Without --as-of the time is always the same, so that the day does not matter. Orders have the slugs \
order-1, order-2 and so on in the order of their ids.

It fills an empty database only, and all or nothing: where any table holds a row, or it is stopped halfway, nothing is written. A \
database without any table is set up first. Nobody in the data is real, mail goes to domains that are kept for examples, and no \
wallet accepts the addresses.";

/// The options of `mwallet seed`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// How many users; their organizations, groups, wallets and addresses come with them
    #[arg(long, value_name = "NUMBER", default_value_t = 200, value_parser = RangedU64ValueParser::<u64>::new().range(1..=MOST))]
    users: u64,
    /// How many orders; those that were satisfied in coins have a transaction each
    #[arg(long, value_name = "NUMBER", default_value_t = 2_000, value_parser = RangedU64ValueParser::<u64>::new().range(..=MOST))]
    orders: u64,
    /// How many notices to users
    #[arg(long, value_name = "NUMBER", default_value_t = 20, value_parser = RangedU64ValueParser::<u64>::new().range(..=MOST))]
    notices: u64,
    /// Which data: each number makes other rows
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// The time that the data is made for, or `now`: what is over lies before it, and orders that are open end after it
    #[arg(long, value_name = "TIME", default_value = "2026-01-01T00:00:00Z", value_parser = as_of)]
    as_of: AsOf,
}

/// The time that data is made for.
#[derive(Clone, Copy)]
enum AsOf {
    Now,
    Time(Timestamp),
}

fn as_of(text: &str) -> std::result::Result<AsOf, String> {
    if text == "now" {
        return Ok(AsOf::Now);
    }
    let time: Timestamp = text.parse().map_err(|error: TimestampError| error.to_string())?;
    // Data reaches back two years and ahead by two months, and a UUID has no time before 1970.
    match ["1972-01-01T00:00:00Z", "9999-01-01T00:00:00Z"].map(str::parse::<Timestamp>) {
        [Ok(first), Ok(end)] if time < first || time >= end => Err("expected a time from 1972 to 9998".into()),
        _ => Ok(AsOf::Time(time)),
    }
}

pub(crate) async fn run(settings: &Settings, options: Options) -> Result<()> {
    let Options { users, orders, notices, seed, as_of } = options;
    let engine = settings.engine()?;
    let as_of = match as_of {
        AsOf::Now => engine.sources().now(),
        AsOf::Time(time) => time,
    };
    let progress = output::progress(&settings.output, users + orders, "users and orders");
    let outcome = fill(&engine, Amounts { users, orders, notices }, Origin { seed, as_of }, &progress).await;
    progress.finish_and_clear();
    engine.close().await;
    match outcome? {
        Outcome::NotEmpty(table) => Err(not_empty(&engine.to_string(), table)),
        Outcome::Filled(written) => {
            let rows: Map<String, Value> =
                written.iter().map(|(table, rows)| ((*table).into(), (*rows).into())).collect();
            let list: Vec<String> =
                written.iter().map(|(table, rows)| format!("{rows} {}", table.replace('_', " "))).collect();
            let text = format!("filled {engine} by seed {seed}: {}", list.join(", "));
            let json = json!({"database": engine.to_string(), "seed": seed, "as_of": as_of.to_string(), "rows": rows});
            output::report(&settings.output, text, &json)
        }
    }
}

fn not_empty(database: &str, table: &Table) -> Failure {
    let message = format!("{database} is not empty: {} has rows; nothing was written", table.name);
    Failure::new(message).code("database_not_empty").hint(
        "fake data goes into an empty database only: name another by --database-url, or empty this one by `mwallet schema \
         drop`, which deletes everything in it",
    )
}
