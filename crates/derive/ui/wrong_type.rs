//! Fields with types that no column has.

#[derive(Entity)]
struct Types {
    key: Key,
    price: f64,
    count: u64,
    text: &'static str,
}
