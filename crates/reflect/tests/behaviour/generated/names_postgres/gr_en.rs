//! The table `größen`.

use mwallet_db::Entity;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "größen", schema = "public")]
pub struct Größen {
    #[entity(column = "straße")]
    pub straße: Option<String>,
    #[entity(column = "strasse")]
    pub strasse_2: Option<String>,
    #[entity(column = "größe", key)]
    pub größe: i32,
}
