//! Columns of views, led back to the columns of tables that they show, as SQLite tells of a statement that it prepared.

use std::collections::HashSet;

use mwallet_schema::{Access, BaseColumn, TableKind};

use super::Work;
use crate::error::Result;
use crate::query::quote;
use crate::reflect::{Construct, NO_BASE, Standing, place};
use crate::session::Session;

pub(super) async fn read(session: &mut Session, work: &mut Work) -> Result<()> {
    let views: Vec<usize> =
        (0..work.tables.len()).filter(|position| work.tables[*position].kind == TableKind::View).collect();
    let statement = |position: &usize| {
        let view = &work.tables[*position];
        let columns: Vec<String> = view.columns.iter().map(|column| quote(&column.name)).collect();
        format!("SELECT {} FROM {}", columns.join(", "), quote(&view.name))
    };
    let found = session.prepare(views.iter().map(statement).collect()).await?;
    let secrets: HashSet<(String, String)> = work
        .tables
        .iter()
        .flat_map(|table| table.columns.iter().map(move |column| (table, column)))
        .filter(|(_, column)| !column.is_readable())
        .map(|(table, column)| (table.name.clone(), column.name.clone()))
        .collect();
    for (position, origins) in views.into_iter().zip(found) {
        let view = &mut work.tables[position];
        let place = place(view);
        for (at, column) in view.columns.iter_mut().enumerate() {
            let origin = origins.as_ref().ok().and_then(|columns| columns.get(at).cloned().flatten());
            let standing = match (&origin, &origins) {
                (Some(_), _) => Standing::Kept,
                (None, Ok(_)) => Standing::Degraded(NO_BASE.into()),
                (None, Err(_)) => {
                    Standing::Unsupported("the view cannot be read, so nothing is known of its columns".into())
                }
            };
            // A secret is one wherever it is shown.
            if origin.as_ref().is_some_and(|origin| secrets.contains(origin)) {
                column.access = Access::WriteOnly;
            }
            column.base = origin.map(|(table, column)| BaseColumn { schema: None, table, column });
            work.found.find(place.clone(), Construct::ViewColumn, &column.name, standing);
        }
    }
    Ok(())
}
