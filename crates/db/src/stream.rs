//! Streams of rows that only keep a few batches in memory.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::Stream;
use mwallet_schema::Value;

use crate::columns::Columns;
use crate::driver::RowSource;
use crate::error::Result;
use crate::json_rows::JsonRows;
use crate::row::{FromRow, Row};
use crate::statement::Output;

/// Batches of rows from the database.
///
/// In a session they borrow it, so that it cannot be used otherwise until they are dropped.
pub struct Batches<'s> {
    source: RowSource<'s>,
    /// Called on an error. It marks the session as failed.
    on_error: Option<Box<dyn FnMut() + Send + 's>>,
}

impl<'s> Batches<'s> {
    pub(crate) fn new(source: RowSource<'s>) -> Self {
        Self { source, on_error: None }
    }

    pub(crate) fn gathered(output: Output) -> Self {
        Self::new(RowSource::gathered(output))
    }

    /// Sets the function to call on an error.
    pub(crate) fn or_fail(self, on_error: impl FnMut() + Send + 's) -> Self {
        Self { on_error: Some(Box::new(on_error)), ..self }
    }

    async fn next(&mut self) -> Option<Result<Output>> {
        let next = self.source.next().await;
        if let (Some(Err(_)), Some(on_error)) = (&next, &mut self.on_error) {
            on_error();
        }
        next
    }

    /// Returns the next rows as JSON, or `None` at the end. The stream must have been opened as JSON.
    pub async fn next_json(&mut self) -> Option<Result<JsonRows>> {
        Some(self.next().await?.map(Output::into_json))
    }
}

/// A lazy stream of rows with bounded memory use. It is a [`Stream`] too, for the adapters of the crate `futures`.
///
/// ```
/// # async fn example(engine: mwallet_db::Engine, orders: &mwallet_schema::Table) -> mwallet_db::Result<()> {
/// use mwallet_db::{Query, crud};
/// let mut rows = crud::stream(&engine, orders, &Query::new()).await?;
/// while let Some(row) = rows.next().await {
///     println!("{:?}", row?.get("memo"));
/// }
/// # Ok(())
/// # }
/// ```
pub struct Rows<'s, T = Row> {
    next: NextBatch<'s>,
    columns: Columns,
    waiting: VecDeque<Vec<Value>>,
    kind: PhantomData<fn() -> T>,
}

/// Lends batches to the wait for the next of them, and gives them back with it.
type Lent<'s> = Pin<Box<dyn Future<Output = (Batches<'s>, Option<Result<Output>>)> + Send + 's>>;

/// The batches, or the wait for the next of them.
enum NextBatch<'s> {
    Idle(Batches<'s>),
    Waiting(Lent<'s>),
    Ended,
}

impl<'s, T: FromRow> Rows<'s, T> {
    pub(crate) fn new(batches: Batches<'s>, columns: Columns) -> Self {
        Self { next: NextBatch::Idle(batches), columns, waiting: VecDeque::new(), kind: PhantomData }
    }

    /// Returns the next row, or `None` at the end.
    pub async fn next(&mut self) -> Option<Result<T>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// Waits for the next batch.
    fn poll_batch(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Output>>> {
        loop {
            match std::mem::replace(&mut self.next, NextBatch::Ended) {
                NextBatch::Idle(mut batches) => {
                    self.next = NextBatch::Waiting(Box::pin(async move {
                        let next = batches.next().await;
                        (batches, next)
                    }));
                }
                NextBatch::Waiting(mut wait) => match wait.as_mut().poll(context) {
                    Poll::Pending => {
                        self.next = NextBatch::Waiting(wait);
                        return Poll::Pending;
                    }
                    Poll::Ready((batches, Some(Ok(output)))) => {
                        self.next = NextBatch::Idle(batches);
                        return Poll::Ready(Some(Ok(output)));
                    }
                    Poll::Ready((_, end)) => return Poll::Ready(end),
                },
                NextBatch::Ended => return Poll::Ready(None),
            }
        }
    }
}

impl<T: FromRow> Stream for Rows<'_, T> {
    type Item = Result<T>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        let this = self.get_mut();
        loop {
            if let Some(values) = this.waiting.pop_front() {
                let row = T::from_row(Row::new(this.columns.clone(), values));
                return Poll::Ready(Some(row.map_err(Into::into)));
            }
            match ready!(this.poll_batch(context)) {
                Some(Ok(output)) => this.waiting = output.into_values().into(),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}
