//! The table `types`.

use mwallet_db::schema::{Decimal, Timestamp, Uuid};
use mwallet_db::{Auto, Entity, Json};

use super::Mood;

/// One of each: it's "all" here
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(schema = "public", index(name = "by_tags", columns(tags)))]
pub struct Type {
    #[entity(key, default_sql = "GENERATED ALWAYS AS IDENTITY", read_only)]
    pub id: Auto<i64>,
    /// The small one
    pub small: Option<i16>,
    pub normal: Option<i32>,
    pub big: Option<i64>,
    #[entity(native(name = "numeric", transfer = "number"))]
    pub exact: Option<Decimal>,
    #[entity(native(name = "numeric(10,2)", transfer = "number"))]
    pub money_like: Option<Decimal>,
    #[entity(native(name = "numeric(3,-2)", transfer = "number"))]
    pub rounded: Option<Decimal>,
    #[entity(native(name = "real", transfer = "json"))]
    pub single: Option<Decimal>,
    #[entity(native(name = "double precision", transfer = "json"))]
    pub double: Option<Decimal>,
    pub plain: Option<String>,
    #[entity(native(name = "character varying(5)", transfer = "text"))]
    pub limited: Option<String>,
    #[entity(native(name = "character varying", transfer = "text"))]
    pub unlimited: Option<String>,
    #[entity(native(name = "character(3)", transfer = "text", comparison_type = "bpchar"))]
    pub fixed: Option<String>,
    #[entity(native(name = "name", transfer = "text"))]
    pub internal: Option<String>,
    pub folded: Option<String>,
    #[entity(native(name = "bytea", transfer = "literal"))]
    pub raw: Option<Vec<u8>>,
    pub flag: Option<bool>,
    pub unique_id: Option<Uuid>,
    #[entity(native(name = "json", transfer = "json"))]
    pub document: Option<Json>,
    pub binary_document: Option<Json>,
    #[entity(native(name = "date", transfer = "literal"))]
    pub day: Option<String>,
    #[entity(native(name = "time without time zone", transfer = "literal"))]
    pub moment: Option<String>,
    #[entity(native(name = "time with time zone", transfer = "literal"))]
    pub moment_zone: Option<String>,
    #[entity(native(name = "timestamp without time zone", transfer = "json"))]
    pub at: Option<String>,
    #[entity(native(name = "timestamp with time zone", transfer = "json"))]
    pub at_zone: Option<Timestamp>,
    #[entity(native(name = "timestamp(0) with time zone", transfer = "json"))]
    pub at_seconds: Option<Timestamp>,
    #[entity(native(name = "interval", transfer = "literal"))]
    pub pause: Option<String>,
    #[entity(native(name = "inet", transfer = "literal"))]
    pub ip: Option<String>,
    #[entity(native(name = "cidr", transfer = "literal"))]
    pub network: Option<String>,
    #[entity(native(name = "macaddr", transfer = "literal"))]
    pub mac: Option<String>,
    #[entity(native(name = "bit(3)", transfer = "json", comparison_type = "\"bit\""))]
    pub bits: Option<String>,
    #[entity(native(name = "bit varying(8)", transfer = "json"))]
    pub many_bits: Option<String>,
    #[entity(native(name = "money", transfer = "literal"))]
    pub coins: Option<String>,
    #[entity(native(name = "point", transfer = "literal"))]
    pub place: Option<String>,
    #[entity(native(name = "tsvector", transfer = "literal"))]
    pub words: Option<String>,
    #[entity(native(name = "xml", transfer = "literal"))]
    pub page: Option<String>,
    #[entity(native(name = "int4range", transfer = "literal"))]
    pub numbers: Option<String>,
    #[entity(native(name = "span", transfer = "literal"))]
    pub spans: Option<String>,
    #[entity(native(name = "int8multirange", transfer = "literal"))]
    pub several: Option<String>,
    #[entity(native(name = "mood", transfer = "literal"))]
    pub feeling: Option<Mood>,
    #[entity(native(name = "mood[]", transfer = "json"))]
    pub feelings: Option<Json>,
    #[entity(
        native(name = "text[]", transfer = "json"),
        default_sql = "'{}'::text[]"
    )]
    pub tags: Auto<Option<Json>>,
    #[entity(native(name = "integer[]", transfer = "json"))]
    pub matrix: Option<Json>,
    #[entity(native(name = "address", transfer = "json"))]
    pub home: Option<Json>,
    #[entity(native(name = "address[]", transfer = "json"))]
    pub homes: Option<Json>,
    #[entity(
        native(
            name = "postal_code",
            transfer = "json",
            comparison_type = "character varying"
        ),
        min_length = 4
    )]
    pub code: Option<String>,
    #[entity(
        native(name = "positive", transfer = "json", comparison_type = "numeric"),
        default_sql = "1",
        above = "0"
    )]
    pub amount: Auto<Decimal>,
    #[entity(
        native(name = "very_positive", transfer = "json", comparison_type = "numeric"),
        default_sql = "1",
        above = "10"
    )]
    pub large: Auto<Decimal>,
    #[entity(native(name = "regclass", transfer = "literal"))]
    pub object: Option<String>,
}
