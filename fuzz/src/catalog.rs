//! The fixed catalog of the fuzz targets: tables of every kind of relationship, type and name.
//!
//! [`SECRET`] and [`VEILED`] begin the names of columns that a plan must not show. Their types occur nowhere else, so
//! that they are recognized in an output under any name.

use std::sync::{Arc, LazyLock};

use mwallet_db::schema::{
    Access, Column, ColumnType, DeclaredType, EnumLabel, EnumType, NativeType, ReferentialAction, Table, TableKind,
    Transfer, Updatability, ViewColumnSource,
};
use mwallet_db::{Caller, Catalog, Filter, Grant, Grants, TableRef};

/// The names of write-only columns begin so.
pub const SECRET: &str = "secret_";
/// The names of columns that [`VEIL`] hides begin so.
pub const VEILED: &str = "veiled";

/// The column by which [`VEIL`] chooses rows.
pub const VEILED_ROWS: &str = "veiled_rows";

/// The types of columns that must not be shown.
const SECRET_TEXT: ColumnType = ColumnType::Text { max: Some(31_337) };
const SECRET_KEY: ColumnType = ColumnType::Decimal { precision: 31, scale: 0 };
const VEILED_NUMBER: ColumnType = ColumnType::Decimal { precision: 29, scale: 0 };
const VEILED_KEY: ColumnType = ColumnType::Decimal { precision: 30, scale: 0 };

/// The catalog.
pub static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog::new(tables()));

/// Returns whether a column of this type is write-only.
pub fn is_secret(kind: &ColumnType) -> bool {
    [SECRET_TEXT, SECRET_KEY].contains(kind)
}

/// Returns whether a column of this type is hidden by [`VEIL`].
pub fn is_veiled(kind: &ColumnType) -> bool {
    [VEILED_NUMBER, VEILED_KEY].contains(kind)
}

/// A caller from whom columns of each table are hidden, and rows by one of them. The condition is one that no request can
/// express.
pub static VEIL: LazyLock<Caller> = LazyLock::new(|| {
    let mut grants = Grants::default();
    for table in CATALOG.tables().map(TableRef::table) {
        let names = table.columns.iter().map(|column| column.name.as_str());
        let shown = Grant::of_columns(names.filter(|name| !name.starts_with(VEILED)));
        let rows = Some(Filter::between(VEILED_ROWS, 1, 2));
        grants.table(table.schema.as_deref(), &table.name).read.push(Grant { rows, ..shown });
    }
    Caller { grants: grants.into(), ..Caller::default() }
});

fn tables() -> Vec<Table> {
    vec![people(), films(), covers(), roles(), cheap(), accounts(), odd(), postgres_types(), sqlite_types()]
}

const TEXT: ColumnType = ColumnType::Text { max: None };

/// A table with columns that may be null, whose first is the key.
fn table(name: &str, columns: &[(&str, ColumnType)]) -> Table {
    let mut table = Table::new(name);
    let column = |(name, kind): &(&str, ColumnType)| Column::new(*name, kind.clone()).nullable();
    table.columns = columns.iter().map(column).collect();
    table.columns.push(Column::new(VEILED_ROWS, VEILED_NUMBER).nullable());
    table.primary_key = columns.first().map(|(name, _)| (*name).to_owned()).into_iter().collect();
    table
}

fn secret(name: &str, kind: ColumnType) -> Column {
    Column::new(name, kind).nullable().access(Access::WriteOnly)
}

fn refer(table: &mut Table, columns: &[&str], to: &str, others: &[&str]) {
    table.add_foreign_key(columns, to, others, ReferentialAction::NoAction);
}

/// A relationship to itself, and one by a column that nobody may read.
fn people() -> Table {
    let mut people = table("people", &[("id", ColumnType::BigInt), ("name", TEXT), ("boss_id", ColumnType::BigInt)]);
    people.columns.push(secret("secret_pin", SECRET_TEXT));
    people.columns.push(secret("secret_boss_id", SECRET_KEY));
    refer(&mut people, &["boss_id"], "people", &["id"]);
    refer(&mut people, &["secret_boss_id"], "people", &["id"]);
    people
}

/// Every type that both engines have, and two ways to people: one of them by a veiled column.
fn films() -> Table {
    let labels = ["draft", "it's", "a\"b"].into_iter().zip(1..).map(|(name, code)| EnumLabel::new(name, code));
    let state = EnumType { name: "state".into(), labels: labels.collect() };
    let mut films = table(
        "films",
        &[
            ("id", ColumnType::BigInt),
            ("uuid", ColumnType::Uuid),
            ("slug", ColumnType::Text { max: Some(20) }),
            ("title", TEXT),
            ("we\"ird", ColumnType::Text { max: Some(40) }),
            ("director_id", ColumnType::BigInt),
            ("price", ColumnType::Decimal { precision: 9, scale: 2 }),
            ("minutes", ColumnType::Integer),
            ("released", ColumnType::Timestamp),
            ("seen", ColumnType::Boolean),
            ("meta", ColumnType::Json),
            ("data", ColumnType::Bytes { max: Some(8) }),
            ("state", ColumnType::Enum(Arc::new(state))),
            ("veiled_owner_id", VEILED_KEY),
        ],
    );
    films.add_unique(&["slug"]);
    refer(&mut films, &["director_id"], "people", &["id"]);
    refer(&mut films, &["veiled_owner_id"], "people", &["id"]);
    films
}

/// One row for each film at most.
fn covers() -> Table {
    let mut covers = table("covers", &[("film_id", ColumnType::BigInt), ("colour", TEXT)]);
    refer(&mut covers, &["film_id"], "films", &["id"]);
    covers
}

/// A junction.
fn roles() -> Table {
    let columns = [("film_id", ColumnType::BigInt), ("actor_id", ColumnType::BigInt), ("name", TEXT)];
    let mut roles = table("roles", &columns);
    roles.primary_key.push("actor_id".into());
    refer(&mut roles, &["film_id"], "films", &["id"]);
    refer(&mut roles, &["actor_id"], "people", &["id"]);
    roles
}

/// A view of films.
fn cheap() -> Table {
    let mut view = table("cheap", &[("film", ColumnType::BigInt), ("title", TEXT), ("director", ColumnType::BigInt)]);
    view.kind = TableKind::View;
    view.primary_key.clear();
    (view.writes, view.answers) = (Updatability::NONE, Updatability::NONE);
    for (column, base) in view.columns.iter_mut().zip(["id", "title", "director_id"]) {
        column.base = Some(ViewColumnSource { schema: None, table: "films".into(), column: base.into() });
    }
    view
}

/// Rows whose slug and UUID are secret or veiled, so that no identifier may find them.
fn accounts() -> Table {
    let mut accounts = table("accounts", &[("number", ColumnType::BigInt), ("name", TEXT)]);
    accounts.columns.push(secret("slug", SECRET_TEXT));
    accounts.columns.push(secret("uuid", SECRET_TEXT));
    accounts
}

/// Names that need quotes, in a schema whose name does too.
fn odd() -> Table {
    let names =
        ["a.b", "x,y", " s p ", "order", "select", "\"q\"", "'", "--", "/*", ";", "\\", "$1", "?1", "a)b", "ünï"];
    let columns: Vec<_> = names.into_iter().map(|name| (name, TEXT)).collect();
    let mut odd = table("we\"ird'; table", &columns);
    odd.schema = Some("s\"q".into());
    odd.columns.push(Column::new("film_id", ColumnType::BigInt).nullable());
    odd.add_unique(&["\"q\"", "--"]);
    refer(&mut odd, &["film_id"], "films", &["id"]);
    if let Some(key) = odd.foreign_keys.first_mut() {
        key.references_schema = None;
    }
    refer(&mut odd, &["x,y"], "we\"ird'; table", &["a.b"]);
    odd
}

fn native(name: &str, transfer: Transfer) -> ColumnType {
    ColumnType::Native(Arc::new(NativeType { name: name.into(), comparison_type: None, transfer }))
}

/// Types that only PostgreSQL has.
fn postgres_types() -> Table {
    let shade = NativeType {
        name: "\"sha\"\"de\"".into(),
        comparison_type: Some("character varying".into()),
        transfer: Transfer::TextRepr,
    };
    table(
        "postgres types",
        &[
            ("code", native("character varying(160)", Transfer::Text { max: Some(160) })),
            ("day", native("date", Transfer::TextRepr)),
            ("span", native("int4range", Transfer::TextRepr)),
            ("shade", ColumnType::Native(Arc::new(shade))),
            ("ratio", native("double precision", Transfer::Json)),
            ("list", native("integer[]", Transfer::Json)),
            ("amount", native("numeric(10,2)", Transfer::Number { digits: Some((10, 2)) })),
        ],
    )
}

/// Types as SQLite's columns declare them.
fn sqlite_types() -> Table {
    let declared = |name, kind| native(name, Transfer::SqliteDynamic(kind));
    table(
        "sqlite types",
        &[
            ("id", declared("INTEGER", DeclaredType::Integer)),
            ("amount", declared("DECIMAL(9,2)", DeclaredType::Number { digits: Some((9, 2)) })),
            ("name", declared("VARCHAR(20)", DeclaredType::Text { max: Some(20) })),
            ("done", declared("BOOL", DeclaredType::Boolean)),
            ("made", declared("DATETIME", DeclaredType::Time)),
            ("any", declared("", DeclaredType::Any)),
        ],
    )
}
