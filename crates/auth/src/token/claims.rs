//! What a token claims: for whom it is, until when, and who its holder is.

use std::collections::BTreeMap;

use mwallet_db::schema::Timestamp;
use mwallet_db::schema::Value as DbValue;
use serde_json::{Map, Value};

use super::{TokenError, seconds};

/// How far clocks may be apart, in seconds.
const LEEWAY: i64 = 30;

/// Where tokens name the role of their holder: `role`, or a member of a member such as `app_metadata.role`.
#[derive(Clone, Debug)]
pub struct RoleClaim(Vec<String>);

impl RoleClaim {
    /// A claim, as the names of members with points between.
    pub fn new(path: &str) -> Self {
        Self(path.split('.').map(Into::into).collect())
    }

    /// Returns the role, or the roles, that a token names.
    fn read(&self, claims: &Map<String, Value>) -> Option<Vec<String>> {
        let (first, rest) = self.0.split_first()?;
        let found = rest.iter().try_fold(claims.get(first)?, |value, name| value.get(name))?;
        match found {
            Value::String(role) => Some(vec![role.clone()]),
            Value::Array(roles) => roles.iter().map(|role| role.as_str().map(Into::into)).collect(),
            _ => None,
        }
    }
}

impl Default for RoleClaim {
    fn default() -> Self {
        Self::new("role")
    }
}

/// The claims of a token that was verified.
#[derive(Clone, Debug, PartialEq)]
pub struct Claims {
    /// Whom it is about.
    pub subject: Option<String>,
    /// The roles that it names.
    pub roles: Vec<String>,
    /// When it expires, in seconds since 1970.
    pub expires: i64,
    /// How surely its holder has shown who they are.
    pub assurance: u8,
    /// When they did, in seconds since 1970.
    pub authenticated_at: Option<i64>,
    /// What is said of its holder beyond that, which they cannot change themselves.
    pub app: BTreeMap<String, DbValue>,
}

impl Claims {
    /// Reads claims, and checks for whom they are and whether it is time. `is_own` tells whether the server's own keys or
    /// secret signed them: what an older program signed may lack an audience.
    ///
    /// # Errors
    ///
    /// Returns an error if the token has expired, is not valid yet, is for another audience, or has a claim of another
    /// form.
    pub(crate) fn read(
        claims: &Map<String, Value>,
        role: &RoleClaim,
        audience: Option<&str>,
        is_own: bool,
        now: Timestamp,
    ) -> Result<Self, TokenError> {
        let now = seconds(now);
        let wrong = |message: &str| TokenError::Claims(message.into());
        let time = |name: &str| match claims.get(name) {
            None => Ok(None),
            Some(value) => whole(value).map(Some).ok_or_else(|| TokenError::Claims(format!("{name} is no time"))),
        };
        let expires = time("exp")?.ok_or_else(|| wrong("the token does not say when it expires"))?;
        let begins = time("nbf")?.into_iter().chain(time("iat")?).max();
        if begins.is_some_and(|begins| begins > now.saturating_add(LEEWAY)) {
            return Err(wrong("the token is not valid yet"));
        }
        let is_for = |audience: &str| match claims.get("aud") {
            None => is_own,
            Some(Value::String(one)) => one == audience,
            Some(Value::Array(all)) => all.iter().any(|one| one.as_str() == Some(audience)),
            Some(_) => false,
        };
        if audience.is_some_and(|audience| !is_for(audience)) {
            return Err(wrong("the token is for another audience"));
        }
        let subject = match claims.get("sub") {
            None => None,
            Some(Value::String(subject)) => Some(subject.clone()),
            Some(_) => return Err(wrong("sub is no text")),
        };
        let roles = role.read(claims).ok_or_else(|| wrong("the token names no role"))?;
        let assurance = match claims.get("aal").and_then(Value::as_str) {
            Some("aal2") => 2,
            _ => 1,
        };
        // The newest method comes first.
        let method = claims.get("amr").and_then(|methods| whole(methods.get(0)?.get("timestamp")?));
        // Others issue a token again without asking who comes.
        let issued = if is_own { time("iat")? } else { None };
        let authenticated_at = method.or(time("auth_time")?).or(issued);
        let authenticated_at = authenticated_at.filter(|at| *at <= now.saturating_add(LEEWAY));
        let app = claims.get("app_metadata").and_then(Value::as_object);
        let scalar = |(name, value): (&String, &Value)| {
            let value = match value {
                Value::String(text) => DbValue::Text(text.clone()),
                Value::Bool(is_true) => DbValue::Bool(*is_true),
                // What is no whole number is compared as it is written, never as a double.
                Value::Number(number) => match number.as_i64() {
                    Some(whole) => DbValue::Int(whole),
                    None => DbValue::Text(number.to_string()),
                },
                _ => return None,
            };
            Some((name.clone(), value))
        };
        let read = Self {
            subject,
            roles,
            expires,
            assurance,
            authenticated_at,
            app: app.into_iter().flatten().filter_map(scalar).collect(),
        };
        read.check_time(now)?;
        Ok(read)
    }

    /// Checks that the token has not expired.
    ///
    /// # Errors
    ///
    /// Returns an error if it has.
    pub(crate) fn check_time(&self, now: i64) -> Result<(), TokenError> {
        match self.expires.saturating_add(LEEWAY) <= now {
            true => Err(TokenError::Claims("the token has expired".into())),
            false => Ok(()),
        }
    }
}

/// Returns a number as a whole one: some issuers write times with a fraction.
fn whole(value: &Value) -> Option<i64> {
    let number = value.as_number()?;
    number.as_i64().or_else(|| {
        let text = number.to_string();
        let (whole, fraction) = text.split_once('.')?;
        fraction.bytes().all(|digit| digit.is_ascii_digit()).then(|| whole.parse().ok()).flatten()
    })
}
