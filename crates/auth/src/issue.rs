//! Tokens of the server's own, and the keys that sign them.

use std::time::Duration;

use mwallet_db::schema::{Record, Timestamp};
use mwallet_db::{Engine, Entity, Filter, Query, crud};
use mwallet_models::{SigningKey as SigningKeyEntity, User};
use serde_json::{Map, Value, json};

use crate::api_key::hexadecimal;
use crate::store;
use crate::token::{self, KeyError, OWN_AUDIENCE, SigningKey, USER_ROLE};

/// The longest time for which a token is valid.
const MOST: Duration = Duration::from_secs(24 * 60 * 60);

/// A token, and until when it is valid.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The token.
    pub token: String,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// Why no token is issued.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// There is no such user.
    #[error("there is no user with the username, slug or rsid {0}")]
    NoUser(String),
    /// The time is too long.
    #[error("a token is valid for at most 24 hours")]
    TooLong,
    /// The key cannot sign.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] mwallet_db::Error),
}

/// Makes a token for a user, who is named by username, slug or rsid. The key that signs it is made if there is none.
///
/// # Errors
///
/// Returns an error if there is no such user, if the time is too long, or if the database fails.
pub async fn issue(engine: &Engine, user: &str, valid: Duration) -> Result<Issued, IssueError> {
    if valid > MOST {
        return Err(IssueError::TooLong);
    }
    let mut claims = claims(engine, user).await?;
    let key = match store::signing_keys(engine).await?.into_iter().find(|key| key.retired_at.is_none()) {
        Some(key) => SigningKey::from_pkcs8(key.kid, &key.private_key)?,
        None => rotate(engine).await?,
    };
    let now = engine.sources().now();
    let expires = token::seconds(now) + i64::try_from(valid.as_secs()).unwrap_or(0);
    claims.insert("exp".into(), expires.into());
    let token = token::sign(&key, &claims).ok_or(KeyError::Damaged)?;
    let expires_at = Timestamp::from_micros(expires * 1_000_000).unwrap_or(now);
    Ok(Issued { token, expires_at })
}

/// What a token says of a user who signs in now, but for its end.
pub(crate) async fn claims(engine: &Engine, user: &str) -> Result<Map<String, Value>, IssueError> {
    let by = |column: &str| User::find().filter(Filter::eq(column, user)).one(engine);
    let found = match by("username").await? {
        Some(user) => Some(user),
        None => match by("slug").await? {
            Some(user) => Some(user),
            None => by("rsid").await?,
        },
    };
    let found = found.ok_or_else(|| IssueError::NoUser(user.into()))?;
    let uuid = found.names.uuid.get().ok_or_else(|| IssueError::NoUser(user.into()))?.to_string();
    let claims = json!({
        "iss": "mwallet",
        "sub": uuid,
        "aud": OWN_AUDIENCE,
        "iat": token::seconds(engine.sources().now()),
        "role": USER_ROLE,
        "aal": "aal1",
        "email": found.email,
        "phone": found.phone.unwrap_or_default(),
        "is_anonymous": false,
        "app_metadata": Map::new(),
        "user_metadata": Map::new(),
    });
    match claims {
        Value::Object(claims) => Ok(claims),
        _ => Ok(Map::new()),
    }
}

/// Makes a new key that signs tokens from now on. Those before it verify what they signed for another day.
///
/// # Errors
///
/// Returns an error if the database fails.
pub async fn rotate(engine: &Engine) -> Result<SigningKey, IssueError> {
    let private = SigningKey::generate().ok_or(KeyError::Damaged)?;
    let mut random = [0; 16];
    engine.sources().fill_random(&mut random);
    let kid = hexadecimal(&random);
    let key = SigningKey::from_pkcs8(kid.clone(), &private)?;
    let mut session = engine.sessions().begin().await?;
    let earlier = Query::new().filter(Filter::is_null("retired_at"));
    let retired = Record::from([("retired_at", engine.sources().now())]);
    crud::update_all(&mut session, SigningKeyEntity::table(), &earlier, retired).await?;
    let mut row = Record::new();
    row.set("kid", kid);
    row.set("private_key", mwallet_db::schema::Value::Bytes(private));
    crud::create(&mut session, SigningKeyEntity::table(), row).await?;
    session.commit().await?;
    Ok(key)
}
