//! The view `Orders Qry`.

use mwallet_db::Entity;
use mwallet_db::schema::Decimal;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "Orders Qry", kind = "view", read_only)]
pub struct OrdersQry {
    #[entity(
        column = "OrderID",
        declared = "INTEGER",
        base(table = "Orders", column = "OrderID")
    )]
    pub order_id: Option<i64>,
    #[entity(
        column = "CustomerID",
        declared = "TEXT",
        base(table = "Orders", column = "CustomerID")
    )]
    pub customer_id: Option<String>,
    #[entity(
        column = "EmployeeID",
        declared = "INTEGER",
        base(table = "Orders", column = "EmployeeID")
    )]
    pub employee_id: Option<i64>,
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
        column = "ShipVia",
        declared = "INTEGER",
        base(table = "Orders", column = "ShipVia")
    )]
    pub ship_via: Option<i64>,
    #[entity(
        column = "Freight",
        declared = "NUMERIC",
        base(table = "Orders", column = "Freight")
    )]
    pub freight: Option<Decimal>,
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
        column = "CompanyName",
        declared = "TEXT",
        base(table = "Customers", column = "CompanyName")
    )]
    pub company_name: Option<String>,
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
}
