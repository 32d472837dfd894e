//! Permissions files, and what they grant.

use mwallet_db::schema::{Column, ColumnType, Table};
use mwallet_db::{Caller, Catalog, Dialect, Plan, Query, Scope, ScopedTable};

use super::Permissions;

fn table(name: &str, columns: &[&str]) -> Table {
    let mut table = Table::new(name);
    for column in columns {
        let kind = if column.ends_with("id") { ColumnType::BigInt } else { ColumnType::Text { max: None } };
        table.columns.push(Column::new(*column, kind).nullable());
    }
    table.primary_key = vec![columns[0].into()];
    table
}

fn catalog() -> Catalog {
    Catalog::new([
        table("orders", &["id", "user_id", "state", "memo"]),
        table("members", &["user_id", "order_id"]),
        table("users", &["id", "name"]),
    ])
}

const FILE: &str = r#"
roles:
  anon: {}
  authenticated: { includes: [anon] }
  agent: { includes: [authenticated] }
define:
  mine: user_id=eq.{auth.id}
  open: state.in.(OPEN,PARTIAL)
  member: exists(members, and(order_id.eq.{row.id},user_id.eq.{auth.id}))
tables:
  orders:
    anon: { read: { rows: open, columns: [id, state] } }
    authenticated:
      read:
        - { rows: mine, columns: all }
        - rows: or(and(member,not.open),memo.like.x*)
          columns: [id, memo]
  users:
    agent: { read: { rows: all, columns: [id, name] } }
"#;

/// The condition that the holder of a role puts on the rows of orders, on SQLite.
fn condition(role: &str, table: &str) -> String {
    let (catalog, permissions) = (catalog(), Permissions::parse(FILE, &catalog()).unwrap());
    let caller = Caller { grants: permissions.grants([role]).into(), values: [("auth.id".into(), 7.into())].into() };
    let at = ScopedTable::new(catalog.get(None, table).unwrap(), Scope::Granted(&caller));
    let statement = Plan::select(at, &Query::new().include(["id"])).unwrap().statement(Dialect::Sqlite).unwrap();
    let sql = statement.sql();
    sql.split_once(" WHERE ").map_or_else(String::new, |(_, condition)| condition.replace("\"orders\".", ""))
}

#[test]
fn roles_have_the_grants_of_those_that_they_include() {
    let open = r#""state" IN (SELECT value FROM json_each(?1))"#;
    assert_eq!(condition("anon", "orders"), open);
    let of_user = condition("authenticated", "orders");
    assert!(of_user.starts_with(&format!("({open} OR \"user_id\" = ?2 OR ((\"id\" IN (SELECT ")), "{of_user}");
    assert_eq!(condition("agent", "orders"), of_user);
    assert_eq!(condition("agent", "users"), "");
    let catalog = catalog();
    let nothing = Permissions::parse(FILE, &catalog).unwrap().grants(["anon", "nobody"]);
    let caller = Caller { grants: nothing.into(), ..Caller::default() };
    let users = ScopedTable::new(catalog.get(None, "users").unwrap(), Scope::Granted(&caller));
    assert!(Plan::select(users, &Query::new().include(["id"])).is_err());
}

#[test]
fn mistakes_name_their_place_and_what_was_meant() {
    for (right, wrong, expected) in [
        (
            "includes: [anon]",
            "includes: [annon]",
            "line 4, column 31: there is no role annon before this; did you mean anon?",
        ),
        (
            "user_id=eq.{auth.id}",
            "user_id=eq.{auth.ids}",
            "line 7, column 9: nothing is known of a caller by the name {auth.ids}; did you mean {auth.id}?",
        ),
        (
            "user_id=eq.{auth.id}",
            "user_id=eqq.5",
            "line 7, column 9: user_id: expected an operator at character 1, where 'e' is",
        ),
        ("rows: mine", "rows: mien", "line 15, column 19: there is no definition mien before this; did you mean mine?"),
        (
            "rows: mine",
            "rows: ''",
            "line 15, column 19: a filter is missing here; what is not named is closed, and `all` is every row",
        ),
        (
            "columns: [id, memo]",
            "columns: [id, mem]",
            "line 17, column 25: orders has no column mem; did you mean memo?",
        ),
        ("  users:\n", "  user:\n", "line 18, column 3: there is no table user; did you mean users?"),
        ("    agent: {", "    agnt: {", "line 19, column 5: there is no role agnt; did you mean agent?"),
        ("read: { rows: all,", "raed: { rows: all,", "line 19, column 14: unknown field `raed`, expected one of read"),
        ("exists(members", "exists(member", "line 16, column 17: there is no table member"),
        (
            "order_id.eq.{row.id}",
            "order_id.gt.{row.id}",
            "line 16, column 17: {row.id} can only be what a column of a table in exists() equals, beside all other conditions",
        ),
        (
            "columns: all",
            "columns: every",
            "line 15, column 25: invalid value: string \"every\", expected a list of columns, or all",
        ),
    ] {
        assert!(FILE.contains(right), "{right}");
        let error = Permissions::parse(&FILE.replacen(right, wrong, 1), &catalog()).unwrap_err().to_string();
        assert_eq!(error, expected, "{wrong}");
    }
}
