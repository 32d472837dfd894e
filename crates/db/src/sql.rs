//! Hand-written SQL.

use mwallet_schema::{ColumnType, Value};

use crate::columns::{OutputColumn, OutputKind};
use crate::entity::Entity;
use crate::quote::quote;
use crate::statement::{Bind, Statement};

/// Hand-written SQL, for what no operation covers. The text is the same for both engines, with `$1`, `$2`, ... as
/// placeholders.
///
/// The text is `'static`, so nothing from a request can get into it.
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
    /// Creates a statement.
    pub fn new(text: &'static str) -> Self {
        Self { text: text.into(), binds: Vec::new(), columns: Vec::new() }
    }

    /// Selects all columns of an entity's table. `rest` follows the `FROM` clause: joins, conditions, order.
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

    /// Binds the next value with the type of the value.
    pub fn bind(self, value: impl Into<Value>) -> Self {
        let value = value.into();
        let kind = natural_type(&value);
        self.bind_as(value, kind)
    }

    /// Binds the next value with a column type, which decimals need.
    pub fn bind_as(mut self, value: impl Into<Value>, kind: ColumnType) -> Self {
        self.binds.push(Bind { value: value.into(), kind });
        self
    }

    /// Declares the name and type of the next output column.
    pub fn returns(mut self, name: &str, kind: ColumnType) -> Self {
        self.columns.push(OutputColumn { name: name.into(), kind: OutputKind::Column(kind) });
        self
    }

    /// Returns the statement for a dialect.
    pub(crate) fn statement(self, dialect: crate::Dialect) -> Statement {
        // SQLite treats `$1` as a named parameter, numbered by first appearance.
        let sql = match dialect {
            crate::Dialect::Postgres => self.text,
            crate::Dialect::Sqlite => numbered(&self.text),
        };
        Statement { binds: self.binds, columns: self.columns.into(), ..Statement::new(sql) }
    }
}

/// Replaces `$1` with `?1`, but not within quotes: `'$.fee'` is a path and `'costs $5'` a string.
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

/// Returns the default column type for a value.
fn natural_type(value: &Value) -> ColumnType {
    match value {
        Value::Bool(_) => ColumnType::Boolean,
        Value::Int(_) => ColumnType::BigInt,
        Value::Timestamp(_) => ColumnType::Timestamp,
        Value::Uuid(_) => ColumnType::Uuid,
        Value::Bytes(_) => ColumnType::Bytes { max: None },
        Value::Json(_) | Value::List(_) | Value::Record(_) => ColumnType::Json,
        // How SQLite stores a decimal depends on the column, so it rejects one bound as text.
        Value::Null | Value::Text(_) | Value::Decimal(_) => ColumnType::Text { max: None },
    }
}
