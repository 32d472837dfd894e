//! The execution plan of a read: how the database would find its rows, instead of the rows.

use mwallet_schema::json::write_string;
use mwallet_schema::{ColumnType, NativeType, Transfer, Value};

use std::sync::Arc;

use crate::Dialect;
use crate::columns::{OutputColumn, OutputKind};
use crate::engine::Engine;
use crate::error::Result;
use crate::query::{Plan, PlanError, Query, ScopedTable};
use crate::statement::{Format, Statement};

/// The form of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExplainFormat {
    /// JSON: `[{"Plan":{"Node Type":"…","Plans":[…]}}]`.
    Json,
    /// Lines for people.
    Text,
}

/// What a plan says besides its steps. Only PostgreSQL has these options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExplainOption {
    /// Runs the statement, and reports what each step really took.
    Analyze,
    /// More about each step, such as its columns.
    Verbose,
    /// The settings that affect the plan and are not the defaults.
    Settings,
    /// How many blocks each step reads.
    Buffers,
    /// How many records each step writes ahead. It needs [`Self::Analyze`].
    Wal,
}

impl ExplainOption {
    /// All options.
    pub const ALL: [Self; 5] = [Self::Analyze, Self::Verbose, Self::Settings, Self::Buffers, Self::Wal];

    /// Returns the name, which is that of PostgreSQL.
    pub fn name(self) -> &'static str {
        match self {
            Self::Analyze => "analyze",
            Self::Verbose => "verbose",
            Self::Settings => "settings",
            Self::Buffers => "buffers",
            Self::Wal => "wal",
        }
    }
}

/// Returns the execution plan of a read. Nothing is read, unless PostgreSQL is asked to [analyze](ExplainOption::Analyze)
/// it.
///
/// PostgreSQL's plans are as it writes them. A plan of SQLite is a tree of the sentences of its `EXPLAIN QUERY PLAN`: in
/// JSON each is the `Node Type` of a step, and those that are a part of it are its `Plans`.
///
/// # Errors
///
/// Returns an error if the query does not fit the table, if the engine has no such option, or if the database reports one.
pub async fn explain<'c>(
    engine: &Engine,
    table: impl Into<ScopedTable<'c>>,
    query: &Query,
    format: ExplainFormat,
    options: &[ExplainOption],
) -> Result<String> {
    let table = table.into();
    check(engine.dialect(), options)?;
    let statement = Plan::select(table, query)?.statement_for(table, engine.dialect())?;
    match engine.dialect() {
        Dialect::Postgres => explain_postgres(engine, statement, format, options).await,
        Dialect::Sqlite => explain_sqlite(engine, statement, format).await,
    }
}

fn check(dialect: Dialect, options: &[ExplainOption]) -> std::result::Result<(), PlanError> {
    let refuse = |option: &ExplainOption, reason| Err(PlanError::ExplainOption { option: option.name(), reason });
    match (dialect, options) {
        (Dialect::Sqlite, [first, ..]) => refuse(first, "SQLite has plans without options only"),
        (Dialect::Postgres, options)
            if options.contains(&ExplainOption::Wal) && !options.contains(&ExplainOption::Analyze) =>
        {
            refuse(&ExplainOption::Wal, "it needs analyze, without which nothing is run")
        }
        _ => Ok(()),
    }
}

/// Returns the plan of a statement as PostgreSQL writes it.
pub(super) async fn explain_postgres(
    engine: &Engine,
    statement: Statement,
    format: ExplainFormat,
    options: &[ExplainOption],
) -> Result<String> {
    let (first, kind) = match format {
        ExplainFormat::Json => ("FORMAT JSON", json()),
        ExplainFormat::Text => ("FORMAT TEXT", ColumnType::Text { max: None }),
    };
    let words: Vec<&str> = std::iter::once(first).chain(options.iter().map(|option| option.name())).collect();
    let statement = statement.explained(&format!("EXPLAIN ({})", words.join(", ")), vec![column("plan", kind)]);
    let rows = engine.read(statement, Format::Values).await?.into_values();
    let line = |value| match value {
        Value::Text(text) | Value::Json(text) => text,
        _ => String::new(),
    };
    let lines: Vec<String> = rows.into_iter().flatten().map(line).collect();
    Ok(lines.join("\n"))
}

async fn explain_sqlite(engine: &Engine, statement: Statement, format: ExplainFormat) -> Result<String> {
    let columns = vec![
        column("id", ColumnType::BigInt),
        column("parent", ColumnType::BigInt),
        column("notused", ColumnType::BigInt),
        column("detail", ColumnType::Text { max: None }),
    ];
    let rows = engine.read(statement.explained("EXPLAIN QUERY PLAN", columns), Format::Values).await?.into_values();
    let steps: Vec<Step> = rows.into_iter().filter_map(Step::from_row).collect();
    Ok(write_steps(&steps, format))
}

/// The type of PostgreSQL's plans.
fn json() -> ColumnType {
    ColumnType::Native(Arc::new(NativeType { name: "json".into(), comparison_type: None, transfer: Transfer::Json }))
}

fn column(name: &str, kind: ColumnType) -> OutputColumn {
    OutputColumn { name: name.into(), kind: OutputKind::Column(kind) }
}

/// A step of a plan of SQLite.
struct Step {
    id: i64,
    /// The step that it is a part of; 0 for the whole.
    parent: i64,
    detail: String,
}

/// What SQLite's own shell writes above a plan.
const WHOLE: &str = "QUERY PLAN";

impl Step {
    fn from_row(row: Vec<Value>) -> Option<Self> {
        match <[Value; 4]>::try_from(row).ok()? {
            [Value::Int(id), Value::Int(parent), _, Value::Text(detail)] => Some(Self { id, parent, detail }),
            _ => None,
        }
    }
}

fn write_steps(steps: &[Step], format: ExplainFormat) -> String {
    match format {
        ExplainFormat::Json => {
            let mut out = b"[{".to_vec();
            write_string(&mut out, "Plan");
            out.push(b':');
            write_json_node(WHOLE, 0, steps, &mut out);
            out.extend_from_slice(b"}]");
            String::from_utf8_lossy(&out).into_owned()
        }
        ExplainFormat::Text => {
            let mut out = WHOLE.to_owned();
            write_text_nodes(0, "", steps, &mut out);
            out
        }
    }
}

/// Writes a step with those of `later` that are a part of it. A step always precedes its parts.
fn write_json_node(detail: &str, id: i64, later: &[Step], out: &mut Vec<u8>) {
    out.push(b'{');
    write_string(out, "Node Type");
    out.push(b':');
    write_string(out, detail);
    let mut is_first = true;
    for (index, step) in later.iter().enumerate().filter(|(_, step)| step.parent == id) {
        if std::mem::take(&mut is_first) {
            out.push(b',');
            write_string(out, "Plans");
            out.extend_from_slice(b":[");
        } else {
            out.push(b',');
        }
        write_json_node(&step.detail, step.id, &later[index + 1..], out);
    }
    out.extend_from_slice(if is_first { b"}" } else { b"]}" });
}

/// Writes the parts of a step as lines, the way SQLite's own shell draws them.
fn write_text_nodes(id: i64, indent: &str, later: &[Step], out: &mut String) {
    let mut parts = later.iter().enumerate().filter(|(_, step)| step.parent == id).peekable();
    while let Some((index, step)) = parts.next() {
        let (branch, below) = if parts.peek().is_some() { ("|--", "|  ") } else { ("`--", "   ") };
        for part in ["\n", indent, branch, &step.detail] {
            out.push_str(part);
        }
        write_text_nodes(step.id, &format!("{indent}{below}"), &later[index + 1..], out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_a_tree() {
        let step = |id, parent, detail: &str| Step { id, parent, detail: detail.into() };
        let steps = [
            step(4, 0, "SEARCH \"a\" USING INDEX i (b=?)"),
            step(9, 0, "CORRELATED SCALAR SUBQUERY 1"),
            step(12, 9, "SCAN b"),
            step(20, 9, "USE TEMP B-TREE FOR ORDER BY"),
            step(30, 0, "LIST SUBQUERY 2"),
            step(31, 30, "SCAN c"),
        ];
        let text = "QUERY PLAN\n|--SEARCH \"a\" USING INDEX i (b=?)\n|--CORRELATED SCALAR SUBQUERY 1\n|  |--SCAN b\n|  \
                    `--USE TEMP B-TREE FOR ORDER BY\n`--LIST SUBQUERY 2\n   `--SCAN c";
        assert_eq!(write_steps(&steps, ExplainFormat::Text), text);
        let json = r#"[{"Plan":{"Node Type":"QUERY PLAN","Plans":[{"Node Type":"SEARCH \"a\" USING INDEX i (b=?)"},{"Node Type":"CORRELATED SCALAR SUBQUERY 1","Plans":[{"Node Type":"SCAN b"},{"Node Type":"USE TEMP B-TREE FOR ORDER BY"}]},{"Node Type":"LIST SUBQUERY 2","Plans":[{"Node Type":"SCAN c"}]}]}}]"#;
        assert_eq!(write_steps(&steps, ExplainFormat::Json), json);
        assert_eq!(write_steps(&[], ExplainFormat::Json), r#"[{"Plan":{"Node Type":"QUERY PLAN"}}]"#);
        assert_eq!(write_steps(&[], ExplainFormat::Text), "QUERY PLAN");
    }
}
