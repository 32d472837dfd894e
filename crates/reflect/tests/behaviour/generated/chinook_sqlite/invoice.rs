//! The table `Invoice`.

use mwallet_db::schema::Decimal;
use mwallet_db::{Auto, Entity, ToMany, ToOne};

use super::{Customer, InvoiceLine};

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(
    table = "Invoice",
    index(name = "IFK_InvoiceCustomerId", columns(customer_id)),
    foreign_key(columns(customer_id), references = "Customer", to("CustomerId"))
)]
pub struct Invoice {
    #[entity(column = "InvoiceId", declared = "INTEGER", key, default_sql = "rowid")]
    pub invoice_id: Auto<i64>,
    #[entity(column = "CustomerId", declared = "INTEGER")]
    pub customer_id: i64,
    #[entity(column = "InvoiceDate", declared = "DATETIME")]
    pub invoice_date: String,
    #[entity(column = "BillingAddress", declared = "NVARCHAR(70)")]
    pub billing_address: Option<String>,
    #[entity(column = "BillingCity", declared = "NVARCHAR(40)")]
    pub billing_city: Option<String>,
    #[entity(column = "BillingState", declared = "NVARCHAR(40)")]
    pub billing_state: Option<String>,
    #[entity(column = "BillingCountry", declared = "NVARCHAR(40)")]
    pub billing_country: Option<String>,
    #[entity(column = "BillingPostalCode", declared = "NVARCHAR(10)")]
    pub billing_postal_code: Option<String>,
    #[entity(column = "Total", declared = "NUMERIC(10,2)")]
    pub total: Decimal,
}

impl Invoice {
    /// The related row of [`Customer`].
    pub const CUSTOMER: ToOne<Invoice, Customer> =
        Invoice::CUSTOMER_ID.references(Customer::CUSTOMER_ID);

    /// The related rows of [`InvoiceLine`].
    pub const INVOICE_LINES: ToMany<Invoice, InvoiceLine> = InvoiceLine::INVOICE.inverse();
}
