//! The table `Order Details`.

use mwallet_db::schema::Decimal;
use mwallet_db::{Auto, Entity, ToOne};

use super::{Order, Product};

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(
    table = "Order Details",
    key(order_id, product_id),
    foreign_key(columns(product_id), references = "Products", to("ProductID")),
    foreign_key(columns(order_id), references = "Orders", to("OrderID"))
)]
pub struct OrderDetail {
    #[entity(column = "OrderID", declared = "INTEGER")]
    pub order_id: i64,
    #[entity(column = "ProductID", declared = "INTEGER")]
    pub product_id: i64,
    #[entity(
        column = "UnitPrice",
        declared = "NUMERIC",
        default_sql = "0",
        at_least = "0"
    )]
    pub unit_price: Auto<Decimal>,
    #[entity(
        column = "Quantity",
        declared = "INTEGER",
        default_sql = "1",
        above = "0"
    )]
    pub quantity: Auto<i64>,
    #[entity(
        column = "Discount",
        declared = "REAL",
        default_sql = "0",
        at_least = "0",
        at_most = "1"
    )]
    pub discount: Auto<Decimal>,
}

impl OrderDetail {
    /// The related row of [`Product`].
    pub const PRODUCT: ToOne<OrderDetail, Product> =
        OrderDetail::PRODUCT_ID.references(Product::PRODUCT_ID);

    /// The related row of [`Order`].
    pub const ORDER: ToOne<OrderDetail, Order> = OrderDetail::ORDER_ID.references(Order::ORDER_ID);
}
