//! The table `genre`.

use mwallet_db::Entity;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "genre", schema = "public")]
pub struct Genre {
    #[entity(key)]
    pub genre_id: i32,
    #[entity(native(name = "character varying(120)", transfer = "text"))]
    pub name: Option<String>,
}
