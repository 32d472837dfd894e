//! The view `Sales by Category`.

use mwallet_db::Entity;
use mwallet_db::schema::Value;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "Sales by Category", kind = "view", read_only)]
pub struct SalesByCategory {
    #[entity(
        column = "CategoryID",
        declared = "INTEGER",
        base(table = "Categories", column = "CategoryID")
    )]
    pub category_id: Option<i64>,
    #[entity(
        column = "CategoryName",
        declared = "TEXT",
        base(table = "Categories", column = "CategoryName")
    )]
    pub category_name: Option<String>,
    #[entity(
        column = "ProductName",
        declared = "TEXT",
        base(table = "Products", column = "ProductName")
    )]
    pub product_name: Option<String>,
    #[entity(column = "ProductSales", declared = "")]
    pub product_sales: Option<Value>,
}
