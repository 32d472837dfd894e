//! The table `drafts`.

use mwallet_db::Entity;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(schema = "public", unanswered(delete))]
pub struct Draft {
    pub line: Option<String>,
}
