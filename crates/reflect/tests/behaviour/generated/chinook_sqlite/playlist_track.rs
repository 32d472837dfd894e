//! The table `PlaylistTrack`.

use mwallet_db::Entity;

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
