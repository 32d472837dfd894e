//! The table `album`.

use mwallet_db::{Entity, ToMany, ToOne};

use super::{Artist, Track};

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(
    table = "album",
    schema = "public",
    foreign_key(columns(artist_id), references = "artist", to("artist_id"))
)]
pub struct Album {
    #[entity(key)]
    pub album_id: i32,
    #[entity(native(name = "character varying(160)", transfer = "text"))]
    pub title: String,
    #[entity(index)]
    pub artist_id: i32,
}

impl Album {
    /// The related row of [`Artist`].
    pub const ARTIST: ToOne<Album, Artist> = Album::ARTIST_ID.references(Artist::ARTIST_ID);

    /// The related rows of [`Track`].
    pub const TRACKS: ToMany<Album, Track> = Track::ALBUM.inverse();
}
