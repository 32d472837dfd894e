//! The table `Suppliers`.

use mwallet_db::{Auto, Entity, ToMany};

use super::Product;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "Suppliers")]
pub struct Supplier {
    #[entity(
        column = "SupplierID",
        declared = "INTEGER",
        key,
        default_sql = "AUTOINCREMENT"
    )]
    pub supplier_id: Auto<i64>,
    #[entity(column = "CompanyName", declared = "TEXT")]
    pub company_name: String,
    #[entity(column = "ContactName", declared = "TEXT")]
    pub contact_name: Option<String>,
    #[entity(column = "ContactTitle", declared = "TEXT")]
    pub contact_title: Option<String>,
    #[entity(column = "Address", declared = "TEXT")]
    pub address: Option<String>,
    #[entity(column = "City", declared = "TEXT")]
    pub city: Option<String>,
    #[entity(column = "Region", declared = "TEXT")]
    pub region: Option<String>,
    #[entity(column = "PostalCode", declared = "TEXT")]
    pub postal_code: Option<String>,
    #[entity(column = "Country", declared = "TEXT")]
    pub country: Option<String>,
    #[entity(column = "Phone", declared = "TEXT")]
    pub phone: Option<String>,
    #[entity(column = "Fax", declared = "TEXT")]
    pub fax: Option<String>,
    #[entity(column = "HomePage", declared = "TEXT")]
    pub home_page: Option<String>,
}

impl Supplier {
    /// The related rows of [`Product`].
    pub const PRODUCTS: ToMany<Supplier, Product> = Product::SUPPLIER.inverse();
}
