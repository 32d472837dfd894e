//! How many rows a table has, told at a cost that does not grow with them: few are counted, of many the database has an
//! idea.

use mwallet_schema::{ColumnType, Table, Value};

use crate::Dialect;
use crate::columns::{OutputColumn, OutputKind};
use crate::ddl::table_name;
use crate::engine::Engine;
use crate::error::Result;
use crate::query::CatalogTable;
use crate::quote::quote;
use crate::statement::{Bind, Format, SearchPath, Statement};

/// The most rows that are counted one by one.
pub const MOST_COUNTED: u64 = 100_000;

/// How many rows there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowCount {
    /// So many: they were counted.
    Exact(u64),
    /// So many more or less, and more than [`MOST_COUNTED`]: the database estimates it.
    About(u64),
    /// More than so many; nobody knows how many more.
    MoreThan(u64),
}

/// How many rows a table has: counted up to [`MOST_COUNTED`], estimated beyond.
///
/// A view is asked like a table, and may take as long as it likes; it is for the caller to stop waiting.
///
/// # Errors
///
/// What the database says.
pub async fn row_count(engine: &Engine, relation: &CatalogTable) -> Result<RowCount> {
    let table = relation.table();
    // PostgreSQL has its idea ready; that of SQLite costs as much as to count.
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

/// What the numbers of rows tell of how many there are, or, where rows have none, what SQLite noted when somebody had
/// it look over the table. Either is an error where it is not there, and then says nothing.
async fn sqlite_estimate(engine: &Engine, table: &Table) -> Option<u64> {
    let numbers = ask(engine, rowids(table)).await.unwrap_or_default();
    if let Some(rows) = by_density(&numbers) {
        return Some(rows);
    }
    more(ask(engine, sqlite_statistics(table)).await.ok()?.first().copied())
}

/// Counts no further than is told exactly.
fn bounded_count(table: &Table) -> Statement {
    let sql = format!("SELECT count(*) FROM (SELECT 1 FROM {} LIMIT {}) AS rows", table_name(table), MOST_COUNTED + 1);
    numbers(table, sql, 1)
}

/// What PostgreSQL noted when it last looked over a table, or over the parts of one. It is less than 0 where it never
/// did.
fn postgres_estimate(table: &Table) -> Statement {
    let sql = "SELECT coalesce(sum(c.reltuples), 0)::int8 FROM pg_class c WHERE c.relkind <> 'p' AND (c.oid = \
               to_regclass($1) OR c.oid IN (SELECT relid FROM pg_partition_tree(to_regclass($1))))";
    // The name as SQL has it.
    Statement { binds: vec![text(table_name(table))], ..numbers(table, sql.to_owned(), 1) }
}

/// What `ANALYZE` noted of the rows of a table: the first number of each of its indexes, of which some may have a part
/// of the rows only.
fn sqlite_statistics(table: &Table) -> Statement {
    let sql = "SELECT max(CAST(stat AS INTEGER)) FROM sqlite_stat1 WHERE tbl = ?1";
    Statement { binds: vec![text(table.name.clone())], ..numbers(table, sql.to_owned(), 1) }
}

fn text(text: String) -> Bind {
    Bind { value: Value::Text(text), kind: ColumnType::Text { max: None } }
}

/// The first and the last number that SQLite gave to a row, and that of the last row that would be counted.
fn rowids(table: &Table) -> Statement {
    let name = table_name(table);
    // Each of these names stands for the number, unless a column has it.
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

/// How many rows there are where all numbers are as dense as the first: those that were deleted have left holes, and a
/// program may number rows as it likes.
fn by_density(numbers: &[i64]) -> Option<u64> {
    let &[first, last, counted] = numbers else { return None };
    let span = |to: i64| i128::from(to) - i128::from(first) + 1;
    let rows = (i128::from(MOST_COUNTED) * span(last)).checked_div(span(counted))?;
    more(i64::try_from(rows).ok())
}

/// A number of rows that is more than would be counted.
fn more(rows: Option<i64>) -> Option<u64> {
    rows.and_then(|rows| u64::try_from(rows).ok()).filter(|rows| *rows > MOST_COUNTED)
}

/// A statement about a table that answers one row of so many whole numbers.
fn numbers(table: &Table, sql: String, columns: usize) -> Statement {
    let column = OutputColumn { name: "rows".into(), kind: OutputKind::Column(ColumnType::BigInt) };
    let mut statement = Statement::new(sql);
    statement.columns = vec![column; columns].into();
    statement.search_path = SearchPath::of_schema(table.schema.as_deref());
    statement
}

/// The numbers that a statement answers, up to the first that is missing.
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
        // Numbers over all that there are.
        assert_eq!(by_density(&[i64::MIN, i64::MAX, 0]), Some(199_999));
        assert_eq!(by_density(&[1, 1, 1]), None);
        assert_eq!(by_density(&[1, 2]), None);
    }
}
