//! The table `CustomerDemographics`.

use mwallet_db::{Entity, ToMany};

use super::{Customer, CustomerCustomerDemo};

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "CustomerDemographics")]
pub struct CustomerDemographic {
    #[entity(column = "CustomerTypeID", declared = "TEXT", key)]
    pub customer_type_id: String,
    #[entity(column = "CustomerDesc", declared = "TEXT")]
    pub customer_desc: Option<String>,
}

impl CustomerDemographic {
    /// The related rows of [`CustomerCustomerDemo`].
    pub const CUSTOMER_CUSTOMER_DEMOS: ToMany<CustomerDemographic, CustomerCustomerDemo> =
        CustomerCustomerDemo::CUSTOMER_TYPE.inverse();

    /// The related rows of [`Customer`].
    pub const CUSTOMERS: ToMany<CustomerDemographic, Customer> =
        CustomerCustomerDemo::CUSTOMER_TYPE.inverse().through(CustomerCustomerDemo::CUSTOMER);
}
