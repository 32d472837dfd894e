//! The foreign table `outside`.

use mwallet_db::Entity;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(
    table = "outside",
    schema = "public",
    kind = "foreign table",
    read_only
)]
pub struct Outside {
    pub line: Option<String>,
}
