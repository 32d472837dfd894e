//! The view `Products by Category`.

use mwallet_db::Entity;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "Products by Category", kind = "view", read_only)]
pub struct ProductsByCategory {
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
    #[entity(
        column = "QuantityPerUnit",
        declared = "TEXT",
        base(table = "Products", column = "QuantityPerUnit")
    )]
    pub quantity_per_unit: Option<String>,
    #[entity(
        column = "UnitsInStock",
        declared = "INTEGER",
        base(table = "Products", column = "UnitsInStock")
    )]
    pub units_in_stock: Option<i64>,
    #[entity(
        column = "Discontinued",
        declared = "TEXT",
        base(table = "Products", column = "Discontinued")
    )]
    pub discontinued: Option<String>,
}
