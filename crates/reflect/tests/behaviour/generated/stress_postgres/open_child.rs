//! The view `open_children`.

use mwallet_db::Entity;

/// Those that are open
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(schema = "public", kind = "view")]
pub struct OpenChild {
    #[entity(key, base(table = "children", column = "id"))]
    pub id: Option<i32>,
    #[entity(
        native(name = "character varying(20)", transfer = "text"),
        base(table = "children", column = "label")
    )]
    pub title: Option<String>,
}
