//! Derives names: of tables and schemas from types, of constraints from columns.

use heck::{ToPascalCase, ToSnakeCase};

/// Converts `AppNotice` to `app_notice`.
pub fn snake_case(name: &str) -> String {
    name.to_snake_case()
}

/// Converts `app_notices` to `AppNotices`.
pub fn pascal_case(name: &str) -> String {
    name.to_pascal_case()
}

/// The maximum length of a name in bytes. PostgreSQL truncates longer names silently.
pub const MOST_NAME_BYTES: usize = 63;

/// Returns the name that PostgreSQL gives a constraint or an index: `orders`, `[usid]`, `idx` becomes
/// `orders_usid_idx`.
///
/// A name that is too long is truncated and gets a short hash of the whole name before its suffix. So it is the same
/// each time and on both engines, and differs from names with the same beginning. If PostgreSQL truncated it, names
/// could collide, and the reflected name would never match the declared one.
///
/// ```
/// # use mwallet_schema::constraint_name;
/// assert_eq!(constraint_name("orders", &["usid"], "idx"), "orders_usid_idx");
/// let long = constraint_name("orders", &["what_the_buyer_said_of_it_when_it_arrived_in_the_end"], "check");
/// assert_eq!(long, "orders_what_the_buyer_said_of_it_when_it_arrived_f8e928b6_check");
/// ```
pub fn constraint_name(table: &str, columns: &[&str], ending: &str) -> String {
    let parts: Vec<&str> = [table].into_iter().chain(columns.iter().copied()).chain([ending]).collect();
    let whole = parts.join("_");
    if whole.len() <= MOST_NAME_BYTES {
        return whole;
    }
    let tail = format!("_{:08x}_{ending}", hash(&whole));
    let mut end = MOST_NAME_BYTES.saturating_sub(tail.len());
    while !whole.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{tail}", &whole[..end])
}

/// Computes 64-bit FNV-1a, folded to 32 bits. Existing databases contain the result in names, so it must not change.
fn hash(text: &str) -> u32 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325, step);
    let [a, b, c, d, e, f, g, h] = hash.to_be_bytes();
    u32::from_be_bytes([a ^ e, b ^ f, c ^ g, d ^ h])
}

/// Returns the name with its last word in the plural: `address` becomes `addresses`, `person` becomes `people`.
///
/// ```
/// assert_eq!(mwallet_schema::plural("user_address"), "user_addresses");
/// assert_eq!(mwallet_schema::plural("transaction_key"), "transaction_keys");
/// ```
pub fn plural(name: &str) -> String {
    match name.rsplit_once('_') {
        Some((before, last)) => format!("{before}_{}", pluralizer::pluralize(last, 2, false)),
        None => pluralizer::pluralize(name, 2, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_constraints_fit_and_stay_apart() {
        let column = "c".repeat(50);
        assert_eq!(constraint_name("orders", &[&column], "key"), format!("orders_{column}_key"));
        assert_eq!(constraint_name("orders", &[], "pkey"), "orders_pkey");
        let [one, two] = ["a", "b"].map(|end| constraint_name("orders", &[&format!("{column}{column}{end}")], "fkey"));
        assert_ne!(one, two);
        for name in [one, two] {
            assert_eq!(name.len(), MOST_NAME_BYTES);
            assert!(name.starts_with("orders_ccc") && name.ends_with("_fkey"), "{name}");
        }
        // Characters are kept whole, wherever the name is cut.
        for shift in 0..4 {
            let name = constraint_name(&"x".repeat(shift), &[&"👛".repeat(20)], "idx");
            assert!((MOST_NAME_BYTES - 3..=MOST_NAME_BYTES).contains(&name.len()), "{name}");
        }
    }

    #[test]
    fn plurals() {
        for (one, many) in
            [("order", "orders"), ("currency", "currencies"), ("box", "boxes"), ("sales_person", "sales_people")]
        {
            assert_eq!(plural(one), many);
        }
    }
}
