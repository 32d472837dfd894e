//! The table `invoice_line`.

use mwallet_db::schema::Decimal;
use mwallet_db::{Entity, ToOne};

use super::{Invoice, Track};

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(
    table = "invoice_line",
    schema = "public",
    foreign_key(columns(invoice_id), references = "invoice", to("invoice_id")),
    foreign_key(columns(track_id), references = "track", to("track_id"))
)]
pub struct InvoiceLine {
    #[entity(key)]
    pub invoice_line_id: i32,
    #[entity(index)]
    pub invoice_id: i32,
    #[entity(index)]
    pub track_id: i32,
    #[entity(native(name = "numeric(10,2)", transfer = "number"))]
    pub unit_price: Decimal,
    pub quantity: i32,
}

impl InvoiceLine {
    /// The related row of [`Invoice`].
    pub const INVOICE: ToOne<InvoiceLine, Invoice> =
        InvoiceLine::INVOICE_ID.references(Invoice::INVOICE_ID);

    /// The related row of [`Track`].
    pub const TRACK: ToOne<InvoiceLine, Track> = InvoiceLine::TRACK_ID.references(Track::TRACK_ID);
}
