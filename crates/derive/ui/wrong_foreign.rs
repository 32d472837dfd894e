//! Incomplete attributes for existing tables.

#[derive(Entity)]
#[entity(kind = "vieuw", writes(insert, upsert), unique(name = "by_code"), index(columns(code)))]
#[entity(check(name = "a", constraint = "b", sql = "code > 1"), foreign_key(columns(code), references = "t", to(1)))]
struct Foreign {
    #[entity(native(name = "inet", transfer = "words"))]
    address: String,
    #[entity(native(name = "inet"))]
    no_transfer: String,
    #[entity(declared = "TEXT", native(name = "text", transfer = "text"))]
    both: String,
    #[entity(declared = "NVARCHAR(5)", max = 5)]
    limits: String,
    #[entity(default = 1, default_sql = "1")]
    code: i64,
    #[entity(one_of(1.5, b"x"))]
    values: Decimal,
    #[entity(base(table = "orders"))]
    shown: i64,
    #[entity(at_least = 1, above = 0, below = "many")]
    ends: i64,
    #[entity(comment)]
    meaning: i64,
}

#[derive(Entity)]
#[entity(index(keys = "lower(label)"), index(name = "a", where = "b", columns(label)), index(name = "c", keys = "d", columns(label)))]
struct Indexes {
    label: String,
}

#[derive(Entity)]
#[entity(read_only, writes(insert))]
struct Updatability {
    #[entity(max = 5, max_length = 6)]
    text: String,
}
