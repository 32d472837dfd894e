//! Row counts at a bounded cost: small tables are counted, large ones are estimated.

use mwallet_schema::{ColumnType, Table, Value};

use crate::Dialect;
use crate::catalog::CatalogTable;
use crate::columns::{OutputColumn, OutputKind};
use crate::ddl::table_name;
use crate::engine::Engine;
use crate::error::Result;
use crate::quote::quote;
use crate::statement::{Bind, Format, SearchPath, Statement};

/// The maximum number of rows that are counted exactly.
pub const MOST_COUNTED: u64 = 100_000;

/// The number of rows of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowCount {
    /// The exact count.
    Exact(u64),
    /// The database's estimate, which is more than [`MOST_COUNTED`].
    About(u64),
    /// More than this many rows. No estimate is available.
    MoreThan(u64),
}

/// Returns the number of rows of a table: exact up to [`MOST_COUNTED`], estimated above.
///
/// A view is counted like a table and may be slow. Timeouts are up to the caller.
///
/// # Errors
///
/// Returns an error if the database reports one.
pub async fn row_count(engine: &Engine, relation: &CatalogTable) -> Result<RowCount> {
    let table = relation.table();
    // PostgreSQL's estimate is cheap; SQLite's costs as much as counting.
    if engine.dialect() == Dialect::Postgres
        && let Some(rows) = more(ask(engine, postgres_estimate(table)).await?.first().copied())
    {
        return Ok(RowCount::About(rows));
    }
    let counted = ask(engine, bounded_count(table)).await?;
    let counted = counted.first().and_then(|rows| u64::try_from(*rows).ok()).unwrap_or(0);
    if counted <= MOST_COUNTED {
        return Ok(RowCount::Exact(counted));
    }
    let estimated = match engine.dialect() {
        Dialect::Postgres => None,
        Dialect::Sqlite => sqlite_estimate(engine, table).await,
    };
    Ok(estimated.map_or(RowCount::MoreThan(MOST_COUNTED), RowCount::About))
}

/// Estimates the number of rows by their rowids, or, for tables without rowids, by the statistics of `ANALYZE`. Both
/// queries fail if their source does not exist, which means no estimate.
async fn sqlite_estimate(engine: &Engine, table: &Table) -> Option<u64> {
    let numbers = ask(engine, rowids(table)).await.unwrap_or_default();
    if let Some(rows) = by_density(&numbers) {
        return Some(rows);
    }
    more(ask(engine, sqlite_statistics(table)).await.ok()?.first().copied())
}

/// Counts rows, stopping just above [`MOST_COUNTED`].
fn bounded_count(table: &Table) -> Statement {
    let sql = format!("SELECT count(*) FROM (SELECT 1 FROM {} LIMIT {}) AS rows", table_name(table), MOST_COUNTED + 1);
    numbers(table, sql, 1)
}

/// Reads PostgreSQL's estimate for a table or its partitions. It is negative if the table was never analyzed.
fn postgres_estimate(table: &Table) -> Statement {
    let sql = "SELECT coalesce(sum(c.reltuples), 0)::int8 FROM pg_class c WHERE c.relkind <> 'p' AND (c.oid = \
               to_regclass($1) OR c.oid IN (SELECT relid FROM pg_partition_tree(to_regclass($1))))";
    // `to_regclass` takes the name as written in SQL.
    Statement { binds: vec![text(table_name(table))], ..numbers(table, sql.to_owned(), 1) }
}

/// Reads the row count that `ANALYZE` stored for each index of a table. Partial indexes have fewer rows, so take the
/// maximum.
fn sqlite_statistics(table: &Table) -> Statement {
    let sql = "SELECT max(CAST(stat AS INTEGER)) FROM sqlite_stat1 WHERE tbl = ?1";
    Statement { binds: vec![text(table.name.clone())], ..numbers(table, sql.to_owned(), 1) }
}

fn text(text: String) -> Bind {
    Bind { value: Value::Text(text), kind: ColumnType::Text { max: None } }
}

/// Reads the first rowid, the last one, and that of the row number [`MOST_COUNTED`].
fn rowids(table: &Table) -> Statement {
    let name = table_name(table);
    // These names are aliases of the rowid unless a column uses them.
    let is_free = |name: &&str| !table.columns.iter().any(|column| column.name.eq_ignore_ascii_case(name));
    let rowid = ["rowid", "_rowid_", "oid"].into_iter().find(is_free).unwrap_or("rowid");
    let rowid = format!("{name}.{}", quote(rowid));
    let sql = format!(
        "SELECT (SELECT min({rowid}) FROM {name}), (SELECT max({rowid}) FROM {name}), \
         (SELECT {rowid} FROM {name} ORDER BY {rowid} LIMIT 1 OFFSET {})",
        MOST_COUNTED - 1
    );
    numbers(table, sql, 3)
}

/// Estimates the row count, assuming that all rowids are as dense as the first ones. Deletes and explicit rowids
/// leave gaps.
fn by_density(numbers: &[i64]) -> Option<u64> {
    let &[first, last, counted] = numbers else { return None };
    let span = |to: i64| i128::from(to) - i128::from(first) + 1;
    let rows = (i128::from(MOST_COUNTED) * span(last)).checked_div(span(counted))?;
    more(i64::try_from(rows).ok())
}

/// Returns the number if it is more than [`MOST_COUNTED`].
fn more(rows: Option<i64>) -> Option<u64> {
    rows.and_then(|rows| u64::try_from(rows).ok()).filter(|rows| *rows > MOST_COUNTED)
}

/// Returns a statement that selects one row of integer columns.
fn numbers(table: &Table, sql: String, columns: usize) -> Statement {
    let column = OutputColumn { name: "rows".into(), kind: OutputKind::Column(ColumnType::BigInt) };
    let mut statement = Statement::new(sql);
    statement.columns = vec![column; columns].into();
    statement.search_path = SearchPath::of_schema(table.schema.as_deref());
    statement
}

/// Returns the integers of the result, up to the first null.
async fn ask(engine: &Engine, statement: Statement) -> Result<Vec<i64>> {
    let rows = engine.read(statement, Format::Values).await?.into_values();
    let number = |value: Value| if let Value::Int(number) = value { Some(number) } else { None };
    Ok(rows.into_iter().flatten().map_while(number).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_estimated_by_how_dense_their_numbers_are() {
        assert_eq!(by_density(&[1, 250_000, 100_000]), Some(250_000));
        // Every other row was deleted.
        assert_eq!(by_density(&[2, 500_000, 200_000]), Some(250_000));
        // Rowids over the whole range.
        assert_eq!(by_density(&[i64::MIN, i64::MAX, 0]), Some(199_999));
        assert_eq!(by_density(&[1, 1, 1]), None);
        assert_eq!(by_density(&[1, 2]), None);
    }
}
