//! Lists the tables, views and sequences of a database, whoever created them.
//!
//! This distinguishes an unused database from one that belongs to another program. It changes nothing.

use mwallet_schema::{ColumnType, Value};

use super::history::TABLE;
use mwallet_db::{Dialect, Engine, Result, Sql};

/// Covers every schema but those of PostgreSQL itself. Excludes the objects of extensions, sequences of columns and
/// partitions, which belong to their tables, and the migration history.
const POSTGRES: &str = "
SELECT CASE n.nspname WHEN 'public' THEN c.relname::text ELSE n.nspname || '.' || c.relname END
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S') AND NOT c.relispartition
    AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
    AND c.oid IS DISTINCT FROM to_regclass($1)
    AND NOT EXISTS (
        SELECT FROM pg_depend d
        WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
            AND (d.deptype = 'e' OR c.relkind = 'S' AND d.deptype IN ('a', 'i')))
ORDER BY n.nspname <> 'public', n.nspname, c.relname";

/// Names that begin with `sqlite_` are SQLite's own.
const SQLITE: &str = "
SELECT name FROM sqlite_schema
WHERE type IN ('table', 'view') AND substr(name, 1, 7) <> 'sqlite_' AND name <> ?1
ORDER BY name";

/// Returns the names of tables, views and sequences, qualified if they are outside PostgreSQL's `public`.
pub(super) async fn take(engine: &Engine) -> Result<Vec<String>> {
    let sql = match engine.dialect() {
        Dialect::Postgres => POSTGRES,
        Dialect::Sqlite => SQLITE,
    };
    let mut session = engine.sessions().read_only().begin().await?;
    let sql = Sql::new(sql).bind(TABLE.to_owned()).returns("name", ColumnType::Text { max: None });
    let rows = session.run(sql).await?;
    session.roll_back().await?;
    let name = |value| match value {
        Value::Text(name) => Some(name),
        _ => None,
    };
    Ok(rows.into_iter().filter_map(|row| row.into_values().into_iter().next().and_then(name)).collect())
}
