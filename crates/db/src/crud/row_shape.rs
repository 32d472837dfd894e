//! The row shapes that operations accept: tables with rows as maps, or entities.

use std::marker::PhantomData;

use mwallet_schema::{Record, Table};

use crate::entity::{Cell, Entity};
use crate::row::{FromRow, Of, Row};

/// A table together with the types in which its rows are written and read.
pub trait RowShape {
    /// The type of rows to write.
    type Input;
    /// The type of rows that were read.
    type Item;
    /// The type that decodes a row.
    type Form: FromRow;

    /// Returns the table.
    fn table(&self) -> &Table;

    /// Returns whether a row can be built from only some of the columns.
    fn takes_any_fields(&self) -> bool {
        true
    }

    /// Converts a row to write into a record.
    fn record(input: Self::Input) -> Record;

    /// Converts a decoded row into an item.
    fn item(form: Self::Form) -> Self::Item;
}

impl RowShape for &Table {
    type Input = Record;
    type Item = Row;
    type Form = Row;

    fn table(&self) -> &Table {
        self
    }

    fn record(input: Record) -> Record {
        input
    }

    fn item(form: Row) -> Row {
        form
    }
}

/// The row shape of an entity's table.
pub struct Entities<E>(PhantomData<fn() -> E>);

/// Returns the row shape of an entity, as in `crud::list(&engine, crud::of::<Order>(), &query)`.
pub fn of<E: Entity>() -> Entities<E> {
    Entities(PhantomData)
}

impl<E: Entity> RowShape for Entities<E> {
    type Input = E;
    type Item = E;
    type Form = Of<E>;

    fn table(&self) -> &Table {
        E::table()
    }

    fn takes_any_fields(&self) -> bool {
        false
    }

    fn record(input: E) -> Record {
        let columns = E::table().columns.iter();
        let pairs = columns.zip(input.cells()).filter_map(|(column, cell)| match cell {
            Cell::Value(value) => Some((column.name.clone(), value)),
            // Leave out references to rows pending in a session. The planner rejects a required value that is
            // missing.
            Cell::Unset | Cell::Pending(_) => None,
        });
        pairs.collect()
    }

    fn item(form: Of<E>) -> E {
        form.0
    }
}
