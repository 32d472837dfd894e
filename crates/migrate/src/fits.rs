//! Counts the values that a changed column would no longer accept, before it is changed.
//!
//! The error of a database names such a value, but seldom its row. So a script counts first, with a query whose
//! comment says what is counted. The runner rejects the script if the count is not 0.

use mwallet_schema::{Column, ColumnType};

use super::change::{describe_column, is_narrower};
use super::convert::Conversion;
use super::script::Step;
use mwallet_db::schema_tools::quote;
use mwallet_db::{Dialect, schema_tools};

/// The comment before the query. The description of what it counts follows.
const NONE: &str = "mwallet: must be 0:";

/// Returns the description of what a statement counts, if it is such a query.
pub(super) fn counted(statement: &str) -> Option<&str> {
    let comments = statement.lines().map_while(|line| line.strip_prefix("--"));
    comments.map(str::trim).find_map(|line| line.strip_prefix(NONE)).map(str::trim)
}

/// Returns the queries that run before a column is changed. `place` is the table as quoted for SQL.
pub(super) fn steps(
    place: &str,
    table: &str,
    (from, to): (&Column, &Column),
    labels: &[(String, String)],
    dialect: Dialect,
) -> Vec<Step> {
    let name = quote(&to.name);
    let step = |what: String, query: String| {
        let what = what.replace(['\n', '\r'], " ");
        Step::noted(format!("{NONE} {what}"), format!("SELECT count(*) FROM {query}"))
    };
    let mut steps = Vec::new();
    if from.nullable && !to.nullable && schema_tools::column_default(to, dialect).is_none() {
        steps.push(step(format!("rows of {table} have no {}", to.name), format!("{place} WHERE {name} IS NULL")));
    }
    let is_native = |column: &Column| matches!(column.kind, ColumnType::Native(_));
    if is_narrower(from, to, labels) && !is_native(from) && !is_native(to) {
        // A name derived from the column's could be too long for PostgreSQL.
        let was = if to.name.eq_ignore_ascii_case("was") { "before" } else { "was" };
        let value = Conversion { name: &name, from: &from.kind, to: &to.kind, labels }.fitting(dialect);
        let check =
            schema_tools::column_check(to, dialect).map(|check| format!(" OR NOT ({check})")).unwrap_or_default();
        let query = format!(
            "(SELECT {name} AS {was}, {value} AS {name} FROM {place}) AS found WHERE {was} IS NOT NULL AND ({name} \
             IS NULL{check})"
        );
        steps.push(step(format!("values of {table}.{} do not fit: {}", to.name, describe_column(to)), query));
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_stands_in_a_comment_before() {
        assert_eq!(counted("-- read this\n-- mwallet: must be 0: rows of a\nSELECT 1"), Some("rows of a"));
        for other in ["SELECT 1 -- mwallet: must be 0: x", "SELECT 1\n-- mwallet: must be 0: x", ""] {
            assert_eq!(counted(other), None, "{other}");
        }
    }
}
