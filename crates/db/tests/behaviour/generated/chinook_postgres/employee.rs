//! The table `employee`.

use mwallet_db::Entity;

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(
    table = "employee",
    schema = "public",
    foreign_key(columns(reports_to), references = "employee", to("employee_id"))
)]
pub struct Employee {
    #[entity(key)]
    pub employee_id: i32,
    #[entity(
        native(name = "character varying(20)", carrier = "text", compared = "character varying")
    )]
    pub last_name: String,
    #[entity(
        native(name = "character varying(20)", carrier = "text", compared = "character varying")
    )]
    pub first_name: String,
    #[entity(
        native(name = "character varying(30)", carrier = "text", compared = "character varying")
    )]
    pub title: Option<String>,
    #[entity(index)]
    pub reports_to: Option<i32>,
    #[entity(native(name = "timestamp without time zone", carrier = "json"))]
    pub birth_date: Option<String>,
    #[entity(native(name = "timestamp without time zone", carrier = "json"))]
    pub hire_date: Option<String>,
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
    pub email: Option<String>,
}
