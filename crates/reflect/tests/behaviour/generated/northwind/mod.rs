//! The tables of a database, a struct for each of its tables and views.
//!
//! They were written from the database by `mwallet generate rust`, and describe it as it was then.

#![allow(
    clippy::duplicated_attributes,
    dead_code,
    reason = "a column may have its part in several constraints, and no program uses every relation"
)]

mod alphabetical_list_of_product;
mod category;
mod category_sales_for1997;
mod current_product_list;
mod customer;
mod customer_and_suppliers_by_city;
mod customer_customer_demo;
mod customer_demographic;
mod employee;
mod employee_territory;
mod invoice;
mod order;
mod order_detail;
mod order_details_extended;
mod order_subtotal;
mod orders_qry;
mod product;
mod product_sales_for1997;
mod products_above_average_price;
mod products_by_category;
mod quarterly_order;
mod region;
mod sales_by_category;
mod sales_totals_by_amount;
mod shipper;
mod summary_of_sales_by_quarter;
mod summary_of_sales_by_year;
mod supplier;
mod territory;

use mwallet_db::Entity as _;
use mwallet_db::schema::Table;

pub use alphabetical_list_of_product::AlphabeticalListOfProduct;
pub use category::Category;
pub use category_sales_for1997::CategorySalesFor1997;
pub use current_product_list::CurrentProductList;
pub use customer::Customer;
pub use customer_and_suppliers_by_city::CustomerAndSuppliersByCity;
pub use customer_customer_demo::CustomerCustomerDemo;
pub use customer_demographic::CustomerDemographic;
pub use employee::Employee;
pub use employee_territory::EmployeeTerritory;
pub use invoice::Invoice;
pub use order::Order;
pub use order_detail::OrderDetail;
pub use order_details_extended::OrderDetailsExtended;
pub use order_subtotal::OrderSubtotal;
pub use orders_qry::OrdersQry;
pub use product::Product;
pub use product_sales_for1997::ProductSalesFor1997;
pub use products_above_average_price::ProductsAboveAveragePrice;
pub use products_by_category::ProductsByCategory;
pub use quarterly_order::QuarterlyOrder;
pub use region::Region;
pub use sales_by_category::SalesByCategory;
pub use sales_totals_by_amount::SalesTotalsByAmount;
pub use shipper::Shipper;
pub use summary_of_sales_by_quarter::SummaryOfSalesByQuarter;
pub use summary_of_sales_by_year::SummaryOfSalesByYear;
pub use supplier::Supplier;
pub use territory::Territory;

/// The tables and views, as they are described here.
pub fn tables() -> Vec<&'static Table> {
    vec![
        AlphabeticalListOfProduct::table(),
        Category::table(),
        CategorySalesFor1997::table(),
        CurrentProductList::table(),
        CustomerAndSuppliersByCity::table(),
        CustomerCustomerDemo::table(),
        CustomerDemographic::table(),
        Customer::table(),
        EmployeeTerritory::table(),
        Employee::table(),
        Invoice::table(),
        OrderDetail::table(),
        OrderDetailsExtended::table(),
        OrderSubtotal::table(),
        Order::table(),
        OrdersQry::table(),
        ProductSalesFor1997::table(),
        Product::table(),
        ProductsAboveAveragePrice::table(),
        ProductsByCategory::table(),
        QuarterlyOrder::table(),
        Region::table(),
        SalesTotalsByAmount::table(),
        SalesByCategory::table(),
        Shipper::table(),
        SummaryOfSalesByQuarter::table(),
        SummaryOfSalesByYear::table(),
        Supplier::table(),
        Territory::table(),
    ]
}
