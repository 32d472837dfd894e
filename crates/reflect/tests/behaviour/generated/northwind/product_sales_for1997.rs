//! The view `Product Sales for 1997`.

use mwallet_db::Entity;
use mwallet_db::schema::Value;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "Product Sales for 1997", kind = "view", read_only)]
pub struct ProductSalesFor1997 {
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
