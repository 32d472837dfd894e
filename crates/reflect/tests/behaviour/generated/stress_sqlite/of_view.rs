//! The view `of_view`.

use mwallet_db::Entity;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "of_view", kind = "view", read_only)]
pub struct OfView {
    #[entity(declared = "VARCHAR(20)", base(table = "children", column = "label"))]
    pub title: Option<String>,
}
