//! The table `playlist`.

use mwallet_db::Entity;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "playlist", schema = "public")]
pub struct Playlist {
    #[entity(key)]
    pub playlist_id: i32,
    #[entity(native(name = "character varying(120)", transfer = "text"))]
    pub name: Option<String>,
}
