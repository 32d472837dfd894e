//! The table `Playlist`.

use mwallet_db::{Auto, Entity, ToMany};

use super::{PlaylistTrack, Track};

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

impl Playlist {
    /// The related rows of [`PlaylistTrack`].
    pub const PLAYLIST_TRACKS: ToMany<Playlist, PlaylistTrack> = PlaylistTrack::PLAYLIST.inverse();

    /// The related rows of [`Track`].
    pub const TRACKS: ToMany<Playlist, Track> =
        PlaylistTrack::PLAYLIST.inverse().through(PlaylistTrack::TRACK);
}
