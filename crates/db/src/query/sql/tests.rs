//! The SQL of plans in both dialects.

use std::sync::Arc;

use mwallet_schema::{Access, Column, ColumnDefault, ColumnType, NativeType, ReferentialAction, Table};

use super::*;
use crate::catalog::{Catalog, CatalogTable, TableRef};
use crate::query::{
    Caller, Comparison, Filter, Grant, Grants, Operand, Order, PlanError, Projection, Query, Related, Scope,
};

#[test]
fn what_is_kept_is_what_the_plan_says() {
    let mut table = table("coins", &["id", "slug"]);
    table.columns.push(Column::new("secret", ColumnType::Text { max: None }).access(Access::WriteOnly));
    table.add_unique(&["slug"]);
    let coins = CatalogTable::new(table);
    // The first dialect fills the cache.
    for dialect in [Dialect::Sqlite, Dialect::Postgres, Dialect::Sqlite] {
        for query in [
            Query::new().identifier(7),
            Query::new().identifier("bitcoin"),
            Query::new().identifier("dash"),
            Query::new().filter(Filter::eq("slug", "dash")),
            Query::new().filter(Filter::eq("slug", "dash")).order_desc("id"),
            Query::new().filter(Filter::eq("slug", "dash")).limit(0),
            Query::new().filter(Filter::compare("id", Comparison::Gt, 4)),
            Query::new(),
        ] {
            // What the program sees is another statement, whatever is kept for clients.
            let seen: [ScopedTable<'_>; 2] = [(&coins).into(), ScopedTable::new((&coins).into(), Scope::Program)];
            for table in seen {
                let plan = Plan::select(table, &query).unwrap();
                let (own, kept) =
                    (plan.clone().statement(dialect).unwrap(), plan.statement_for(table, dialect).unwrap());
                let parts =
                    |statement: &Statement| (statement.sql.clone(), statement.binds.clone(), statement.is_lookup);
                assert_eq!(parts(&kept), parts(&own), "{query:?}");
                assert_eq!(kept.columns, own.columns, "{query:?}");
            }
        }
    }
}

fn table(name: &str, columns: &[&str]) -> Table {
    let mut table = Table::new(name);
    for column in columns {
        let kind = if column.ends_with("id") { ColumnType::BigInt } else { ColumnType::Text { max: None } };
        table.columns.push(Column::new(*column, kind).nullable());
    }
    table.primary_key = vec![columns[0].into()];
    table
}

/// Films of directors, and actors in films by roles.
fn films() -> Catalog {
    let mut films = table("films", &["id", "title", "director_id"]);
    films.add_foreign_key(&["director_id"], "directors", &["id"], ReferentialAction::NoAction);
    let mut roles = table("roles", &["film_id", "actor_id", "name"]);
    roles.primary_key.push("actor_id".into());
    roles.add_foreign_key(&["film_id"], "films", &["id"], ReferentialAction::NoAction);
    roles.add_foreign_key(&["actor_id"], "actors", &["id"], ReferentialAction::NoAction);
    Catalog::new([films, roles, table("directors", &["id", "name"]), table("actors", &["id", "name"])])
}

/// The plan of a query, and its SQL in both dialects.
fn sql(what: &str, table: ScopedTable<'_>, query: &Query) -> String {
    format!("{what}\n\n{}\n", Plan::select(table, query).unwrap().explain())
}

fn title() -> Query {
    Query::new().include(["title"])
}

fn name() -> Query {
    Query::new().include(["name"])
}

#[test]
fn related_rows_are_subqueries() {
    let catalog = films();
    let sql = |what: &str, table, query: &Query| sql(what, catalog.get(None, table).unwrap().into(), query);
    let last = title().filter(Filter::like("title", "A%")).order_desc("title").limit(2);
    let none = Related::new("directors", Query::new().include::<&str>([]));
    let by_name = Order { relation: Some("directors".into()), ..Query::new().order_desc("name").order[0].clone() };
    let actors = Related { is_inner: true, ..Related::new("actors", name().skip(1)) };
    let nested = Related::new("films", title().related(Related::new("actors", name())));
    insta::assert_snapshot!(
        [
            sql("one row", "films", &title().related(Related::new("directors", name()))),
            sql("a page of each", "directors", &name().related(Related::new("films", last)).order_asc("name").limit(5)),
            sql("through a junction, required", "films", &title().related(actors)),
            sql(
                "ordered and filtered by related rows",
                "films",
                &title().related(none).order(by_name).filter(!Filter::is_null("directors") | Filter::eq("title", "x")),
            ),
            sql("two levels", "directors", &name().related(nested)),
        ]
        .concat()
    );
}

/// Shows all columns but names, of rows whose ID is 1.
fn only_first(catalog: &Catalog) -> Caller {
    let mut grants = Grants::default();
    for table in catalog.tables().map(TableRef::table) {
        let names = table.columns.iter().map(|column| column.name.as_str()).filter(|name| *name != "name");
        let rows = Some(Filter::eq(&table.columns[0].name, 1));
        grants.table(None, &table.name).read.push(Grant { rows, ..Grant::of_columns(names) });
    }
    Caller { grants: grants.into(), ..Caller::default() }
}

#[test]
fn a_scope_restricts_every_table_of_a_plan() {
    let catalog = films();
    let caller = only_first(&catalog);
    let table = ScopedTable::new(catalog.get(None, "films").unwrap(), Scope::Granted(&caller));
    // LIKE counts as a condition that can fail, so rows outside the scope must be gone before it.
    let query = Query::new().filter(Filter::like("title", "A%")).related(Related::new("actors", Query::new()));
    let without = Query { filter: Some(Filter::eq("title", "A")), ..query.clone() };
    insta::assert_snapshot!([sql("can fail", table, &query), sql("cannot fail", table, &without)].concat());
    let hidden = Query::new().related(Related::new("actors", Query::new().filter(Filter::eq("name", "x"))));
    let error = Plan::select(table, &hidden).unwrap_err();
    assert_eq!(error, PlanError::UnknownColumn { table: "actors".into(), column: "name".into(), suggestion: None });
}

/// SQLite would put the list into a table of its own, for each statement.
#[test]
fn short_lists_of_grants_are_compared_one_by_one_on_sqlite() {
    let catalog = films();
    let sql = |count: i64, dialect| {
        let mut grants = Grants::default();
        let rows = Some(Filter::in_("id", 1..=count));
        grants.table(None, "films").read.push(Grant { rows, ..Grant::of_columns(["id"]) });
        let caller = Caller { grants: grants.into(), ..Caller::default() };
        let at = ScopedTable::new(catalog.get(None, "films").unwrap(), Scope::Granted(&caller));
        Plan::select(at, &Query::new()).unwrap().statement(dialect).unwrap().sql().to_string()
    };
    let compared = |count| sql(count, Dialect::Sqlite).matches(" = ?").count();
    assert_eq!([2, 3, 8, 9].map(compared), [0, 3, 8, 0]);
    assert!(sql(3, Dialect::Postgres).contains("= ANY($1)"), "{}", sql(3, Dialect::Postgres));
}

/// Rows outside the scope are left out first only where a condition can fail on one: an index serves both together.
#[test]
fn what_cannot_fail_is_asked_together_with_the_scope() {
    let mut table = Table::new("invoices");
    let native = |name: &str| ColumnType::Native(NativeType::declared(name).into());
    table.columns.push(Column::new("id", native("INTEGER")));
    table.columns.push(Column::new("total", native("NUMERIC(10,2)")).nullable());
    table.columns.push(Column::new("name", native("TEXT")).nullable());
    let computed = ColumnDefault::Database("GENERATED ALWAYS".into());
    table.columns.push(Column::new("computed", native("INTEGER")).nullable().default(computed));
    let catalog = Catalog::new([table]);
    let mut grants = Grants::default();
    grants.table(None, "invoices").read.push(Grant { rows: Some(Filter::eq("id", 7)), ..Grant::all() });
    let caller = Caller { grants: grants.into(), ..Caller::default() };
    let at = ScopedTable::new(catalog.get(None, "invoices").unwrap(), Scope::Granted(&caller));
    let is_behind = |filter: Filter| {
        let plan = Plan::select(at, &Query::new().filter(filter)).unwrap();
        plan.statement(Dialect::Sqlite).unwrap().sql().contains("OFFSET")
    };
    assert!(!is_behind(Filter::compare("id", Comparison::Gte, 5) & Filter::in_("total", ["1.5", "2"])));
    assert!(is_behind(Filter::eq("computed", 5)));
    assert!(is_behind(Filter::like("name", "1%")));
}

#[test]
fn a_masked_cell_is_compared_beside_its_condition_and_read_within_it() {
    let mut catalog = Vec::from_iter(films().tables().map(|table| table.table().clone()));
    catalog.push(table("fans", &["fan_id", "film_id"]));
    let catalog = Catalog::new(catalog);
    let mut grants = Grants::default();
    let fan = Filter::eq("fan_id", Operand::Caller("id".into())) & Filter::eq("film_id", Operand::Row("id".into()));
    let fan = Filter::ExistsIn { schema: None, table: "fans".into(), filter: Box::new(fan) };
    grants.table(None, "films").read.push(Grant { rows: Some(Filter::eq("title", "A")), ..Grant::of_columns(["id"]) });
    grants.table(None, "films").read.push(Grant { rows: Some(fan), ..Grant::all() });
    grants.table(None, "directors").read.push(Grant::all());
    let caller =
        Caller { grants: grants.into(), values: Arc::new([("id".into(), Value::Int(7))].into()), ..Caller::default() };
    let at = ScopedTable::new(catalog.get(None, "films").unwrap(), Scope::Granted(&caller));
    let query = Query::new().include(["id"]);
    let not = |filter: Filter| query.clone().filter(!filter);
    insta::assert_snapshot!(
        [
            sql("read", at, &query.clone().include(["title"]).order_asc("title")),
            sql("compared", at, &query.clone().filter(Filter::eq("title", "B"))),
            sql("not compared", at, &not(Filter::eq("title", "B") & Filter::eq("id", 1))),
            sql("null", at, &query.clone().filter(Filter::is_null("title"))),
            sql("not null", at, &not(Filter::is_null("title"))),
            sql("can fail", at, &not(Filter::like("title", "B%"))),
            sql("joined", at, &query.clone().related(Related::new("directors", Query::new()))),
        ]
        .concat()
    );
}

#[test]
fn a_hidden_column_names_no_row() {
    let coins = |access| {
        let mut table = table("coins", &["number_id"]);
        for (name, kind) in [("slug", ColumnType::Text { max: None }), ("uuid", ColumnType::Uuid)] {
            table.columns.push(Column::new(name, kind).access(access));
        }
        CatalogTable::new(table)
    };
    let uuid = "01890a5d-ac96-774b-bcce-b302099a8057";
    let (shown, secret) = (coins(Access::ReadWrite), coins(Access::WriteOnly));
    for (identifier, by) in [("bitcoin", "a slug"), (uuid, "a UUID")] {
        let query = Query::new().identifier(identifier);
        assert!(Plan::select(&shown, &query).is_ok() && Plan::delete(&shown, &query).is_ok());
        let refused = PlanError::Identifier { table: "coins".into(), by };
        assert_eq!(Plan::select(&secret, &query), Err(refused.clone()));
        assert_eq!(Plan::delete(&secret, &query), Err(refused));
        // The program itself sees it.
        assert!(Plan::select(ScopedTable::new((&secret).into(), Scope::Program), &query).is_ok());
    }
}

#[test]
fn names_in_the_output_are_unique() {
    let spread = |related| Related { is_spread: true, ..related };
    let catalog = films();
    let plan = |query: &Query| Plan::select(catalog.get(None, "films").unwrap(), query).map(drop);
    let same = |name: &str| {
        let (parameter, message) = ("select".into(), format!("two columns would be named {name}"));
        Err(PlanError::Syntax { parameter, message, hint: Some("name one of them: select=other:column") })
    };
    let directors = Related::new("directors", Query::new());
    assert_eq!(plan(&Query::new().related(spread(directors.clone()))), same("id"));
    assert_eq!(plan(&title().related(Related { name: "title".into(), ..directors.clone() })), same("title"));
    assert_eq!(plan(&title().related(spread(directors.clone()))), Ok(()));
    let nothing = Query { fields: Projection::Include(Vec::new()), ..Query::new() };
    assert_eq!(plan(&title().related(Related { name: "title".into(), ..Related::new("directors", nothing) })), Ok(()));
    let twice = plan(&title().related(directors.clone()).related(directors)).unwrap_err();
    assert_eq!(twice.to_string(), "select: directors is selected twice");
}
