//! The view `Order Subtotals`.

use mwallet_db::Entity;
use mwallet_db::schema::Value;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "Order Subtotals", kind = "view", read_only)]
pub struct OrderSubtotal {
    #[entity(
        column = "OrderID",
        declared = "INTEGER",
        base(table = "Order Details", column = "OrderID")
    )]
    pub order_id: Option<i64>,
    #[entity(column = "Subtotal", declared = "")]
    pub subtotal: Option<Value>,
}
