//! The tables of a database, a struct for each of its tables and views.
//!
//! They were written from the database by `mwallet generate rust`, and describe it as it was then.
//!
//! Left out, since they have no columns: "empty", "of_nothing".

#![allow(
    clippy::duplicated_attributes,
    dead_code,
    reason = "a column may have its part in several constraints, and no program uses every relation"
)]

mod e_te;
mod gr_en;
mod public;
mod t;
mod table;
mod table_2;
mod table_3;

use mwallet_db::Entity as _;
use mwallet_db::schema::Table;

pub use e_te::ETe;
pub use gr_en::Größen;
pub use public::Public;
pub use t::Été;
pub use table::Ελλάδα;
pub use table_2::Заказы;
pub use table_3::列;

/// The tables and views, as they are described here.
pub fn tables() -> Vec<&'static Table> {
    vec![
        ETe::table(),
        Größen::table(),
        Été::table(),
        Ελλάδα::table(),
        Заказы::table(),
        列::table(),
        Public::table(),
    ]
}
