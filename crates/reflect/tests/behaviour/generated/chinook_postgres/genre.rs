//! The table `genre`.

use mwallet_db::{Entity, ToMany};

use super::Track;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "genre", schema = "public")]
pub struct Genre {
    #[entity(key)]
    pub genre_id: i32,
    #[entity(native(name = "character varying(120)", transfer = "text"))]
    pub name: Option<String>,
}

impl Genre {
    /// The related rows of [`Track`].
    pub const TRACKS: ToMany<Genre, Track> = Track::GENRE.inverse();
}
