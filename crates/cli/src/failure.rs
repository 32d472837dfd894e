//! How a command ends that could not do its work: one line that says why, one that helps, and a code.

use std::error::Error;
use std::process::ExitCode;

use mwallet_db::explain;

/// Why a command could not do its work.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    hint: Option<String>,
    /// Whether the command was called in a way that is not allowed.
    usage: bool,
}

pub(crate) type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, usage: false }
    }

    /// A command that was called in a way that is not allowed.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { usage: true, ..Self::new(message) }
    }

    /// A failure with all that lies behind it, since who calls the program is who runs the database.
    pub(crate) fn caused(message: &str, error: &(dyn Error + 'static)) -> Self {
        let causes = explain(error);
        let text = if message.is_empty() { causes } else { format!("{message}: {causes}") };
        Self::new(text)
    }

    /// The same about a file: where `it` is named, the file is what is meant.
    pub(crate) fn within(self, file: &str) -> Self {
        Self { message: format!("{file}: {}", self.message), ..self }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Says why on the standard error, and gives the code to end with: 2 for a wrong call, 1 for anything else.
    pub(crate) fn report(&self) -> ExitCode {
        // Line breaks would make one failure look like several.
        eprintln!("error: {}", self.message.replace('\n', " "));
        if let Some(hint) = &self.hint {
            eprintln!("hint: {hint}");
        }
        ExitCode::from(if self.usage { 2 } else { 1 })
    }
}

impl From<mwallet_db::Error> for Failure {
    fn from(error: mwallet_db::Error) -> Self {
        use mwallet_db::{Error as E, NotOpened};

        let hint = match &error {
            E::Unavailable(_) => "is its server running, and may this user connect? --database-url names another",
            E::NotOpened { why: NotOpened::Refused, .. } => {
                "is its name right, and may this user open it and write to its folder? --database-url names another"
            }
            E::NotOpened { why: NotOpened::NotADatabase, .. } => {
                "is its name right? It may be encrypted, or damaged in its first bytes; --database-url names another"
            }
            E::NotOpened { why: NotOpened::NoPlaceForLog, .. } => {
                "let this user write to its folder, or copy it to one that can be written to and name the copy"
            }
            E::Url(_) => "such as sqlite:mwallet.db or postgresql://user@localhost/mwallet",
            E::ReadOnly => "unset read_only in the settings of the database",
            _ => return Self::caused("", &error),
        };
        Self::caused("", &error).hint(hint)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::caused("", &error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_said_once() {
        let refused = std::io::Error::other("connection refused");
        let failure = Failure::from(mwallet_db::Error::Unavailable(Box::new(refused)));
        assert_eq!(failure.message, "the database cannot be reached: connection refused");
        assert_eq!(Failure::from(std::io::Error::other("full")).message, "full");
    }
}
