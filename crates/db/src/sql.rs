//! SQL written by the author of a program.

use mwallet_schema::{ColumnType, Value};

use crate::columns::{OutputColumn, OutputKind};
use crate::entity::Entity;
use crate::quote::quote;
use crate::statement::{Bind, Statement};

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
        Statement { binds: self.binds, columns: self.columns.into(), ..Statement::new(sql) }
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
