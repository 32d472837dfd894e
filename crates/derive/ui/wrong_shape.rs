//! Declarations that are not a table, a group or an enum.

#[derive(Entity)]
struct Tuple(i64, String);

#[derive(Entity)]
struct Unit;

#[derive(Entity)]
struct Empty {}

#[derive(Entity)]
enum Either {
    One,
    Other,
}

#[derive(Entity)]
struct Generic<T> {
    value: T,
}

#[derive(Entity)]
struct Borrowed<'a> {
    value: &'a str,
}

#[derive(ColumnGroup)]
#[entity(table = "places")]
struct Nested {
    #[entity(flatten)]
    key: Key,
}

#[derive(Enumeration)]
struct NoEnum {
    code: i64,
}

#[derive(Clone, Copy, Enumeration)]
enum NoVariants {}

#[derive(Clone, Copy, Enumeration)]
#[enumeration(label = "X")]
enum Variants {
    Plain,
    #[enumeration(labl = "PLAIN")]
    Misspelt,
    #[enumeration(label = "PLAIN")]
    Same,
    #[enumeration(label = 3)]
    Number,
    Computed = 1 << 4,
}

#[derive(Clone, Copy, Enumeration)]
enum Fields {
    Plain,
    Fields(i64),
}
