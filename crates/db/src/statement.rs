//! SQL of one engine with its values beside it, and what came of running it.

use std::sync::Arc;

use mwallet_schema::{ColumnType, Value};

use crate::columns::Columns;
use crate::json_rows::JsonRows;

/// A text of SQL, the values it is bound to, and the columns it answers.
#[derive(Clone, Debug)]
pub struct Statement {
    pub(crate) sql: Arc<str>,
    pub(crate) binds: Vec<Bind>,
    /// Values to run the same text with again, once each: how SQLite inserts many rows.
    pub(crate) repeats: Vec<Vec<Bind>>,
    pub(crate) columns: Columns,
    /// What stands in its rows behind those columns.
    pub(crate) hidden: Hidden,
    /// Whether it reads one row at most, found by an index: it is never long.
    pub(crate) is_lookup: bool,
    /// Where PostgreSQL looks for what the functions and triggers that it sets off name without a schema.
    pub(crate) search_path: SearchPath,
    /// What must be so for it to count. A driver looks at them in the transaction of the statement.
    pub(crate) guards: Vec<Guard>,
}

/// What a row of a write has behind the columns that are answered, for the drivers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hidden {
    /// First, whether an upsert found the row instead of making it.
    pub(crate) tells_merged: bool,
    /// Then what rows are to be sorted by, where the engine cannot.
    pub(crate) sort: Vec<SortKey>,
}

/// A column by which rows of a write are sorted.
#[derive(Clone, Debug)]
pub(crate) struct SortKey {
    pub(crate) table: String,
    pub(crate) column: String,
    pub(crate) is_descending: bool,
    pub(crate) nulls_first: bool,
}

/// Where a connection of PostgreSQL looks for names that have no schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SearchPath {
    /// It does not matter.
    Any,
    /// Where the role looks by itself.
    Role,
    /// In this schema, and then where the role does.
    Schema(Arc<str>),
}

impl SearchPath {
    /// Where what belongs to a table is looked for.
    pub(crate) fn of_schema(schema: Option<&str>) -> Self {
        schema.map_or(Self::Role, |schema| Self::Schema(schema.into()))
    }
}

/// What must be so for a write to count, since it leaves immutable columns alone.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    /// The columns.
    pub(crate) columns: Vec<String>,
    pub(crate) rule: GuardRule,
}

#[derive(Clone, Debug)]
pub(crate) enum GuardRule {
    /// This statement, which counts rows that hold other values, must find none. It is asked before the write, which
    /// passes over such rows, too.
    None(Box<Statement>),
    /// So many rows are answered: one that holds another value is passed over in silence.
    Answers(u64),
}

impl Guard {
    /// What is to be asked before the statement.
    pub(crate) fn question(&self) -> Option<&Statement> {
        match &self.rule {
            GuardRule::None(others) => Some(others),
            GuardRule::Answers(_) => None,
        }
    }

    /// Whether the answer to the question satisfies the rule.
    pub(crate) fn allows_found(&self, found: Output) -> bool {
        matches!(found.into_values().first().map(Vec::as_slice), Some([Value::Int(0)]))
    }

    /// Whether what the statement answered satisfies the rule.
    pub(crate) fn allows_answer(&self, output: &Output) -> bool {
        match self.rule {
            GuardRule::Answers(rows) => output.rows() == rows,
            GuardRule::None(_) => true,
        }
    }
}

/// A value and the type it is bound as.
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

    /// What asks a database whether it is there. As a lookup it needs none of the places that slow reads may hold.
    pub(crate) fn ping() -> Self {
        Self { is_lookup: true, search_path: SearchPath::Any, ..Self::new("SELECT 1") }
    }

    /// The text; values are never in it.
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// The columns it answers.
    pub fn columns(&self) -> &Columns {
        &self.columns
    }
}

/// How JSON has the numbers that a double would change: whole ones of 64 bits, and decimals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Numbers {
    /// As the type of each column has them: decimals of entities as strings, all else as numbers.
    #[default]
    ByType,
    /// As strings, so that no client takes them for doubles.
    Strings,
}

/// In which form rows are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// As values.
    Values,
    /// As JSON objects with commas between them.
    Json(Numbers),
}

/// What came of a statement.
#[derive(Clone, Debug)]
pub enum Output {
    /// The rows as values.
    Values(Vec<Vec<Value>>),
    /// The rows as JSON objects with commas between them.
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

    /// Adds the rows of another of the same form.
    pub(crate) fn append(&mut self, more: Self) {
        match (self, more) {
            (Self::Values(rows), Self::Values(more)) => rows.extend(more),
            (Self::Json(rows), Self::Json(more)) => rows.append(&more),
            _ => {}
        }
    }

    /// How many rows there are.
    pub(crate) fn rows(&self) -> u64 {
        match self {
            Self::Values(rows) => rows.len() as u64,
            Self::Json(rows) => rows.rows(),
        }
    }

    /// The values; JSON was not asked for where this is called.
    pub(crate) fn into_values(self) -> Vec<Vec<Value>> {
        match self {
            Self::Values(rows) => rows,
            Self::Json(_) => Vec::new(),
        }
    }

    /// The JSON; values were not asked for where this is called.
    pub(crate) fn into_json(self) -> JsonRows {
        match self {
            Self::Json(rows) => rows,
            Self::Values(_) => JsonRows::default(),
        }
    }
}

/// The table and the column that each column of a statement comes from; `None` for one that is computed.
pub type Origins = Vec<Option<(String, String)>>;

/// What SQLite says of a statement that it prepares: where its columns come from, or why it does not compile.
pub type Prepared = std::result::Result<Origins, String>;
