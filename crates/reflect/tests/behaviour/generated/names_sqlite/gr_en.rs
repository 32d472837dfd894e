//! The table `größen`.

use mwallet_db::Entity;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "größen")]
pub struct Größen {
    #[entity(column = "straße", declared = "TEXT")]
    pub straße: Option<String>,
    #[entity(column = "strasse", declared = "TEXT")]
    pub strasse_2: Option<String>,
    #[entity(column = "größe", declared = "INT", key)]
    pub größe: Option<i64>,
}
