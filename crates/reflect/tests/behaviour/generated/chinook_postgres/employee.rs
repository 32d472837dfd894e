//! The table `employee`.

use mwallet_db::{Entity, ToMany, ToOne};

use super::Customer;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(
    table = "employee",
    schema = "public",
    foreign_key(columns(reports_to), references = "employee", to("employee_id"))
)]
pub struct Employee {
    #[entity(key)]
    pub employee_id: i32,
    #[entity(native(name = "character varying(20)", transfer = "text"))]
    pub last_name: String,
    #[entity(native(name = "character varying(20)", transfer = "text"))]
    pub first_name: String,
    #[entity(native(name = "character varying(30)", transfer = "text"))]
    pub title: Option<String>,
    #[entity(index)]
    pub reports_to: Option<i32>,
    #[entity(native(name = "timestamp without time zone", transfer = "json"))]
    pub birth_date: Option<String>,
    #[entity(native(name = "timestamp without time zone", transfer = "json"))]
    pub hire_date: Option<String>,
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
    pub email: Option<String>,
}

impl Employee {
    /// The related row of [`Employee`].
    pub const EMPLOYEE: ToOne<Employee, Employee> =
        Employee::REPORTS_TO.references(Employee::EMPLOYEE_ID);

    /// The related rows of [`Customer`].
    pub const CUSTOMERS: ToMany<Employee, Customer> = Customer::SUPPORT_REP.inverse();

    /// The related rows of [`Employee`].
    pub const EMPLOYEES_BY_REPORTS_TO: ToMany<Employee, Employee> = Employee::EMPLOYEE.inverse();
}
