use mwallet_db::{Entity, Key};

#[derive(Entity)]
struct Types {
    key: Key,
    price: f64,
    count: u64,
    text: &'static str,
}

fn main() {}
