//! What operations work on: tables whose rows are maps, or entities.

use std::marker::PhantomData;

use mwallet_schema::{Record, Table};

use crate::entity::{Cell, Entity};
use crate::row::{FromRow, Of, Row};

/// What operations work on: a table, and the form in which its rows go in and come out.
pub trait RowShape {
    /// A row that is written.
    type Input;
    /// A row that is read.
    type Item;
    /// How the row is read from its values.
    type Form: FromRow;

    /// The table.
    fn table(&self) -> &Table;

    /// Whether a row can be made of some of the columns only.
    fn takes_any_fields(&self) -> bool {
        true
    }

    /// A row to write as a map.
    fn record(input: Self::Input) -> Record;

    /// A row that was read, out of its form.
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

/// The rows of an entity's table, as entities.
pub struct Entities<E>(PhantomData<fn() -> E>);

/// The rows of an entity's table, as entities: `crud::list(&engine, crud::of::<Order>(), &query)`.
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
            // What refers to a row of a session is left out; where it is required, the plan says so.
            Cell::Unset | Cell::Pending(_) => None,
        });
        pairs.collect()
    }

    fn item(form: Of<E>) -> E {
        form.0
    }
}
