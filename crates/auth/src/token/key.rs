//! Keys of tokens: those that verify them, by a document of another issuer (JWKS) or a shared secret, and the server's
//! own, which sign them.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_2048_8192_SHA256,
    RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde_json::{Value, json};

/// The least bytes of a shared secret. A shorter one can be guessed from a single token.
const LEAST_SECRET: usize = 32;

/// Why a key cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The document is no set of keys.
    #[error("it is no JSON Web Key Set: {0}")]
    NotASet(String),
    /// None of its keys can be used.
    #[error("it has no key for ES256 or RS256 with an identifier (kid)")]
    NoKey,
    /// The secret is too short.
    #[error("it has {found} bytes; a key that is shared for HS256 needs {LEAST_SECRET}")]
    ShortSecret {
        /// How many bytes it has.
        found: usize,
    },
    /// The private key is damaged.
    #[error("the private key is damaged")]
    Damaged,
}

/// A key that verifies tokens.
#[derive(Clone)]
pub struct VerifyingKey {
    id: Option<String>,
    material: Material,
    /// Whether its tokens are the server's own, or as good.
    is_own: bool,
}

#[derive(Clone)]
enum Material {
    /// An uncompressed point of P-256.
    Es256(Vec<u8>),
    Rs256 {
        n: Vec<u8>,
        e: Vec<u8>,
    },
    Hs256(hmac::Key),
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "VerifyingKey({}, {:?})", self.algorithm(), self.id)
    }
}

impl VerifyingKey {
    /// A secret that others share, such as the program that signs in users.
    ///
    /// # Errors
    ///
    /// Returns an error if it is too short.
    pub fn from_secret(secret: &[u8]) -> Result<Self, KeyError> {
        match secret.len() < LEAST_SECRET {
            true => Err(KeyError::ShortSecret { found: secret.len() }),
            false => Ok(Self {
                id: None,
                material: Material::Hs256(hmac::Key::new(hmac::HMAC_SHA256, secret)),
                is_own: true,
            }),
        }
    }

    /// The keys of another issuer, by its JSON Web Key Set. Keys for other things are left out.
    ///
    /// # Errors
    ///
    /// Returns an error if it is no such document, or has no key that can be used.
    pub fn from_set(document: &str) -> Result<Vec<Self>, KeyError> {
        let set: Value = serde_json::from_str(document).map_err(|error| KeyError::NotASet(error.to_string()))?;
        let keys = set.get("keys").and_then(Value::as_array);
        let keys = keys.ok_or_else(|| KeyError::NotASet("it has no member keys".into()))?;
        let keys: Vec<Self> = keys.iter().filter_map(Self::from_jwk).collect();
        if keys.is_empty() { Err(KeyError::NoKey) } else { Ok(keys) }
    }

    fn from_jwk(jwk: &Value) -> Option<Self> {
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        let bytes = |name: &str| BASE64_URL_SAFE_NO_PAD.decode(text(name)?).ok();
        if text("use").is_some_and(|purpose| purpose != "sig") {
            return None;
        }
        let material = match (text("kty")?, text("alg"), text("crv")) {
            ("EC", None | Some("ES256"), Some("P-256")) => {
                let (x, y) = (bytes("x")?, bytes("y")?);
                let point = [&[4][..], &x, &y].concat();
                (x.len() == 32 && y.len() == 32).then_some(Material::Es256(point))?
            }
            ("RSA", None | Some("RS256"), _) => Material::Rs256 { n: bytes("n")?, e: bytes("e")? },
            _ => return None,
        };
        Some(Self { id: Some(text("kid")?.into()), material, is_own: false })
    }

    /// Returns whether its tokens are the server's own, or as good: it alone, and who shares its secret, can make them.
    pub(crate) fn is_own(&self) -> bool {
        self.is_own
    }

    fn algorithm(&self) -> &'static str {
        match &self.material {
            Material::Es256(_) => "ES256",
            Material::Rs256 { .. } => "RS256",
            Material::Hs256(_) => "HS256",
        }
    }

    pub(super) fn verifies(&self, signed: &[u8], signature: &[u8]) -> bool {
        match &self.material {
            Material::Es256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(signed, signature).is_ok()
            }
            Material::Rs256 { n, e } => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, signed, signature).is_ok()
            }
            Material::Hs256(key) => hmac::verify(key, signed, signature).is_ok(),
        }
    }
}

/// Finds the key that a token names. Only a shared secret has no identifier. What the token claims to be signed by must
/// be what the key is for.
pub(super) fn find<'k>(
    keys: &'k [VerifyingKey],
    id: Option<&str>,
    names_key: bool,
    algorithm: Option<&str>,
) -> Option<&'k VerifyingKey> {
    let is_named = |key: &&VerifyingKey| key.id.as_deref() == id && key.id.is_some() == names_key;
    keys.iter().filter(is_named).find(|key| Some(key.algorithm()) == algorithm)
}

/// A key of the server's own, which signs tokens by ES256.
pub struct SigningKey {
    id: String,
    pair: EcdsaKeyPair,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "SigningKey({})", self.id)
    }
}

impl SigningKey {
    /// Makes a new private key, in the form of PKCS#8.
    pub fn generate() -> Option<Vec<u8>> {
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
        document.ok().map(|document| document.as_ref().to_vec())
    }

    /// The key of a private key in the form of PKCS#8.
    ///
    /// # Errors
    ///
    /// Returns an error if it is damaged.
    pub fn from_pkcs8(id: impl Into<String>, private: &[u8]) -> Result<Self, KeyError> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, private, &SystemRandom::new());
        Ok(Self { id: id.into(), pair: pair.map_err(|_| KeyError::Damaged)? })
    }

    /// Returns the identifier of the key.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the key that verifies its tokens.
    pub fn verifying(&self) -> VerifyingKey {
        let material = Material::Es256(self.pair.public_key().as_ref().to_vec());
        VerifyingKey { id: Some(self.id.clone()), material, is_own: true }
    }

    /// Returns the public part as a JSON Web Key.
    pub fn jwk(&self) -> Value {
        // An uncompressed point: a byte 4, and two numbers.
        let point = self.pair.public_key().as_ref();
        let (x, y) = point[1..].split_at((point.len() - 1) / 2);
        let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        json!({ "kty": "EC", "crv": "P-256", "x": encode(x), "y": encode(y), "kid": self.id, "alg": "ES256", "use": "sig" })
    }

    pub(super) fn sign(&self, signed: &[u8]) -> Option<Vec<u8>> {
        self.pair.sign(&SystemRandom::new(), signed).ok().map(|signature| signature.as_ref().to_vec())
    }
}
