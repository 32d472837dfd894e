//! The table `no_key`.

use mwallet_db::Entity;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "no_key")]
pub struct NoKey {
    #[entity(declared = "TEXT")]
    pub line: Option<String>,
}
