//! The table `album`.

use mwallet_db::Entity;

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
