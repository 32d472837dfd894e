//! The table `Regions`.

use mwallet_db::{Auto, Entity, ToMany};

use super::Territory;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "Regions")]
pub struct Region {
    #[entity(column = "RegionID", declared = "INTEGER", key, default_sql = "rowid")]
    pub region_id: Auto<i64>,
    #[entity(column = "RegionDescription", declared = "TEXT")]
    pub region_description: String,
}

impl Region {
    /// The related rows of [`Territory`].
    pub const TERRITORIES: ToMany<Region, Territory> = Territory::REGION.inverse();
}
