//! The table `no_key`.

use mwallet_db::Entity;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "no_key", schema = "public")]
pub struct NoKey {
    pub line: Option<String>,
}
