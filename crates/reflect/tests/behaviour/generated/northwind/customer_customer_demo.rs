//! The table `CustomerCustomerDemo`.

use mwallet_db::Entity;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(
    table = "CustomerCustomerDemo",
    key(customer_id, customer_type_id),
    foreign_key(
        columns(customer_type_id),
        references = "CustomerDemographics",
        to("CustomerTypeID")
    ),
    foreign_key(columns(customer_id), references = "Customers", to("CustomerID"))
)]
pub struct CustomerCustomerDemo {
    #[entity(column = "CustomerID", declared = "TEXT")]
    pub customer_id: String,
    #[entity(column = "CustomerTypeID", declared = "TEXT")]
    pub customer_type_id: String,
}
