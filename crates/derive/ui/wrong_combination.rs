//! Attributes that contradict each other or the type of their field.

#[derive(Entity)]
struct Combinations {
    #[entity(flatten, unique)]
    key: Key,
    #[entity(flatten)]
    name: Name,
    #[entity(flatten)]
    again: Name,
    #[entity(unique, index)]
    label: String,
    #[entity(read_only, write_only)]
    secret: String,
    #[entity(default = "x", generate = "slug")]
    slug: Auto<String>,
    #[entity(max = 5, at_least = 1)]
    number: i64,
    #[entity(min_length = 1, at_most = 10)]
    text: String,
    #[entity(on_delete = "cascade")]
    parent_id: i64,
    #[entity(column = "label")]
    title: String,
}

#[derive(Entity)]
struct Keys {
    #[entity(key)]
    user_id: Ref<Combinations>,
    #[entity(key)]
    group_id: Ref<Combinations>,
    #[entity(identity, key)]
    number: i64,
}

#[derive(Entity)]
#[entity(key(code, number))]
struct TwoKeys {
    #[entity(key)]
    code: i64,
    number: i64,
}
