//! The table `Territories`.

use mwallet_db::Entity;

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
