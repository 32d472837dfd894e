//! The table `CustomerDemographics`.

use mwallet_db::Entity;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "CustomerDemographics")]
pub struct CustomerDemographic {
    #[entity(column = "CustomerTypeID", declared = "TEXT", key)]
    pub customer_type_id: String,
    #[entity(column = "CustomerDesc", declared = "TEXT")]
    pub customer_desc: Option<String>,
}
