//! The table `drafts`.

use mwallet_db::Entity;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(schema = "public")]
pub struct Draft {
    pub line: Option<String>,
}
