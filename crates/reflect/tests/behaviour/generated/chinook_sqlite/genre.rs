//! The table `Genre`.

use mwallet_db::{Auto, Entity, ToMany};

use super::Track;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "Genre")]
pub struct Genre {
    #[entity(column = "GenreId", declared = "INTEGER", key, default_sql = "rowid")]
    pub genre_id: Auto<i64>,
    #[entity(column = "Name", declared = "NVARCHAR(120)")]
    pub name: Option<String>,
}

impl Genre {
    /// The related rows of [`Track`].
    pub const TRACKS: ToMany<Genre, Track> = Track::GENRE.inverse();
}
