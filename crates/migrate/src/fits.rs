//! What is asked of the rows before a column is altered: how many have a value that it will not take.
//!
//! A database says of such a value what it fails at, and seldom where it is. So a script counts first, by a query whose
//! comment says what is counted; whoever applies the script refuses it where there are some.

use mwallet_schema::{Column, ColumnType};

use super::change::{describe_column, is_narrower};
use super::convert::Conversion;
use super::script::Step;
use mwallet_db::schema_tools::quote;
use mwallet_db::{Dialect, schema_tools};

/// What stands before the query, and before the words for what it counts.
const NONE: &str = "mwallet: must be 0:";

/// What a statement counts that must not be, if it is such a query.
pub(super) fn counted(statement: &str) -> Option<&str> {
    let comments = statement.lines().map_while(|line| line.strip_prefix("--"));
    comments.map(str::trim).find_map(|line| line.strip_prefix(NONE)).map(str::trim)
}

/// The queries that come before the column of a table is altered. `place` is the table as SQL names it.
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
        // A name made of the column's could be longer than PostgreSQL takes.
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
