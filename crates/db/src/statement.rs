//! SQL statements with their parameters, and their results.

use std::sync::Arc;

use mwallet_query::Zone;
use mwallet_schema::{ColumnType, Value};

use crate::columns::{Columns, OutputColumn};
use crate::json_rows::JsonRows;

/// A SQL text, its parameters and its output columns.
#[derive(Clone, Debug)]
pub struct Statement {
    pub(crate) sql: Arc<str>,
    pub(crate) binds: Vec<Bind>,
    /// More parameter sets with which to repeat the statement. This is how SQLite inserts many rows.
    pub(crate) repeats: Vec<Vec<Bind>>,
    pub(crate) columns: Columns,
    /// The hidden columns after the output columns.
    pub(crate) hidden: Hidden,
    /// Whether it reads at most one row by an index, and so is always short.
    pub(crate) is_lookup: bool,
    /// The PostgreSQL search path, for functions and triggers that use unqualified names.
    pub(crate) search_path: SearchPath,
    /// Conditions for the write to succeed. The driver checks them in the statement's transaction.
    pub(crate) guards: Vec<Guard>,
}

/// A text that is no boolean. PostgreSQL is told to read it as one where a row is not as it must be, and quotes it in
/// the error, whatever its language.
pub(crate) const FAILED_CHECK: &str = "mwallet: a row is not as it may be created";

/// Hidden columns of a write, which follow the output columns and are for the driver only.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hidden {
    /// Whether the first hidden column says if an upsert updated the row.
    pub(crate) tells_merged: bool,
    /// The table, if the next one says whether the row is as a grant to create rows of it demands.
    pub(crate) checked: Option<String>,
    /// Whether the next one says if the writer sees the row.
    pub(crate) tells_seen: bool,
    /// The sort keys in the columns after them, if the engine cannot sort.
    pub(crate) sort: Vec<SortKey>,
}

/// A column by which the rows of a write are sorted.
#[derive(Clone, Debug)]
pub(crate) struct SortKey {
    pub(crate) table: String,
    pub(crate) column: String,
    pub(crate) is_descending: bool,
    pub(crate) nulls_first: bool,
}

/// The search path of a PostgreSQL connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SearchPath {
    /// Any search path will do.
    Any,
    /// The role's default path.
    Role,
    /// This schema, followed by the role's default path.
    Schema(Arc<str>),
}

impl SearchPath {
    /// Returns the search path for a table in a schema.
    pub(crate) fn of_schema(schema: Option<&str>) -> Self {
        schema.map_or(Self::Role, |schema| Self::Schema(schema.into()))
    }
}

/// A condition that protects immutable columns in a write.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    /// The columns.
    pub(crate) columns: Vec<String>,
    pub(crate) rule: GuardRule,
}

#[derive(Clone, Debug)]
pub(crate) enum GuardRule {
    /// This count of rows with other values must be zero. It runs before the write, which skips such rows itself.
    None(Box<Statement>),
    /// The write must return this many rows. It silently skips rows with other values.
    Answers(u64),
}

impl Guard {
    /// Returns the query to run before the statement.
    pub(crate) fn question(&self) -> Option<&Statement> {
        match &self.rule {
            GuardRule::None(others) => Some(others),
            GuardRule::Answers(_) => None,
        }
    }

    /// Returns whether the query's result satisfies the rule.
    pub(crate) fn allows_found(&self, found: Output) -> bool {
        matches!(found.into_values().first().map(Vec::as_slice), Some([Value::Int(0)]))
    }

    /// Returns whether the statement's result satisfies the rule.
    pub(crate) fn allows_answer(&self, output: &Output) -> bool {
        match self.rule {
            GuardRule::Answers(rows) => output.rows() == rows,
            GuardRule::None(_) => true,
        }
    }
}

/// A parameter and its type.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Bind {
    pub(crate) value: Value,
    pub(crate) kind: ColumnType,
}

impl Statement {
    pub(crate) fn new(sql: impl Into<Arc<str>>) -> Self {
        Self {
            sql: sql.into(),
            binds: Vec::new(),
            repeats: Vec::new(),
            columns: Vec::new().into(),
            hidden: Hidden::default(),
            is_lookup: false,
            search_path: SearchPath::Role,
            guards: Vec::new(),
        }
    }

    /// Returns the statement that describes how the database would run this one, in these columns.
    pub(crate) fn explained(self, command: &str, columns: Vec<OutputColumn>) -> Self {
        Self { sql: format!("{command} {}", self.sql).into(), columns: columns.into(), is_lookup: false, ..self }
    }

    /// Returns a statement that checks whether the database responds. As a lookup it does not wait behind slow reads.
    pub(crate) fn ping() -> Self {
        Self { is_lookup: true, search_path: SearchPath::Any, ..Self::new("SELECT 1") }
    }

    /// Returns the SQL text, which never contains values.
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// Returns the number of parameters in the SQL text.
    pub fn parameters(&self) -> usize {
        self.binds.len()
    }

    /// Returns the values of the parameters, in their order.
    pub fn values(&self) -> impl Iterator<Item = &Value> {
        self.binds.iter().map(|bind| &bind.value)
    }

    /// Returns the output columns.
    pub fn columns(&self) -> &Columns {
        &self.columns
    }
}

/// How JSON represents numbers that a double cannot hold exactly: 64-bit integers and decimals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Numbers {
    /// By column type: decimals of entities as strings, everything else as numbers.
    #[default]
    ByType,
    /// As strings, so that clients do not read them as doubles.
    Strings,
}

/// How values are written when rows are returned as JSON.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JsonStyle {
    /// How numbers are written.
    pub numbers: Numbers,
    /// The zone whose clocks times show. `None` is UTC.
    pub zone: Option<Zone>,
}

impl JsonStyle {
    /// Returns whether values are written as they are by default.
    #[inline]
    pub(crate) fn is_default(self) -> bool {
        self.numbers == Numbers::ByType && self.zone.is_none()
    }
}

/// The format of returned rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// As values.
    Values,
    /// As JSON objects, separated by commas.
    Json(JsonStyle),
}

/// The result of a statement.
#[derive(Clone, Debug)]
pub enum Output {
    /// The rows as values.
    Values(Vec<Vec<Value>>),
    /// The rows as JSON objects, separated by commas.
    Json(JsonRows),
}

impl Output {
    pub(crate) fn empty(format: Format) -> Self {
        match format {
            Format::Values => Self::Values(Vec::new()),
            Format::Json(_) => Self::Json(JsonRows::default()),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows() == 0
    }

    /// Appends the rows of another output in the same format.
    pub(crate) fn append(&mut self, more: Self) {
        match (self, more) {
            (Self::Values(rows), Self::Values(more)) => rows.extend(more),
            (Self::Json(rows), Self::Json(more)) => rows.append(&more),
            _ => {}
        }
    }

    /// Returns the number of rows.
    pub(crate) fn rows(&self) -> u64 {
        match self {
            Self::Values(rows) => rows.len() as u64,
            Self::Json(rows) => rows.rows(),
        }
    }

    /// Returns the values. Must only be called if values were requested.
    pub(crate) fn into_values(self) -> Vec<Vec<Value>> {
        match self {
            Self::Values(rows) => rows,
            Self::Json(_) => Vec::new(),
        }
    }

    /// Returns the JSON. Must only be called if JSON was requested.
    pub(crate) fn into_json(self) -> JsonRows {
        match self {
            Self::Json(rows) => rows,
            Self::Values(_) => JsonRows::default(),
        }
    }
}

/// The source table and column of each output column, or `None` if it is computed.
pub type Origins = Vec<Option<(String, String)>>;

/// The result of preparing a SQLite statement: the origins of its columns, or why it does not compile.
pub type Prepared = std::result::Result<Origins, String>;
