//! Keys of programs: their text, and the hash by which they are found.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use mwallet_db::schema::Sources;
use mwallet_models::KeyKind;
use sha2::{Digest, Sha256};

/// How keys begin, which clients know.
const PUBLISHABLE: &str = "sb_publishable_";
const SECRET: &str = "sb_secret_";
/// How many random bytes a key has.
const RANDOM: usize = 24;

/// Makes the text of a new key.
pub fn generate(kind: KeyKind, sources: &dyn Sources) -> String {
    let mut random = [0; RANDOM];
    sources.fill_random(&mut random);
    let start = match kind {
        KeyKind::Publishable => PUBLISHABLE,
        KeyKind::Secret => SECRET,
    };
    format!("{start}{}", BASE64_URL_SAFE_NO_PAD.encode(random))
}

/// Returns the hash of a key in hexadecimal. The key is random, so it needs no salt.
pub fn hash(key: &str) -> String {
    hexadecimal(&Sha256::digest(key))
}

/// Returns bytes in hexadecimal.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns whether a text has the form of a key.
pub(crate) fn is_key(text: &str) -> bool {
    text.starts_with(PUBLISHABLE) || text.starts_with(SECRET)
}
