//! The view `Customer and Suppliers by City`.

use mwallet_db::Entity;
use mwallet_db::schema::Value;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "Customer and Suppliers by City", kind = "view", read_only)]
pub struct CustomerAndSuppliersByCity {
    #[entity(
        column = "City",
        declared = "TEXT",
        base(table = "Suppliers", column = "City")
    )]
    pub city: Option<String>,
    #[entity(
        column = "CompanyName",
        declared = "TEXT",
        base(table = "Suppliers", column = "CompanyName")
    )]
    pub company_name: Option<String>,
    #[entity(
        column = "ContactName",
        declared = "TEXT",
        base(table = "Suppliers", column = "ContactName")
    )]
    pub contact_name: Option<String>,
    #[entity(column = "Relationship", declared = "")]
    pub relationship: Option<Value>,
}
