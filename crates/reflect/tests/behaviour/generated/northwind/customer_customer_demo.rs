//! The table `CustomerCustomerDemo`.

use mwallet_db::{Entity, ToOne};

use super::{Customer, CustomerDemographic};

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

impl CustomerCustomerDemo {
    /// The related row of [`CustomerDemographic`].
    pub const CUSTOMER_TYPE: ToOne<CustomerCustomerDemo, CustomerDemographic> =
        CustomerCustomerDemo::CUSTOMER_TYPE_ID.references(CustomerDemographic::CUSTOMER_TYPE_ID);

    /// The related row of [`Customer`].
    pub const CUSTOMER: ToOne<CustomerCustomerDemo, Customer> =
        CustomerCustomerDemo::CUSTOMER_ID.references(Customer::CUSTOMER_ID);
}
