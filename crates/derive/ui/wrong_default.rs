//! Defaults that do not fit the type of their field.

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
