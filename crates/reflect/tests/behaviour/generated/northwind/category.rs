//! The table `Categories`.

use mwallet_db::{Auto, Entity, ToMany};

use super::Product;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(table = "Categories")]
pub struct Category {
    #[entity(
        column = "CategoryID",
        declared = "INTEGER",
        key,
        default_sql = "AUTOINCREMENT"
    )]
    pub category_id: Auto<i64>,
    #[entity(column = "CategoryName", declared = "TEXT")]
    pub category_name: Option<String>,
    #[entity(column = "Description", declared = "TEXT")]
    pub description: Option<String>,
    #[entity(column = "Picture", declared = "BLOB")]
    pub picture: Option<Vec<u8>>,
}

impl Category {
    /// The related rows of [`Product`].
    pub const PRODUCTS: ToMany<Category, Product> = Product::CATEGORY.inverse();
}
