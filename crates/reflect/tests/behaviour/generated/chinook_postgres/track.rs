//! The table `track`.

use mwallet_db::Entity;
use mwallet_db::schema::Decimal;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(
    table = "track",
    schema = "public",
    index(album_id),
    index(genre_id),
    index(media_type_id),
    foreign_key(columns(album_id), references = "album", to("album_id")),
    foreign_key(columns(genre_id), references = "genre", to("genre_id")),
    foreign_key(columns(media_type_id), references = "media_type", to("media_type_id"))
)]
pub struct Track {
    #[entity(key)]
    pub track_id: i32,
    #[entity(native(name = "character varying(200)", transfer = "text"))]
    pub name: String,
    pub album_id: Option<i32>,
    pub media_type_id: i32,
    pub genre_id: Option<i32>,
    #[entity(native(name = "character varying(220)", transfer = "text"))]
    pub composer: Option<String>,
    pub milliseconds: i32,
    pub bytes: Option<i32>,
    #[entity(native(name = "numeric(10,2)", transfer = "number"))]
    pub unit_price: Decimal,
}
