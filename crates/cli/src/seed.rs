//! Realistic fake data, the same for the same origin on both engines.
//!
//! Every value is generated here, including IDs, names and times, so nothing depends on the date, the machine or the
//! database, only on the origin. Generators are iterators: at most one batch of rows is in memory.

mod holdings;
mod notices;
mod orders;
mod people;
mod random;
mod vocabulary;

use std::time::Duration;

use indicatif::ProgressBar;
use mwallet_db::schema::Table;
use mwallet_db::{Engine, Entity, Query, Session, crud, typed};
use mwallet_models::{Order, User};

use crate::failure::Result;

pub(crate) use random::Origin;

/// The number of rows per insert: as many as one statement of a bulk creation writes.
const BATCH: usize = 1_000;

/// The timeout for filling a database: longer than anybody waits, but finite.
const LIMIT: Duration = Duration::from_secs(3_600);

/// How many rows to create. The numbers of other rows, such as wallets and transactions, follow from these.
#[derive(Clone, Copy)]
pub(crate) struct Amounts {
    /// At least one, since everything has an owner.
    pub(crate) users: u64,
    pub(crate) orders: u64,
    pub(crate) notices: u64,
}

/// The result of filling a database.
pub(crate) enum Outcome {
    /// The database is filled; the number of rows of each table.
    Filled(Vec<(&'static str, u64)>),
    /// This table has rows, so nothing was written.
    NotEmpty(&'static Table),
}

/// Creates the tables and fills an empty database with fake data, in one transaction. The progress bar counts users
/// and orders.
pub(crate) async fn fill(engine: &Engine, amounts: Amounts, origin: Origin, progress: &ProgressBar) -> Result<Outcome> {
    let tables = mwallet_models::tables();
    crate::database::prepare_with(engine, false, false).await?;
    let session = engine.sessions().limit(LIMIT).begin().await?;
    let mut writer = Writer { session, progress, written: Vec::new() };
    for table in tables {
        if !crud::list(&mut writer.session, table, &Query::new().limit(1)).await?.is_empty() {
            return Ok(Outcome::NotEmpty(table));
        }
    }
    let Amounts { users, orders, notices } = amounts;
    writer.write(people::organizations(origin, people::organization_count(users))).await?;
    writer.write(people::users(origin, users)).await?;
    writer.write(people::groups(origin)).await?;
    writer.write(people::members(origin, users)).await?;
    writer.write(notices::notices(origin, notices)).await?;
    writer.write(notices::recipients(origin, notices, users)).await?;
    writer.write(holdings::assets(origin)).await?;
    writer.write(holdings::wallets(origin, users)).await?;
    writer.write(holdings::server_addresses(origin)).await?;
    writer.write(holdings::user_addresses(origin, users)).await?;
    writer.write(orders::orders(origin, orders, users)).await?;
    writer.write(orders::settlements(origin, orders, users)).await?;
    writer.session.commit().await?;
    Ok(Outcome::Filled(writer.written))
}

/// Writes rows in one transaction.
struct Writer<'p> {
    session: Session,
    progress: &'p ProgressBar,
    written: Vec<(&'static str, u64)>,
}

impl Writer<'_> {
    async fn write<E: Entity>(&mut self, mut rows: impl Iterator<Item = E>) -> Result<()> {
        // The numbers of other rows are not known in advance.
        let is_counted = E::TABLE == User::TABLE || E::TABLE == Order::TABLE;
        let mut written = 0;
        loop {
            let batch: Vec<E> = rows.by_ref().take(BATCH).collect();
            if batch.is_empty() {
                break;
            }
            let count = typed::create_many((&mut self.session).into(), batch).await?.len() as u64;
            written += count;
            self.progress.inc(if is_counted { count } else { 0 });
        }
        self.written.push((E::TABLE, written));
        Ok(())
    }
}
