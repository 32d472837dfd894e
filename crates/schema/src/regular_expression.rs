//! Regular expressions, which SQLite lacks: those of the crate `regex`, whose time is linear in the length of the text.

use regex::{Regex, RegexBuilder};

/// The maximum size in bytes of a compiled expression, and of the memory that a search may use to cache states.
const SIZE: usize = 1 << 20;

/// Compiles an expression.
///
/// # Errors
///
/// Returns what is wrong with the expression.
pub fn compile(pattern: &str, fold_case: bool) -> Result<Regex, String> {
    let mut builder = RegexBuilder::new(pattern);
    // In PostgreSQL, a dot is any character.
    builder.case_insensitive(fold_case).dot_matches_new_line(true).size_limit(SIZE).dfa_size_limit(SIZE);
    builder.build().map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => "the regular expression would take too much memory".into(),
        // The last line says what is wrong; those before it show the place.
        error => error.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned(),
    })
}

/// Checks an expression without running it.
///
/// # Errors
///
/// Returns what is wrong with the expression.
pub fn check_pattern(pattern: &str, fold_case: bool) -> Result<(), String> {
    compile(pattern, fold_case).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_one_line() {
        assert_eq!(check_pattern("a(b", false), Err("unclosed group".into()));
        assert_eq!(
            check_pattern("[z-a]", false),
            Err("invalid character class range, the start must be <= the end".into())
        );
        let large = check_pattern("((a{100}){100}){100}", false);
        assert_eq!(large, Err("the regular expression would take too much memory".into()));
        assert!(compile("^O", true).unwrap().is_match("open"));
    }
}
