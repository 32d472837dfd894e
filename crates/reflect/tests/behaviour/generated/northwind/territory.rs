//! The table `Territories`.

use mwallet_db::{Entity, ToMany, ToOne};

use super::{Employee, EmployeeTerritory, Region};

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(
    table = "Territories",
    foreign_key(columns(region_id), references = "Regions", to("RegionID"))
)]
pub struct Territory {
    #[entity(column = "TerritoryID", declared = "TEXT", key)]
    pub territory_id: String,
    #[entity(column = "TerritoryDescription", declared = "TEXT")]
    pub territory_description: String,
    #[entity(column = "RegionID", declared = "INTEGER")]
    pub region_id: i64,
}

impl Territory {
    /// The related row of [`Region`].
    pub const REGION: ToOne<Territory, Region> = Territory::REGION_ID.references(Region::REGION_ID);

    /// The related rows of [`EmployeeTerritory`].
    pub const EMPLOYEE_TERRITORIES: ToMany<Territory, EmployeeTerritory> =
        EmployeeTerritory::TERRITORY.inverse();

    /// The related rows of [`Employee`].
    pub const EMPLOYEES: ToMany<Territory, Employee> =
        EmployeeTerritory::TERRITORY.inverse().through(EmployeeTerritory::EMPLOYEE);
}
