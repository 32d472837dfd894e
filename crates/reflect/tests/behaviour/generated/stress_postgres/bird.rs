//! The table `birds`.

use mwallet_db::Entity;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(schema = "public")]
pub struct Bird {
    pub name: Option<String>,
    pub wings: Option<i32>,
}
