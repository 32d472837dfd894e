//! The name that was probably meant by one that does not exist.

/// The longest name for which a similar one is searched: the work grows with the length.
const MAX_LENGTH: usize = 100;

/// Returns the name that differs from the given one in the fewest letters; the alphabetically first of several.
///
/// Up to a third of the letters may differ.
///
/// ```
/// let names = ["orders", "users"];
/// assert_eq!(mwallet_schema::nearest(names, "ordres"), Some("orders"));
/// assert_eq!(mwallet_schema::nearest(names, "invoices"), None);
/// ```
pub fn nearest<'n>(names: impl IntoIterator<Item = &'n str>, wanted: &str) -> Option<&'n str> {
    let length = wanted.chars().take(MAX_LENGTH + 1).count();
    if length > MAX_LENGTH {
        return None;
    }
    let wanted = wanted.to_lowercase();
    // Not all of the letters may differ.
    let most = (length / 3).max(1).min(length.saturating_sub(1));
    let is_near = |name: &&str| name.chars().take(length + most + 1).count().abs_diff(length) <= most;
    let with_distance = names
        .into_iter()
        .filter(is_near)
        .map(|name| (strsim::damerau_levenshtein(&wanted, &name.to_lowercase()), name));
    with_distance.filter(|(distance, _)| *distance <= most).min().map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_keyboard_is_seen_and_another_word_is_not() {
        let names = ["assets", "é", "größe", "order_items", "orders", "Orders2", "users"];
        for (wanted, meant) in [
            ("ordres", Some("orders")),
            ("order", Some("orders")),
            ("ORDERS", Some("orders")),
            ("orderitems", Some("order_items")),
            ("user", Some("users")),
            ("orders3", Some("Orders2")),
            ("grösse", Some("größe")),
            ("invoices", None),
            ("", None),
            ("a", None),
            (&"orders".repeat(20), None),
        ] {
            assert_eq!(nearest(names, wanted), meant, "{wanted}");
        }
        assert_eq!(nearest([], "orders"), None);
    }
}
