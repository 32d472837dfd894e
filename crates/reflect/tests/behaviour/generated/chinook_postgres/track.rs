//! The table `track`.

use mwallet_db::schema::Decimal;
use mwallet_db::{Entity, ToMany, ToOne};

use super::{Album, Genre, InvoiceLine, MediaType, Playlist, PlaylistTrack};

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(
    table = "track",
    schema = "public",
    index(album_id),
    index(genre_id),
    index(media_type_id),
    foreign_key(columns(album_id), references = "album", to("album_id")),
    foreign_key(columns(genre_id), references = "genre", to("genre_id")),
    foreign_key(columns(media_type_id), references = "media_type", to("media_type_id"))
)]
pub struct Track {
    #[entity(key)]
    pub track_id: i32,
    #[entity(native(name = "character varying(200)", transfer = "text"))]
    pub name: String,
    pub album_id: Option<i32>,
    pub media_type_id: i32,
    pub genre_id: Option<i32>,
    #[entity(native(name = "character varying(220)", transfer = "text"))]
    pub composer: Option<String>,
    pub milliseconds: i32,
    pub bytes: Option<i32>,
    #[entity(native(name = "numeric(10,2)", transfer = "number"))]
    pub unit_price: Decimal,
}

impl Track {
    /// The related row of [`Album`].
    pub const ALBUM: ToOne<Track, Album> = Track::ALBUM_ID.references(Album::ALBUM_ID);

    /// The related row of [`Genre`].
    pub const GENRE: ToOne<Track, Genre> = Track::GENRE_ID.references(Genre::GENRE_ID);

    /// The related row of [`MediaType`].
    pub const MEDIA_TYPE: ToOne<Track, MediaType> =
        Track::MEDIA_TYPE_ID.references(MediaType::MEDIA_TYPE_ID);

    /// The related rows of [`InvoiceLine`].
    pub const INVOICE_LINES: ToMany<Track, InvoiceLine> = InvoiceLine::TRACK.inverse();

    /// The related rows of [`PlaylistTrack`].
    pub const PLAYLIST_TRACKS: ToMany<Track, PlaylistTrack> = PlaylistTrack::TRACK.inverse();

    /// The related rows of [`Playlist`].
    pub const PLAYLISTS: ToMany<Track, Playlist> =
        PlaylistTrack::TRACK.inverse().through(PlaylistTrack::PLAYLIST);
}
