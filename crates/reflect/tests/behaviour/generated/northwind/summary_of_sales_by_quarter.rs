//! The view `Summary of Sales by Quarter`.

use mwallet_db::Entity;
use mwallet_db::schema::Value;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "Summary of Sales by Quarter", kind = "view", read_only)]
pub struct SummaryOfSalesByQuarter {
    #[entity(
        column = "ShippedDate",
        declared = "DATETIME",
        base(table = "Orders", column = "ShippedDate")
    )]
    pub shipped_date: Option<String>,
    #[entity(
        column = "OrderID",
        declared = "INTEGER",
        base(table = "Orders", column = "OrderID")
    )]
    pub order_id: Option<i64>,
    #[entity(column = "Subtotal", declared = "")]
    pub subtotal: Option<Value>,
}
