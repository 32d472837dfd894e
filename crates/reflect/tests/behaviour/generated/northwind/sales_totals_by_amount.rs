//! The view `Sales Totals by Amount`.

use mwallet_db::Entity;
use mwallet_db::schema::Value;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "Sales Totals by Amount", kind = "view", read_only)]
pub struct SalesTotalsByAmount {
    #[entity(column = "SaleAmount", declared = "")]
    pub sale_amount: Option<Value>,
    #[entity(
        column = "OrderID",
        declared = "INTEGER",
        base(table = "Orders", column = "OrderID")
    )]
    pub order_id: Option<i64>,
    #[entity(
        column = "CompanyName",
        declared = "TEXT",
        base(table = "Customers", column = "CompanyName")
    )]
    pub company_name: Option<String>,
    #[entity(
        column = "ShippedDate",
        declared = "DATETIME",
        base(table = "Orders", column = "ShippedDate")
    )]
    pub shipped_date: Option<String>,
}
