//! The table `invoice_line`.

use mwallet_db::Entity;
use mwallet_db::schema::Decimal;

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
