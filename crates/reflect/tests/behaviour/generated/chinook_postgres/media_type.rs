//! The table `media_type`.

use mwallet_db::{Entity, ToMany};

use super::Track;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "media_type", schema = "public")]
pub struct MediaType {
    #[entity(key)]
    pub media_type_id: i32,
    #[entity(native(name = "character varying(120)", transfer = "text"))]
    pub name: Option<String>,
}

impl MediaType {
    /// The related rows of [`Track`].
    pub const TRACKS: ToMany<MediaType, Track> = Track::MEDIA_TYPE.inverse();
}
