//! The table `été`.

use mwallet_db::Entity;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "été")]
pub struct Été {
    #[entity(declared = "INT")]
    pub a: Option<i64>,
}
