//! The tables of a database, a struct for each of its tables and views.
//!
//! They were written from the database by `mwallet generate rust`, and describe it as it was then.

#![allow(
    clippy::duplicated_attributes,
    dead_code,
    reason = "a column may have its part in several constraints, and no program uses every relation"
)]

mod album;
mod artist;
mod customer;
mod employee;
mod genre;
mod invoice;
mod invoice_line;
mod media_type;
mod playlist;
mod playlist_track;
mod track;

use mwallet_db::Entity as _;
use mwallet_db::schema::Table;

pub use album::Album;
pub use artist::Artist;
pub use customer::Customer;
pub use employee::Employee;
pub use genre::Genre;
pub use invoice::Invoice;
pub use invoice_line::InvoiceLine;
pub use media_type::MediaType;
pub use playlist::Playlist;
pub use playlist_track::PlaylistTrack;
pub use track::Track;

/// The tables and views, as they are described here.
pub fn tables() -> Vec<&'static Table> {
    vec![
        Album::table(),
        Artist::table(),
        Customer::table(),
        Employee::table(),
        Genre::table(),
        Invoice::table(),
        InvoiceLine::table(),
        MediaType::table(),
        Playlist::table(),
        PlaylistTrack::table(),
        Track::table(),
    ]
}
