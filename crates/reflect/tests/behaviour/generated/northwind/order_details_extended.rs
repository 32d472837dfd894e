//! The view `Order Details Extended`.

use mwallet_db::Entity;
use mwallet_db::schema::{Decimal, Value};

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "Order Details Extended", kind = "view", read_only)]
pub struct OrderDetailsExtended {
    #[entity(
        column = "OrderID",
        declared = "INTEGER",
        base(table = "Order Details", column = "OrderID")
    )]
    pub order_id: Option<i64>,
    #[entity(
        column = "ProductID",
        declared = "INTEGER",
        base(table = "Order Details", column = "ProductID")
    )]
    pub product_id: Option<i64>,
    #[entity(
        column = "ProductName",
        declared = "TEXT",
        base(table = "Products", column = "ProductName")
    )]
    pub product_name: Option<String>,
    #[entity(
        column = "UnitPrice",
        declared = "NUMERIC",
        base(table = "Order Details", column = "UnitPrice")
    )]
    pub unit_price: Option<Decimal>,
    #[entity(
        column = "Quantity",
        declared = "INTEGER",
        base(table = "Order Details", column = "Quantity")
    )]
    pub quantity: Option<i64>,
    #[entity(
        column = "Discount",
        declared = "REAL",
        base(table = "Order Details", column = "Discount")
    )]
    pub discount: Option<Decimal>,
    #[entity(column = "ExtendedPrice", declared = "")]
    pub extended_price: Option<Value>,
}
