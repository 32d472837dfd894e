//! The table `artist`.

use mwallet_db::Entity;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "artist", schema = "public")]
pub struct Artist {
    #[entity(key)]
    pub artist_id: i32,
    #[entity(native(name = "character varying(120)", transfer = "text"))]
    pub name: Option<String>,
}
