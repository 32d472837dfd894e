//! Loads referenced rows in one statement.

use std::collections::BTreeMap;

use mwallet_schema::Value;

use super::{Executor, list, of};
use crate::entity::{Cell, ColumnValue, Entity};
use crate::error::Result;
use crate::query::{Filter, Query};

/// Referenced rows by ID.
#[derive(Clone, Debug)]
pub struct Loaded<E> {
    rows: BTreeMap<i64, E>,
}

impl<E: Entity> Loaded<E> {
    /// Returns the row that a reference points to, or `None` if the reference is null or the row does not exist.
    pub fn get(&self, reference: &impl ColumnValue<Plain = i64>) -> Option<&E> {
        match reference.to_cell() {
            Cell::Value(Value::Int(id)) => self.rows.get(&id),
            _ => None,
        }
    }

    /// Returns the number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Returns whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Returns the rows, ordered by ID.
    pub fn iter(&self) -> impl Iterator<Item = &E> {
        self.rows.values()
    }
}

/// Loads every `Parent` that the foreign keys of some rows refer to, in one statement.
///
/// ```
/// # use mwallet_db::{Engine, Entity, Key, Ref, crud};
/// # #[derive(Clone, Debug, Entity)]
/// # struct User { #[entity(flatten)] key: Key, name: String }
/// # #[derive(Clone, Debug, Entity)]
/// # struct Order { #[entity(flatten)] key: Key, user_id: Option<Ref<User>> }
/// # async fn example(engine: Engine, orders: Vec<Order>) -> mwallet_db::Result<()> {
/// let users = crud::load::<User>(&engine, &orders).await?;
/// for order in &orders {
///     println!("{:?}", users.get(&order.user_id).map(|user| &user.name));
/// }
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// Returns an error if the database reports one.
pub async fn load<'d, Parent: Entity>(door: impl Into<Executor<'d>>, rows: &[impl Entity]) -> Result<Loaded<Parent>> {
    let mut ids: Vec<i64> = rows.iter().flat_map(references::<Parent, _>).collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(Loaded { rows: BTreeMap::new() });
    }
    let query = Query::new().filter(Filter::in_("id", ids));
    let parents = list(door, of::<Parent>(), &query).await?;
    let rows = parents.into_iter().filter_map(|parent| match parent.key()?.first() {
        Some(Value::Int(id)) => Some((*id, parent)),
        _ => None,
    });
    Ok(Loaded { rows: rows.collect() })
}

/// Returns the IDs in a row's foreign keys to `Parent`.
fn references<Parent: Entity, E: Entity>(row: &E) -> Vec<i64> {
    let table = E::table();
    let cells = row.cells();
    let keys = table.foreign_keys.iter().filter(|key| key.references == Parent::TABLE && key.columns.len() == 1);
    keys.filter_map(|key| match cells.get(table.position(&key.columns[0])?) {
        Some(Cell::Value(Value::Int(id))) => Some(*id),
        _ => None,
    })
    .collect()
}
