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
    #[entity(native(name = "character varying(20)", carrier = "text"))]
    pub last_name: String,
    #[entity(native(name = "character varying(20)", carrier = "text"))]
    pub first_name: String,
    #[entity(native(name = "character varying(30)", carrier = "text"))]
    pub title: Option<String>,
    #[entity(index)]
    pub reports_to: Option<i32>,
    #[entity(native(name = "timestamp without time zone", carrier = "json"))]
    pub birth_date: Option<String>,
    #[entity(native(name = "timestamp without time zone", carrier = "json"))]
    pub hire_date: Option<String>,
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
    pub email: Option<String>,
}
