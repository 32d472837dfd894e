//! The table `été`.

use mwallet_db::Entity;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "été", schema = "public")]
pub struct Été {
    pub a: Option<i32>,
}
