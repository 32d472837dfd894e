//! Stores the applied migrations in a table of the database, which is never exposed to clients.

use std::sync::OnceLock;

use mwallet_schema::{Column, ColumnType, Record, Table, Timestamp, Value};

use mwallet_db::{Dialect, Engine, Error, Filter, Query, Result, Row, Session, Sql, crud, schema_tools};

/// The name of the table.
pub(crate) const TABLE: &str = "_mwallet_migrations";

/// The advisory lock that keeps two programs from migrating a database at once.
const LOCK: i64 = 0x6d_77_61_6c_6c_65_75;

/// A migration that was applied or started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) version: u64,
    pub(super) name: String,
    pub(super) checksum: String,
    pub(super) at: Timestamp,
    /// Whether it is unfinished: statements that run one by one, or rows, remain.
    pub(super) is_begun: bool,
    /// The number of statements that were run one by one.
    pub(super) statements: u64,
    /// The position at which its function stopped.
    pub(super) place: Option<String>,
}

/// Returns the entry of a version.
pub(super) fn find(entries: &[Entry], version: u64) -> Option<&Entry> {
    entries.iter().find(|entry| entry.version == version)
}

/// Returns whether a version must still be applied or finished.
pub(super) fn is_due(entries: &[Entry], version: u64) -> bool {
    find(entries, version).is_none_or(|entry| entry.is_begun)
}

/// Loads the history of a database.
pub(super) async fn load(engine: &Engine) -> Result<Vec<Entry>> {
    let mut session = engine.sessions().read_only().begin().await?;
    let entries = read(&mut session).await?;
    session.roll_back().await?;
    Ok(entries)
}

fn table() -> &'static Table {
    static MADE: OnceLock<Table> = OnceLock::new();
    MADE.get_or_init(|| {
        let text = |max| ColumnType::Text { max };
        let mut table = Table::new(TABLE);
        table.columns = vec![
            Column::new("version", ColumnType::BigInt),
            Column::new("name", text(None)),
            Column::new("checksum", text(None)),
            Column::new("applied_at", ColumnType::Timestamp),
            Column::new("is_begun", ColumnType::Boolean),
            Column::new("statements", ColumnType::BigInt),
            Column::new("place", text(None)).nullable(),
        ];
        table.primary_key = vec!["version".into()];
        table
    })
}

/// Returns the statements that create the table.
pub(super) fn statements(dialect: Dialect) -> Vec<String> {
    mwallet_db::create_statements(&[table()], dialect)
}

/// Waits until no other program is migrating the database. SQLite has only one writer anyway.
pub(super) async fn lock(session: &mut Session) -> Result<()> {
    if session.engine().dialect() == Dialect::Postgres {
        schema_tools::run_plain(session, &format!("SELECT pg_advisory_xact_lock({LOCK})")).await?;
    }
    Ok(())
}

/// Returns whether the table exists.
async fn exists(session: &mut Session) -> Result<bool> {
    let sql = match session.engine().dialect() {
        Dialect::Postgres => "SELECT 1::int8 FROM pg_class WHERE oid = to_regclass($1)",
        Dialect::Sqlite => "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1",
    };
    let rows = session.run(Sql::new(sql).bind(TABLE.to_owned()).returns("one", ColumnType::BigInt)).await?;
    Ok(!rows.is_empty())
}

/// Creates the table if it does not exist.
pub(super) async fn create(session: &mut Session) -> Result<()> {
    if exists(session).await? {
        return Ok(());
    }
    for sql in statements(session.engine().dialect()) {
        schema_tools::run_plain(session, &sql).await?;
    }
    Ok(())
}

/// Reads the entries by version; none if there is no table.
pub(super) async fn read(session: &mut Session) -> Result<Vec<Entry>> {
    if !exists(session).await? {
        return Ok(Vec::new());
    }
    let rows = crud::list(session, table(), &Query::new().order_asc("version")).await?;
    rows.into_iter().map(entry).collect()
}

fn entry(row: Row) -> Result<Entry> {
    let mut map = row.into_map();
    let mut take = |name: &str| map.remove(name).unwrap_or(Value::Null);
    let wrong = || Error::Config(format!("the table {TABLE} was changed by another program"));
    let number = |value: Value| match value {
        Value::Int(number) => u64::try_from(number).ok(),
        _ => None,
    };
    let text = |value: Value| match value {
        Value::Text(text) => Some(text),
        _ => None,
    };
    Ok(Entry {
        version: number(take("version")).ok_or_else(wrong)?,
        name: text(take("name")).ok_or_else(wrong)?,
        checksum: text(take("checksum")).ok_or_else(wrong)?,
        at: match take("applied_at") {
            Value::Timestamp(at) => at,
            _ => return Err(wrong()),
        },
        is_begun: take("is_begun") == Value::Bool(true),
        statements: number(take("statements")).ok_or_else(wrong)?,
        place: text(take("place")),
    })
}

fn of_version(version: u64) -> Result<Query> {
    let version = i64::try_from(version).map_err(|_| Error::Config(format!("{version} is not a version")))?;
    Ok(Query::new().filter(Filter::eq("version", version)))
}

/// Inserts or replaces an entry.
pub(super) async fn record(session: &mut Session, entry: &Entry) -> Result<()> {
    remove(session, entry.version).await?;
    let mut record = Record::new();
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    record.set("version", number(entry.version));
    record.set("name", entry.name.clone());
    record.set("checksum", entry.checksum.clone());
    record.set("applied_at", Value::Timestamp(entry.at));
    record.set("is_begun", entry.is_begun);
    record.set("statements", number(entry.statements));
    record.set("place", entry.place.clone().map_or(Value::Null, Value::Text));
    crud::create(session, table(), record).await.map(drop)
}

/// Removes the entry of a version.
pub(super) async fn remove(session: &mut Session, version: u64) -> Result<()> {
    crud::delete(session, table(), &of_version(version)?).await.map(drop)
}
