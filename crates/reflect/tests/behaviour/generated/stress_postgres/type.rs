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
    #[entity(native(name = "numeric", carrier = "number"))]
    pub exact: Option<Decimal>,
    #[entity(native(name = "numeric(10,2)", carrier = "number"))]
    pub money_like: Option<Decimal>,
    #[entity(native(name = "numeric(3,-2)", carrier = "number"))]
    pub rounded: Option<Decimal>,
    #[entity(native(name = "real", carrier = "json"))]
    pub single: Option<Decimal>,
    #[entity(native(name = "double precision", carrier = "json"))]
    pub double: Option<Decimal>,
    pub plain: Option<String>,
    #[entity(native(name = "character varying(5)", carrier = "text"))]
    pub limited: Option<String>,
    #[entity(native(name = "character varying", carrier = "text"))]
    pub unlimited: Option<String>,
    #[entity(native(name = "character(3)", carrier = "text", compared = "bpchar"))]
    pub fixed: Option<String>,
    #[entity(native(name = "name", carrier = "text"))]
    pub internal: Option<String>,
    pub folded: Option<String>,
    #[entity(native(name = "bytea", carrier = "literal"))]
    pub raw: Option<Vec<u8>>,
    pub flag: Option<bool>,
    pub unique_id: Option<Uuid>,
    #[entity(native(name = "json", carrier = "json"))]
    pub document: Option<Json>,
    pub binary_document: Option<Json>,
    #[entity(native(name = "date", carrier = "literal"))]
    pub day: Option<String>,
    #[entity(native(name = "time without time zone", carrier = "literal"))]
    pub moment: Option<String>,
    #[entity(native(name = "time with time zone", carrier = "literal"))]
    pub moment_zone: Option<String>,
    #[entity(native(name = "timestamp without time zone", carrier = "json"))]
    pub at: Option<String>,
    #[entity(native(name = "timestamp with time zone", carrier = "json"))]
    pub at_zone: Option<Timestamp>,
    #[entity(native(name = "timestamp(0) with time zone", carrier = "json"))]
    pub at_seconds: Option<Timestamp>,
    #[entity(native(name = "interval", carrier = "literal"))]
    pub pause: Option<String>,
    #[entity(native(name = "inet", carrier = "literal"))]
    pub ip: Option<String>,
    #[entity(native(name = "cidr", carrier = "literal"))]
    pub network: Option<String>,
    #[entity(native(name = "macaddr", carrier = "literal"))]
    pub mac: Option<String>,
    #[entity(native(name = "bit(3)", carrier = "json", compared = "\"bit\""))]
    pub bits: Option<String>,
    #[entity(native(name = "bit varying(8)", carrier = "json"))]
    pub many_bits: Option<String>,
    #[entity(native(name = "money", carrier = "literal"))]
    pub coins: Option<String>,
    #[entity(native(name = "point", carrier = "literal"))]
    pub place: Option<String>,
    #[entity(native(name = "tsvector", carrier = "literal"))]
    pub words: Option<String>,
    #[entity(native(name = "xml", carrier = "literal"))]
    pub page: Option<String>,
    #[entity(native(name = "int4range", carrier = "literal"))]
    pub numbers: Option<String>,
    #[entity(native(name = "span", carrier = "literal"))]
    pub spans: Option<String>,
    #[entity(native(name = "int8multirange", carrier = "literal"))]
    pub several: Option<String>,
    #[entity(native(name = "mood", carrier = "literal"))]
    pub feeling: Option<Mood>,
    #[entity(native(name = "mood[]", carrier = "json"))]
    pub feelings: Option<Json>,
    #[entity(
        native(name = "text[]", carrier = "json"),
        default_sql = "'{}'::text[]"
    )]
    pub tags: Auto<Option<Json>>,
    #[entity(native(name = "integer[]", carrier = "json"))]
    pub matrix: Option<Json>,
    #[entity(native(name = "address", carrier = "json"))]
    pub home: Option<Json>,
    #[entity(native(name = "address[]", carrier = "json"))]
    pub homes: Option<Json>,
    #[entity(
        native(name = "postal_code", carrier = "json", compared = "character varying"),
        min_length = 4
    )]
    pub code: Option<String>,
    #[entity(
        native(name = "positive", carrier = "json", compared = "numeric"),
        default_sql = "1",
        above = "0"
    )]
    pub amount: Auto<Decimal>,
    #[entity(
        native(name = "very_positive", carrier = "json", compared = "numeric"),
        default_sql = "1",
        above = "10"
    )]
    pub large: Auto<Decimal>,
    #[entity(native(name = "regclass", carrier = "literal"))]
    pub object: Option<String>,
}
