//! A live database as [`Table`]s, and a word on everything in it that a table cannot say.
//!
//! Nothing is written: on both engines the reads of one reflection see one state of the database. Each kind of thing
//! has a module, in which the question to the catalogue stands beside what is made of the answer.

mod check;
mod managed;
mod postgres;
mod row_reader;
mod sqlite;

use std::fmt;
use std::time::Duration;

use mwallet_schema::{Check, Column, ExpressionIndex, Field, Rules, Schema, Table};

use check::ColumnRule;
pub use check::quoted;
pub use managed::{defaults_of_postgres, labels};
pub use postgres::DEFAULT_SCHEMA;

use mwallet_db::schema_tools::tokens::{closing, tokens};
use mwallet_db::{Dialect, Engine, Error, Result, schema_tools};

/// How long it may take to read all rows of a database.
const WHOLE_DATABASE: Duration = Duration::from_secs(3_600);

/// What is reflected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReflectOptions {
    /// The schemas of PostgreSQL, in the order in which they are served; where none is named, `public`.
    pub schemas: Vec<String>,
}

/// A live database, described.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reflection {
    /// Its tables and views, those of one schema together, by name.
    pub tables: Vec<Table>,
    /// What was found, and how much of it the tables say.
    pub findings: Vec<Finding>,
}

/// The statements that make the schema of a database again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// The statements, in an order in which they can be run.
    pub sql: String,
    /// What they do not make, a line for each; empty where they make all of it but for rows and owners.
    pub left_out: Vec<String>,
}

/// One construct of a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The schema of the table it belongs to, where there is one.
    pub schema: Option<String>,
    /// The table or view it belongs to; its own name, where it is that of none.
    pub table: String,
    /// What it is.
    pub construct: SchemaObject,
    /// Its own name; empty where it has none.
    pub name: String,
    /// How much of it the description says.
    pub standing: Fidelity,
}

/// Rows of a database that are not what its description says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntegrityIssue {
    /// The schema of the table, where there is one.
    pub schema: Option<String>,
    /// The table.
    pub table: String,
    /// The column, where it is one.
    pub column: Option<String>,
    /// What is found.
    pub text: String,
}

/// What a database consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SchemaObject {
    /// A table or view.
    Table,
    /// A column and its type.
    Column,
    /// Where a column of a view comes from.
    ViewColumn,
    /// A default, an identity or a generated value.
    Default,
    /// The order of texts.
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
    /// A constraint that is none of these, or what happens where one is broken.
    Constraint,
    /// A trigger.
    Trigger,
    /// A PostgreSQL rule, which replaces a write or adds to it.
    Rule,
    /// A rule of row security.
    Policy,
    /// A part of a partitioned table.
    Partition,
    /// A table that inherits from another one.
    Inheritance,
    /// A function or procedure.
    Function,
    /// A function over the values of many rows.
    Aggregate,
    /// An operator.
    Operator,
    /// The operators by which an index puts values of a type in order.
    OperatorClass,
    /// How values of one type become those of another.
    Cast,
    /// How texts become words that are searched for.
    TextSearchConfiguration,
    /// The words that such a configuration knows.
    TextSearchDictionary,
    /// A trigger that runs when the schema changes.
    EventTrigger,
    /// Tables whose changes are published.
    Publication,
    /// A sequence of numbers.
    Sequence,
    /// A comment.
    Comment,
}

impl SchemaObject {
    /// The word for it, such as `foreign key`.
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

/// How much of a construct a description says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fidelity {
    /// All of it.
    Exact,
    /// Less than all: what is lost.
    Lossy(String),
    /// Nothing but that it is there: what follows from it.
    Unsupported(String),
}

impl Fidelity {
    /// The word for it: `kept`, `degraded` or `not supported`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Exact => "kept",
            Self::Lossy(_) => "degraded",
            Self::Unsupported(_) => "not supported",
        }
    }

    /// What is lost; nothing where it is kept.
    pub fn loss(&self) -> Option<&str> {
        match self {
            Self::Exact => None,
            Self::Lossy(loss) | Self::Unsupported(loss) => Some(loss),
        }
    }
}

impl Fidelity {
    /// This one with what another one loses beside.
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
    /// How many of the constructs are kept, of how many.
    pub fn kept(&self) -> (usize, usize) {
        let kept = self.findings.iter().filter(|finding| finding.standing == Fidelity::Exact).count();
        (kept, self.findings.len())
    }

    /// Adds what was found at a place.
    fn find(&mut self, (schema, table): Place, construct: SchemaObject, name: &str, standing: Fidelity) {
        self.findings.push(Finding { schema, table, construct, name: name.into(), standing });
    }
}

/// Describes the current schema of the database, without writing anything.
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
/// If the database fails, or if a named schema does not exist.
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

/// The statements that make the schema of the database again, one after the other: those that it keeps or writes
/// itself, so that nothing which they say is lost. What they leave out is told with them.
///
/// # Errors
///
/// As [`reflect`].
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

/// Holds the rows of tables against their description, where the database does not do so itself: on SQLite, whether
/// the values of a column are stored in one way, are of the kind that it declares and within its length or digits, and
/// whether foreign keys lead to rows. It reads every row.
///
/// # Errors
///
/// What the database says.
pub async fn check_data(engine: &Engine, tables: &[Table]) -> Result<Vec<IntegrityIssue>> {
    if engine.dialect() == Dialect::Postgres || schema_tools::is_mock(engine) {
        return Ok(Vec::new());
    }
    let mut session = engine.sessions().read_only().limit(WHOLE_DATABASE).begin().await?;
    let doubts = sqlite::check_data(&mut session, tables).await?;
    session.roll_back().await?;
    Ok(doubts)
}

/// The keys and the condition of a statement that makes an index, or of what follows the table in it.
fn special_index(definition: &str, unique: bool, dialect: Dialect) -> Option<ExpressionIndex> {
    let words = tokens(definition, dialect);
    let open = words.iter().position(|word| word.text == "(")?;
    let close = closing(&words, open)?;
    let keys = definition[words[open].end..words[close].start].trim().to_owned();
    let condition = match words.get(close + 1) {
        None => None,
        Some(word) if word.is("WHERE") => Some(definition[word.end..].trim().trim_end_matches(';').to_owned()),
        // Parameters of its storage, or columns that it carries along.
        Some(_) => return None,
    };
    Some(ExpressionIndex { unique, keys, condition })
}

/// What is lost of a column of a view that is made of something else than one column.
const NO_BASE: &str = "a column of a view that is not a column of a table: its origin is unknown";

/// The rules, if they fit the type of a column and each other, with values of its type.
fn rules_that_hold(column: &Column, rules: &Rules) -> Option<Rules> {
    let mut rules = rules.clone();
    let values = std::mem::take(&mut rules.one_of);
    rules.one_of = values.into_iter().map(|value| value.coerce(&column.kind).ok()).collect::<Option<_>>()?;
    let field = Field { rules: rules.clone(), ..Field::new("value", column.kind.clone()) };
    Schema::builder("Rules").field(field).build().ok().map(|_| rules)
}

/// Adds a check to a table: to the rules of its columns where it has their form, or else as it is written.
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
