//! The view `Alphabetical list of products`.

use mwallet_db::Entity;
use mwallet_db::schema::Decimal;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "Alphabetical list of products", kind = "view", read_only)]
pub struct AlphabeticalListOfProduct {
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
    #[entity(
        column = "SupplierID",
        declared = "INTEGER",
        base(table = "Products", column = "SupplierID")
    )]
    pub supplier_id: Option<i64>,
    #[entity(
        column = "CategoryID",
        declared = "INTEGER",
        base(table = "Products", column = "CategoryID")
    )]
    pub category_id: Option<i64>,
    #[entity(
        column = "QuantityPerUnit",
        declared = "TEXT",
        base(table = "Products", column = "QuantityPerUnit")
    )]
    pub quantity_per_unit: Option<String>,
    #[entity(
        column = "UnitPrice",
        declared = "NUMERIC",
        base(table = "Products", column = "UnitPrice")
    )]
    pub unit_price: Option<Decimal>,
    #[entity(
        column = "UnitsInStock",
        declared = "INTEGER",
        base(table = "Products", column = "UnitsInStock")
    )]
    pub units_in_stock: Option<i64>,
    #[entity(
        column = "UnitsOnOrder",
        declared = "INTEGER",
        base(table = "Products", column = "UnitsOnOrder")
    )]
    pub units_on_order: Option<i64>,
    #[entity(
        column = "ReorderLevel",
        declared = "INTEGER",
        base(table = "Products", column = "ReorderLevel")
    )]
    pub reorder_level: Option<i64>,
    #[entity(
        column = "Discontinued",
        declared = "TEXT",
        base(table = "Products", column = "Discontinued")
    )]
    pub discontinued: Option<String>,
    #[entity(
        column = "CategoryName",
        declared = "TEXT",
        base(table = "Categories", column = "CategoryName")
    )]
    pub category_name: Option<String>,
}
