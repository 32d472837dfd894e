//! The table `été`.

use mwallet_db::Entity;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "e\u{301}te\u{301}", schema = "public")]
pub struct ETe {
    pub a: Option<i32>,
}
