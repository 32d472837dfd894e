//! The failure of a command: what went wrong, what helps, and a code.
//!
//! For people it is a line or two; with `--json`, one object. Both go to standard error: standard output has results
//! only.

use std::error::Error;
use std::process::ExitCode;

use mwallet_db::causes;
use serde_json::json;

/// The code of a command that was called with wrong arguments.
const USAGE: &str = "usage";

/// The hint for a database with damaged pages.
const DAMAGED: &str = "restore a backup with `mwallet restore`, or see what `sqlite3 FILE .recover` can save; check \
                       the disk";

/// Why a command failed.
#[derive(Debug)]
pub(crate) struct Failure {
    /// One of the codes that `docs/how-to/scripts.md` lists.
    code: &'static str,
    message: String,
    /// The causes, the immediate one first.
    causes: Vec<String>,
    hint: Option<String>,
    /// The migrations that were completed before one failed, and the verb: applied or reverted.
    before: Option<Box<(&'static str, Vec<String>)>>,
}

pub(crate) type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { code: "failed", message: message.into(), causes: Vec::new(), hint: None, before: None }
    }

    /// A command that was called with wrong arguments.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(message).code(USAGE)
    }

    /// A failure with all its causes: the user of the program also runs the database, so nothing is hidden.
    pub(crate) fn caused(message: &str, error: &(dyn Error + 'static)) -> Self {
        let mut causes = causes(error).into_iter();
        let message = if message.is_empty() { causes.next().unwrap_or_default() } else { message.to_owned() };
        Self { causes: causes.collect(), ..Self::new(message) }
    }

    /// A failure from an error of the command-line parser.
    pub(crate) fn from_arguments(error: &clap::Error) -> Self {
        let text = error.render().to_string();
        let mut paragraphs = text.split("\n\n").map(one_line);
        let message = match error.kind() {
            clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => "a command is missing".to_owned(),
            _ => paragraphs.next().unwrap_or_default().trim_start_matches("error: ").to_owned(),
        };
        let tips: Vec<String> = paragraphs.filter(|text| text.starts_with("tip: ")).collect();
        let hint = if tips.is_empty() { "see --help".to_owned() } else { tips.join("; ") };
        Self::usage(message).hint(hint)
    }

    /// Prefixes the message with the name of the file that it is about.
    pub(crate) fn within(self, file: &str) -> Self {
        Self { message: format!("{file}: {}", self.message), ..self }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Sets the causes.
    pub(crate) fn causes(self, causes: Vec<String>) -> Self {
        Self { causes, ..self }
    }

    /// Adds the migrations that were completed before the failure, which are not undone.
    pub(crate) fn after(self, did: &'static str, migrations: Vec<String>) -> Self {
        Self { before: Some(Box::new((did, migrations))), ..self }
    }

    /// Sets the code by which scripts recognise the failure.
    pub(crate) fn code(self, code: &'static str) -> Self {
        Self { code, ..self }
    }

    /// The exit code: 2 for wrong arguments, 1 for anything else.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(if self.code == USAGE { 2 } else { 1 })
    }

    /// The lines to print for people. Line breaks within them are removed, which would make one failure look like
    /// several.
    pub(crate) fn lines(&self) -> impl Iterator<Item = String> {
        let before = self.before.as_deref().filter(|(_, migrations)| !migrations.is_empty());
        let error = format!("error: {}", self.text().replace('\n', " "));
        let before = before.map(|(did, migrations)| format!("{did} before it: {}", migrations.join(", ")));
        let hint = self.hint.as_ref().map(|hint| format!("hint: {}", hint.replace('\n', " ")));
        [Some(error), before, hint].into_iter().flatten()
    }

    /// The message and its causes, as one line.
    pub(crate) fn message(&self) -> String {
        self.text().replace('\n', " ")
    }

    /// The message and its causes.
    fn text(&self) -> String {
        let parts: Vec<&str> = std::iter::once(&self.message).chain(&self.causes).map(String::as_str).collect();
        parts.join(": ")
    }

    /// The object to print for programs.
    pub(crate) fn json(&self) -> serde_json::Value {
        let Self { code, message, causes, hint, before } = self;
        let mut json = json!({ "code": code, "message": message, "hint": hint, "causes": causes });
        if let Some((_, migrations)) = before.as_deref() {
            json["migrations"] = json!(migrations);
        }
        json
    }
}

/// A paragraph without its line breaks and indents.
fn one_line(paragraph: &str) -> String {
    paragraph.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl From<mwallet_db::Error> for Failure {
    fn from(error: mwallet_db::Error) -> Self {
        use mwallet_db::{Error as E, NotOpened};

        let code = match &error {
            E::Url(_) => "invalid_url",
            E::Config(_) => "invalid_setting",
            E::Unavailable(_) => "database_unavailable",
            E::FileGone { .. } => "database_file_gone",
            E::NotOpened { why: NotOpened::Damaged, .. } => "database_damaged",
            E::Database { code: Some(code), .. } if code == E::DAMAGED => "database_damaged",
            E::Busy => "database_busy",
            E::ReadOnly => "read_only",
            E::Timeout => "timeout",
            E::NotOpened { .. } => "database_not_opened",
            E::Constraint(_) => "constraint",
            E::Refused { .. } | E::Database { .. } => "database",
            _ => "failed",
        };
        let failure = match &error {
            E::Database { code: Some(code), source } if code == E::DAMAGED => {
                Self::caused("the database is damaged", &**source)
            }
            _ => Self::caused("", &error),
        };
        let failure = failure.code(code);
        match &error {
            E::Unavailable(_) => {
                failure.hint("check that the server is running and lets this user in; --database-url names another")
            }
            E::NotOpened { why: NotOpened::Refused, .. } => failure.hint(
                "check the name, and that this user may open the file and write to its folder; --database-url names \
                 another",
            ),
            E::NotOpened { why: NotOpened::NotAFile("a folder"), .. } => {
                failure.hint("name a file in it, such as sqlite:FOLDER/wallet.db")
            }
            E::NotOpened { why: NotOpened::NotAFile(_), .. } => {
                failure.hint("copy its content to a regular file and name that: SQLite needs random access")
            }
            E::NotOpened { why: NotOpened::NotADatabase, .. } => failure.hint(
                "check the name; the file may be encrypted, or damaged, in which case `mwallet restore` restores a \
                 backup; --database-url names another",
            ),
            E::NotOpened { why: NotOpened::Damaged, .. } => failure.hint(DAMAGED),
            E::Database { code: Some(code), .. } if code == E::DAMAGED => failure.hint(DAMAGED),
            E::NotOpened { why: NotOpened::NoPlaceForLog, .. } => failure.hint(
                "let this user write to its folder; or copy the file, with its -wal file if there is one, to a \
                 writable folder, and name the copy",
            ),
            E::Url(_) => failure.hint("such as sqlite:mwallet.db or postgresql://user@localhost/mwallet"),
            E::ReadOnly => failure.hint("unset read_only in the settings of the database"),
            _ => failure,
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::caused("", &error)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[test]
    fn causes_are_said_once() {
        let refused = std::io::Error::other("connection refused");
        let failure = Failure::from(mwallet_db::Error::Unavailable(Box::new(refused)));
        assert_eq!(failure.text(), "the database cannot be reached: connection refused");
        let json = failure.json();
        assert_eq!(json["code"], "database_unavailable");
        assert_eq!(json["message"], "the database cannot be reached");
        assert_eq!(json["causes"], json!(["connection refused"]));
        assert_eq!(Failure::from(std::io::Error::other("full")).text(), "full");
    }

    #[test]
    fn wrong_arguments_are_one_line_and_a_hint() {
        for (arguments, message, hint) in [
            (&[][..], "a command is missing", "see --help"),
            (&["--json"], "'mwallet' requires a subcommand but one was not provided", "see --help"),
            (&["--json", "schema"], "a command is missing", "see --help"),
            #[cfg(feature = "demo")]
            (
                &["seed", "--user", "5"],
                "unexpected argument '--user' found",
                "tip: a similar argument exists: '--users'",
            ),
            #[cfg(feature = "demo")]
            (
                &["seed", "--users", "0"],
                "invalid value '0' for '--users <NUMBER>': 0 is not in 1..=100000000",
                "see --help",
            ),
            (&["import", "block"], "the following required arguments were not provided: --network", "see --help"),
            (
                &["schema", "show", "--dialect", "x"],
                "invalid value 'x' for '--dialect <DIALECT>' [possible values: sqlite, postgres]",
                "see --help",
            ),
        ] {
            let error = crate::Arguments::try_parse_from([&["mwallet"], arguments].concat()).err().unwrap();
            let failure = Failure::from_arguments(&error);
            assert!(failure.message.starts_with(message), "{}", failure.message);
            assert!(failure.hint.as_ref().unwrap().starts_with(hint), "{:?}", failure.hint);
            assert!(!failure.json().to_string().contains("\\n"), "{}", failure.json());
        }
    }
}
