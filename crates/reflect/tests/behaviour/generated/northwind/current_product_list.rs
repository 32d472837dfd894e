//! The view `Current Product List`.

use mwallet_db::Entity;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "Current Product List", kind = "view", read_only)]
pub struct CurrentProductList {
    #[entity(
        column = "ProductID",
        declared = "INTEGER",
        base(table = "Products", column = "ProductID")
    )]
    pub product_id: Option<i64>,
    #[entity(
        column = "ProductName",
        declared = "TEXT",
        base(table = "Products", column = "ProductName")
    )]
    pub product_name: Option<String>,
}
