//! The table `invoice`.

use mwallet_db::schema::Decimal;
use mwallet_db::{Entity, ToMany, ToOne};

use super::{Customer, InvoiceLine};

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(
    table = "invoice",
    schema = "public",
    foreign_key(columns(customer_id), references = "customer", to("customer_id"))
)]
pub struct Invoice {
    #[entity(key)]
    pub invoice_id: i32,
    #[entity(index)]
    pub customer_id: i32,
    #[entity(native(name = "timestamp without time zone", transfer = "json"))]
    pub invoice_date: String,
    #[entity(native(name = "character varying(70)", transfer = "text"))]
    pub billing_address: Option<String>,
    #[entity(native(name = "character varying(40)", transfer = "text"))]
    pub billing_city: Option<String>,
    #[entity(native(name = "character varying(40)", transfer = "text"))]
    pub billing_state: Option<String>,
    #[entity(native(name = "character varying(40)", transfer = "text"))]
    pub billing_country: Option<String>,
    #[entity(native(name = "character varying(10)", transfer = "text"))]
    pub billing_postal_code: Option<String>,
    #[entity(native(name = "numeric(10,2)", transfer = "number"))]
    pub total: Decimal,
}

impl Invoice {
    /// The related row of [`Customer`].
    pub const CUSTOMER: ToOne<Invoice, Customer> =
        Invoice::CUSTOMER_ID.references(Customer::CUSTOMER_ID);

    /// The related rows of [`InvoiceLine`].
    pub const INVOICE_LINES: ToMany<Invoice, InvoiceLine> = InvoiceLine::INVOICE.inverse();
}
