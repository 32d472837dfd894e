//! The table `été`.

use mwallet_db::Entity;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "e\u{301}te\u{301}")]
pub struct ETe {
    #[entity(declared = "INT")]
    pub a: Option<i64>,
}
