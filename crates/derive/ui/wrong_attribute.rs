//! Attributes that do not exist, are in the wrong place or are malformed.

#[derive(Entity)]
#[entity(tabel = "vaults")]
struct Unknown {
    #[entity(flatten)]
    key: Key,
    #[entity(uniqe)]
    label: String,
    #[entity(nullable)]
    memo: Option<String>,
    #[entity(table = "memos")]
    misplaced: String,
    #[entity]
    empty: String,
    #[entity = "max"]
    assigned: String,
    #[entity(max = 4 unique)]
    unseparated: String,
}

#[derive(Entity)]
#[entity(max = 3)]
struct Misplaced {
    #[entity(key)]
    code: i64,
}
