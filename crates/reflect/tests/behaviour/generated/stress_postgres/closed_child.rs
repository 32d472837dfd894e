//! The view `closed_children`.

use mwallet_db::Entity;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(schema = "public", kind = "view")]
pub struct ClosedChild {
    #[entity(key, base(table = "children", column = "id"))]
    pub id: Option<i32>,
    #[entity(base(table = "children", column = "state"))]
    pub state: Option<String>,
}
