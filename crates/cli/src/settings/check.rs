//! Refuses settings that would be ignored, since the program would then use another database than intended: unknown
//! names, and a URL together with its parts.

use std::path::Path;

use toml::de::{DeTable, DeValue};

use mwallet_db::{Error, Result};

use super::database::{DatabaseConfig, variable};

/// The section of a file that holds the settings of a database.
const SECTION: &str = "database";
/// The prefix of the variables for a database.
pub(super) const PREFIX: &str = "MWALLET_DATABASE_";
/// The prefix of all variables of the program.
const PROGRAM: &str = "MWALLET_";

/// The line number of an offset in a text.
pub(super) fn line(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// Refuses unknown settings and sections in a settings file; the error names the first one and its line.
pub(super) fn check_file(path: &Path, text: &str, file: &DeTable<'_>) -> Result<()> {
    let wrong =
        |at: usize, what: String| Err(Error::Config(format!("{}, line {}: {what}", path.display(), line(text, at))));
    let mut unknown = Vec::new();
    for (key, value) in file.iter().filter(|(key, _)| key.get_ref() != SECTION) {
        let name = key.get_ref();
        let what = match value.get_ref() {
            DeValue::Table(_) | DeValue::Array(_) => match nearest(name, [SECTION]) {
                Some(meant) => format!("there is no section [{name}]; did you mean [{meant}]?"),
                None => format!("there is no section [{name}]; the only section is [{SECTION}]"),
            },
            _ if DatabaseConfig::SETTINGS.contains(&name.as_ref()) => {
                format!("{name} is not in a section; it must be below the line [{SECTION}]")
            }
            _ => format!("there is no setting {name}, and settings must be below the line [{SECTION}]"),
        };
        unknown.push((key.span().start, what));
    }
    let section = file.get(SECTION).and_then(|section| section.get_ref().as_table());
    for key in section.into_iter().flat_map(|section| section.keys()) {
        let name = key.get_ref();
        if !DatabaseConfig::SETTINGS.contains(&name.as_ref()) {
            let help = meant(name, |setting| setting.to_owned());
            unknown.push((key.span().start, format!("there is no setting {name} in [{SECTION}]; {help}")));
        }
    }
    // The first one in the order of the file.
    match unknown.into_iter().min() {
        Some((at, what)) => wrong(at, what),
        None => Ok(()),
    }
}

/// The message for a value of the wrong type, without the value, which may be a password.
pub(super) fn wrong_type(message: &str) -> String {
    let Some((_, expected)) = message.strip_prefix("invalid ").and_then(|message| message.rsplit_once(", expected "))
    else {
        return message.to_owned();
    };
    let expected = match expected {
        "struct DatabaseConfig" => "a section",
        "usize" | "u64" => "a whole number",
        expected => expected,
    };
    format!("wrong type: expected {expected}")
}

/// Suggests the setting that was probably meant, or lists all settings.
fn meant(name: &str, write: impl Fn(&str) -> String) -> String {
    match nearest(name, DatabaseConfig::SETTINGS.iter().copied()) {
        Some(setting) => format!("did you mean {}?", write(setting)),
        None => {
            let all: Vec<String> = DatabaseConfig::SETTINGS.iter().map(|setting| write(setting)).collect();
            format!("the settings are {}", all.join(", "))
        }
    }
}

/// The known name that was probably meant.
fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let name = name.to_lowercase().replace('-', "_");
    let with_distance = known.into_iter().map(|known| (strsim::damerau_levenshtein(&name, known), known));
    // Up to a third of the letters may differ.
    with_distance.filter(|(distance, _)| *distance <= (name.chars().count() / 3).max(1)).min().map(|(_, known)| known)
}

/// Refuses variables that look like settings but are not.
pub(super) fn check_variables<'v>(given: impl Iterator<Item = &'v str>, of_program: &[&str]) -> Result<()> {
    let own: Vec<String> = DatabaseConfig::SETTINGS.iter().map(|setting| variable(setting)).collect();
    let is_known = |name: &str| own.iter().any(|own| own == name) || of_program.contains(&name);
    for name in given.filter(|name| !is_known(name)) {
        if let Some(setting) = name.strip_prefix(PREFIX) {
            let help = meant(setting, variable);
            return Err(Error::Config(format!("the environment or .env: there is no setting {name}; {help}")));
        }
        // Other programs' variables may start with the same prefix: Kubernetes sets some in every container.
        let Some(rest) = name.strip_prefix(PROGRAM) else { continue };
        let slips = if rest.chars().count() < 8 { 1 } else { 2 };
        let all = own.iter().map(String::as_str).chain(of_program.iter().copied());
        if let Some(meant) = all.into_iter().find(|known| strsim::damerau_levenshtein(name, known) <= slips) {
            return Err(Error::Config(format!(
                "the environment or .env: there is no setting {name}; did you mean {meant}?"
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mwallet.toml");
        std::fs::write(&path, text).unwrap();
        let error = DatabaseConfig::from_file(&path).unwrap_err().to_string();
        error.strip_prefix(&format!("{}, ", path.display())).unwrap().to_owned()
    }

    #[test]
    fn a_file_is_refused_for_what_nobody_would_read() {
        for (text, told) in [
            ("[databse]\nurl = \"sqlite:a.db\"\n", "line 1: there is no section [databse]; did you mean [database]?"),
            (
                "[database]\n[server]\nlisten = 1\n",
                "line 2: there is no section [server]; the only section is [database]",
            ),
            ("[[database2]]\nx = 1\n", "line 1: there is no section [database2]; did you mean [database]?"),
            ("\nurl = \"sqlite:a.db\"\n", "line 2: url is not in a section; it must be below the line [database]"),
            ("x = 1\n", "line 1: there is no setting x, and settings must be below the line [database]"),
            (
                "[database]\n\npasword = \"secret\"\n",
                "line 3: there is no setting pasword in [database]; did you mean password?",
            ),
            (
                "[database]\npool-size = 3\n",
                "line 2: there is no setting pool-size in [database]; did you mean pool_size?",
            ),
            (
                "[database]\nz = 1\ncolour = 1\n[aaa]\n",
                "line 2: there is no setting z in [database]; the settings are url, host, port, user, password, name, \
                 sslmode, sslrootcert, pool_size, pool_timeout_ms, connect_timeout_ms, statement_timeout_ms, \
                 read_timeout_ms, temp_dir, session_limit_ms, echo, read_only",
            ),
            (
                "[database]\nhost = \"h\"\nurl = \"sqlite:a.db\"\n",
                "line 2: host conflicts with url: name the database by its URL or by its parts, not by both",
            ),
            (
                "[database]\nurl = \"postgresql://me@h\"\npassword = \"p\"\nsslmode = \"require\"\n",
                "line 4: sslmode conflicts with url: name the database by its URL or by its parts, not by both",
            ),
            ("database = 1\n", "line 1: wrong type: expected a section"),
            ("[database]\npassword = 987654\n", "line 2: wrong type: expected a string"),
            ("[database]\npool_size = \"s, expected\"\n", "line 2: wrong type: expected a whole number"),
        ] {
            assert_eq!(file(text), told, "{text}");
        }
        assert!(file("[database]\nport = 1\nport = 2\n").starts_with("line 3: "));
    }

    #[test]
    fn variables_that_look_like_settings_are_settings() {
        let check = |name: &str| {
            let names = ["HOME", "MWALLET_DATABASE_URL", name];
            check_variables(names.into_iter(), &["MWALLET_LISTEN", "MWALLET_CORS"]).map_err(|error| error.to_string())
        };
        for (name, meant) in [
            ("MWALLET_DATABASE_PASWORD", "MWALLET_DATABASE_PASSWORD"),
            ("MWALLET_DATABASE_POOLSIZE", "MWALLET_DATABASE_POOL_SIZE"),
            ("MWALLET_DATABASE_url", "MWALLET_DATABASE_URL"),
            ("MWALLET_DATABSE_URL", "MWALLET_DATABASE_URL"),
            ("MWALLET_LISTN", "MWALLET_LISTEN"),
        ] {
            let told = format!("the environment or .env: there is no setting {name}; did you mean {meant}?");
            assert_eq!(check(name), Err(told));
        }
        let unlike = check("MWALLET_DATABASE_COLOUR").unwrap_err();
        let told = "no setting MWALLET_DATABASE_COLOUR; the settings are MWALLET_DATABASE_URL, ";
        assert!(unlike.contains(told), "{unlike}");
        // The variables that Kubernetes sets for a service called mwallet, and those of other programs.
        for name in ["MWALLET_PORT", "MWALLET_SERVICE_HOST", "MWALLET_TEST_POSTGRES_URL", "MWALLET_LISTEN", "OTHER"] {
            assert_eq!(check(name), Ok(()));
        }
    }

    #[test]
    fn variables_name_a_database_by_a_url_or_by_its_parts() {
        let given = |names: &[&str]| {
            let look_up = |name: &str| names.contains(&name).then(|| "5432".to_owned());
            DatabaseConfig::from_variables(look_up).map(drop).map_err(|error| error.to_string())
        };
        let told = "MWALLET_DATABASE_PORT conflicts with MWALLET_DATABASE_URL: name the database by its URL or by its \
                    parts, not by both";
        assert_eq!(given(&["MWALLET_DATABASE_URL", "MWALLET_DATABASE_PORT"]), Err(told.into()));
        assert_eq!(given(&["MWALLET_DATABASE_URL", "MWALLET_DATABASE_PASSWORD", "MWALLET_DATABASE_POOL_SIZE"]), Ok(()));
        assert_eq!(given(&["MWALLET_DATABASE_PORT", "MWALLET_DATABASE_USER"]), Ok(()));
    }
}
