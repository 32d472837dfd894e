//! `mwallet seed`: fills an empty database with fake data.

use clap::Args;
use clap::builder::RangedU64ValueParser;
use mwallet_db::schema::{Table, Timestamp, TimestampError};
use serde_json::{Map, Value, json};

use crate::failure::{Failure, Result};
use crate::output;
use crate::seed::{Amounts, Origin, Outcome, fill};
use crate::settings::Settings;

/// The most rows of a kind: a larger number is a typing error.
const MOST: u64 = 100_000_000;

const EXAMPLES: &str = "\
Examples:
  # a few hundred users, a few thousand orders
  mwallet seed
  mwallet seed --users 20000 --orders 200000 --seed 7
  # with open orders that end after today
  mwallet seed --as-of now
  mwallet seed --database-url postgresql://me@localhost/try --json

The same --seed and --as-of always create the same rows, including IDs and times, on SQLite and on PostgreSQL; \
another version of mWallet may create different rows. Without --as-of the time is fixed, so the result does not \
depend on the current date. Orders have the slugs order-1, order-2 and so on, in the order of their IDs.

The command fills only an empty database, in one transaction: if any table has a row, or if the command is stopped, \
it writes nothing. If the database has no tables, the command creates them first. The people are fictitious, the \
email addresses use domains that are reserved for examples, and no wallet accepts the crypto addresses.";

/// The options of `mwallet seed`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// The number of users; their organizations, groups, wallets and addresses are created too
    #[arg(long, value_name = "NUMBER", default_value_t = 200)]
    #[arg(value_parser = RangedU64ValueParser::<u64>::new().range(1..=MOST))]
    users: u64,
    /// The number of orders; each order that was satisfied in coins has a transaction
    #[arg(long, value_name = "NUMBER", default_value_t = 2_000)]
    #[arg(value_parser = RangedU64ValueParser::<u64>::new().range(..=MOST))]
    orders: u64,
    /// The number of notices to users
    #[arg(long, value_name = "NUMBER", default_value_t = 20)]
    #[arg(value_parser = RangedU64ValueParser::<u64>::new().range(..=MOST))]
    notices: u64,
    /// The seed of the random numbers: each seed creates different rows
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// The reference time, or `now`: past events are before it, and open orders end after it
    #[arg(long, value_name = "TIME", default_value = "2026-01-01T00:00:00Z", value_parser = as_of)]
    as_of: AsOf,
}

/// The reference time of the data.
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
    // The data spans from two years before this time to two months after it, and a UUIDv7 has no time before 1970.
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
            let text = format!("filled {engine} with seed {seed}: {}", list.join(", "));
            let json = json!({"database": engine.to_string(), "seed": seed, "as_of": as_of.to_string(), "rows": rows});
            output::report(&settings.output, text, &json)
        }
    }
}

fn not_empty(database: &str, table: &Table) -> Failure {
    let message = format!("{database} is not empty: {} has rows; nothing was written", table.name);
    Failure::new(message).code("database_not_empty").hint(
        "only an empty database can be filled: name another with --database-url, or empty this one with `mwallet \
         schema drop`, which deletes all its rows",
    )
}
