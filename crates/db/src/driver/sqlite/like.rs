//! LIKE and ILIKE as PostgreSQL implements them with the "C" collation.

/// The number of steps between deadline checks.
const STEPS_PER_LOOK: u32 = 1 << 16;

/// Returns whether a text matches a pattern: `%` matches any text, `_` one character, and `\` escapes the next
/// character.
///
/// With `fold_case`, the case of ASCII letters is ignored. Backtracking only goes to the last `%`, so the time is at
/// most proportional to the product of the lengths.
///
/// Returns `None` if `give_up` returns true. It is called periodically, because nothing else can interrupt a match.
pub(super) fn matches(text: &str, pattern: &str, fold_case: bool, give_up: impl Fn() -> bool) -> Option<bool> {
    let mut steps = 0_u32;
    let same = |a: char, b: char| a == b || (fold_case && a.eq_ignore_ascii_case(&b));
    let (mut text, mut pattern) = (text.chars(), pattern.chars());
    // Where to resume after the last `%`: the rest of the pattern, and the text that `%` has not consumed.
    let mut retry: Option<(std::str::Chars<'_>, std::str::Chars<'_>)> = None;
    loop {
        steps = steps.wrapping_add(1);
        if steps.is_multiple_of(STEPS_PER_LOOK) && give_up() {
            return None;
        }
        let matched = match pattern.next() {
            Some('%') => {
                retry = Some((pattern.clone(), text.clone()));
                continue;
            }
            None => match text.clone().next() {
                None => return Some(true),
                Some(_) => false,
            },
            Some('_') => text.next().is_some(),
            Some('\\') => match (pattern.next(), text.next()) {
                (Some(expected), Some(found)) => same(expected, found),
                _ => false,
            },
            Some(expected) => text.next().is_some_and(|found| same(expected, found)),
        };
        if matched {
            continue;
        }
        let Some((behind, mut rest)) = retry.take() else { return Some(false) };
        if rest.next().is_none() {
            return Some(false);
        }
        pattern = behind.clone();
        text = rest.clone();
        retry = Some((behind, rest));
    }
}

#[cfg(test)]
mod tests {
    fn matches(text: &str, pattern: &str, fold_case: bool) -> bool {
        super::matches(text, pattern, fold_case, || false).unwrap()
    }

    #[test]
    fn as_postgresql_does() {
        for (text, pattern, expected) in [
            ("", "", true),
            ("", "%", true),
            ("", "_", false),
            ("abc", "abc", true),
            ("abc", "a%", true),
            ("abc", "%c", true),
            ("abc", "%b%", true),
            ("abc", "a_c", true),
            ("abc", "a_", false),
            ("abcabd", "%ab_", true),
            ("a%c", "a\\%c", true),
            ("abc", "a\\%c", false),
            ("a\\c", "a\\\\c", true),
            ("äöü", "_ö_", true),
            ("aaaaaaaaaaaaaaaaaaaaab", "%a%a%a%a%a%a%a%c", false),
            ("abc", "ABC", false),
        ] {
            assert_eq!(matches(text, pattern, false), expected, "{text} like {pattern}");
        }
        assert!(matches("aBc", "AbC", true));
        assert!(!matches("ä", "Ä", true), "only ASCII letters fold");
    }
}
