//! Permissions files, and what they grant.

use std::sync::Arc;
use std::time::Duration;

use mwallet_db::schema::{Column, ColumnType, ReferentialAction, Table, Timestamp};
use mwallet_db::{
    Caller, Catalog, Dialect, Filter, Grant, GrantedColumns, Operand, Plan, Query, Scope, ScopedTable, TableGrants,
};

use super::{Group, Holder, Limit, Permissions, Rate, looks_secret};

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
    let caller = Caller {
        grants: permissions.grants([role]).into(),
        values: Arc::new([("auth.id".into(), 7.into())].into()),
        ..Caller::default()
    };
    let at = ScopedTable::new(catalog.get(None, table).unwrap(), Scope::Granted(&caller));
    let statement = Plan::select(at, &Query::new().include(["id"])).unwrap().statement(Dialect::Sqlite).unwrap();
    let sql = statement.sql();
    sql.split_once(" WHERE ").map_or_else(String::new, |(_, condition)| condition.replace("\"orders\".", ""))
}

#[test]
fn roles_have_the_grants_of_those_that_they_include() {
    let open = r#""state" IN (?1, ?2)"#;
    assert_eq!(condition("anon", "orders"), open);
    let of_user = condition("authenticated", "orders");
    assert!(of_user.starts_with(&format!("({open} OR \"user_id\" = ?3 OR ((\"id\" IN (SELECT ")), "{of_user}");
    assert_eq!(condition("agent", "orders"), of_user);
    assert_eq!(condition("agent", "users"), "");
    let catalog = catalog();
    let nothing = Permissions::parse(FILE, &catalog).unwrap().grants(["anon", "nobody"]);
    let caller = Caller { grants: nothing.into(), ..Caller::default() };
    let users = ScopedTable::new(catalog.get(None, "users").unwrap(), Scope::Granted(&caller));
    assert!(Plan::select(users, &Query::new().include(["id"])).is_err());
}

/// What is said of a file in which something right is wrong instead.
fn mistake(text: &str, right: &str, wrong: &str, catalog: &Catalog) -> String {
    assert!(text.contains(right), "{right}");
    Permissions::parse(&text.replacen(right, wrong, 1), catalog).unwrap_err().to_string()
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
        (
            "read: { rows: all,",
            "raed: { rows: all,",
            "line 19, column 14: unknown field `raed`, expected one of read, create, update, delete",
        ),
        // An operand is a whole value.
        (
            "user_id=eq.{auth.id}",
            "memo=neq.user:{auth.uid}",
            "line 7, column 9: user:{auth.uid}: what is in braces is a whole value, with nothing before or after it",
        ),
        (
            "user_id=eq.{auth.id}",
            "user_id=eq.{auth.id},memo=eq.x",
            "line 7, column 9: {auth.id},memo=eq.x: what is in braces is a whole value, with nothing before or after it",
        ),
        (
            "user_id=eq.{auth.id}",
            "memo=like.*{auth.uid}*",
            "line 7, column 9: %{auth.uid}% can be compared, but is no pattern",
        ),
        (
            "user_id=eq.{auth.id}",
            "user_id=gt.{now}",
            "line 15, column 19: {now} is a time, and user_id is of the type bigint",
        ),
        ("columns: [id, memo]", "columns: []", "line 16, column 17: name the columns that it shows, at least one"),
        (
            "  anon: {}",
            "  anon: { bypass: true }",
            "line 3, column 3: anon is whoever has not said who they are, so it has nothing but roles that it includes",
        ),
        ("exists(members", "exists(member", "line 16, column 17: there is no table member; did you mean members?"),
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
        assert_eq!(mistake(FILE, right, wrong, &catalog()), expected, "{wrong}");
    }
}

const WRITES: &str = r#"
roles:
  authenticated: {}
  agent: { includes: [authenticated], group: { scope: global, name: agents } }
  admin: { includes: [agent], group: { scope: global, name: admins }, aal: aal2, max_age: 15m }
  service_role: { bypass: true }
define:
  mine: user_id=eq.{auth.id}
closed: { members: all, orders: [memo] }
tables:
  orders:
    authenticated:
      read: { rows: mine, columns: [id, state], limit: 100, aggregates: true }
      create:
        columns: [state, user_id]
        set: { state: OPEN, user_id: "{auth.id}" }
        check: mine
      update: { rows: mine, columns: [state], set: { user_id: 7 } }
      delete: { rows: mine }
    agent:
      create: { columns: [user_id], refs: { user_id: "name=eq.x" } }
"#;

/// The tables of which orders point at users.
fn catalog_with_key() -> Catalog {
    let mut tables: Vec<Table> = catalog().tables().map(|table| table.table().clone()).collect();
    tables[0].add_foreign_key(&["user_id"], "users", &["id"], ReferentialAction::NoAction);
    Catalog::new(tables)
}

#[test]
fn writes_are_granted_by_role() {
    let catalog = catalog_with_key();
    let permissions = Permissions::parse(WRITES, &catalog).unwrap();
    let orders = catalog.get(None, "orders").unwrap().table();
    let grants = permissions.grants(["agent"]);
    let granted = grants.of(orders).unwrap();
    assert_eq!((granted.read.len(), granted.create.len(), granted.update.len(), granted.delete.len()), (1, 2, 1, 1));
    assert_eq!((granted.read[0].limit, granted.read[0].aggregates), (Some(100), true));
    let set =
        [("state".to_owned(), Operand::Text("OPEN".into())), ("user_id".into(), Operand::Caller("auth.id".into()))];
    assert_eq!(granted.create[0].set, set);
    assert_eq!(granted.create[0].check, Some(Filter::eq("user_id", Operand::Caller("auth.id".into()))));
    assert_eq!(granted.update[0].set, [("user_id".to_owned(), Operand::Value(7.into()))]);
    assert_eq!(granted.create[1].references[0].rows, Some(Filter::eq("name", Operand::Text("x".into()))));
    assert!(permissions.is_closed(orders, "memo") && !permissions.is_closed(orders, "state"));
    assert!(permissions.is_closed(catalog.get(None, "members").unwrap().table(), "user_id"));
    assert!(permissions.is_bypass("service_role") && !permissions.is_bypass("admin"));
}

#[test]
fn roles_are_held_by_name_group_and_assurance() {
    let permissions = Permissions::parse(WRITES, &catalog_with_key()).unwrap();
    let group = |name: &str| Group { scope: "global".into(), name: name.into() };
    // The role of admins ends after a quarter of an hour.
    let at = |seconds: i64| Some(Timestamp::from_micros(seconds * 1_000_000).unwrap());
    let now = at(15 * 60).unwrap();
    let signed_in = Holder { named: vec!["authenticated".into()], assurance: 1, ..Holder::default() };
    let admin = Holder { groups: vec![group("admins")], ..signed_in.clone() };
    let sure = Holder { assurance: 2, authenticated_at: at(0), ..admin.clone() };
    for (holder, roles) in [
        (Holder::default(), &[][..]),
        (signed_in.clone(), &["authenticated"]),
        // A token does not make somebody a member of a group.
        (Holder { named: vec!["admin".into(), "agent".into(), "nobody".into()], ..Holder::default() }, &[]),
        (Holder { groups: vec![group("agents")], ..signed_in.clone() }, &["agent", "authenticated"]),
        (
            Holder { groups: vec![Group { scope: "other".into(), name: "agents".into() }], ..signed_in },
            &["authenticated"],
        ),
        (admin, &["authenticated"]),
        (sure.clone(), &["admin", "authenticated"]),
        (Holder { authenticated_at: at(-1), ..sure.clone() }, &["authenticated"]),
        (Holder { authenticated_at: None, ..sure }, &["authenticated"]),
    ] {
        assert_eq!(permissions.held_by(&holder, now), roles, "{holder:?}");
    }
}

#[test]
fn mistakes_of_writes_name_their_place() {
    for (right, wrong, expected) in [
        (
            ", refs: { user_id: \"name=eq.x\" }",
            "",
            "line 20, column 5: agent may give orders.user_id, which points at users, and reads nothing of that: say in \
             refs which rows it may point at, such as refs: { user_id: all }",
        ),
        (
            "closed: { members: all, orders: [memo] }",
            "closed: { members: all, orders: [memo, state] }",
            "line 9, column 25: orders.state is closed here, and granted to authenticated in line 13",
        ),
        ("limit: 100", "limit: 0", "line 13, column 21: a limit of 0 shows nothing; leave the grant out"),
        ("max_age: 15m", "max_age: 0s", "line 5, column 3: nobody is admin with a max_age of 0"),
        (
            "user_id: \"{auth.id}\"",
            "user_id: \"u{auth.id}\"",
            "line 16, column 38: u{auth.id}: what is in braces is a whole value, with nothing before or after it",
        ),
        ("refs: { user_id", "refs: { state", "line 21, column 45: there is no foreign key of state"),
        ("name=eq.x", "state=eq.x", "line 21, column 54: users has no column state"),
        ("user_id: 7", "user_id: x", "line 18, column 63: user_id: expected a whole number"),
        (
            "user_id: 7",
            "user_id: 7.5",
            "line 18, column 54: invalid type: floating point `7.5`, expected a text, a whole number, true, false or null; write other numbers as texts",
        ),
        ("set: { user_id", "set: { userid", "line 18, column 54: orders has no column userid; did you mean user_id?"),
        ("{ bypass: true }", "{ bypass: maybe }", "line 6, column 27: invalid boolean"),
        (
            "15m",
            "15 minutes",
            "line 5, column 82: invalid value: string \"15 minutes\", expected a number with s, m, h or d behind it, such as 15m",
        ),
        ("aal2", "aal3", "line 5, column 76: unknown variant `aal3`, expected one of aal1, aal2"),
        ("    agent:\n", "    authenticated:\n", "line 20, column 5: duplicate mapping key: authenticated"),
        ("    agent:\n", "    service_role:\n", "line 20, column 5: service_role sees and does everything anyway"),
    ] {
        assert_eq!(mistake(WRITES, right, wrong, &catalog_with_key()), expected, "{wrong}");
    }
}

#[test]
fn limits_are_read_and_the_largest_of_several_holds() {
    let text = FILE.to_owned()
        + r#"
limits:
  anon: { requests: 60/1m, streams: 3 }
  agent: { requests: 600 / 1h, concurrent: 2, streams: 1 }
address_limit: { requests: 5/1s }
"#;
    let permissions = Permissions::parse(&text, &catalog()).unwrap();
    let rate = |requests, seconds| Some(Rate { requests, period: Duration::from_secs(seconds) });
    let anon = Limit { rate: rate(60, 60), concurrent: None, streams: Some(3) };
    assert_eq!(permissions.limit(["anon"]), anon);
    assert_eq!(permissions.limit(["authenticated"]), anon, "what is in it");
    assert_eq!(
        permissions.limit(["agent"]),
        Limit { concurrent: Some(2), ..anon },
        "one a second is more than 600 an hour"
    );
    assert_eq!(permissions.limit(["nobody"]), Limit::default());
    assert_eq!(permissions.address_limit(), &Limit { rate: rate(5, 1), ..Limit::default() });
    for (right, wrong, expected) in [
        (
            "  agent: { requests: 600",
            "  agnt: { requests: 600",
            "line 23, column 3: there is no role agnt; did you mean agent?",
        ),
        (
            "5/1s",
            "5/s",
            "line 24, column 18: invalid value: string \"5/s\", expected requests and a time of at most a day with / between, such as 600/1m",
        ),
        (
            "5/1s",
            "0/1s",
            "line 24, column 18: invalid value: string \"0/1s\", expected requests and a time of at most a day with / between, such as 600/1m",
        ),
        (
            "5/1s",
            "5/2d",
            "line 24, column 18: invalid value: string \"5/2d\", expected requests and a time of at most a day with / between, such as 600/1m",
        ),
        (
            "streams: 3",
            "stream: 3",
            "line 22, column 28: unknown field `stream`, expected one of requests, concurrent, streams",
        ),
    ] {
        assert_eq!(mistake(&text, right, wrong, &catalog()), expected, "{wrong}");
    }
    let zero = Permissions::parse(&text.replacen("concurrent: 2", "concurrent: 0", 1), &catalog());
    assert!(zero.is_err(), "{zero:?}");
}

/// The default permissions, for the tables that can be served.
fn default_permissions() -> (Catalog, Permissions) {
    let catalog = Catalog::new(mwallet_models::tables().into_iter().cloned());
    let permissions = Permissions::parse(mwallet_models::PERMISSIONS, &catalog).unwrap();
    (catalog, permissions)
}

#[test]
fn the_default_file_grants_or_closes_every_column_by_name() {
    let (catalog, permissions) = default_permissions();
    let roles: Vec<&str> = permissions.roles().collect();
    assert_eq!(roles, ["admin", "anon", "auditor", "authenticated", "service_role"]);
    let grants = permissions.grants(roles);
    for table in catalog.tables().map(|table| table.table()) {
        for column in &table.columns {
            let is_granted = grants.of(table).is_some_and(|granted| {
                let reads = granted.read.iter().map(|grant| &grant.columns);
                let writes = granted.create.iter().chain(&granted.update).map(|grant| &grant.columns);
                // All columns are not one by its name: a new one would be granted by nobody's decision.
                let named =
                    |columns: &GrantedColumns| *columns != GrantedColumns::All && columns.contains(&column.name);
                reads.chain(writes).any(named)
            });
            assert!(is_granted || permissions.is_closed(table, &column.name), "{}.{}", table.name, column.name);
        }
    }
}

#[test]
fn the_default_file_gives_nothing_to_write_to_those_who_say_nothing() {
    let (catalog, permissions) = default_permissions();
    let grants = permissions.grants(["anon"]);
    for table in catalog.tables().map(|table| table.table()) {
        let Some(granted) = grants.of(table) else { continue };
        assert!(granted.create.is_empty() && granted.update.is_empty() && granted.delete.is_empty(), "{}", table.name);
        assert!(matches!(table.name.as_str(), "orders" | "assets"), "{}", table.name);
    }
}

/// A mask where none is needed would keep indexes from serving a column.
#[test]
fn grants_of_the_same_rows_are_one() {
    let (catalog, permissions) = default_permissions();
    let orders = catalog.get(None, "orders").unwrap().table();
    let grants = permissions.grants(["authenticated"]);
    let read = &grants.of(orders).unwrap().read;
    assert_eq!(read.len(), 2);
    assert!(read.iter().all(|grant| grant.columns.contains("id") && grant.limit.is_none()), "{read:?}");
    let order = |columns: &[&str], limit| Grant { limit, ..Grant::of_columns(columns.iter().copied()) };
    let mut merged =
        TableGrants { read: vec![order(&["id"], Some(5)), order(&["id", "memo"], Some(7))], ..TableGrants::default() };
    merged.read.push(Grant { aggregates: false, ..Grant::all() });
    merged.merge_reads();
    assert_eq!(merged.read, [order(&["id", "memo"], Some(7)), Grant { aggregates: false, ..Grant::all() }]);
    merged.read.push(Grant::all());
    merged.merge_reads();
    assert_eq!(merged.read[0], Grant::all());
}

#[test]
fn what_may_be_more_than_was_meant_is_listed() {
    let mut orders = table("orders", &["id", "user_id", "state", "memo"]);
    orders.indexes.push(mwallet_db::schema::Index::on_columns("orders_user_id", vec!["user_id".into()]));
    orders.columns.push(Column::new("password_hash", ColumnType::Text { max: None }).nullable());
    let mut members = table("members", &["user_id", "order_id"]);
    members.primary_key = vec!["user_id".into(), "order_id".into()];
    let catalog = Catalog::new([orders, members, table("users", &["id", "name"])]);
    let lint = |of_orders: &str| -> Vec<String> {
        let text = format!(
            "roles: {{ anon: {{}}, authenticated: {{}} }}\n\
             define:\n  mine: user_id=eq.{{auth.id}}\n  \
             member: exists(members, and(order_id.eq.{{row.id}},user_id.eq.{{auth.id}}))\n  \
             reader: exists(members, and(order_id.eq.{{row.id}}))\n\
             tables:\n  orders:\n    authenticated:\n      {of_orders}\n    \
             anon: {{ read: {{ rows: mine, columns: [id] }} }}\n"
        );
        let permissions = Permissions::parse(&text, &catalog).unwrap_or_else(|error| panic!("{text}: {error}"));
        let found = permissions.lint(&catalog);
        found.into_iter().map(|found| format!("{} {}: {}", found.line, found.lint.name(), found.message)).collect()
    };
    let nothing: [&str; 0] = [];
    for fine in [
        "read: { rows: mine, columns: [id, memo] }",
        "read: { rows: \"id=gt.5&memo=is.null\", columns: [id] }",
        "read: { rows: member, columns: [id] }",
        "create: { columns: [memo], set: { user_id: \"{auth.id}\" } }",
        "create: { columns: [memo, user_id], check: mine }",
        "update: { rows: mine, columns: [memo] }",
        "update: { rows: mine, columns: [memo, user_id], check: mine }",
        "delete: { rows: mine }",
    ] {
        assert_eq!(lint(fine), nothing, "{fine}");
    }
    for (risky, expected) in [
        ("read: { rows: all, columns: [id] }", "9 all_rows: authenticated reads all rows of orders"),
        ("delete: { rows: all }", "9 all_rows: authenticated deletes all rows of orders"),
        (
            "read: { rows: \"or(mine,state.eq.x)\", columns: [id] }",
            "9 no_index: authenticated reads rows of orders that no index finds: or(mine,state.eq.x)",
        ),
        (
            "read: { rows: not.mine, columns: [id] }",
            "9 no_index: authenticated reads rows of orders that no index finds: not.mine",
        ),
        (
            "read: { rows: reader, columns: [id] }",
            "9 no_index: authenticated reads rows of orders that no index finds: reader",
        ),
        (
            "create: { columns: [memo] }",
            "9 no_check: authenticated creates rows of orders without a check, and nothing sets user_id",
        ),
        (
            "create: { columns: [memo, user_id], check: id=gt.0 }",
            "9 given_owner: authenticated creates rows of orders and may say whose they are: user_id",
        ),
        (
            "update: { rows: \"mine&state=eq.x\", columns: [state] }",
            "9 no_check: authenticated updates state of orders without a check, so that a row may leave the rows of the \
             grant",
        ),
        ("read: { rows: mine, columns: all }", "9 readable_secret: authenticated reads password_hash of orders"),
    ] {
        assert_eq!(lint(risky), [expected], "{risky}");
    }
}

#[test]
fn secrets_are_known_by_the_words_of_their_names() {
    for name in ["password", "password_hash", "passwordHash", "apiKey", "account_key", "PIN", "totp_secret"] {
        assert!(looks_secret(name), "{name}");
    }
    for name in ["id", "hashtag", "spinning", "key", "public_key", "passenger", "asset", "tokenised", ""] {
        assert!(!looks_secret(name), "{name}");
    }
}

#[test]
fn tests_of_a_file_are_requests() {
    let parse = |tests: &str| Permissions::parse(&format!("{FILE}tests:\n{tests}"), &catalog());
    let text =
        "  - { as: ada, role: agent, aal: aal2, request: PATCH /rest/v1/orders?id=eq.1, body: { memo: x }, rows: 1 }";
    let permissions = parse(text).unwrap();
    let case = &permissions.cases()[0];
    assert_eq!((case.method.as_str(), case.path.as_str()), ("PATCH", "/rest/v1/orders?id=eq.1"));
    assert_eq!((case.who.user.as_deref(), case.who.assurance.as_deref()), (Some("ada"), Some("aal2")));
    assert_eq!(case.body, Some(serde_json::json!({"memo": "x"})));
    for (wrong, expected) in [
        ("  - { request: /orders }", "line 21, column 16: a request is a method and a path"),
        ("  - { request: get /orders }", "line 21, column 16: a request is a method and a path"),
        ("  - { request: GET /o, role: agnt }", "line 21, column 30: there is no role agnt; did you mean agent?"),
        ("  - { request: GET /o, prefer: \"tx = commit\" }", "line 21, column 16: tests are rolled back"),
        ("  - { request: GET /o, row: 1 }", "unknown field"),
    ] {
        let error = parse(wrong).unwrap_err().to_string();
        assert!(error.contains(expected), "{wrong}: {error}");
    }
}
