//! The table `Orders`.

use mwallet_db::schema::Decimal;
use mwallet_db::{Auto, Entity, ToMany, ToOne};

use super::{Customer, Employee, OrderDetail, Product, Shipper};

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(
    table = "Orders",
    foreign_key(columns(ship_via), references = "Shippers", to("ShipperID")),
    foreign_key(columns(customer_id), references = "Customers", to("CustomerID")),
    foreign_key(columns(employee_id), references = "Employees", to("EmployeeID"))
)]
pub struct Order {
    #[entity(
        column = "OrderID",
        declared = "INTEGER",
        key,
        default_sql = "AUTOINCREMENT"
    )]
    pub order_id: Auto<i64>,
    #[entity(column = "CustomerID", declared = "TEXT")]
    pub customer_id: Option<String>,
    #[entity(column = "EmployeeID", declared = "INTEGER")]
    pub employee_id: Option<i64>,
    #[entity(column = "OrderDate", declared = "DATETIME")]
    pub order_date: Option<String>,
    #[entity(column = "RequiredDate", declared = "DATETIME")]
    pub required_date: Option<String>,
    #[entity(column = "ShippedDate", declared = "DATETIME")]
    pub shipped_date: Option<String>,
    #[entity(column = "ShipVia", declared = "INTEGER")]
    pub ship_via: Option<i64>,
    #[entity(column = "Freight", declared = "NUMERIC", default_sql = "0")]
    pub freight: Auto<Option<Decimal>>,
    #[entity(column = "ShipName", declared = "TEXT")]
    pub ship_name: Option<String>,
    #[entity(column = "ShipAddress", declared = "TEXT")]
    pub ship_address: Option<String>,
    #[entity(column = "ShipCity", declared = "TEXT")]
    pub ship_city: Option<String>,
    #[entity(column = "ShipRegion", declared = "TEXT")]
    pub ship_region: Option<String>,
    #[entity(column = "ShipPostalCode", declared = "TEXT")]
    pub ship_postal_code: Option<String>,
    #[entity(column = "ShipCountry", declared = "TEXT")]
    pub ship_country: Option<String>,
}

impl Order {
    /// The related row of [`Shipper`].
    pub const SHIPPER: ToOne<Order, Shipper> = Order::SHIP_VIA.references(Shipper::SHIPPER_ID);

    /// The related row of [`Customer`].
    pub const CUSTOMER: ToOne<Order, Customer> =
        Order::CUSTOMER_ID.references(Customer::CUSTOMER_ID);

    /// The related row of [`Employee`].
    pub const EMPLOYEE: ToOne<Order, Employee> =
        Order::EMPLOYEE_ID.references(Employee::EMPLOYEE_ID);

    /// The related rows of [`OrderDetail`].
    pub const ORDER_DETAILS: ToMany<Order, OrderDetail> = OrderDetail::ORDER.inverse();

    /// The related rows of [`Product`].
    pub const PRODUCTS: ToMany<Order, Product> =
        OrderDetail::ORDER.inverse().through(OrderDetail::PRODUCT);
}
