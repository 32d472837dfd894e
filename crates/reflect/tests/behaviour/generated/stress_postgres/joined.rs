//! The view `joined`.

use mwallet_db::Entity;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "joined", schema = "public", kind = "view", writes(insert))]
pub struct Joined {
    #[entity(base(table = "children", column = "id"))]
    pub id: Option<i32>,
    #[entity(base(table = "parents", column = "b"))]
    pub b: Option<String>,
    pub n: Option<i64>,
}
