//! Tokens: JSON Web Tokens in the compact form, signed by ES256, RS256 or HS256.
//!
//! The algorithm of a token is that of the key that it names, never the one that it claims.

mod claims;
mod key;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use mwallet_db::schema::Timestamp;
use serde_json::{Map, Value};

pub use claims::{Claims, RoleClaim};
pub use key::{KeyError, SigningKey, VerifyingKey};

/// Whom the server's own tokens are for.
pub(crate) const OWN_AUDIENCE: &str = "authenticated";
/// The role of users who have signed in.
pub(crate) const USER_ROLE: &str = "authenticated";
/// The longest token in bytes.
const MOST_BYTES: usize = 16 * 1024;

/// Why a token is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It is no token, or not signed by a key that is known.
    #[error("{0}")]
    Invalid(&'static str),
    /// It is signed, and what it claims is not accepted: it has expired, or is for somebody else.
    #[error("{0}")]
    Claims(String),
}

/// Verifies the signature of a token, and returns its claims.
///
/// # Errors
///
/// Returns an error if it is no token of any of these keys.
pub(crate) fn verify<'k>(
    token: &str,
    keys: &'k [VerifyingKey],
) -> Result<(Map<String, Value>, &'k VerifyingKey), TokenError> {
    if token.len() > MOST_BYTES {
        return Err(TokenError::Invalid("the token is too long"));
    }
    let no_token = || TokenError::Invalid("the bearer is no token");
    let (signed, signature) = token.rsplit_once('.').ok_or_else(no_token)?;
    let (header, payload) = signed.split_once('.').ok_or_else(no_token)?;
    let decode = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| no_token());
    let (header, signature) = (object(&decode(header)?).ok_or_else(no_token)?, decode(signature)?);
    if header.contains_key("crit") {
        return Err(TokenError::Invalid("the token has critical extensions, and none is known"));
    }
    let text = |name: &str| header.get(name).and_then(Value::as_str);
    let key = key::find(keys, text("kid"), header.contains_key("kid"), text("alg"));
    let key = key.ok_or(TokenError::Invalid("the token names no key that is known"))?;
    if !key.verifies(signed.as_bytes(), &signature) {
        return Err(TokenError::Invalid("the signature of the token is wrong"));
    }
    let claims = object(&decode(payload)?).ok_or(TokenError::Invalid("the token has no claims, or one twice"))?;
    Ok((claims, key))
}

/// Writes and signs a token.
pub(crate) fn sign(key: &SigningKey, claims: &Map<String, Value>) -> Option<String> {
    let mut header = Map::new();
    header.insert("alg".into(), "ES256".into());
    header.insert("typ".into(), "JWT".into());
    header.insert("kid".into(), key.id().into());
    let encode = |object: &Map<String, Value>| BASE64_URL_SAFE_NO_PAD.encode(Value::Object(object.clone()).to_string());
    let signed = format!("{}.{}", encode(&header), encode(claims));
    let signature = BASE64_URL_SAFE_NO_PAD.encode(key.sign(signed.as_bytes())?);
    Some(format!("{signed}.{signature}"))
}

/// Parses a JSON object in which no name is there twice, at any depth: two readers could understand it differently.
fn object(json: &[u8]) -> Option<Map<String, Value>> {
    struct Unique(Value);

    impl<'de> serde::Deserialize<'de> for Unique {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_any(Reader).map(Unique)
        }
    }

    struct Reader;

    impl<'de> serde::de::Visitor<'de> for Reader {
        type Value = Value;

        fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            out.write_str("JSON")
        }

        fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
            Ok(value.into())
        }

        fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
            Ok(value.into())
        }

        fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
            Ok(value.into())
        }

        fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
            Ok(value.into())
        }

        fn visit_str<E>(self, value: &str) -> Result<Value, E> {
            Ok(value.into())
        }

        fn visit_unit<E>(self) -> Result<Value, E> {
            Ok(Value::Null)
        }

        fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
            let mut all = Vec::new();
            while let Some(Unique(value)) = seq.next_element()? {
                all.push(value);
            }
            Ok(Value::Array(all))
        }

        fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
            let mut all = Map::new();
            while let Some((name, Unique(value))) = map.next_entry::<String, Unique>()? {
                if all.insert(name, value).is_some() {
                    return Err(serde::de::Error::custom("a name is there twice"));
                }
            }
            // This is how the parser tells numbers that it leaves as they are written.
            if let (1, Some(Value::String(number))) = (all.len(), all.get("$serde_json::private::Number")) {
                return number.parse().map(Value::Number).map_err(serde::de::Error::custom);
            }
            Ok(Value::Object(all))
        }
    }

    match serde_json::from_slice::<Unique>(json).ok()?.0 {
        Value::Object(object) => Some(object),
        _ => None,
    }
}

/// Returns the seconds since 1970.
pub(crate) fn seconds(time: Timestamp) -> i64 {
    time.micros().div_euclid(1_000_000)
}

#[cfg(test)]
mod tests;
