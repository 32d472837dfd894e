//! The table `列`.

use mwallet_db::Entity;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "列")]
pub struct 列 {
    #[entity(column = "値", declared = "TEXT")]
    pub 値: Option<String>,
    #[entity(column = "1 値", declared = "TEXT")]
    pub column_1_値: Option<String>,
    #[entity(column = "é", declared = "TEXT")]
    pub é: Option<String>,
    #[entity(column = "e\u{301}", declared = "TEXT")]
    pub e: Option<String>,
    #[entity(column = "한", declared = "TEXT")]
    pub 한: Option<String>,
}
