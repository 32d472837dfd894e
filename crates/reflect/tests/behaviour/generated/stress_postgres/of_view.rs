//! The view `of_view`.

use mwallet_db::Entity;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "of_view", schema = "public", kind = "view")]
pub struct OfView {
    #[entity(
        native(name = "character varying(20)", transfer = "text"),
        base(table = "children", column = "label")
    )]
    pub title: Option<String>,
}
