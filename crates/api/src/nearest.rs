//! The table that was probably meant by a name that no table has.

use mwallet_db::schema::nearest;

use crate::exposed::ExposedSchema;

/// A hint for a request about a table that the schema does not have, in PostgREST's words.
pub(crate) fn hint(schema: &ExposedSchema, name: &str) -> Option<String> {
    let nearest = nearest(schema.names(), name)?;
    Some(format!("Perhaps you meant the table '{}.{nearest}'", schema.name_for_clients()))
}
