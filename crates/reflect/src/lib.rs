//! Reflects a live database as [`Table`]s, and reports everything that a table cannot describe.
//!
//! Nothing is written. On both engines one reflection sees one state of the database. Each kind of object has a
//! module with its catalogue query and the code that reads the result.

mod check;
mod managed;
mod postgres;
mod row_reader;
mod sqlite;
pub mod tokens;

use std::fmt;
use std::time::Duration;

use mwallet_schema::{Check, Column, ExpressionIndex, Field, Rules, Schema, Table};

use check::ColumnRule;
pub use check::quoted;
pub use managed::{defaults_of_postgres, labels};
pub use postgres::DEFAULT_SCHEMA;

use crate::tokens::{closing, tokens};
use mwallet_db::{Dialect, Engine, Error, Result, schema_tools};

/// The timeout for reading all rows of a database.
const WHOLE_DATABASE: Duration = Duration::from_secs(3_600);

/// What to reflect.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReflectOptions {
    /// The PostgreSQL schemas, in the order in which they are served; `public` if empty.
    pub schemas: Vec<String>,
}

/// The description of a live database.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reflection {
    /// The tables and views, grouped by schema and sorted by name.
    pub tables: Vec<Table>,
    /// The objects found, and how well the tables describe them.
    pub findings: Vec<Finding>,
}

/// The statements that recreate the schema of a database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// The statements, in an order in which they can run.
    pub sql: String,
    /// What the statements omit, one line each; empty if they recreate everything but rows and owners.
    pub left_out: Vec<String>,
}

/// A schema object of a database, and how well it is described.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The schema of its table, if it has one.
    pub schema: Option<String>,
    /// The table or view it belongs to, or its own name if it belongs to none.
    pub table: String,
    /// The kind of object.
    pub construct: SchemaObject,
    /// The name of the object; empty if it has none.
    pub name: String,
    /// How well it is described.
    pub standing: Fidelity,
}

/// Rows that contradict the description of their table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntegrityIssue {
    /// The schema of the table, if it has one.
    pub schema: Option<String>,
    /// The table.
    pub table: String,
    /// The column, if the issue concerns one.
    pub column: Option<String>,
    /// A description of the issue.
    pub text: String,
}

/// A kind of schema object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SchemaObject {
    /// A table or view.
    Table,
    /// A column with its type.
    Column,
    /// The source of a view column.
    ViewColumn,
    /// A default, an identity or a generated column.
    Default,
    /// A collation.
    Collation,
    /// A primary key.
    PrimaryKey,
    /// A unique constraint.
    Unique,
    /// An index.
    Index,
    /// A foreign key.
    ForeignKey,
    /// A check.
    Check,
    /// Another kind of constraint, or the conflict clause of one.
    Constraint,
    /// A trigger.
    Trigger,
    /// A PostgreSQL rule, which replaces a write or adds to it.
    Rule,
    /// A row security policy.
    Policy,
    /// A partition.
    Partition,
    /// A table that inherits from another.
    Inheritance,
    /// A function or procedure.
    Function,
    /// An aggregate function.
    Aggregate,
    /// An operator.
    Operator,
    /// An operator class of an index.
    OperatorClass,
    /// A cast between types.
    Cast,
    /// A text search configuration.
    TextSearchConfiguration,
    /// A text search dictionary.
    TextSearchDictionary,
    /// An event trigger.
    EventTrigger,
    /// A publication.
    Publication,
    /// A sequence.
    Sequence,
    /// A comment.
    Comment,
}

impl SchemaObject {
    /// Returns the name of the kind, such as `foreign key`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Column => "column",
            Self::ViewColumn => "base column",
            Self::Default => "default",
            Self::Collation => "collation",
            Self::PrimaryKey => "primary key",
            Self::Unique => "unique constraint",
            Self::Index => "index",
            Self::ForeignKey => "foreign key",
            Self::Check => "check",
            Self::Constraint => "constraint",
            Self::Trigger => "trigger",
            Self::Rule => "rule",
            Self::Policy => "policy",
            Self::Partition => "partition",
            Self::Inheritance => "inheritance",
            Self::Function => "function",
            Self::Aggregate => "aggregate",
            Self::Operator => "operator",
            Self::OperatorClass => "operator class",
            Self::Cast => "cast",
            Self::TextSearchConfiguration => "text search configuration",
            Self::TextSearchDictionary => "text search dictionary",
            Self::EventTrigger => "event trigger",
            Self::Publication => "publication",
            Self::Sequence => "sequence",
            Self::Comment => "comment",
        }
    }
}

/// How well an object is described.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fidelity {
    /// Completely.
    Exact,
    /// Partially, with what is lost.
    Lossy(String),
    /// Not at all, with the consequence.
    Unsupported(String),
}

impl Fidelity {
    /// Returns the word for it: `kept`, `degraded` or `not supported`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Exact => "kept",
            Self::Lossy(_) => "degraded",
            Self::Unsupported(_) => "not supported",
        }
    }

    /// Returns what is lost, if anything.
    pub fn loss(&self) -> Option<&str> {
        match self {
            Self::Exact => None,
            Self::Lossy(loss) | Self::Unsupported(loss) => Some(loss),
        }
    }
}

impl Fidelity {
    /// Combines the losses of two.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (standing, Self::Exact) | (Self::Exact, standing) => standing,
            (Self::Lossy(one), Self::Lossy(two)) => Self::Lossy(format!("{one}; {two}")),
            (Self::Unsupported(one), Self::Lossy(two) | Self::Unsupported(two))
            | (Self::Lossy(one), Self::Unsupported(two)) => Self::Unsupported(format!("{one}; {two}")),
        }
    }
}

impl fmt::Display for Fidelity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        self.loss().map_or(Ok(()), |loss| write!(f, ": {loss}"))
    }
}

/// The schema and the name of a table.
type Place = (Option<String>, String);

fn place(table: &Table) -> Place {
    (table.schema.clone(), table.name.clone())
}

impl Reflection {
    /// Returns the number of objects described completely, and the total.
    pub fn kept(&self) -> (usize, usize) {
        let kept = self.findings.iter().filter(|finding| finding.standing == Fidelity::Exact).count();
        (kept, self.findings.len())
    }

    /// Records an object.
    fn find(&mut self, (schema, table): Place, construct: SchemaObject, name: &str, standing: Fidelity) {
        self.findings.push(Finding { schema, table, construct, name: name.into(), standing });
    }
}

/// Reflects the current schema of the database, without writing anything.
///
/// ```
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use mwallet_db::{Engine, Sql, crud};
/// use mwallet_reflect::{ReflectOptions, reflect};
/// let engine = Engine::new(&"sqlite::memory:".parse().unwrap())?;
/// crud::execute::<(i64,)>(&engine, Sql::new("CREATE TABLE artist (id INTEGER PRIMARY KEY, name TEXT)")).await?;
/// let reflection = reflect(&engine, &ReflectOptions::default()).await?;
/// assert_eq!(reflection.tables[0].primary_key, ["id"]);
/// # Ok::<(), mwallet_db::Error>(())
/// # }).unwrap();
/// ```
///
/// # Errors
///
/// Returns an error if the database fails, or if a named schema does not exist.
pub async fn reflect(engine: &Engine, options: &ReflectOptions) -> Result<Reflection> {
    if schema_tools::is_mock(engine) {
        return Err(Error::Config("a mock engine has nothing to reflect".into()));
    }
    let mut session = engine.sessions().read_only().begin().await?;
    let reflection = match engine.dialect() {
        Dialect::Postgres => postgres::reflect(&mut session, options).await?,
        Dialect::Sqlite => sqlite::reflect(&mut session).await?,
    };
    session.roll_back().await?;
    Ok(reflection)
}

/// Returns the statements that recreate the schema of the database, as the database itself stores or prints them, so
/// that no detail is lost. Also reports what they omit.
///
/// # Errors
///
/// Returns the errors of [`reflect`].
pub async fn script(engine: &Engine, options: &ReflectOptions) -> Result<Script> {
    if schema_tools::is_mock(engine) {
        return Err(Error::Config("a mock engine has no schema".into()));
    }
    let mut session = engine.sessions().read_only().begin().await?;
    let script = match engine.dialect() {
        Dialect::Postgres => postgres::script(&mut session, &options.schemas).await?,
        Dialect::Sqlite => sqlite::script(&mut session).await?,
    };
    session.roll_back().await?;
    Ok(script)
}

/// Checks rows against the description of their tables where the database does not. On SQLite it finds columns with
/// several storage classes, values that contradict the declared type or its limits, and dangling references. It reads
/// every row.
///
/// # Errors
///
/// Returns an error if the database fails.
pub async fn check_data(engine: &Engine, tables: &[Table]) -> Result<Vec<IntegrityIssue>> {
    if engine.dialect() == Dialect::Postgres || schema_tools::is_mock(engine) {
        return Ok(Vec::new());
    }
    let mut session = engine.sessions().read_only().limit(WHOLE_DATABASE).begin().await?;
    let doubts = sqlite::check_data(&mut session, tables).await?;
    session.roll_back().await?;
    Ok(doubts)
}

/// Parses the keys and the condition from a `CREATE INDEX` statement, or from the part after the table name.
fn special_index(definition: &str, unique: bool, dialect: Dialect) -> Option<ExpressionIndex> {
    let words = tokens(definition, dialect);
    let open = words.iter().position(|word| word.text == "(")?;
    let close = closing(&words, open)?;
    let keys = definition[words[open].end..words[close].start].trim().to_owned();
    let condition = match words.get(close + 1) {
        None => None,
        Some(word) if word.is("WHERE") => Some(definition[word.end..].trim().trim_end_matches(';').to_owned()),
        // Storage parameters or included columns.
        Some(_) => return None,
    };
    Some(ExpressionIndex { unique, keys, condition })
}

/// The loss for a view column that is not simply a table column.
const NO_BASE: &str = "a column of a view that is not a column of a table: its origin is unknown";

/// Returns the rules with values of the column's type, if they fit the type and each other.
fn rules_that_hold(column: &Column, rules: &Rules) -> Option<Rules> {
    let mut rules = rules.clone();
    let values = std::mem::take(&mut rules.one_of);
    rules.one_of = values.into_iter().map(|value| value.coerce(&column.kind).ok()).collect::<Option<_>>()?;
    let field = Field { rules: rules.clone(), ..Field::new("value", column.kind.clone()) };
    Schema::builder("Rules").field(field).build().ok().map(|_| rules)
}

/// Adds a check to a table: as column rules if they can express it, otherwise as written.
fn add_check(table: &mut Table, check: Check) -> Fidelity {
    let by_database = |table: &mut Table, check: Check| {
        let standing = Fidelity::Lossy(format!("only the database checks {}", check.expression));
        table.checks.push(check);
        standing
    };
    let found = check::rules(&check.expression).filter(|found| found.iter().all(|one| one.rule.is_of_column()));
    let Some(found) = found else { return by_database(table, check) };
    let mut columns = table.columns.clone();
    for ColumnRule { column: name, rule } in found {
        // An unquoted name has lost its case.
        let named = |column: &&mut Column| column.name == name || column.name.eq_ignore_ascii_case(&name);
        let Some(column) = columns.iter_mut().find(named) else { return by_database(table, check) };
        let mut rules = column.rules.clone();
        rule.add_to(&mut rules);
        match rules_that_hold(column, &rules) {
            Some(rules) => column.rules = rules,
            None => return by_database(table, check),
        }
    }
    table.columns = columns;
    Fidelity::Exact
}
