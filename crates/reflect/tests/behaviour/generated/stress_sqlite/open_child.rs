//! The view `open_children`.

use mwallet_db::Entity;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(kind = "view", writes(insert))]
pub struct OpenChild {
    #[entity(declared = "INTEGER", base(table = "children", column = "id"))]
    pub id: Option<i64>,
    #[entity(declared = "VARCHAR(20)", base(table = "children", column = "label"))]
    pub title: Option<String>,
}
