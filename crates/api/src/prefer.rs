//! The `Prefer` header (RFC 7240), with the preferences of PostgREST.

use std::borrow::Cow;

use axum::http::header::HeaderName;
use axum::http::{HeaderMap, HeaderValue, Method};

use crate::problem::Problem;

const PREFER: HeaderName = HeaderName::from_static("prefer");
pub(crate) const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// What a client would like of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Preferences {
    /// What is answered to a write.
    pub(crate) returns: Option<Return>,
    /// Whether all rows are counted, not only those of the page.
    pub(crate) count: bool,
    /// What a creation does with rows that exist already.
    pub(crate) resolution: Option<Resolution>,
    /// Whether what `columns` names and a row lacks gets its default instead of null.
    pub(crate) missing_default: bool,
    /// The most rows that a change may concern.
    pub(crate) max_affected: Option<u64>,
    /// What becomes of what was written.
    pub(crate) tx: Option<Tx>,
    /// Whether whole numbers of 64 bits and decimals are answered as strings.
    pub(crate) numbers_as_strings: bool,
    /// Whether it was said that what is not understood is refused.
    handling: Option<Handling>,
}

/// What is answered to a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Return {
    /// Nothing.
    Minimal,
    /// Nothing but the address of the new row.
    HeadersOnly,
    /// The rows.
    Representation,
}

/// What a creation does with rows that exist already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resolution {
    /// It changes them.
    Merge,
    /// It leaves them.
    Ignore,
}

/// What becomes of what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tx {
    /// It is kept.
    Commit,
    /// It is undone, and only what would have come of it is answered.
    RollBack,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Handling {
    Strict,
    Lenient,
}

impl Preferences {
    /// Reads the preferences; those that are not understood do not count.
    ///
    /// # Errors
    ///
    /// With `handling=strict`, where one is not understood.
    pub(crate) fn read(headers: &HeaderMap) -> Result<Self, Problem> {
        let mut read = Self::default();
        let mut unknown = Vec::new();
        for value in headers.get_all(PREFER) {
            let text = value.to_str().unwrap_or("(not ASCII)");
            for preference in text.split(',').map(str::trim).filter(|preference| !preference.is_empty()) {
                if !read.take(preference) {
                    unknown.push(preference);
                }
            }
        }
        match read.handling {
            Some(Handling::Strict) if !unknown.is_empty() => Err(Problem::preference(&unknown.join(", "))),
            _ => Ok(read),
        }
    }

    /// Takes one preference, if it is understood. Of several of a kind, the first counts.
    fn take(&mut self, preference: &str) -> bool {
        match preference {
            "return=minimal" => drop(self.returns.get_or_insert(Return::Minimal)),
            "return=headers-only" => drop(self.returns.get_or_insert(Return::HeadersOnly)),
            "return=representation" => drop(self.returns.get_or_insert(Return::Representation)),
            // An exact number serves who would be content with an estimate.
            "count=exact" | "count=planned" | "count=estimated" => self.count = true,
            "resolution=merge-duplicates" => drop(self.resolution.get_or_insert(Resolution::Merge)),
            "resolution=ignore-duplicates" => drop(self.resolution.get_or_insert(Resolution::Ignore)),
            "missing=default" => self.missing_default = true,
            "missing=null" => {}
            "tx=commit" => drop(self.tx.get_or_insert(Tx::Commit)),
            "tx=rollback" => drop(self.tx.get_or_insert(Tx::RollBack)),
            "numbers=string" => self.numbers_as_strings = true,
            "handling=strict" => drop(self.handling.get_or_insert(Handling::Strict)),
            "handling=lenient" => drop(self.handling.get_or_insert(Handling::Lenient)),
            other => match other.strip_prefix("max-affected=").and_then(|most| most.parse().ok()) {
                Some(most) => self.max_affected = Some(most),
                None => return false,
            },
        }
        true
    }

    /// The rows that a change may concern. As in PostgREST, the limit counts only where handling is strict.
    pub(crate) fn max_affected(&self) -> Option<u64> {
        self.max_affected.filter(|_| self.handling == Some(Handling::Strict))
    }

    /// What of the preferences was heeded, for the answer.
    pub(crate) fn applied(&self, method: &Method) -> Option<HeaderValue> {
        let is_write = !matches!(*method, Method::GET | Method::HEAD);
        let is_change = matches!(*method, Method::PATCH | Method::DELETE);
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
        let count = self.count.then_some("count=exact");
        let numbers = self.numbers_as_strings.then_some("numbers=string");
        let tx = self.tx.filter(|_| is_write).map(|tx| match tx {
            Tx::Commit => "tx=commit",
            Tx::RollBack => "tx=rollback",
        });
        let most = self.max_affected().filter(|_| is_change).map(|most| format!("max-affected={most}"));
        let fixed =
            [resolution, missing, returns, count, numbers, tx, handling].into_iter().flatten().map(Cow::Borrowed);
        let applied: Vec<Cow<'static, str>> = fixed.chain(most.map(Cow::Owned)).collect();
        match applied.as_slice() {
            [] => None,
            // One preference is the rule, and needs no text of its own.
            [Cow::Borrowed(one)] => Some(HeaderValue::from_static(one)),
            all => HeaderValue::from_str(&all.join(", ")).ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(prefer: &'static str) -> Result<Preferences, Problem> {
        Preferences::read(&HeaderMap::from_iter([(PREFER, HeaderValue::from_static(prefer))]))
    }

    #[test]
    fn preferences_are_read_and_told() {
        let read = read("return=representation, count=exact,, resolution=merge-duplicates, respond-async").unwrap();
        assert_eq!(read.returns, Some(Return::Representation));
        assert_eq!(read.resolution, Some(Resolution::Merge));
        assert!(read.count);
        assert_eq!(
            read.applied(&Method::POST).unwrap(),
            "resolution=merge-duplicates, return=representation, count=exact"
        );
        assert_eq!(read.applied(&Method::GET).unwrap(), "count=exact");
        assert_eq!(Preferences::default().applied(&Method::POST), None);
    }

    #[test]
    fn what_is_not_understood_is_refused_only_where_handling_is_strict() {
        assert_eq!(read("tx=later").unwrap(), Preferences::default());
        assert!(read("handling=strict, tx=later").is_err());
        assert_eq!(read("handling=strict, max-affected=3").unwrap().max_affected(), Some(3));
        assert_eq!(read("max-affected=3").unwrap().max_affected(), None);
    }
}
