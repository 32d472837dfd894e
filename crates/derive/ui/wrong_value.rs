//! Attributes with an invalid value.

#[derive(Entity)]
#[entity(table = "")]
struct Values {
    #[entity(key, column)]
    code: i64,
    #[entity(max)]
    alone: String,
    #[entity(max =)]
    missing: String,
    #[entity(max = "8")]
    text: String,
    #[entity(max = 0)]
    nothing: String,
    #[entity(unique = true)]
    flag: String,
    #[entity(pattern = 3)]
    pattern: String,
    #[entity(at_least = "many")]
    number: i64,
    #[entity(generate = "uuid")]
    generator: Auto<String>,
    #[entity(generate = "reference it's")]
    reference: Auto<String>,
    #[entity(generate = "now")]
    generated: Auto<String>,
    #[entity(on_update = "increment")]
    updated: Auto<Timestamp>,
    #[entity(on_delete = "casade")]
    reference: Ref<Values>,
    #[entity(precision = 4, scale = 8)]
    digits: Decimal,
    #[entity(precision = 4)]
    precision: Decimal,
    #[entity(max = 4, min_length = 5)]
    lengths: String,
    #[entity(index, index)]
    twice: i64,
}
