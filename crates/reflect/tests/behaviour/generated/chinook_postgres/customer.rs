//! The table `customer`.

use mwallet_db::{Entity, ToMany, ToOne};

use super::{Employee, Invoice};

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(
    table = "customer",
    schema = "public",
    foreign_key(columns(support_rep_id), references = "employee", to("employee_id"))
)]
pub struct Customer {
    #[entity(key)]
    pub customer_id: i32,
    #[entity(native(name = "character varying(40)", transfer = "text"))]
    pub first_name: String,
    #[entity(native(name = "character varying(20)", transfer = "text"))]
    pub last_name: String,
    #[entity(native(name = "character varying(80)", transfer = "text"))]
    pub company: Option<String>,
    #[entity(native(name = "character varying(70)", transfer = "text"))]
    pub address: Option<String>,
    #[entity(native(name = "character varying(40)", transfer = "text"))]
    pub city: Option<String>,
    #[entity(native(name = "character varying(40)", transfer = "text"))]
    pub state: Option<String>,
    #[entity(native(name = "character varying(40)", transfer = "text"))]
    pub country: Option<String>,
    #[entity(native(name = "character varying(10)", transfer = "text"))]
    pub postal_code: Option<String>,
    #[entity(native(name = "character varying(24)", transfer = "text"))]
    pub phone: Option<String>,
    #[entity(native(name = "character varying(24)", transfer = "text"))]
    pub fax: Option<String>,
    #[entity(native(name = "character varying(60)", transfer = "text"))]
    pub email: String,
    #[entity(index)]
    pub support_rep_id: Option<i32>,
}

impl Customer {
    /// The related row of [`Employee`].
    pub const SUPPORT_REP: ToOne<Customer, Employee> =
        Customer::SUPPORT_REP_ID.references(Employee::EMPLOYEE_ID);

    /// The related rows of [`Invoice`].
    pub const INVOICES: ToMany<Customer, Invoice> = Invoice::CUSTOMER.inverse();
}
