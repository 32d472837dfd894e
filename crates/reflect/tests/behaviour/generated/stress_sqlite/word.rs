//! The table `words`.

use mwallet_db::Entity;
use mwallet_db::schema::Value;

#[derive(Clone, Debug, PartialEq, Entity)]
pub struct Word {
    #[entity(declared = "")]
    pub body: Option<Value>,
}
