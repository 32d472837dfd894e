//! Parses the `Prefer` header (RFC 7240), with the preferences of PostgREST.

use std::borrow::Cow;

use crate::zone::Zone;

/// The preferences of a client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Preferences {
    /// `return`: what a write returns.
    pub returns: Option<Return>,
    /// `count`: whether to count all rows, not only those of the page, and how.
    pub count: Option<Count>,
    /// `resolution`: how an insert handles existing rows.
    pub resolution: Option<Resolution>,
    /// `missing=default`: whether a column listed in `columns` that a row lacks gets its default instead of null.
    pub missing_default: bool,
    /// `tx`: how the transaction of a write ends.
    pub tx: Option<TransactionEnd>,
    /// `numbers=string`: whether 64-bit integers and decimals are returned as strings.
    pub numbers_as_strings: bool,
    /// `timezone`: the zone in which times are returned instead of UTC.
    pub zone: Option<Zone>,
    max_affected: Option<u64>,
    handling: Option<Handling>,
}

/// How all rows are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// One by one.
    Exact,
    /// By what the database expects.
    Planned,
    /// One by one if there are few, by what the database expects if there are many.
    Estimated,
}

/// What a write returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Return {
    /// Nothing.
    Minimal,
    /// Only the location of the new row.
    HeadersOnly,
    /// The rows.
    Representation,
}

/// How an insert handles existing rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// Updates them.
    Merge,
    /// Leaves them unchanged.
    Ignore,
}

/// How the transaction of a write ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransactionEnd {
    /// Commits it.
    Commit,
    /// Rolls it back; the response is the same as for a commit.
    RollBack,
}

/// How unknown preferences are handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Handling {
    Strict,
    Lenient,
}

/// The client sent unknown preferences and requested strict handling.
///
/// The message repeats them as the client wrote them. Shorten it before you return or log it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown preferences: {}", .0.join(", "))]
pub struct UnknownPreferences(pub Vec<String>);

/// The kind of request, since some preferences only apply to some requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Reads rows.
    Read,
    /// Inserts or replaces rows.
    Create,
    /// Updates or deletes the rows that match a filter.
    Change,
}

impl Preferences {
    /// Parses the values of all `Prefer` headers of a request. If a preference is repeated, the first one applies.
    ///
    /// ```
    /// use mwallet_query::{Action, Preferences, Return};
    ///
    /// let preferences = Preferences::parse(["return=representation, respond-async"])?;
    /// assert_eq!(preferences.returns, Some(Return::Representation));
    /// assert_eq!(preferences.applied(Action::Create).as_deref(), Some("return=representation"));
    /// assert_eq!(preferences.applied(Action::Read), None);
    /// # Ok::<(), mwallet_query::UnknownPreferences>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if a preference is unknown and `handling=strict` is set.
    pub fn parse<'h>(headers: impl IntoIterator<Item = &'h str>) -> Result<Self, UnknownPreferences> {
        let mut parsed = Self::default();
        let mut unknown = Vec::new();
        for header in headers {
            for preference in header.split(',').map(str::trim).filter(|preference| !preference.is_empty()) {
                if !parsed.add(preference) {
                    unknown.push(preference);
                }
            }
        }
        match parsed.handling {
            Some(Handling::Strict) if !unknown.is_empty() => {
                Err(UnknownPreferences(unknown.into_iter().map(Into::into).collect()))
            }
            _ => Ok(parsed),
        }
    }

    /// Adds a preference; returns false if it is unknown.
    fn add(&mut self, preference: &str) -> bool {
        match preference {
            "return=minimal" => drop(self.returns.get_or_insert(Return::Minimal)),
            "return=headers-only" => drop(self.returns.get_or_insert(Return::HeadersOnly)),
            "return=representation" => drop(self.returns.get_or_insert(Return::Representation)),
            "count=exact" => drop(self.count.get_or_insert(Count::Exact)),
            "count=planned" => drop(self.count.get_or_insert(Count::Planned)),
            "count=estimated" => drop(self.count.get_or_insert(Count::Estimated)),
            "resolution=merge-duplicates" => drop(self.resolution.get_or_insert(Resolution::Merge)),
            "resolution=ignore-duplicates" => drop(self.resolution.get_or_insert(Resolution::Ignore)),
            "missing=default" => self.missing_default = true,
            "missing=null" => {}
            "tx=commit" => drop(self.tx.get_or_insert(TransactionEnd::Commit)),
            "tx=rollback" => drop(self.tx.get_or_insert(TransactionEnd::RollBack)),
            "numbers=string" => self.numbers_as_strings = true,
            "handling=strict" => drop(self.handling.get_or_insert(Handling::Strict)),
            "handling=lenient" => drop(self.handling.get_or_insert(Handling::Lenient)),
            other => return self.add_value(other),
        }
        true
    }

    /// Adds a preference with a value of its own; returns false if the preference or its value is unknown.
    fn add_value(&mut self, preference: &str) -> bool {
        match preference.split_once('=') {
            Some(("max-affected", most)) => most.parse().map(|most| self.max_affected = Some(most)).is_ok(),
            Some(("timezone", name)) => Zone::find(name).map(|zone| self.zone.get_or_insert(zone)).is_some(),
            _ => false,
        }
    }

    /// Forgets the preferences about rows and their values, for a response without any.
    pub fn forget_rows(&mut self) {
        *self = Self { handling: self.handling, ..Self::default() };
    }

    /// Returns the maximum number of rows that a change may affect. As in PostgREST, it requires `handling=strict`.
    pub fn max_affected(&self) -> Option<u64> {
        self.max_affected.filter(|_| self.handling == Some(Handling::Strict))
    }

    /// Returns the applied preferences for the `Preference-Applied` header, if there are any.
    pub fn applied(&self, action: Action) -> Option<Cow<'static, str>> {
        let is_write = action != Action::Read;
        let returns = self.returns.filter(|_| is_write).map(|returns| match returns {
            Return::Minimal => "return=minimal",
            Return::HeadersOnly => "return=headers-only",
            Return::Representation => "return=representation",
        });
        let resolution = self.resolution.filter(|_| is_write).map(|resolution| match resolution {
            Resolution::Merge => "resolution=merge-duplicates",
            Resolution::Ignore => "resolution=ignore-duplicates",
        });
        let handling = self.handling.map(|handling| match handling {
            Handling::Strict => "handling=strict",
            Handling::Lenient => "handling=lenient",
        });
        let missing = (self.missing_default && is_write).then_some("missing=default");
        let count = self.count.map(|count| match count {
            Count::Exact => "count=exact",
            Count::Planned => "count=planned",
            Count::Estimated => "count=estimated",
        });
        let numbers = self.numbers_as_strings.then_some("numbers=string");
        let tx = self.tx.filter(|_| is_write).map(|tx| match tx {
            TransactionEnd::Commit => "tx=commit",
            TransactionEnd::RollBack => "tx=rollback",
        });
        let zone = self.zone.map(|zone| format!("timezone={}", zone.name()));
        let is_change = action == Action::Change;
        let max_affected = self.max_affected().filter(|_| is_change).map(|most| format!("max-affected={most}"));
        let fixed = [resolution, missing, returns, count, numbers, tx, handling].into_iter().flatten();
        let own = [zone, max_affected].into_iter().flatten();
        let applied: Vec<Cow<'static, str>> = fixed.map(Cow::Borrowed).chain(own.map(Cow::Owned)).collect();
        match applied.as_slice() {
            [] => None,
            // A single preference is the usual case and needs no allocation.
            [one] => Some(one.clone()),
            all => Some(all.join(", ").into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_preferences_are_applied() {
        let header = "return=representation, count=exact,, resolution=merge-duplicates, respond-async";
        let preferences = Preferences::parse([header]).unwrap();
        assert_eq!(preferences.returns, Some(Return::Representation));
        assert_eq!(preferences.resolution, Some(Resolution::Merge));
        assert_eq!(preferences.count, Some(Count::Exact));
        let applied = "resolution=merge-duplicates, return=representation, count=exact";
        assert_eq!(preferences.applied(Action::Create).unwrap(), applied);
        assert_eq!(preferences.applied(Action::Read).unwrap(), "count=exact");
        assert_eq!(Preferences::default().applied(Action::Create), None);
    }

    #[test]
    fn a_zone_is_one_that_there_is() {
        let applied = |header| Preferences::parse([header]).map(|parsed| parsed.applied(Action::Read));
        let zone = |name: &str| Ok(Some(format!("timezone={name}").into()));
        assert_eq!(applied("timezone=America/Los_Angeles"), zone("America/Los_Angeles"));
        assert_eq!(applied("timezone=asia/tokyo, timezone=UTC"), zone("Asia/Tokyo"));
        assert_eq!(applied("timezone=Mars/Olympus"), Ok(None));
        assert_eq!(applied("timezone=Mars/Olympus, timezone=UTC"), zone("UTC"));
        let all = "handling=strict, timezone=UTC, numbers=string, max-affected=1";
        let changed = Preferences::parse([all]).unwrap().applied(Action::Change);
        assert_eq!(changed.unwrap(), "numbers=string, handling=strict, timezone=UTC, max-affected=1");
        let unknown = |header| Preferences::parse([header]).unwrap_err().to_string();
        assert_eq!(unknown("handling=strict, timezone=Mars/Olympus"), "unknown preferences: timezone=Mars/Olympus");
        assert_eq!(unknown("timezone=, handling=strict"), "unknown preferences: timezone=");
    }

    #[test]
    fn unknown_preferences_are_refused_if_handling_is_strict() {
        assert_eq!(Preferences::parse(["tx=later"]), Ok(Preferences::default()));
        let unknown = Preferences::parse(["handling=strict", "tx=later"]);
        assert_eq!(unknown, Err(UnknownPreferences(vec!["tx=later".into()])));
        let max_affected = |header| Preferences::parse([header]).unwrap().max_affected();
        assert_eq!(max_affected("handling=strict, max-affected=3"), Some(3));
        assert_eq!(max_affected("max-affected=3"), None);
        let strict = Preferences::parse(["handling=strict, max-affected=3"]).unwrap();
        assert_eq!(strict.applied(Action::Change).unwrap(), "handling=strict, max-affected=3");
        assert_eq!(strict.applied(Action::Create).unwrap(), "handling=strict");
    }
}
