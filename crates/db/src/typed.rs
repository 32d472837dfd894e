//! The operations of entities: queries, writes, and the rows that are related to others.
//!
//! The derive gives each entity functions of its own that call these: `Order::find()`, `order.create(&engine)`.

mod find;
mod key_values;
mod load;

pub use find::{Find, Page};
pub use key_values::KeyValues;
pub use load::{LoadRelated, LoadedMany, LoadedOne, RelatedQuery};

use crate::crud;
use crate::entity::Entity;
use crate::error::Result;
use crate::executor::Executor;
use crate::query::OnConflict;

/// Inserts a row and returns it with its key and defaults.
///
/// # Errors
///
/// Returns an error if the row does not fit the table or violates a constraint.
pub async fn create<E: Entity>(executor: Executor<'_>, row: E) -> Result<E> {
    crud::only(create_many(executor, vec![row]).await?)
}

/// Inserts all rows or none, and returns them in the given order.
///
/// # Errors
///
/// Returns an error if a row does not fit the table or violates a constraint. No row is inserted then.
pub async fn create_many<E: Entity>(executor: Executor<'_>, rows: Vec<E>) -> Result<Vec<E>> {
    insert(executor, rows, &OnConflict::Error).await
}

/// Inserts the rows that do not conflict with a unique constraint, and returns those that were inserted.
///
/// # Errors
///
/// Returns an error if a row does not fit the table or violates another constraint. No row is inserted then.
pub async fn insert_ignore<E: Entity>(executor: Executor<'_>, rows: Vec<E>) -> Result<Vec<E>> {
    insert(executor, rows, &OnConflict::Ignore { target: None }).await
}

async fn insert<E: Entity>(executor: Executor<'_>, rows: Vec<E>, on_conflict: &OnConflict) -> Result<Vec<E>> {
    let records = rows.iter().map(E::to_map).collect();
    crud::insert(executor, E::table(), records, on_conflict).await
}
