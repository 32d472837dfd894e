//! The table `playlist_track`.

use mwallet_db::Entity;

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
