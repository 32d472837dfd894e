//! Streams of rows that only keep a few batches in memory.

use std::collections::VecDeque;
use std::marker::PhantomData;

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

/// A lazy stream of rows with bounded memory use.
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
    batches: Batches<'s>,
    columns: Columns,
    waiting: VecDeque<Vec<Value>>,
    kind: PhantomData<fn() -> T>,
}

impl<'s, T: FromRow> Rows<'s, T> {
    pub(crate) fn new(batches: Batches<'s>, columns: Columns) -> Self {
        Self { batches, columns, waiting: VecDeque::new(), kind: PhantomData }
    }

    /// Returns the next row, or `None` at the end.
    pub async fn next(&mut self) -> Option<Result<T>> {
        while self.waiting.is_empty() {
            match self.batches.next().await? {
                Ok(output) => self.waiting = output.into_values().into(),
                Err(error) => return Some(Err(error)),
            }
        }
        let values = self.waiting.pop_front()?;
        Some(T::from_row(Row::new(self.columns.clone(), values)).map_err(Into::into))
    }
}
