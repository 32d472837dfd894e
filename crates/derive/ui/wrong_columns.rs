//! Constraints above a struct that name missing columns, or are incomplete.

#[derive(Entity)]
#[entity(unique(nope), index(labl), key(code, code), index, index())]
#[entity(check(name = "least"), check(name = "x", condition = "code > 1"))]
#[entity(foreign_key(columns(code), references = "doors"))]
#[entity(foreign_key(columns(code), references = "doors", to(a, b)))]
struct Columns {
    code: i64,
    label: String,
}

#[derive(Entity)]
#[entity(unique(key))]
struct Groups {
    #[entity(flatten)]
    key: Key,
}
