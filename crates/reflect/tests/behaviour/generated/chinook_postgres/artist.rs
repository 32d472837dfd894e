//! The table `artist`.

use mwallet_db::{Entity, ToMany};

use super::Album;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "artist", schema = "public")]
pub struct Artist {
    #[entity(key)]
    pub artist_id: i32,
    #[entity(native(name = "character varying(120)", transfer = "text"))]
    pub name: Option<String>,
}

impl Artist {
    /// The related rows of [`Album`].
    pub const ALBUMS: ToMany<Artist, Album> = Album::ARTIST.inverse();
}
