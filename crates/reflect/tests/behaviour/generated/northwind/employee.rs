//! The table `Employees`.

use mwallet_db::{Auto, Entity, ToMany, ToOne};

use super::{EmployeeTerritory, Order, Territory};

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(
    table = "Employees",
    foreign_key(columns(reports_to), references = "Employees", to("EmployeeID"))
)]
pub struct Employee {
    #[entity(
        column = "EmployeeID",
        declared = "INTEGER",
        key,
        default_sql = "AUTOINCREMENT"
    )]
    pub employee_id: Auto<i64>,
    #[entity(column = "LastName", declared = "TEXT")]
    pub last_name: Option<String>,
    #[entity(column = "FirstName", declared = "TEXT")]
    pub first_name: Option<String>,
    #[entity(column = "Title", declared = "TEXT")]
    pub title: Option<String>,
    #[entity(column = "TitleOfCourtesy", declared = "TEXT")]
    pub title_of_courtesy: Option<String>,
    #[entity(column = "BirthDate", declared = "DATE")]
    pub birth_date: Option<String>,
    #[entity(column = "HireDate", declared = "DATE")]
    pub hire_date: Option<String>,
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
    #[entity(column = "HomePhone", declared = "TEXT")]
    pub home_phone: Option<String>,
    #[entity(column = "Extension", declared = "TEXT")]
    pub extension: Option<String>,
    #[entity(column = "Photo", declared = "BLOB")]
    pub photo: Option<Vec<u8>>,
    #[entity(column = "Notes", declared = "TEXT")]
    pub notes: Option<String>,
    #[entity(column = "ReportsTo", declared = "INTEGER")]
    pub reports_to: Option<i64>,
    #[entity(column = "PhotoPath", declared = "TEXT")]
    pub photo_path: Option<String>,
}

impl Employee {
    /// The related row of [`Employee`].
    pub const EMPLOYEE: ToOne<Employee, Employee> =
        Employee::REPORTS_TO.references(Employee::EMPLOYEE_ID);

    /// The related rows of [`EmployeeTerritory`].
    pub const EMPLOYEE_TERRITORIES: ToMany<Employee, EmployeeTerritory> =
        EmployeeTerritory::EMPLOYEE.inverse();

    /// The related rows of [`Employee`].
    pub const EMPLOYEES_BY_REPORTS_TO: ToMany<Employee, Employee> = Employee::EMPLOYEE.inverse();

    /// The related rows of [`Order`].
    pub const ORDERS: ToMany<Employee, Order> = Order::EMPLOYEE.inverse();

    /// The related rows of [`Territory`].
    pub const TERRITORIES: ToMany<Employee, Territory> =
        EmployeeTerritory::EMPLOYEE.inverse().through(EmployeeTerritory::TERRITORY);
}
