//! The table `EmployeeTerritories`.

use mwallet_db::Entity;

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
