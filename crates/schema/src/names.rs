//! Names of tables and schemas made from names of types.

use heck::{ToPascalCase, ToSnakeCase};

/// `AppNotice` to `app_notice`.
pub fn snake_case(name: &str) -> String {
    name.to_snake_case()
}

/// `app_notices` to `AppNotices`.
pub fn pascal_case(name: &str) -> String {
    name.to_pascal_case()
}

/// The English plural of a name's last word: `address` to `addresses`, `currency` to `currencies`.
///
/// ```
/// assert_eq!(mwallet_schema::plural("user_address"), "user_addresses");
/// assert_eq!(mwallet_schema::plural("transaction_key"), "transaction_keys");
/// ```
pub fn plural(name: &str) -> String {
    let ends = |ending: &str| name.ends_with(ending);
    let vowel_y = ["ay", "ey", "oy", "uy"].into_iter().any(ends);
    if ends("y") && !vowel_y {
        format!("{}ies", &name[..name.len() - 1])
    } else if ["s", "x", "z", "ch", "sh"].into_iter().any(ends) {
        format!("{name}es")
    } else {
        format!("{name}s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plurals() {
        for (one, many) in [("order", "orders"), ("currency", "currencies"), ("box", "boxes"), ("branch", "branches")] {
            assert_eq!(plural(one), many);
        }
    }
}
