//! The table `Employee`.

use mwallet_db::{Auto, Entity, ToMany, ToOne};

use super::Customer;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(
    table = "Employee",
    index(name = "IFK_EmployeeReportsTo", columns(reports_to)),
    foreign_key(columns(reports_to), references = "Employee", to("EmployeeId"))
)]
pub struct Employee {
    #[entity(
        column = "EmployeeId",
        declared = "INTEGER",
        key,
        default_sql = "rowid"
    )]
    pub employee_id: Auto<i64>,
    #[entity(column = "LastName", declared = "NVARCHAR(20)")]
    pub last_name: String,
    #[entity(column = "FirstName", declared = "NVARCHAR(20)")]
    pub first_name: String,
    #[entity(column = "Title", declared = "NVARCHAR(30)")]
    pub title: Option<String>,
    #[entity(column = "ReportsTo", declared = "INTEGER")]
    pub reports_to: Option<i64>,
    #[entity(column = "BirthDate", declared = "DATETIME")]
    pub birth_date: Option<String>,
    #[entity(column = "HireDate", declared = "DATETIME")]
    pub hire_date: Option<String>,
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
