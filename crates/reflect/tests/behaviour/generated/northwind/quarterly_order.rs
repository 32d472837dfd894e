//! The view `Quarterly Orders`.

use mwallet_db::Entity;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "Quarterly Orders", kind = "view", read_only)]
pub struct QuarterlyOrder {
    #[entity(
        column = "CustomerID",
        declared = "TEXT",
        base(table = "Customers", column = "CustomerID")
    )]
    pub customer_id: Option<String>,
    #[entity(
        column = "CompanyName",
        declared = "TEXT",
        base(table = "Customers", column = "CompanyName")
    )]
    pub company_name: Option<String>,
    #[entity(
        column = "City",
        declared = "TEXT",
        base(table = "Customers", column = "City")
    )]
    pub city: Option<String>,
    #[entity(
        column = "Country",
        declared = "TEXT",
        base(table = "Customers", column = "Country")
    )]
    pub country: Option<String>,
}
