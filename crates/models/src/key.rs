//! Keys of programs that call the server, and the keys that sign its tokens. No request reads or writes them.

use mwallet_db::schema::Timestamp;
use mwallet_db::{Entity, Enumeration, Key, Timestamps};

/// Who may have a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enumeration)]
pub enum KeyKind {
    /// Everybody: it is in the pages of an application.
    #[default]
    Publishable = 0,
    /// Programs on servers only.
    Secret = 1,
}

/// A key by which a program calls the server.
#[derive(Clone, Debug, PartialEq, Entity)]
pub struct ApiKey {
    /// The number of the row.
    #[entity(flatten)]
    pub key: Key,
    /// What the key is called.
    #[entity(max = 64, min_length = 1, unique)]
    pub name: String,
    /// Who may have it.
    #[entity(default)]
    pub kind: KeyKind,
    /// The role of those who call with it.
    #[entity(max = 64, min_length = 1)]
    pub role: String,
    /// The hash of the key, by which it is found. The key itself is not stored.
    #[entity(max = 64, min_length = 64, unique, write_only)]
    pub hash: String,
    /// When it ends; never, where it is null.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When it was last used, within a minute.
    pub last_used_at: Option<Timestamp>,
    /// When the row was made and changed.
    #[entity(flatten)]
    pub timestamps: Timestamps,
}

/// A key that signs tokens. The newest that is not retired signs; the others verify what they signed.
#[derive(Clone, Debug, PartialEq, Entity)]
pub struct SigningKey {
    /// The number of the row.
    #[entity(flatten)]
    pub key: Key,
    /// The name of the key in tokens and in the document of keys.
    #[entity(max = 64, min_length = 1, unique)]
    pub kid: String,
    /// The private key, in the form of PKCS#8.
    #[entity(write_only)]
    pub private_key: Vec<u8>,
    /// When another took its place.
    pub retired_at: Option<Timestamp>,
    /// When the row was made and changed.
    #[entity(flatten)]
    pub timestamps: Timestamps,
}
