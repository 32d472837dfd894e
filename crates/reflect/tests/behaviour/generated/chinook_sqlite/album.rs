//! The table `Album`.

use mwallet_db::{Auto, Entity, ToMany, ToOne};

use super::{Artist, Track};

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(
    table = "Album",
    index(name = "IFK_AlbumArtistId", columns(artist_id)),
    foreign_key(columns(artist_id), references = "Artist", to("ArtistId"))
)]
pub struct Album {
    #[entity(column = "AlbumId", declared = "INTEGER", key, default_sql = "rowid")]
    pub album_id: Auto<i64>,
    #[entity(column = "Title", declared = "NVARCHAR(160)")]
    pub title: String,
    #[entity(column = "ArtistId", declared = "INTEGER")]
    pub artist_id: i64,
}

impl Album {
    /// The related row of [`Artist`].
    pub const ARTIST: ToOne<Album, Artist> = Album::ARTIST_ID.references(Artist::ARTIST_ID);

    /// The related rows of [`Track`].
    pub const TRACKS: ToMany<Album, Track> = Track::ALBUM.inverse();
}
