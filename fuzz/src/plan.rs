//! Requests to the tables of a fixed catalog: `films/7?select=title`, as a path of the data plane and its parameters.
//!
//! Each request is planned as every operation, for a client that sees everything and for one that does not, and written
//! for both engines.

use std::fmt::Debug;
use std::sync::LazyLock;

use mwallet_db::schema::{Record, Table, Value};
use mwallet_db::{
    Aggregate, Columns, Dialect, Identifier, OnConflict, OutputKind, Plan, PlanError, Projection, Query, QueryArgs,
    Scope, ScopedTable, SystemSources, TableRef,
};

use super::catalog::{CATALOG, SECRET, VEIL, VEILED, VEILED_ROWS, is_secret, is_veiled};
use super::sql_text::{Allowed, Token};
use super::url;

static ALLOWED: LazyLock<Allowed> = LazyLock::new(|| Allowed::of(CATALOG.tables().map(TableRef::table)));

/// Checks a request.
///
/// # Panics
///
/// Panics if a statement has anything that the data layer does not write by itself, or shows what the client may not
/// see.
pub fn check(input: &[u8]) {
    let Some((table, pairs, identifier)) = std::str::from_utf8(input).ok().and_then(request) else { return };
    let texts = pairs.iter().flat_map(|(name, value)| [name, value]).chain(&identifier).cloned();
    let request = Request { texts: texts.collect() };
    let args = match QueryArgs::parse(pairs, table) {
        Ok(args) => args,
        Err(error) => return request.check_error(&error, SECRET),
    };
    let query = Query { identifier: identifier.map(|text| Identifier::parse(&text)), ..args.query.clone() };
    request.check_reads(table, &query);
    for is_veiled in [false, true] {
        let at = scoped(table, is_veiled);
        for plan in [
            Plan::aggregate(at, &query, &[Aggregate::Count]),
            Plan::update(at, &written(&query), changes(table.table()), &SystemSources),
            Plan::delete(at, &written(&query)),
        ] {
            request.check_planned(plan, table.table(), is_veiled);
        }
        for on_conflict in conflicts(&args) {
            match insert(at, &query, &on_conflict) {
                Ok(plan) => check_text(&plan),
                Err(error) => assert!(!error.to_string().is_empty()),
            }
        }
    }
}

/// Checks the reads of a document, by every table of the catalog.
///
/// # Panics
///
/// Panics as [`check`] does.
pub fn check_document(document: &[u8]) {
    let request = Request { texts: vec![String::from_utf8_lossy(document).into_owned()] };
    for table in CATALOG.tables() {
        match QueryArgs::from_json(document, table.table()) {
            Ok(args) => request.check_reads(table, &args.query),
            Err(error) => return request.check_error(&error, SECRET),
        }
    }
}

fn scoped(table: TableRef<'static>, is_veiled: bool) -> ScopedTable<'static> {
    ScopedTable::new(table, if is_veiled { Scope::Granted(&VEIL) } else { Scope::Client })
}

type Pairs = Vec<(String, String)>;

/// Splits a request into its table, parameters and identifier.
fn request(text: &str) -> Option<(TableRef<'static>, Pairs, Option<String>)> {
    let (path, query) = text.split_once('?').unwrap_or((text, ""));
    let (name, identifier) = path.split_once('/').map_or((path, None), |(name, row)| (name, Some(row)));
    let name = url::decode(name)?;
    let table = CATALOG.tables().find(|table| table.table().name == name)?;
    let identifier = identifier.map(|row| url::decode(row).map(Into::into));
    Some((table, url::pairs(query)?, if let Some(row) = identifier { Some(row?) } else { None }))
}

/// The query of a write, which has no related rows and no page.
fn written(query: &Query) -> Query {
    Query { related: Vec::new(), skip: 0, limit: None, ..query.clone() }
}

/// A change of the table's second column, which is not hidden.
fn changes(table: &Table) -> Record {
    let mut changes = Record::new();
    if let Some(column) = table.columns.get(1) {
        changes.set(column.name.clone(), Value::parse(&column.kind, "1").unwrap_or(Value::Null));
    }
    changes
}

/// What an insert may do with rows that exist.
fn conflicts(args: &QueryArgs) -> [OnConflict; 3] {
    let (target, columns) = (args.on_conflict.clone(), args.columns.clone().unwrap_or_default());
    [OnConflict::Error, OnConflict::Ignore { target: target.clone() }, OnConflict::Merge { target, columns }]
}

fn insert(at: ScopedTable<'static>, query: &Query, on_conflict: &OnConflict) -> Result<Plan<'static>, PlanError> {
    let new = at.table().columns.iter().filter(|column| column.name == VEILED_ROWS);
    let mut record = Record::new();
    new.for_each(|column| record.set(column.name.clone(), 1));
    let fields = if query.related.is_empty() { query.fields.clone() } else { Projection::All };
    Plan::insert(at, vec![record], &fields, &SystemSources)?.on_conflict(at, on_conflict)
}

/// The decoded texts of a request.
struct Request {
    texts: Vec<String>,
}

impl Request {
    /// Checks the plans that read the rows of a query and count them.
    fn check_reads(&self, table: TableRef<'static>, query: &Query) {
        for is_veiled in [false, true] {
            let at = scoped(table, is_veiled);
            for plan in [Plan::select(at, query), Plan::count(at, query)] {
                self.check_planned(plan, table.table(), is_veiled);
            }
        }
    }

    fn check_planned(&self, plan: Result<Plan<'_>, PlanError>, table: &Table, is_veiled: bool) {
        match plan {
            Ok(plan) => check_plan(&plan, table, is_veiled),
            Err(error) => self.check_error(&error, if is_veiled { VEILED } else { SECRET }),
        }
    }

    /// Checks that an error names no column that begins so, unless the client did.
    fn check_error(&self, error: &(impl Debug + ToString), hidden: &str) {
        let shown = format!("{error:?} {}", error.to_string());
        let is_named = shown.contains(hidden) && !self.texts.iter().any(|text| text.contains(hidden));
        assert!(!is_named, "an error shows what is hidden: {shown}");
    }
}

/// Checks the texts of both engines, without what a client may see.
fn check_text(plan: &Plan<'_>) {
    for dialect in [Dialect::Postgres, Dialect::Sqlite] {
        // SQLite cannot do everything.
        let Ok(statement) = plan.clone().statement(dialect) else { continue };
        ALLOWED.check(statement.sql(), dialect, statement.parameters());
    }
}

fn check_plan(plan: &Plan<'_>, table: &Table, with_veil: bool) {
    assert!(!plan.explain().is_empty());
    for dialect in [Dialect::Postgres, Dialect::Sqlite] {
        let Ok(statement) = plan.clone().statement(dialect) else { continue };
        let sql = statement.sql();
        let tokens = ALLOWED.check(sql, dialect, statement.parameters());
        check_output(statement.columns(), with_veil, sql);
        check_names(&tokens, table, with_veil, sql);
    }
}

/// Checks that no column of the output is hidden, under any name and at any depth.
fn check_output(columns: &Columns, with_veil: bool, sql: &str) {
    for column in columns.iter() {
        match &column.kind {
            OutputKind::Column(kind) => {
                let is_hidden = is_secret(kind) || (with_veil && is_veiled(kind));
                assert!(!is_hidden, "{} is returned by {sql}", column.name);
            }
            OutputKind::Related(related) => check_output(&related.columns, with_veil, sql),
            OutputKind::Number => {}
        }
    }
}

/// Checks that a statement names no hidden column but in the condition of the scope, and has that for each table.
fn check_names(tokens: &[Token<'_>], table: &Table, with_veil: bool, sql: &str) {
    let (mut tables, mut conditions) = (0, 0);
    for (index, token) in tokens.iter().enumerate() {
        let Token::Name(name) = token else { continue };
        let before = index.checked_sub(1).and_then(|before| tokens.get(before));
        if before.is_some_and(|token| ["FROM", "JOIN", "UPDATE"].iter().any(|word| token.is(word))) {
            tables += 1;
        }
        let is_secret = name.starts_with(SECRET) || table.column(name).is_some_and(|column| !column.is_readable());
        assert!(!is_secret, "the secret column {name} is named: {sql}");
        if with_veil && name.starts_with(VEILED) {
            let is_condition = name == VEILED_ROWS && tokens.get(index + 1).is_some_and(|token| token.is("BETWEEN"));
            assert!(is_condition, "the veiled column {name} is named: {sql}");
            conditions += 1;
        }
    }
    // A write names the condition twice where its filter can fail.
    assert!(!with_veil || tables <= conditions, "{tables} tables are read with {conditions} conditions: {sql}");
}
