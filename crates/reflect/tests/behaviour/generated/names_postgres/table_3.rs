//! The table `列`.

use mwallet_db::Entity;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "列", schema = "public")]
pub struct 列 {
    #[entity(column = "値")]
    pub 値: Option<String>,
    #[entity(column = "1 値")]
    pub column_1_値: Option<String>,
    #[entity(column = "é")]
    pub é: Option<String>,
    #[entity(column = "e\u{301}")]
    pub e: Option<String>,
    #[entity(column = "한")]
    pub 한: Option<String>,
}
