//! The table `rooms`.

use mwallet_db::Entity;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(schema = "public")]
pub struct Room {
    pub room: Option<i32>,
    #[entity(native(name = "tsrange", transfer = "literal"))]
    pub during: Option<String>,
}
