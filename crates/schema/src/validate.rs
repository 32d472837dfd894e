//! Reports what is wrong with input: every failure at once, each with its location, kind and message.
//!
//! The submodules check data against a schema: `read` takes JSON text, `typed` takes values, and `rules` has the
//! rules that both share. Nothing here knows HTTP. A failure carries a SQLSTATE, so that it looks like an error of
//! the database.

use std::fmt;

use crate::json::SyntaxError;
use crate::{ValueError, shortened};

pub(crate) mod read;
pub(crate) mod rules;
pub(crate) mod typed;

/// The maximum size of an input file in bytes.
pub const MAX_FILE_BYTES: u64 = 16 << 20;

/// The maximum number of failures collected from one body. Nobody reads more, and memory is limited.
pub const MAX_FAILURES: usize = 1_000;

/// The maximum total size of pointers and messages in bytes, since deeply nested bodies have long pointers.
const MAX_FAILURE_BYTES: usize = 1 << 20;

/// One failure and its location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// A JSON Pointer (RFC 6901) to the location, such as `/3/memo`; empty for the whole body. A name longer than 100
    /// characters is truncated.
    pub loc: String,
    /// The message for people.
    pub msg: String,
    /// The kind, for programs.
    pub kind: FailureKind,
}

macro_rules! kinds {
    ($($(#[$doc:meta])+ $variant:ident = $name:literal $sqlstate:literal,)+) => {
        /// The kinds of failures. Their names and codes are stable.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum FailureKind { $($(#[$doc])+ $variant,)+ }

        impl FailureKind {
            /// Every kind, for documents.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Returns the stable name for programs.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// Returns the SQLSTATE that a database would return.
            pub fn sqlstate(self) -> &'static str {
                match self { $(Self::$variant => $sqlstate,)+ }
            }
        }
    };
}

kinds! {
    /// A required field was not given.
    Missing = "missing" "23502",
    /// A field that must not be null is null.
    NullNotAllowed = "null_not_allowed" "23502",
    /// The schema has no such field.
    UnknownField = "unknown_field" "42703",
    /// A field was given twice.
    DuplicateField = "duplicate_field" "23514",
    /// The field is read-only.
    ReadOnly = "read_only" "23514",
    /// The value has another type, or its text cannot be parsed.
    WrongType = "wrong_type" "22P02",
    /// The text is not a label of the enum, or the number is not one of its codes.
    NotALabel = "not_a_label" "22P02",
    /// The text contains U+0000, which PostgreSQL cannot store.
    NulInText = "nul_in_text" "22P02",
    /// The value is outside the range of its type.
    OutOfRange = "out_of_range" "22003",
    /// The number is below the minimum.
    TooSmall = "too_small" "23514",
    /// The number is above the maximum.
    TooLarge = "too_large" "23514",
    /// Text, bytes, a list or a map is longer than allowed.
    TooLong = "too_long" "22001",
    /// Text, bytes, a list or a map is shorter than allowed.
    TooShort = "too_short" "23514",
    /// The text does not match the pattern.
    PatternMismatch = "pattern_mismatch" "23514",
    /// One request contains too many objects.
    TooMany = "too_many" "23514",
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// All failures of a body; never empty in an error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failures(Vec<Failure>);

impl Failures {
    /// Iterates over the failures in document order, followed by the missing fields.
    pub fn iter(&self) -> std::slice::Iter<'_, Failure> {
        self.0.iter()
    }

    /// Returns the number of failures.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether there are no failures.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the first failure, whose SQLSTATE represents all.
    pub fn first(&self) -> Option<&Failure> {
        self.0.first()
    }
}

impl From<Failure> for Failures {
    fn from(failure: Failure) -> Self {
        Self(vec![failure])
    }
}

impl FromIterator<Failure> for Failures {
    fn from_iter<I: IntoIterator<Item = Failure>>(failures: I) -> Self {
        Self(failures.into_iter().collect())
    }
}

impl IntoIterator for Failures {
    type Item = Failure;
    type IntoIter = std::vec::IntoIter<Failure>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Failures {
    type Item = &'a Failure;
    type IntoIter = std::slice::Iter<'a, Failure>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, failure) in self.0.iter().enumerate() {
            if position > 0 {
                f.write_str("; ")?;
            }
            if !failure.loc.is_empty() {
                write!(f, "{}: ", failure.loc)?;
            }
            f.write_str(&failure.msg)?;
        }
        Ok(())
    }
}

/// Why data did not become a record.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ValidationError {
    /// The text is not JSON, or not YAML.
    #[error("{0}")]
    Syntax(SyntaxError),
    /// The data breaks rules of the schema.
    #[error("{0}")]
    Invalid(Failures),
    /// The file could not be read.
    #[error("cannot read the file")]
    Io(#[from] std::io::Error),
    /// The file is too large.
    #[error("the file is larger than {limit} bytes")]
    FileTooLarge {
        /// The maximum size in bytes.
        limit: u64,
    },
}

impl ValidationError {
    /// Returns the failures, if the text could be parsed.
    pub fn failures(&self) -> Option<&Failures> {
        match self {
            Self::Invalid(failures) => Some(failures),
            _ => None,
        }
    }
}

impl From<SyntaxError> for ValidationError {
    fn from(error: SyntaxError) -> Self {
        Self::Syntax(error)
    }
}

impl From<Failures> for ValidationError {
    fn from(failures: Failures) -> Self {
        Self::Invalid(failures)
    }
}

/// A location in the data, as a linked list on the stack. Its text is built only for a failure.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    step: Step<'a>,
    parent: Option<&'a Place<'a>>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Root,
    Name(&'a str),
    Index(usize),
}

impl<'a> Place<'a> {
    pub(crate) const ROOT: Self = Self { step: Step::Root, parent: None };

    pub(crate) fn name(&'a self, name: &'a str) -> Self {
        Self { step: Step::Name(name), parent: Some(self) }
    }

    pub(crate) fn index(&'a self, index: usize) -> Self {
        Self { step: Step::Index(index), parent: Some(self) }
    }

    fn write_pointer(&self, out: &mut String) {
        if let Some(parent) = self.parent {
            parent.write_pointer(out);
        }
        match self.step {
            Step::Root => {}
            Step::Name(name) => {
                out.push('/');
                out.push_str(&shortened(name).replace('~', "~0").replace('/', "~1"));
            }
            Step::Index(index) => {
                out.push('/');
                out.push_str(&index.to_string());
            }
        }
    }
}

/// Collects failures up to a limit.
#[derive(Default)]
pub(crate) struct Collector {
    failures: Vec<Failure>,
    bytes: usize,
}

impl Collector {
    pub(crate) fn fail(&mut self, place: &Place<'_>, kind: FailureKind, msg: impl Into<String>) {
        if self.failures.len() == MAX_FAILURES || self.bytes > MAX_FAILURE_BYTES {
            return;
        }
        let mut loc = String::new();
        place.write_pointer(&mut loc);
        let msg = msg.into();
        self.bytes += loc.len() + msg.len();
        self.failures.push(Failure { loc, msg, kind });
    }

    pub(crate) fn fail_value(&mut self, place: &Place<'_>, error: &ValueError) {
        let kind = match error {
            ValueError::WrongType(_) => FailureKind::WrongType,
            ValueError::OutOfRange(_) => FailureKind::OutOfRange,
            ValueError::TooLong { .. } => FailureKind::TooLong,
            ValueError::NotALabel { .. } => FailureKind::NotALabel,
            ValueError::NulInText => FailureKind::NulInText,
        };
        self.fail(place, kind, error.to_string());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.failures.is_empty()
    }

    pub(crate) fn into_result<T>(self, value: T) -> Result<T, Failures> {
        if self.failures.is_empty() { Ok(value) } else { Err(Failures(self.failures)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_names_and_states_of_their_own_form() {
        let names: std::collections::HashSet<_> = FailureKind::ALL.iter().map(|kind| kind.name()).collect();
        assert_eq!(names.len(), FailureKind::ALL.len());
        assert!(FailureKind::ALL.iter().all(|kind| kind.sqlstate().len() == 5));
        assert_eq!(FailureKind::Missing.to_string(), "missing");
    }

    #[test]
    fn pointers_are_escaped() {
        let place = Place::ROOT;
        let place = place.index(3);
        let place = place.name("a/b~c");
        let mut out = Collector::default();
        out.fail(&place, FailureKind::Missing, "is required");
        let failures = out.into_result(()).unwrap_err();
        assert_eq!(failures.first().unwrap().loc, "/3/a~1b~0c");
        assert_eq!(failures.to_string(), "/3/a~1b~0c: is required");
    }
}
