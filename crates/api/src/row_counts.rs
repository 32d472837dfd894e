//! How many rows the tables have that are served, as of a few seconds ago.
//!
//! Whoever asks for a page must not have the database work for it: the rows are counted by one at a time, for no longer than a
//! limit, and everybody who asks within the next seconds gets what was found.

use std::sync::Arc;
use std::time::Duration;

use mwallet_db::Engine;
use mwallet_db::crud::data_plane::{self, RowCount};
use mwallet_db::schema::Timestamp;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};

use crate::exposed::ExposedTables;

/// How long what was found is told, in microseconds.
const FRESH: i64 = 10_000_000;
/// How long one table may take. A view may be a query of any size.
const ONE_TABLE: Duration = Duration::from_millis(500);
/// How long all of them may take; those that are not counted then have no number.
const ALL_TABLES: Duration = Duration::from_secs(2);

/// For each table that is served, in their order, how many rows it has, if that could be found out.
pub(crate) type Counts = Arc<Vec<Option<RowCount>>>;

/// What was found, and the lock of who counts. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct RowCounts {
    known: Arc<Mutex<Option<Known>>>,
}

#[derive(Debug)]
struct Known {
    at: Timestamp,
    /// What was served then.
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
    /// How many rows these tables have.
    pub(crate) async fn get(&self, engine: &Engine, tables: &Arc<ExposedTables>) -> Counts {
        let mut known = self.known.clone().lock_owned().await;
        if let Some(known) = known.as_ref().filter(|known| known.is_fresh(engine.sources().now(), tables)) {
            return known.counts.clone();
        }
        let (engine, tables) = (engine.clone(), tables.clone());
        // It is done once even if whoever asked first does not wait for it, or many who do not wait could have it begun anew.
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
            true => timeout_at(end.min(now + ONE_TABLE), data_plane::row_count(engine, &resource.relation)).await,
            false => break,
        };
        // A number that is missing is no failure of the page, and where the database is away, others say so.
        counts.push(counted.ok().and_then(Result::ok));
    }
    counts
}
