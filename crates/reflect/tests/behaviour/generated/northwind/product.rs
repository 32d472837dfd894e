//! The table `Products`.

use mwallet_db::schema::Decimal;
use mwallet_db::{Auto, Entity, ToMany, ToOne};

use super::{Category, Order, OrderDetail, Supplier};

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(
    table = "Products",
    foreign_key(columns(supplier_id), references = "Suppliers", to("SupplierID")),
    foreign_key(columns(category_id), references = "Categories", to("CategoryID"))
)]
pub struct Product {
    #[entity(
        column = "ProductID",
        declared = "INTEGER",
        key,
        default_sql = "AUTOINCREMENT"
    )]
    pub product_id: Auto<i64>,
    #[entity(column = "ProductName", declared = "TEXT")]
    pub product_name: String,
    #[entity(column = "SupplierID", declared = "INTEGER")]
    pub supplier_id: Option<i64>,
    #[entity(column = "CategoryID", declared = "INTEGER")]
    pub category_id: Option<i64>,
    #[entity(column = "QuantityPerUnit", declared = "TEXT")]
    pub quantity_per_unit: Option<String>,
    #[entity(
        column = "UnitPrice",
        declared = "NUMERIC",
        default_sql = "0",
        at_least = "0"
    )]
    pub unit_price: Auto<Option<Decimal>>,
    #[entity(
        column = "UnitsInStock",
        declared = "INTEGER",
        default_sql = "0",
        at_least = "0"
    )]
    pub units_in_stock: Auto<Option<i64>>,
    #[entity(
        column = "UnitsOnOrder",
        declared = "INTEGER",
        default_sql = "0",
        at_least = "0"
    )]
    pub units_on_order: Auto<Option<i64>>,
    #[entity(
        column = "ReorderLevel",
        declared = "INTEGER",
        default_sql = "0",
        at_least = "0"
    )]
    pub reorder_level: Auto<Option<i64>>,
    #[entity(column = "Discontinued", declared = "TEXT", default_sql = "'0'")]
    pub discontinued: Auto<String>,
}

impl Product {
    /// The related row of [`Supplier`].
    pub const SUPPLIER: ToOne<Product, Supplier> =
        Product::SUPPLIER_ID.references(Supplier::SUPPLIER_ID);

    /// The related row of [`Category`].
    pub const CATEGORY: ToOne<Product, Category> =
        Product::CATEGORY_ID.references(Category::CATEGORY_ID);

    /// The related rows of [`OrderDetail`].
    pub const ORDER_DETAILS: ToMany<Product, OrderDetail> = OrderDetail::PRODUCT.inverse();

    /// The related rows of [`Order`].
    pub const ORDERS: ToMany<Product, Order> =
        OrderDetail::PRODUCT.inverse().through(OrderDetail::ORDER);
}
