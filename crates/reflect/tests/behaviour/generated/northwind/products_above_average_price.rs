//! The view `Products Above Average Price`.

use mwallet_db::Entity;
use mwallet_db::schema::Decimal;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "Products Above Average Price", kind = "view", read_only)]
pub struct ProductsAboveAveragePrice {
    #[entity(
        column = "ProductName",
        declared = "TEXT",
        base(table = "Products", column = "ProductName")
    )]
    pub product_name: Option<String>,
    #[entity(
        column = "UnitPrice",
        declared = "NUMERIC",
        base(table = "Products", column = "UnitPrice")
    )]
    pub unit_price: Option<Decimal>,
}
