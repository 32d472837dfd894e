//! The table `EmployeeTerritories`.

use mwallet_db::{Entity, ToOne};

use super::{Employee, Territory};

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(
    table = "EmployeeTerritories",
    key(employee_id, territory_id),
    foreign_key(columns(territory_id), references = "Territories", to("TerritoryID")),
    foreign_key(columns(employee_id), references = "Employees", to("EmployeeID"))
)]
pub struct EmployeeTerritory {
    #[entity(column = "EmployeeID", declared = "INTEGER")]
    pub employee_id: i64,
    #[entity(column = "TerritoryID", declared = "TEXT")]
    pub territory_id: String,
}

impl EmployeeTerritory {
    /// The related row of [`Territory`].
    pub const TERRITORY: ToOne<EmployeeTerritory, Territory> =
        EmployeeTerritory::TERRITORY_ID.references(Territory::TERRITORY_ID);

    /// The related row of [`Employee`].
    pub const EMPLOYEE: ToOne<EmployeeTerritory, Employee> =
        EmployeeTerritory::EMPLOYEE_ID.references(Employee::EMPLOYEE_ID);
}
