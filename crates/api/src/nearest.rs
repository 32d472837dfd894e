//! The table that was probably meant by a name that no table has.

use crate::exposed::ExposedSchema;

/// The longest name for which a similar one is searched: the work grows with the length.
const MOST: usize = 100;

/// A hint for a request about a table that the schema does not have, in PostgREST's words.
pub(crate) fn hint(schema: &ExposedSchema, name: &str) -> Option<String> {
    let nearest = nearest(schema.names(), name)?;
    Some(format!("Perhaps you meant the table '{}.{nearest}'", schema.name_for_clients()))
}

/// The name that differs from the given one in the fewest letters; the alphabetically first of several.
fn nearest<'n>(names: impl Iterator<Item = &'n str>, wanted: &str) -> Option<&'n str> {
    let length = wanted.chars().take(MOST + 1).count();
    if length > MOST {
        return None;
    }
    let wanted = wanted.to_lowercase();
    // Up to a third of the letters may differ, but not all of them.
    let most = (length / 3).max(1).min(length.saturating_sub(1));
    let is_near = |name: &&str| name.chars().take(length + most + 1).count().abs_diff(length) <= most;
    let with_distance =
        names.filter(is_near).map(|name| (strsim::damerau_levenshtein(&wanted, &name.to_lowercase()), name));
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
            assert_eq!(nearest(names.into_iter(), wanted), meant, "{wanted}");
        }
        assert_eq!(nearest([].into_iter(), "orders"), None);
    }
}
