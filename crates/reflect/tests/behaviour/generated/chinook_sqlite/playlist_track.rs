//! The table `PlaylistTrack`.

use mwallet_db::{Entity, ToOne};

use super::{Playlist, Track};

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(
    table = "PlaylistTrack",
    key(playlist_id, track_id),
    index(name = "IFK_PlaylistTrackPlaylistId", columns(playlist_id)),
    index(name = "IFK_PlaylistTrackTrackId", columns(track_id)),
    foreign_key(columns(track_id), references = "Track", to("TrackId")),
    foreign_key(columns(playlist_id), references = "Playlist", to("PlaylistId"))
)]
pub struct PlaylistTrack {
    #[entity(column = "PlaylistId", declared = "INTEGER")]
    pub playlist_id: i64,
    #[entity(column = "TrackId", declared = "INTEGER")]
    pub track_id: i64,
}

impl PlaylistTrack {
    /// The related row of [`Track`].
    pub const TRACK: ToOne<PlaylistTrack, Track> =
        PlaylistTrack::TRACK_ID.references(Track::TRACK_ID);

    /// The related row of [`Playlist`].
    pub const PLAYLIST: ToOne<PlaylistTrack, Playlist> =
        PlaylistTrack::PLAYLIST_ID.references(Playlist::PLAYLIST_ID);
}
