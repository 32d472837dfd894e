//! Structs that rows cannot be read as.

#[derive(FromRow)]
struct Generic<T> {
    value: T,
}

#[derive(FromRow)]
enum Choice {
    One,
}

#[derive(FromRow)]
struct InOrder(String, i64);

#[derive(FromRow)]
struct Nothing {}

#[derive(FromRow)]
#[from_row(column = "total")]
struct Above {
    sum: Decimal,
}

#[derive(FromRow)]
struct Totals {
    #[from_row(colum = "total")]
    sum: Decimal,
    #[from_row(column)]
    count: i64,
    #[from_row(column = "a", column = "b")]
    twice: i64,
    #[from_row]
    bare: i64,
}
