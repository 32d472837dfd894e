//! The partitioned table `measures`.

use mwallet_db::Entity;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(schema = "public", kind = "partitioned table", key(city, at))]
pub struct Measure {
    pub city: i32,
    #[entity(native(name = "date", transfer = "literal"))]
    pub at: String,
}
