//! The table `Track`.

use mwallet_db::schema::Decimal;
use mwallet_db::{Auto, Entity, ToMany, ToOne};

use super::{Album, Genre, InvoiceLine, MediaType, Playlist, PlaylistTrack};

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(
    table = "Track",
    index(name = "IFK_TrackAlbumId", columns(album_id)),
    index(name = "IFK_TrackGenreId", columns(genre_id)),
    index(name = "IFK_TrackMediaTypeId", columns(media_type_id)),
    foreign_key(columns(media_type_id), references = "MediaType", to("MediaTypeId")),
    foreign_key(columns(genre_id), references = "Genre", to("GenreId")),
    foreign_key(columns(album_id), references = "Album", to("AlbumId"))
)]
pub struct Track {
    #[entity(column = "TrackId", declared = "INTEGER", key, default_sql = "rowid")]
    pub track_id: Auto<i64>,
    #[entity(column = "Name", declared = "NVARCHAR(200)")]
    pub name: String,
    #[entity(column = "AlbumId", declared = "INTEGER")]
    pub album_id: Option<i64>,
    #[entity(column = "MediaTypeId", declared = "INTEGER")]
    pub media_type_id: i64,
    #[entity(column = "GenreId", declared = "INTEGER")]
    pub genre_id: Option<i64>,
    #[entity(column = "Composer", declared = "NVARCHAR(220)")]
    pub composer: Option<String>,
    #[entity(column = "Milliseconds", declared = "INTEGER")]
    pub milliseconds: i64,
    #[entity(column = "Bytes", declared = "INTEGER")]
    pub bytes: Option<i64>,
    #[entity(column = "UnitPrice", declared = "NUMERIC(10,2)")]
    pub unit_price: Decimal,
}

impl Track {
    /// The related row of [`MediaType`].
    pub const MEDIA_TYPE: ToOne<Track, MediaType> =
        Track::MEDIA_TYPE_ID.references(MediaType::MEDIA_TYPE_ID);

    /// The related row of [`Genre`].
    pub const GENRE: ToOne<Track, Genre> = Track::GENRE_ID.references(Genre::GENRE_ID);

    /// The related row of [`Album`].
    pub const ALBUM: ToOne<Track, Album> = Track::ALBUM_ID.references(Album::ALBUM_ID);

    /// The related rows of [`InvoiceLine`].
    pub const INVOICE_LINES: ToMany<Track, InvoiceLine> = InvoiceLine::TRACK.inverse();

    /// The related rows of [`PlaylistTrack`].
    pub const PLAYLIST_TRACKS: ToMany<Track, PlaylistTrack> = PlaylistTrack::TRACK.inverse();

    /// The related rows of [`Playlist`].
    pub const PLAYLISTS: ToMany<Track, Playlist> =
        PlaylistTrack::TRACK.inverse().through(PlaylistTrack::PLAYLIST);
}
