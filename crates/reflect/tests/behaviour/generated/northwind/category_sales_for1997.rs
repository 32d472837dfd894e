//! The view `Category Sales for 1997`.

use mwallet_db::Entity;
use mwallet_db::schema::Value;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "Category Sales for 1997", kind = "view", read_only)]
pub struct CategorySalesFor1997 {
    #[entity(
        column = "CategoryName",
        declared = "TEXT",
        base(table = "Categories", column = "CategoryName")
    )]
    pub category_name: Option<String>,
    #[entity(column = "CategorySales", declared = "")]
    pub category_sales: Option<Value>,
}
