//! SQL of one engine with its values beside it, and what came of running it.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use mwallet_schema::{ColumnType, Value};

use crate::entity::Entity;
use crate::error::{Error, Result};
use crate::json_row::RowShape;
use crate::json_rows::JsonRows;
use crate::query::{Numbers, quote};

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
    /// This statement, which counts rows that hold other values, must find none. It is asked before the write, which passes
    /// over such rows, too.
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

    /// Holds the answer to the question against the rule.
    pub(crate) fn check_found(&self, found: Output) -> Result<()> {
        match found.into_values().first().map(Vec::as_slice) {
            Some([Value::Int(0)]) => Ok(()),
            _ => Err(self.broken()),
        }
    }

    /// Holds what the statement answered against the rule.
    pub(crate) fn check_answered(&self, output: &Output) -> Result<()> {
        match self.rule {
            GuardRule::Answers(rows) if output.rows() != rows => Err(self.broken()),
            _ => Ok(()),
        }
    }

    fn broken(&self) -> Error {
        Error::Immutable { columns: self.columns.clone() }
    }
}

/// A value and the type it is bound as.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Bind {
    pub(crate) value: Value,
    pub(crate) kind: ColumnType,
}

/// The columns of an answer, shared by its rows. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Columns(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    columns: Box<[OutputColumn]>,
    /// Their names as they stand in JSON, written when they are first needed.
    shape: OnceLock<RowShape>,
}

impl Columns {
    /// How many columns of each returned row they are, behind which hidden ones stand. What counts rows has a column even where
    /// none is answered.
    pub(crate) fn returned(&self) -> usize {
        self.len().max(1)
    }

    pub(crate) fn shape(&self) -> &RowShape {
        self.0.shape.get_or_init(|| RowShape::new(&self.0.columns))
    }
}

impl From<Vec<OutputColumn>> for Columns {
    fn from(columns: Vec<OutputColumn>) -> Self {
        Self(Arc::new(Shared { columns: columns.into(), shape: OnceLock::new() }))
    }
}

impl Deref for Columns {
    type Target = [OutputColumn];

    fn deref(&self) -> &[OutputColumn] {
        &self.0.columns
    }
}

impl PartialEq for Columns {
    fn eq(&self, other: &Self) -> bool {
        self.0.columns == other.0.columns
    }
}

/// One column of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputColumn {
    /// The name it is answered by.
    pub name: String,
    /// What it holds.
    pub kind: OutputKind,
}

/// What a column of an answer holds.
#[derive(Clone, Debug, PartialEq)]
pub enum OutputKind {
    /// Values as a column of that type stores them.
    Column(ColumnType),
    /// An exact number of any size and scale: a sum or an average.
    Number,
}

impl OutputColumn {
    /// Whether its numbers may be such that a double would change them.
    pub(crate) fn holds_exact_numbers(&self) -> bool {
        match &self.kind {
            OutputKind::Column(ColumnType::BigInt | ColumnType::Decimal { .. }) | OutputKind::Number => true,
            OutputKind::Column(ColumnType::Native(native)) => native.holds_exact_numbers(),
            OutputKind::Column(_) => false,
        }
    }
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

/// SQL written by the author of a program, for what no operation covers: the same text for both engines, with `$1`,
/// `$2`, ... for values.
///
/// The text is `'static`, so nothing from a request can become part of it.
///
/// ```
/// use mwallet_db::Sql;
/// use mwallet_db::schema::ColumnType;
/// let sql = Sql::new("SELECT count(*) FROM orders WHERE usid = $1").bind("me").returns("orders", ColumnType::BigInt);
/// ```
#[derive(Clone, Debug)]
pub struct Sql {
    text: String,
    binds: Vec<Bind>,
    columns: Vec<OutputColumn>,
}

impl Sql {
    /// A statement with this text.
    pub fn new(text: &'static str) -> Self {
        Self { text: text.into(), binds: Vec::new(), columns: Vec::new() }
    }

    /// `SELECT` of all columns of an entity `FROM` its table, and what follows: joins, conditions, order.
    pub fn select<E: Entity>(rest: &'static str) -> Self {
        let table = E::table();
        let names: Vec<String> =
            table.columns.iter().map(|column| format!("{}.{}", quote(&table.name), quote(&column.name))).collect();
        let columns = table.columns.iter();
        let columns =
            columns.map(|c| OutputColumn { name: c.name.clone(), kind: OutputKind::Column(c.kind.clone()) }).collect();
        let text = format!("SELECT {} FROM {} {rest}", names.join(", "), quote(&table.name));
        Self { text, binds: Vec::new(), columns }
    }

    /// Binds the next value by its own type.
    pub fn bind(self, value: impl Into<Value>) -> Self {
        let value = value.into();
        let kind = natural_type(&value);
        self.bind_as(value, kind)
    }

    /// Binds the next value as a column of that type stores it: what decimals need.
    pub fn bind_as(mut self, value: impl Into<Value>, kind: ColumnType) -> Self {
        self.binds.push(Bind { value: value.into(), kind });
        self
    }

    /// Names the next column that is answered, and its type.
    pub fn returns(mut self, name: &str, kind: ColumnType) -> Self {
        self.columns.push(OutputColumn { name: name.into(), kind: OutputKind::Column(kind) });
        self
    }

    /// The statement for one engine.
    pub(crate) fn statement(self, dialect: crate::Dialect) -> Statement {
        // SQLite reads `$1` as a name and would number it by its first appearance.
        let sql = match dialect {
            crate::Dialect::Postgres => self.text,
            crate::Dialect::Sqlite => numbered(&self.text),
        };
        Statement {
            sql: sql.into(),
            binds: self.binds,
            repeats: Vec::new(),
            columns: self.columns.into(),
            hidden: Hidden::default(),
            is_lookup: false,
            search_path: SearchPath::Role,
            guards: Vec::new(),
        }
    }
}

/// The text with `?1` for `$1`, but not within quotes: `'$.fee'` is a path, `'costs $5'` a text.
fn numbered(text: &str) -> String {
    let mut sql = String::with_capacity(text.len());
    let mut quote = None;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match quote {
            Some(end) if c == end => quote = None,
            None if c == '\'' || c == '"' => quote = Some(c),
            _ => {}
        }
        let is_place = quote.is_none() && c == '$' && rest.peek().is_some_and(char::is_ascii_digit);
        sql.push(if is_place { '?' } else { c });
    }
    sql
}

/// The type a value has where no column says it.
fn natural_type(value: &Value) -> ColumnType {
    match value {
        Value::Bool(_) => ColumnType::Boolean,
        Value::Int(_) => ColumnType::BigInt,
        Value::Timestamp(_) => ColumnType::Timestamp,
        Value::Uuid(_) => ColumnType::Uuid,
        Value::Bytes(_) => ColumnType::Bytes { max: None },
        Value::Json(_) | Value::List(_) | Value::Record(_) => ColumnType::Json,
        // SQLite's form of a decimal depends on its column, so it refuses one that is bound as a text.
        Value::Null | Value::Text(_) | Value::Decimal(_) => ColumnType::Text { max: None },
    }
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
