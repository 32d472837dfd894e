//! Traces columns of views to the table columns that they show, from the metadata of a prepared statement.

use std::collections::HashSet;

use mwallet_schema::{Access, TableKind, ViewColumnSource};

use super::Work;
use crate::{Fidelity, NO_BASE, SchemaObject, place};

pub(super) fn read(work: &mut Work) {
    let secrets: HashSet<(String, String)> = work
        .tables
        .iter()
        .flat_map(|table| table.columns.iter().map(move |column| (table, column)))
        .filter(|(_, column)| !column.is_readable())
        .map(|(table, column)| (table.name.clone(), column.name.clone()))
        .collect();
    for view in work.tables.iter_mut().filter(|table| table.kind == TableKind::View) {
        let place = place(view);
        let mut origins = work.origins.remove(&view.name).unwrap_or_default().into_iter();
        for column in &mut view.columns {
            let origin = origins.next().flatten();
            let standing = if origin.is_some() { Fidelity::Exact } else { Fidelity::Lossy(NO_BASE.into()) };
            // A secret stays one wherever it is shown.
            if origin.as_ref().is_some_and(|origin| secrets.contains(origin)) {
                column.access = Access::WriteOnly;
            }
            column.base = origin.map(|(table, column)| ViewColumnSource { schema: None, table, column });
            work.found.find(place.clone(), SchemaObject::ViewColumn, &column.name, standing);
        }
    }
}
