//! The table `Artist`.

use mwallet_db::{Auto, Entity, ToMany};

use super::Album;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "Artist")]
pub struct Artist {
    #[entity(column = "ArtistId", declared = "INTEGER", key, default_sql = "rowid")]
    pub artist_id: Auto<i64>,
    #[entity(column = "Name", declared = "NVARCHAR(120)")]
    pub name: Option<String>,
}

impl Artist {
    /// The related rows of [`Album`].
    pub const ALBUMS: ToMany<Artist, Album> = Album::ARTIST.inverse();
}
