//! The table `InvoiceLine`.

use mwallet_db::schema::Decimal;
use mwallet_db::{Auto, Entity, ToOne};

use super::{Invoice, Track};

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(
    table = "InvoiceLine",
    index(name = "IFK_InvoiceLineInvoiceId", columns(invoice_id)),
    index(name = "IFK_InvoiceLineTrackId", columns(track_id)),
    foreign_key(columns(track_id), references = "Track", to("TrackId")),
    foreign_key(columns(invoice_id), references = "Invoice", to("InvoiceId"))
)]
pub struct InvoiceLine {
    #[entity(
        column = "InvoiceLineId",
        declared = "INTEGER",
        key,
        default_sql = "rowid"
    )]
    pub invoice_line_id: Auto<i64>,
    #[entity(column = "InvoiceId", declared = "INTEGER")]
    pub invoice_id: i64,
    #[entity(column = "TrackId", declared = "INTEGER")]
    pub track_id: i64,
    #[entity(column = "UnitPrice", declared = "NUMERIC(10,2)")]
    pub unit_price: Decimal,
    #[entity(column = "Quantity", declared = "INTEGER")]
    pub quantity: i64,
}

impl InvoiceLine {
    /// The related row of [`Track`].
    pub const TRACK: ToOne<InvoiceLine, Track> = InvoiceLine::TRACK_ID.references(Track::TRACK_ID);

    /// The related row of [`Invoice`].
    pub const INVOICE: ToOne<InvoiceLine, Invoice> =
        InvoiceLine::INVOICE_ID.references(Invoice::INVOICE_ID);
}
