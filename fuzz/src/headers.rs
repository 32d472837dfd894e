//! The headers `Range` and `Prefer`. The first line of an input is a range, the second its unit, the rest preferences.

use mwallet_query::{Action, ContentRange, Preferences, RowRange};

/// Checks the values of headers.
///
/// # Panics
///
/// Panics if a value is formatted as text that does not parse as the same, or if a range leaves its page.
pub fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let mut lines = text.lines();
    let range = lines.next().unwrap_or_default();
    let unit = lines.next().filter(|unit| !unit.is_empty());
    check_range(range, unit);
    check_preferences(&lines.collect::<Vec<_>>());
}

fn check_range(text: &str, unit: Option<&str>) {
    let Ok(Some(range)) = RowRange::parse(text, unit) else { return };
    let last = range.rows.map(|rows| (range.first + (rows - 1)).to_string()).unwrap_or_default();
    let formatted = format!("{}-{last}", range.first);
    assert_eq!(RowRange::parse(&formatted, unit), Ok(Some(range)), "{formatted}");
    for (offset, limit) in [(0, None), (0, Some(0)), (7, Some(10)), (u64::MAX, None), (1, Some(u64::MAX))] {
        let (first, rows) = range.within(offset, limit);
        assert!(first >= offset, "{range:?} begins before the page at {offset}");
        let end = |limit: Option<u64>| limit.map(|rows| rows.saturating_add(offset));
        // The page begins later by as much as the range skips.
        let found = rows.map(|rows| rows.saturating_add(range.first).saturating_add(offset));
        match (limit, rows) {
            (Some(limit), Some(rows)) => assert!(rows <= limit, "{range:?} has more rows than {limit}"),
            (Some(_), None) => panic!("{range:?} takes away the limit"),
            (None, _) => {}
        }
        if let (Some(page), Some(found)) = (end(limit), found)
            && rows != Some(0)
        {
            assert!(found <= page, "{range:?} ends after {page}");
        }
        let header = ContentRange { offset: first, rows: rows.unwrap_or(u64::MAX), total: rows };
        assert!(header.to_bytes().iter().all(|byte| byte.is_ascii_digit() || b"-/*".contains(byte)));
    }
}

fn check_preferences(headers: &[&str]) {
    let preferences = match Preferences::parse(headers.iter().copied()) {
        Ok(preferences) => preferences,
        Err(unknown) => {
            let is_of_headers = |word: &String| headers.iter().any(|header| header.contains(word.as_str()));
            assert!(!unknown.0.is_empty() && unknown.0.iter().all(is_of_headers), "{unknown:?}");
            return;
        }
    };
    for action in [Action::Read, Action::Create, Action::Change] {
        let Some(applied) = preferences.applied(action) else { continue };
        assert!(applied.is_ascii(), "{applied}");
        let again = Preferences::parse([applied.as_ref()]);
        let again = again.unwrap_or_else(|unknown| panic!("{applied} has preferences that are unknown: {unknown}"));
        assert_eq!(again.applied(action).as_ref(), Some(&applied));
        if action == Action::Change {
            assert_eq!((again.max_affected(), again.returns), (preferences.max_affected(), preferences.returns));
        }
    }
}
