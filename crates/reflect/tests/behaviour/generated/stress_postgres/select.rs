//! The table `select`.

use mwallet_db::Entity;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "select", schema = "public")]
pub struct Select {
    #[entity(key)]
    pub from: i32,
    #[entity(column = "a.b")]
    pub a_b: Option<i32>,
    #[entity(column = "say \"hi\"")]
    pub say_hi: Option<i32>,
    #[entity(column = "naïve 列")]
    pub naïve_列: Option<String>,
}
