//! The table `playlist`.

use mwallet_db::{Entity, ToMany};

use super::{PlaylistTrack, Track};

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "playlist", schema = "public")]
pub struct Playlist {
    #[entity(key)]
    pub playlist_id: i32,
    #[entity(native(name = "character varying(120)", transfer = "text"))]
    pub name: Option<String>,
}

impl Playlist {
    /// The related rows of [`PlaylistTrack`].
    pub const PLAYLIST_TRACKS: ToMany<Playlist, PlaylistTrack> = PlaylistTrack::PLAYLIST.inverse();

    /// The related rows of [`Track`].
    pub const TRACKS: ToMany<Playlist, Track> =
        PlaylistTrack::PLAYLIST.inverse().through(PlaylistTrack::TRACK);
}
