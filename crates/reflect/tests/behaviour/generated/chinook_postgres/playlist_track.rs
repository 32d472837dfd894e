//! The table `playlist_track`.

use mwallet_db::{Entity, ToOne};

use super::{Playlist, Track};

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(
    table = "playlist_track",
    schema = "public",
    key(playlist_id, track_id),
    foreign_key(columns(playlist_id), references = "playlist", to("playlist_id")),
    foreign_key(columns(track_id), references = "track", to("track_id"))
)]
pub struct PlaylistTrack {
    #[entity(index)]
    pub playlist_id: i32,
    #[entity(index)]
    pub track_id: i32,
}

impl PlaylistTrack {
    /// The related row of [`Playlist`].
    pub const PLAYLIST: ToOne<PlaylistTrack, Playlist> =
        PlaylistTrack::PLAYLIST_ID.references(Playlist::PLAYLIST_ID);

    /// The related row of [`Track`].
    pub const TRACK: ToOne<PlaylistTrack, Track> =
        PlaylistTrack::TRACK_ID.references(Track::TRACK_ID);
}
