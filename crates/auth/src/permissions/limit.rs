//! How much callers may ask: the limits of a permissions file.

use std::collections::BTreeMap;
use std::time::Duration;

use super::file::{Entries, LimitSpec};
use super::resolve::find_role;
use super::{Mistake, Permissions, Role};

/// How much somebody may ask. What is not limited is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limit {
    /// How many requests in a time.
    pub rate: Option<Rate>,
    /// How many requests at once.
    pub concurrent: Option<u32>,
    /// How many responses at once that are sent while they are read.
    pub streams: Option<u32>,
}

/// How many requests in a time. All of them may come at once; after that, one comes after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// The requests.
    pub requests: u32,
    /// The time.
    pub period: Duration,
}

impl Rate {
    /// Returns whether this is more than another in the long run.
    fn is_above(&self, other: &Self) -> bool {
        let (one, two) = (u128::from(self.requests), u128::from(other.requests));
        one * other.period.as_nanos() > two * self.period.as_nanos()
    }
}

impl Limit {
    pub(super) fn new(spec: &LimitSpec) -> Self {
        let LimitSpec { requests, concurrent, streams } = spec;
        Self { rate: *requests, concurrent: concurrent.map(Into::into), streams: streams.map(Into::into) }
    }

    /// Takes from another limit what is more there, or stated only there.
    fn widen(&mut self, other: &Self) {
        if other.rate.is_some_and(|other| self.rate.is_none_or(|own| other.is_above(&own))) {
            self.rate = other.rate;
        }
        self.concurrent = self.concurrent.max(other.concurrent);
        self.streams = self.streams.max(other.streams);
    }
}

/// Reads the limits of roles.
pub(super) fn limits(
    specs: &Entries<LimitSpec>,
    roles: &BTreeMap<String, Role>,
) -> Result<BTreeMap<String, Limit>, Mistake> {
    let mut limits = BTreeMap::new();
    for (name, spec) in &specs.0 {
        find_role(roles, name)?;
        limits.insert(name.value.clone(), Limit::new(spec));
    }
    Ok(limits)
}

impl Permissions {
    /// Returns how much the holder of some roles may ask: of several limits, the largest. A role without a limit says
    /// nothing, so the limits of those that it includes hold.
    pub fn limit<'r>(&self, roles: impl IntoIterator<Item = &'r str>) -> Limit {
        let mut all = Limit::default();
        for role in roles.into_iter().flat_map(|role| self.held_with(role)) {
            if let Some(limit) = self.limits.get(role) {
                all.widen(limit);
            }
        }
        all
    }

    /// Returns how much may be asked from one address, whoever asks.
    pub fn address_limit(&self) -> &Limit {
        &self.address_limit
    }
}
