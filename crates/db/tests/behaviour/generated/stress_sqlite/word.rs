//! The table `words`.

use mwallet_db::schema::Value;
use mwallet_db::Entity;

#[derive(Clone, Debug, PartialEq, Entity)]
pub struct Word {
    #[entity(declared = "")]
    pub body: Option<Value>,
}
