use mwallet_db::schema::{Decimal, Timestamp, Uuid};
use mwallet_db::{Auto, Entity, Ref};

#[derive(Entity)]
struct Defaults {
    #[entity(key)]
    code: i64,
    #[entity(default = "yes")]
    flag: bool,
    #[entity(default = 1.5)]
    whole: Auto<i64>,
    #[entity(default = "one")]
    decimal: Decimal,
    #[entity(default = true)]
    text: Option<String>,
    #[entity(default = "one")]
    reference: Ref<Defaults>,
    #[entity(default = "bytes")]
    bytes: Vec<u8>,
    #[entity(default = 0)]
    time: Timestamp,
    #[entity(default = "c0ffee")]
    uuid: Uuid,
    #[entity(default())]
    parentheses: i64,
}

fn main() {}
