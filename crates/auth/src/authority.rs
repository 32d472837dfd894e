//! Who calls: what a key or a token says of its holder, and what the database knows of them.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use mwallet_db::schema::{Table, Timestamp, Value};
use mwallet_db::{Engine, Entity};
use mwallet_models::{ApiKey, Group, KeyKind, User, UserGroup};
use serde_json::Map;
use sha2::{Digest, Sha256};

use crate::api_key;
use crate::issue;
use crate::permissions::{ANONYMOUS, Holder, Supposed};
use crate::store::{self, KnownUser};
use crate::token::{self, Claims, OWN_AUDIENCE, RoleClaim, SigningKey, TokenError, USER_ROLE, VerifyingKey};

/// How long what the database says is used. Another server, or the program on the command line, may change it.
const FRESH: Duration = Duration::from_secs(10);
/// The least time between two reads of the keys.
const PAUSE: Duration = Duration::from_millis(100);
/// The most tokens, and the most users, that are remembered.
const MOST_REMEMBERED: usize = 10_000;
/// How often the use of a key is recorded, in microseconds.
const USE: i64 = 60_000_000;

/// What a request says of its sender.
#[derive(Clone, Copy, Debug, Default)]
pub struct Credentials<'r> {
    /// The header `apikey`.
    pub api_key: Option<&'r str>,
    /// What follows `Bearer` in the header `Authorization`.
    pub bearer: Option<&'r str>,
    /// Whether a page in a browser sends it.
    pub has_origin: bool,
}

/// Who somebody is, whatever they may do.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Identity {
    /// Whom a token is about.
    User(String),
    /// A secret key, by its hash. Others are known to everybody.
    Key(String),
}

/// Somebody who calls.
#[derive(Clone, Debug, Default)]
pub struct Principal {
    /// Who they are, if they can be told from others.
    pub identity: Option<Identity>,
    /// What decides which roles they have.
    pub holder: Holder,
    /// What is known of them, for the filters of permissions, but for the time.
    pub values: Arc<BTreeMap<String, Value>>,
    /// Whether they have not said who they are.
    pub is_anonymous: bool,
    /// Whether they may have roles that see and do everything.
    pub may_bypass: bool,
}

/// Why somebody is refused.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// What they say of themselves is not understood.
    #[error("{0}")]
    Invalid(&'static str),
    /// Their token is signed, but not valid: it has expired, for example.
    #[error("{0}")]
    Claims(String),
    /// The database, which knows keys and users, cannot be asked.
    #[error(transparent)]
    Database(#[from] mwallet_db::Error),
}

impl From<TokenError> for Refused {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Invalid(message) => Self::Invalid(message),
            TokenError::Claims(message) => Self::Claims(message),
        }
    }
}

/// Whose tokens are accepted besides the server's own.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// Their keys.
    pub keys: Vec<VerifyingKey>,
    /// Whom their tokens must be for.
    pub audience: Option<String>,
    /// Where they name the role.
    pub role: RoleClaim,
}

/// Knows who calls. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Authority(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    trust: Mutex<Arc<Trust>>,
    /// The database with keys, if there is one.
    store: Option<Engine>,
    /// Whether its users are those of the tables that are served, where rows can be theirs.
    has_users: bool,
    sources: Engine,
    /// Held by the request that reads the keys.
    turn: tokio::sync::Mutex<()>,
    keys: Mutex<Option<(Instant, Arc<Keys>)>>,
    tokens: Mutex<HashMap<[u8; 32], Arc<Verified>>>,
    users: Mutex<HashMap<String, Looked>>,
    /// How often users may have changed by requests.
    changes: AtomicU64,
    /// How many tokens were known already, and how many had to be verified.
    known_tokens: AtomicU64,
    new_tokens: AtomicU64,
    anonymous: Arc<Principal>,
}

/// What the database said of a user, and when.
type Looked = (Instant, Option<Arc<KnownUser>>);

/// The keys that the database has.
#[derive(Debug, Default)]
struct Keys {
    api: HashMap<String, KnownKey>,
    verifying: Vec<VerifyingKey>,
    public: Vec<serde_json::Value>,
}

/// A key of a program, and who calls with it.
#[derive(Clone, Debug)]
struct KnownKey {
    key: ApiKey,
    principal: Arc<Principal>,
}

impl KnownKey {
    fn new(key: ApiKey) -> Self {
        let is_secret = key.kind == KeyKind::Secret;
        let principal = Principal {
            identity: is_secret.then(|| Identity::Key(key.hash.clone())),
            holder: Holder { named: vec![key.role.clone()], assurance: 1, ..Holder::default() },
            is_anonymous: key.role == ANONYMOUS,
            may_bypass: is_secret,
            ..Principal::default()
        };
        Self { key, principal: Arc::new(principal) }
    }
}

/// A token whose signature was verified.
#[derive(Debug)]
struct Verified {
    claims: Claims,
    is_own: bool,
    /// Its holder, until when that is used, and after how many changes of users it was found out.
    principal: Mutex<Option<(Instant, u64, Arc<Principal>)>>,
}

impl Authority {
    /// An authority for the server of an engine, by the keys of those it trusts.
    pub fn new(engine: &Engine, trust: Trust) -> Self {
        Self::of(engine.clone(), trust, None, false)
    }

    /// Takes keys from a database with mWallet's tables, and users too if those are the users of what is served.
    pub fn with_store(self, store: Engine, has_users: bool) -> Self {
        let trust = Trust::clone(&lock(&self.0.trust));
        Self::of(self.0.sources.clone(), trust, Some(store), has_users)
    }

    /// Accepts the tokens of others from now on, instead of those that it accepted before.
    pub fn trust(&self, trust: Trust) {
        *lock(&self.0.trust) = Arc::new(trust);
        lock(&self.0.tokens).clear();
    }

    fn of(sources: Engine, trust: Trust, store: Option<Engine>, has_users: bool) -> Self {
        Self(Arc::new(Inner {
            trust: Mutex::new(Arc::new(trust)),
            store,
            has_users,
            sources,
            turn: tokio::sync::Mutex::default(),
            keys: Mutex::default(),
            tokens: Mutex::default(),
            users: Mutex::default(),
            changes: AtomicU64::new(0),
            known_tokens: AtomicU64::new(0),
            new_tokens: AtomicU64::new(0),
            anonymous: Arc::new(Principal {
                holder: Holder { named: vec![ANONYMOUS.into()], ..Holder::default() },
                is_anonymous: true,
                ..Principal::default()
            }),
        }))
    }

    /// Returns who sends a request.
    ///
    /// # Errors
    ///
    /// Returns an error if what the request says is not understood. It is never anonymous then.
    pub async fn identify(&self, credentials: Credentials<'_>) -> Result<Arc<Principal>, Refused> {
        let principal = match (credentials.bearer, credentials.api_key) {
            (None, None) => self.anonymous(),
            (None, Some(key)) => self.one(key, credentials.has_origin).await?,
            // Without a session, clients send the key as the bearer too.
            (Some(bearer), Some(key)) if bearer != key => {
                self.one(key, credentials.has_origin).await?;
                self.one(bearer, credentials.has_origin).await?
            }
            (Some(bearer), _) => self.one(bearer, credentials.has_origin).await?,
        };
        Ok(principal)
    }

    fn anonymous(&self) -> Arc<Principal> {
        self.0.anonymous.clone()
    }

    async fn one(&self, text: &str, has_origin: bool) -> Result<Arc<Principal>, Refused> {
        match api_key::is_key(text) {
            true => self.by_key(text, has_origin).await,
            false => self.by_token(text).await,
        }
    }

    async fn by_key(&self, text: &str, has_origin: bool) -> Result<Arc<Principal>, Refused> {
        const UNKNOWN: Refused = Refused::Invalid("the key is not known, was revoked, or has ended");
        let hash = api_key::hash(text);
        let keys = self.keys(|keys| keys.api.contains_key(&hash)).await?;
        let KnownKey { key, principal } = keys.api.get(&hash).ok_or(UNKNOWN)?;
        let now = self.now();
        if key.revoked_at.is_some() || key.expires_at.is_some_and(|end| end <= now) {
            return Err(UNKNOWN);
        }
        if principal.may_bypass && has_origin {
            return Err(Refused::Invalid("this key is secret, and must not be in the pages of an application"));
        }
        self.record_use(key, now);
        Ok(principal.clone())
    }

    /// Records that a key was used, unless that was done within a minute, and logs the use of secret ones.
    fn record_use(&self, key: &ApiKey, now: Timestamp) {
        let is_recent = key.last_used_at.is_some_and(|last| now.micros() - last.micros() < USE);
        let (Some(store), Some(id), false) = (&self.0.store, key.key.id.get().copied(), is_recent) else { return };
        if key.kind == KeyKind::Secret {
            tracing::info!(key = key.name, role = key.role, "a secret key is used");
        }
        // Only one request in a minute comes here: the others find the time.
        let hash = key.hash.clone();
        let mut keys = lock(&self.0.keys);
        if let Some((_, known)) = keys.as_mut() {
            let mut changed =
                Keys { api: known.api.clone(), verifying: known.verifying.clone(), public: known.public.clone() };
            if let Some(known) = changed.api.get_mut(&hash) {
                known.key.last_used_at = Some(now);
            }
            *known = Arc::new(changed);
        }
        drop(keys);
        let store = store.clone();
        tokio::spawn(async move {
            if let Err(error) = store::used(&store, id, now).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "cannot record the use of a key");
            }
        });
    }

    async fn by_token(&self, text: &str) -> Result<Arc<Principal>, Refused> {
        let verified = self.verified(text).await?;
        let changes = self.0.changes.load(Ordering::Acquire);
        if let Some((until, as_of, principal)) = &*lock(&verified.principal)
            && *as_of == changes
            && Instant::now() < *until
        {
            return Ok(principal.clone());
        }
        // Boxed: the future of every request would hold its own.
        let (principal, until) = Box::pin(self.holder_of(&verified.claims, verified.is_own)).await?;
        let principal = Arc::new(principal);
        *lock(&verified.principal) = Some((until, changes, principal.clone()));
        Ok(principal)
    }

    /// Returns somebody with a token of these claims, whoever would sign it. Nothing is verified: this is to find out
    /// what others may do.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no such user, or if a claim has another form than it must have.
    pub async fn suppose(&self, supposed: &Supposed) -> Result<Arc<Principal>, Refused> {
        let Supposed { user, role, assurance, claims } = supposed;
        if *supposed == Supposed::default() {
            return Ok(self.anonymous());
        }
        let mut all = match (user, &self.0.store) {
            (None, _) => Map::from_iter([("role".into(), USER_ROLE.into())]),
            (Some(user), Some(store)) => {
                issue::claims(store, user).await.map_err(|error| Refused::Claims(error.to_string()))?
            }
            (Some(_), None) => {
                let message = "an existing database has no users that are known here; say what their token claims";
                return Err(Refused::Invalid(message));
            }
        };
        all.extend(claims.clone());
        all.extend(role.iter().map(|role| ("role".to_owned(), role.as_str().into())));
        all.extend(assurance.iter().map(|assurance| ("aal".to_owned(), assurance.as_str().into())));
        let now = self.now();
        all.entry("iat").or_insert(token::seconds(now).into());
        all.insert("exp".into(), (token::seconds(now) + 60).into());
        let claims = Claims::read(&all, &RoleClaim::default(), None, true, now)?;
        Ok(Arc::new(self.holder_of(&claims, true).await?.0))
    }

    /// Returns the holder of a token, and until when what the database says of them is used.
    async fn holder_of(&self, claims: &Claims, is_own: bool) -> Result<(Principal, Instant), Refused> {
        let at = |seconds: i64| Timestamp::from_micros(seconds.saturating_mul(1_000_000)).ok();
        let mut holder = Holder {
            named: claims.roles.clone(),
            groups: Vec::new(),
            assurance: claims.assurance,
            authenticated_at: claims.authenticated_at.and_then(at),
        };
        let mut until = Instant::now() + FRESH;
        let mut values: BTreeMap<String, Value> =
            claims.app.iter().map(|(name, value)| (format!("auth.app.{name}"), value.clone())).collect();
        values.insert("auth.aal".into(), Value::Text(format!("aal{}", claims.assurance)));
        if let Some(subject) = &claims.subject {
            values.insert("auth.uid".into(), Value::Text(subject.clone()));
            let (asked, user) = self.user(subject).await?;
            until = asked + FRESH;
            if let Some(user) = user {
                if !user.is_active {
                    return Err(Refused::Claims("the user is disabled".into()));
                }
                if self.0.has_users {
                    values.insert("auth.id".into(), Value::Int(user.id));
                    values.insert("auth.rsid".into(), Value::Text(user.rsid.clone()));
                }
                holder.groups = user.groups.clone();
            }
        }
        let is_anonymous = holder.named.iter().all(|role| role == ANONYMOUS);
        let identity = claims.subject.clone().map(Identity::User);
        Ok((Principal { identity, holder, values: Arc::new(values), is_anonymous, may_bypass: is_own }, until))
    }

    /// Verifies a token, unless that was done before.
    async fn verified(&self, text: &str) -> Result<Arc<Verified>, Refused> {
        let hash: [u8; 32] = Sha256::digest(text).into();
        // A token that was verified stays so while the keys are the same.
        let keys = self.keys(|_| true).await?;
        let known = lock(&self.0.tokens).get(&hash).cloned();
        let now = self.now();
        if let Some(known) = known {
            known.claims.check_time(token::seconds(now))?;
            self.0.known_tokens.fetch_add(1, Ordering::Relaxed);
            return Ok(known);
        }
        self.0.new_tokens.fetch_add(1, Ordering::Relaxed);
        let trust = lock(&self.0.trust).clone();
        let verify = |keys: &Keys| {
            let all: Vec<VerifyingKey> = keys.verifying.iter().chain(&trust.keys).cloned().collect();
            let (claims, key) = token::verify(text, &all)?;
            let audience = if key.is_own() { Some(OWN_AUDIENCE) } else { trust.audience.as_deref() };
            let role = if key.is_own() { RoleClaim::default() } else { trust.role.clone() };
            let claims = Claims::read(&claims, &role, audience, key.is_own(), now)?;
            Ok::<_, TokenError>(Verified { claims, is_own: key.is_own(), principal: Mutex::default() })
        };
        let (verified, keys) = match verify(&keys) {
            // Another server may have made a new key meanwhile.
            Err(TokenError::Invalid(_)) if self.0.store.is_some() => {
                let newer = self.keys(|_| false).await?;
                (verify(&newer)?, newer)
            }
            verified => (verified?, keys),
        };
        let verified = Arc::new(verified);
        let is_valid = |known: &Arc<Verified>| known.claims.check_time(token::seconds(now)).is_ok();
        let mut tokens = lock(&self.0.tokens);
        // Whoever changes the keys forgets what they verified, which must not come back after that.
        let has_same_keys = lock(&self.0.keys).as_ref().is_none_or(|(_, now)| now.public == keys.public);
        if has_same_keys && Arc::ptr_eq(&trust, &lock(&self.0.trust)) {
            remember(&mut tokens, hash, verified.clone(), is_valid);
        }
        drop(tokens);
        Ok(verified)
    }

    /// Returns when the database was asked for a user, and what it knows of them; at most ten seconds ago.
    async fn user(&self, subject: &str) -> Result<Looked, Refused> {
        let asked = Instant::now();
        let Some(store) = &self.0.store else { return Ok((asked, None)) };
        let changes = self.0.changes.load(Ordering::Acquire);
        let known = lock(&self.0.users).get(subject).cloned();
        if let Some(known) = known.filter(|(at, _)| at.elapsed() < FRESH) {
            return Ok(known);
        }
        let user = Box::pin(store::user(store, subject)).await?.map(Arc::new);
        let mut users = lock(&self.0.users);
        if self.0.changes.load(Ordering::Acquire) == changes {
            remember(&mut users, subject.to_owned(), (asked, user.clone()), |(at, _)| at.elapsed() < FRESH);
        }
        Ok((asked, user))
    }

    /// Returns how many tokens were known already since the start, and how many had to be verified.
    pub fn verified_tokens(&self) -> (u64, u64) {
        (self.0.known_tokens.load(Ordering::Relaxed), self.0.new_tokens.load(Ordering::Relaxed))
    }

    /// Forgets what is known of users, if rows of this table decide what they may do. They may have changed.
    pub fn forget(&self, written: &Table) {
        let decides = [User::TABLE, Group::TABLE, UserGroup::TABLE].contains(&written.name.as_str());
        if decides {
            // First, so that nobody remembers what they have read before.
            self.0.changes.fetch_add(1, Ordering::AcqRel);
            lock(&self.0.users).clear();
        }
    }

    /// Returns the keys of the database, at most ten seconds old. If those are not what is needed, they are read again.
    async fn keys(&self, suffices: impl Fn(&Keys) -> bool) -> Result<Arc<Keys>, Refused> {
        let Some(store) = &self.0.store else { return Ok(Arc::default()) };
        let known = || lock(&self.0.keys).clone();
        let is_fresh = |at: Instant, keys: &Keys| at.elapsed() < FRESH && suffices(keys);
        if let Some((at, keys)) = known()
            && is_fresh(at, &keys)
        {
            return Ok(keys);
        }
        let asked = Instant::now();
        // One request reads them for all that came before, and not at once: somebody may try out keys.
        let _turn = self.0.turn.lock().await;
        if let Some((at, keys)) = known() {
            if at > asked || is_fresh(at, &keys) {
                return Ok(keys);
            }
            tokio::time::sleep(PAUSE.saturating_sub(at.elapsed())).await;
        }
        // Boxed, as the rest of what happens rarely: the future of every request would hold theirs.
        let keys = Arc::new(Box::pin(Keys::read(store, self.now())).await?);
        let previous = lock(&self.0.keys).replace((Instant::now(), keys.clone()));
        // A key that is gone may have signed what was verified.
        if previous.is_some_and(|(_, previous)| previous.public != keys.public) {
            lock(&self.0.tokens).clear();
        }
        Ok(keys)
    }

    /// Returns the public keys of the server's own tokens, as a JSON Web Key Set.
    ///
    /// # Errors
    ///
    /// Returns an error if the database cannot be asked.
    pub async fn key_set(&self) -> Result<serde_json::Value, Refused> {
        let keys = self.keys(|_| true).await?;
        Ok(serde_json::json!({ "keys": keys.public }))
    }

    fn now(&self) -> Timestamp {
        self.0.sources.sources().now()
    }
}

/// How long a retired key verifies tokens, in microseconds: as long as the longest of them is valid.
const RETIRED: i64 = 24 * 60 * 60 * 1_000_000;

impl Keys {
    async fn read(store: &Engine, now: Timestamp) -> Result<Self, mwallet_db::Error> {
        let mut keys = Self::default();
        for key in store::api_keys(store).await? {
            keys.api.insert(key.hash.clone(), KnownKey::new(key));
        }
        for key in store::signing_keys(store).await? {
            if key.retired_at.is_some_and(|retired| now.micros() - retired.micros() > RETIRED) {
                continue;
            }
            match SigningKey::from_pkcs8(key.kid, &key.private_key) {
                Ok(key) => {
                    keys.verifying.push(key.verifying());
                    keys.public.push(key.jwk());
                }
                Err(error) => tracing::error!(error = &error as &dyn std::error::Error, "a key cannot be used"),
            }
        }
        Ok(keys)
    }
}

/// Adds an entry to a map of a bounded size. Those that are of no use any more make room, or else all do.
fn remember<K: Hash + Eq, V>(map: &mut HashMap<K, V>, key: K, value: V, is_useful: impl Fn(&V) -> bool) {
    if map.len() >= MOST_REMEMBERED {
        map.retain(|_, value| is_useful(value));
    }
    if map.len() >= MOST_REMEMBERED {
        map.clear();
    }
    map.insert(key, value);
}

/// Locks what no panic leaves half-written.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
