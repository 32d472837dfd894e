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
    #[entity(
        native(name = "character varying(40)", carrier = "text", compared = "character varying")
    )]
    pub first_name: String,
    #[entity(
        native(name = "character varying(20)", carrier = "text", compared = "character varying")
    )]
    pub last_name: String,
    #[entity(
        native(name = "character varying(80)", carrier = "text", compared = "character varying")
    )]
    pub company: Option<String>,
    #[entity(
        native(name = "character varying(70)", carrier = "text", compared = "character varying")
    )]
    pub address: Option<String>,
    #[entity(
        native(name = "character varying(40)", carrier = "text", compared = "character varying")
    )]
    pub city: Option<String>,
    #[entity(
        native(name = "character varying(40)", carrier = "text", compared = "character varying")
    )]
    pub state: Option<String>,
    #[entity(
        native(name = "character varying(40)", carrier = "text", compared = "character varying")
    )]
    pub country: Option<String>,
    #[entity(
        native(name = "character varying(10)", carrier = "text", compared = "character varying")
    )]
    pub postal_code: Option<String>,
    #[entity(
        native(name = "character varying(24)", carrier = "text", compared = "character varying")
    )]
    pub phone: Option<String>,
    #[entity(
        native(name = "character varying(24)", carrier = "text", compared = "character varying")
    )]
    pub fax: Option<String>,
    #[entity(
        native(name = "character varying(60)", carrier = "text", compared = "character varying")
    )]
    pub email: String,
    #[entity(index)]
    pub support_rep_id: Option<i32>,
}
