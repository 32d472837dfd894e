//! The numbers of rows of the served tables, a few seconds old.
//!
//! Requests for the home page must not load the database: one request at a time counts the rows, within a time limit,
//! and all requests in the next seconds get the same result.

use std::sync::Arc;
use std::time::Duration;

use mwallet_db::Engine;
use mwallet_db::crud::data_plane::{self, RowCount};
use mwallet_db::schema::Timestamp;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};

use crate::exposed::ExposedTables;

/// How long a result is used, in microseconds.
const FRESH: i64 = 10_000_000;
/// The timeout for one table. A view may be an arbitrarily slow query.
const ONE_TABLE: Duration = Duration::from_millis(500);
/// The timeout for all tables; those that are not counted by then have no number.
const ALL_TABLES: Duration = Duration::from_secs(2);

/// The number of rows of each served table, in their order, if it was counted.
pub(crate) type Counts = Arc<Vec<Option<RowCount>>>;

/// The last result, and the lock for counting. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct RowCounts {
    known: Arc<Mutex<Option<Known>>>,
}

#[derive(Debug)]
struct Known {
    at: Timestamp,
    /// The tables at that time.
    tables: Arc<ExposedTables>,
    counts: Counts,
}

impl Known {
    fn is_fresh(&self, now: Timestamp, tables: &Arc<ExposedTables>) -> bool {
        let age = now.micros() - self.at.micros();
        (0..FRESH).contains(&age) && Arc::ptr_eq(&self.tables, tables)
    }
}

impl RowCounts {
    /// The numbers of rows of these tables.
    pub(crate) async fn get(&self, engine: &Engine, tables: &Arc<ExposedTables>) -> Counts {
        let mut known = self.known.clone().lock_owned().await;
        if let Some(known) = known.as_ref().filter(|known| known.is_fresh(engine.sources().now(), tables)) {
            return known.counts.clone();
        }
        let (engine, tables) = (engine.clone(), tables.clone());
        // The count continues even if the client that triggered it disconnects; otherwise such clients could start it
        // again and again.
        let counting = tokio::spawn(async move {
            let counts: Counts = Arc::new(count(&engine, &tables).await);
            *known = Some(Known { at: engine.sources().now(), tables, counts: counts.clone() });
            counts
        });
        counting.await.unwrap_or_default()
    }
}

async fn count(engine: &Engine, tables: &ExposedTables) -> Vec<Option<RowCount>> {
    let end = Instant::now() + ALL_TABLES;
    let mut counts = Vec::new();
    for (_, resource) in tables.all() {
        let now = Instant::now();
        let counted = match now < end {
            true => timeout_at(end.min(now + ONE_TABLE), data_plane::row_count(engine, resource.whole().entry())).await,
            false => break,
        };
        // A missing number is not an error of the page. If the database is unreachable, other requests report it.
        counts.push(counted.ok().and_then(Result::ok));
    }
    counts
}
