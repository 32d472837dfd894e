//! Returns the statements that recreate the schema, which SQLite stores as they were written.

use crate::Script;
use crate::row_reader::ask;
use mwallet_db::{Result, Session, Sql};

/// The start of the script.
const HEAD: &str = "-- This script has no rows and no settings of the file.\n";

/// Excludes objects that SQLite creates itself, and shadow tables of virtual tables.
const SQL: &str = "
SELECT s.sql FROM sqlite_schema s LEFT JOIN pragma_table_list l ON l.name = s.name AND l.schema = 'main'
WHERE s.sql IS NOT NULL AND s.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND coalesce(l.type, '') <> 'shadow'
ORDER BY CASE s.type WHEN 'table' THEN 1 WHEN 'view' THEN 2 WHEN 'index' THEN 3 ELSE 4 END, s.rowid";

pub(crate) async fn script(session: &mut Session) -> Result<Script> {
    let mut sql = String::from(HEAD);
    for mut statement in ask(session, Sql::new(SQL), "t").await? {
        sql.push_str(&format!("\n{};\n", statement.text()?.trim_end()));
    }
    Ok(Script { sql, left_out: Vec::new() })
}
