//! The table `Customers`.

use mwallet_db::{Entity, ToMany};

use super::{CustomerCustomerDemo, CustomerDemographic, Order};

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "Customers")]
pub struct Customer {
    #[entity(column = "CustomerID", declared = "TEXT", key)]
    pub customer_id: Option<String>,
    #[entity(column = "CompanyName", declared = "TEXT")]
    pub company_name: Option<String>,
    #[entity(column = "ContactName", declared = "TEXT")]
    pub contact_name: Option<String>,
    #[entity(column = "ContactTitle", declared = "TEXT")]
    pub contact_title: Option<String>,
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
    #[entity(column = "Phone", declared = "TEXT")]
    pub phone: Option<String>,
    #[entity(column = "Fax", declared = "TEXT")]
    pub fax: Option<String>,
}

impl Customer {
    /// The related rows of [`CustomerCustomerDemo`].
    pub const CUSTOMER_CUSTOMER_DEMOS: ToMany<Customer, CustomerCustomerDemo> =
        CustomerCustomerDemo::CUSTOMER.inverse();

    /// The related rows of [`Order`].
    pub const ORDERS: ToMany<Customer, Order> = Order::CUSTOMER.inverse();

    /// The related rows of [`CustomerDemographic`].
    pub const CUSTOMER_DEMOGRAPHICS: ToMany<Customer, CustomerDemographic> =
        CustomerCustomerDemo::CUSTOMER.inverse().through(CustomerCustomerDemo::CUSTOMER_TYPE);
}
