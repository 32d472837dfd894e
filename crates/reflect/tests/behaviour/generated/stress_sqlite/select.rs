//! The table `select`.

use mwallet_db::Entity;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "select")]
pub struct Select {
    #[entity(declared = "INT", key)]
    pub from: Option<i64>,
    #[entity(column = "a.b", declared = "INT")]
    pub a_b: Option<i64>,
    #[entity(column = "say \"hi\"", declared = "INT")]
    pub say_hi: Option<i64>,
    #[entity(column = "naïve 列", declared = "TEXT")]
    pub naïve_列: Option<String>,
    #[entity(column = "back tick", declared = "INT")]
    pub back_tick: Option<i64>,
}
