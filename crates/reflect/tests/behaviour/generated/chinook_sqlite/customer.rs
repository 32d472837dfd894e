//! The table `Customer`.

use mwallet_db::{Auto, Entity, ToMany, ToOne};

use super::{Employee, Invoice};

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(
    table = "Customer",
    index(name = "IFK_CustomerSupportRepId", columns(support_rep_id)),
    foreign_key(columns(support_rep_id), references = "Employee", to("EmployeeId"))
)]
pub struct Customer {
    #[entity(
        column = "CustomerId",
        declared = "INTEGER",
        key,
        default_sql = "rowid"
    )]
    pub customer_id: Auto<i64>,
    #[entity(column = "FirstName", declared = "NVARCHAR(40)")]
    pub first_name: String,
    #[entity(column = "LastName", declared = "NVARCHAR(20)")]
    pub last_name: String,
    #[entity(column = "Company", declared = "NVARCHAR(80)")]
    pub company: Option<String>,
    #[entity(column = "Address", declared = "NVARCHAR(70)")]
    pub address: Option<String>,
    #[entity(column = "City", declared = "NVARCHAR(40)")]
    pub city: Option<String>,
    #[entity(column = "State", declared = "NVARCHAR(40)")]
    pub state: Option<String>,
    #[entity(column = "Country", declared = "NVARCHAR(40)")]
    pub country: Option<String>,
    #[entity(column = "PostalCode", declared = "NVARCHAR(10)")]
    pub postal_code: Option<String>,
    #[entity(column = "Phone", declared = "NVARCHAR(24)")]
    pub phone: Option<String>,
    #[entity(column = "Fax", declared = "NVARCHAR(24)")]
    pub fax: Option<String>,
    #[entity(column = "Email", declared = "NVARCHAR(60)")]
    pub email: String,
    #[entity(column = "SupportRepId", declared = "INTEGER")]
    pub support_rep_id: Option<i64>,
}

impl Customer {
    /// The related row of [`Employee`].
    pub const SUPPORT_REP: ToOne<Customer, Employee> =
        Customer::SUPPORT_REP_ID.references(Employee::EMPLOYEE_ID);

    /// The related rows of [`Invoice`].
    pub const INVOICES: ToMany<Customer, Invoice> = Invoice::CUSTOMER.inverse();
}
