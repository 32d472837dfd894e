//! The table `animals`.

use mwallet_db::Entity;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(schema = "public")]
pub struct Animal {
    pub name: Option<String>,
}
