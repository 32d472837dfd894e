//! Tests on PostgreSQL that a session cancelled at any await leaves no transaction open.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use crate::support::{Offer, Trader, empty_offer, trader};
use mwallet_db::{Dialect, Engine, EngineOptions, Entity, Sql, crud};
use mwallet_testkit::{TestDb, connect};

/// Drops a future at its `n`th await that is pending.
struct CancelAt<F> {
    work: Pin<Box<F>>,
    left: usize,
}

impl<F: Future> Future for CancelAt<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.work.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if self.left == 0 => Poll::Ready(None),
            Poll::Pending => {
                self.left -= 1;
                Poll::Pending
            }
        }
    }
}

async fn work(engine: &Engine) -> mwallet_db::Result<()> {
    let mut session = engine.sessions().begin().await?;
    let ada = session.add(trader("ada"));
    session.flush().await?;
    let point = session.savepoint().await?;
    session.add(Offer { trader_id: Some(ada.into()), ..empty_offer() });
    session.flush().await?;
    session.run(Sql::new("SELECT pg_sleep(0.02)")).await?;
    session.roll_back_to(point).await?;
    let mut rows = crud::stream(&mut session, Trader::table(), &mwallet_db::Query::new()).await?;
    while let Some(row) = rows.next().await {
        row?;
    }
    drop(rows);
    session.roll_back().await
}

#[test]
fn no_transaction_is_left_open() {
    mwallet_testkit::run(Dialect::Postgres, async |db: TestDb| {
        let engine = db.engine_with(EngineOptions { pool_size: 2, ..EngineOptions::default() });
        engine.create_all(&[Trader::table(), Offer::table()]).await.unwrap();
        let watcher = connect(&db.url).await;
        let mut cancelled = 0;
        for left in 0.. {
            let done = CancelAt { work: Box::pin(work(&engine)), left }.await;
            if let Some(result) = done {
                result.unwrap();
                break;
            }
            cancelled += 1;
            wait_until_nothing_is_open(&watcher).await;
        }
        assert!(cancelled >= 8, "only {cancelled} awaits were reached");
        // The pool still has its connections.
        engine.ping().await.unwrap();
    });
}

/// Waits until no backend is in a transaction or running a statement. A rollback may take a moment.
async fn wait_until_nothing_is_open(watcher: &tokio_postgres::Client) {
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() \
               AND (state LIKE 'idle in transaction%' OR state = 'active')";
    let begun = Instant::now();
    loop {
        let open: i64 = watcher.query_one(sql, &[]).await.unwrap().get(0);
        if open == 0 {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(2), "{open} transactions stayed open");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
