//! The materialized view `counted`.

use mwallet_db::Entity;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(
    table = "counted",
    schema = "public",
    kind = "materialized view",
    read_only,
    index(name = "counted_state", columns(state))
)]
pub struct Counted {
    #[entity(base(table = "children", column = "state"))]
    pub state: Option<String>,
    pub n: Option<i64>,
}
