//! The view `Invoices`.

use mwallet_db::Entity;
use mwallet_db::schema::{Decimal, Value};

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "Invoices", kind = "view", read_only)]
pub struct Invoice {
    #[entity(
        column = "ShipName",
        declared = "TEXT",
        base(table = "Orders", column = "ShipName")
    )]
    pub ship_name: Option<String>,
    #[entity(
        column = "ShipAddress",
        declared = "TEXT",
        base(table = "Orders", column = "ShipAddress")
    )]
    pub ship_address: Option<String>,
    #[entity(
        column = "ShipCity",
        declared = "TEXT",
        base(table = "Orders", column = "ShipCity")
    )]
    pub ship_city: Option<String>,
    #[entity(
        column = "ShipRegion",
        declared = "TEXT",
        base(table = "Orders", column = "ShipRegion")
    )]
    pub ship_region: Option<String>,
    #[entity(
        column = "ShipPostalCode",
        declared = "TEXT",
        base(table = "Orders", column = "ShipPostalCode")
    )]
    pub ship_postal_code: Option<String>,
    #[entity(
        column = "ShipCountry",
        declared = "TEXT",
        base(table = "Orders", column = "ShipCountry")
    )]
    pub ship_country: Option<String>,
    #[entity(
        column = "CustomerID",
        declared = "TEXT",
        base(table = "Orders", column = "CustomerID")
    )]
    pub customer_id: Option<String>,
    #[entity(
        column = "CustomerName",
        declared = "TEXT",
        base(table = "Customers", column = "CompanyName")
    )]
    pub customer_name: Option<String>,
    #[entity(
        column = "Address",
        declared = "TEXT",
        base(table = "Customers", column = "Address")
    )]
    pub address: Option<String>,
    #[entity(
        column = "City",
        declared = "TEXT",
        base(table = "Customers", column = "City")
    )]
    pub city: Option<String>,
    #[entity(
        column = "Region",
        declared = "TEXT",
        base(table = "Customers", column = "Region")
    )]
    pub region: Option<String>,
    #[entity(
        column = "PostalCode",
        declared = "TEXT",
        base(table = "Customers", column = "PostalCode")
    )]
    pub postal_code: Option<String>,
    #[entity(
        column = "Country",
        declared = "TEXT",
        base(table = "Customers", column = "Country")
    )]
    pub country: Option<String>,
    #[entity(column = "Salesperson", declared = "")]
    pub salesperson: Option<Value>,
    #[entity(
        column = "OrderID",
        declared = "INTEGER",
        base(table = "Orders", column = "OrderID")
    )]
    pub order_id: Option<i64>,
    #[entity(
        column = "OrderDate",
        declared = "DATETIME",
        base(table = "Orders", column = "OrderDate")
    )]
    pub order_date: Option<String>,
    #[entity(
        column = "RequiredDate",
        declared = "DATETIME",
        base(table = "Orders", column = "RequiredDate")
    )]
    pub required_date: Option<String>,
    #[entity(
        column = "ShippedDate",
        declared = "DATETIME",
        base(table = "Orders", column = "ShippedDate")
    )]
    pub shipped_date: Option<String>,
    #[entity(
        column = "ShipperName",
        declared = "TEXT",
        base(table = "Shippers", column = "CompanyName")
    )]
    pub shipper_name: Option<String>,
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
    #[entity(
        column = "Freight",
        declared = "NUMERIC",
        base(table = "Orders", column = "Freight")
    )]
    pub freight: Option<Decimal>,
}
