//! The table `customer`.

use mwallet_db::Entity;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(
    table = "customer",
    schema = "public",
    foreign_key(columns(support_rep_id), references = "employee", to("employee_id"))
)]
pub struct Customer {
    #[entity(key)]
    pub customer_id: i32,
    #[entity(native(name = "character varying(40)", carrier = "text"))]
    pub first_name: String,
    #[entity(native(name = "character varying(20)", carrier = "text"))]
    pub last_name: String,
    #[entity(native(name = "character varying(80)", carrier = "text"))]
    pub company: Option<String>,
    #[entity(native(name = "character varying(70)", carrier = "text"))]
    pub address: Option<String>,
    #[entity(native(name = "character varying(40)", carrier = "text"))]
    pub city: Option<String>,
    #[entity(native(name = "character varying(40)", carrier = "text"))]
    pub state: Option<String>,
    #[entity(native(name = "character varying(40)", carrier = "text"))]
    pub country: Option<String>,
    #[entity(native(name = "character varying(10)", carrier = "text"))]
    pub postal_code: Option<String>,
    #[entity(native(name = "character varying(24)", carrier = "text"))]
    pub phone: Option<String>,
    #[entity(native(name = "character varying(24)", carrier = "text"))]
    pub fax: Option<String>,
    #[entity(native(name = "character varying(60)", carrier = "text"))]
    pub email: String,
    #[entity(index)]
    pub support_rep_id: Option<i32>,
}
