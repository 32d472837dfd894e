//! The table `MediaType`.

use mwallet_db::{Auto, Entity, ToMany};

use super::Track;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "MediaType")]
pub struct MediaType {
    #[entity(
        column = "MediaTypeId",
        declared = "INTEGER",
        key,
        default_sql = "rowid"
    )]
    pub media_type_id: Auto<i64>,
    #[entity(column = "Name", declared = "NVARCHAR(120)")]
    pub name: Option<String>,
}

impl MediaType {
    /// The related rows of [`Track`].
    pub const TRACKS: ToMany<MediaType, Track> = Track::MEDIA_TYPE.inverse();
}
