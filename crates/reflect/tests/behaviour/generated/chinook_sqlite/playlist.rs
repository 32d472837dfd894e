//! The table `Playlist`.

use mwallet_db::{Auto, Entity};

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "Playlist")]
pub struct Playlist {
    #[entity(
        column = "PlaylistId",
        declared = "INTEGER",
        key,
        default_sql = "rowid"
    )]
    pub playlist_id: Auto<i64>,
    #[entity(column = "Name", declared = "NVARCHAR(120)")]
    pub name: Option<String>,
}
