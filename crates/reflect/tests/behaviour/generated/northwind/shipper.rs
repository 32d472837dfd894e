//! The table `Shippers`.

use mwallet_db::{Auto, Entity, ToMany};

use super::Order;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "Shippers")]
pub struct Shipper {
    #[entity(
        column = "ShipperID",
        declared = "INTEGER",
        key,
        default_sql = "AUTOINCREMENT"
    )]
    pub shipper_id: Auto<i64>,
    #[entity(column = "CompanyName", declared = "TEXT")]
    pub company_name: String,
    #[entity(column = "Phone", declared = "TEXT")]
    pub phone: Option<String>,
}

impl Shipper {
    /// The related rows of [`Order`].
    pub const ORDERS: ToMany<Shipper, Order> = Order::SHIPPER.inverse();
}
