//! Rows as a stream that holds no more than a few batches of them.

use std::collections::VecDeque;
use std::marker::PhantomData;

use mwallet_schema::Value;

use crate::columns::Columns;
use crate::driver::RowSource;
use crate::error::Result;
use crate::json_rows::JsonRows;
use crate::row::{FromRow, Row};
use crate::statement::Output;

/// Batches of rows as the database gives them.
///
/// Those of a session borrow it: nothing else can be done with the session until they are dropped.
pub struct Batches<'s> {
    source: RowSource<'s>,
    /// What else is to happen at an error: the session fails.
    on_error: Option<Box<dyn FnMut() + Send + 's>>,
}

impl<'s> Batches<'s> {
    pub(crate) fn new(source: RowSource<'s>) -> Self {
        Self { source, on_error: None }
    }

    pub(crate) fn gathered(output: Output) -> Self {
        Self::new(RowSource::gathered(output))
    }

    /// The same, with what is to be done at an error.
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

    /// The next rows as JSON; `None` after the last. For streams that were opened as JSON.
    pub async fn next_json(&mut self) -> Option<Result<JsonRows>> {
        Some(self.next().await?.map(Output::into_json))
    }
}

/// Rows as a lazy stream: read as they are asked for, a bounded number in memory.
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

    /// The next row; `None` after the last.
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
