//! Checks values against the declared types of their columns, which SQLite does not enforce.

use mwallet_schema::{ColumnType, DeclaredType, Table, TableKind, Transfer};

use crate::row_reader::{self, Fields, of_rows};
use crate::{IntegrityIssue, place};
use mwallet_db::schema_tools::quote;
use mwallet_db::{Error, Result, Session, Sql, schema_tools};

/// Returns the columns with several storage classes or with values that contradict their declaration, and the foreign
/// keys with dangling references.
pub(crate) async fn check_data(session: &mut Session, tables: &[Table]) -> Result<Vec<IntegrityIssue>> {
    let mut doubts = Vec::new();
    for table in tables.iter().filter(|table| table.kind == TableKind::Table) {
        values(session, table, &mut doubts).await?;
    }
    for table in tables.iter().filter(|table| table.kind == TableKind::Table) {
        references(session, table, &mut doubts).await?;
    }
    Ok(doubts)
}

/// Finds dangling references. A foreign key to columns that are not unique cannot be checked, but does not stop the
/// others.
async fn references(session: &mut Session, table: &Table, doubts: &mut Vec<IntegrityIssue>) -> Result<()> {
    let mut doubt = |text| doubts.push(IntegrityIssue { schema: None, table: table.name.clone(), column: None, text });
    let sql = Sql::new("SELECT parent, count(*) FROM pragma_foreign_key_check($1) GROUP BY 1 ORDER BY 1");
    let before = session.savepoint().await?;
    match row_reader::ask(session, sql.bind(table.name.as_str()), "tn").await {
        Ok(found) => {
            for mut fields in found {
                let (parent, rows) = (fields.text()?, fields.number()?);
                let rows = if rows == 1 { "1 row has a".to_owned() } else { format!("{rows} rows have a") };
                doubt(format!("{rows} dangling reference to {parent}"));
            }
        }
        Err(Error::Refused(said)) => doubt(format!("cannot check its foreign keys: {}", said.message)),
        Err(error) => return Err(error),
    }
    session.roll_back_to(before).await
}

/// The storage classes.
const CLASSES: [&str; 4] = ["integer", "real", "text", "blob"];

/// Reads a table once for each group of columns.
async fn values(session: &mut Session, table: &Table, doubts: &mut Vec<IntegrityIssue>) -> Result<()> {
    // SQLite returns at most 2,000 columns.
    for columns in table.columns.chunks(300) {
        let counts = columns.iter().flat_map(|column| {
            let name = quote(&column.name);
            let classes = CLASSES.map(|class| format!("typeof({name}) = '{class}'"));
            let wrongs = [Wrong::kind(&column.kind), Wrong::limits(&column.kind)].map(|wrong| match wrong {
                Some(wrong) => wrong.condition.replace("{}", &name),
                None => "false".into(),
            });
            classes.into_iter().chain(wrongs).map(|condition| format!("count(*) FILTER (WHERE {condition})"))
        });
        let counts: Vec<String> = counts.collect();
        let sql = format!("SELECT {} FROM {}", counts.join(", "), quote(&table.name));
        let Some(mut fields) = ask(session, sql, &vec![NUMBER; counts.len()]).await?.pop() else { continue };
        for column in columns {
            let mut found = Vec::new();
            for class in CLASSES {
                let rows = fields.number()?;
                if rows > 0 {
                    found.push((class, rows));
                }
            }
            let (of_other_kind, beyond_limits) = (fields.number()?, fields.number()?);
            let declared = declared(&column.kind);
            let mut doubt = |text: String| {
                let (schema, table) = place(table);
                doubts.push(IntegrityIssue { schema, table, column: Some(column.name.clone()), text });
            };
            // Numeric columns store whole numbers as integers.
            let is_number = found.iter().all(|(class, _)| matches!(*class, "integer" | "real"));
            if found.len() > 1 && !is_number {
                let words: Vec<String> = found.iter().map(|(class, rows)| format!("{rows} {class}")).collect();
                doubt(format!("declared {declared}, its values are stored as {}", words.join(", ")));
            } else if let Some(wrong) = Wrong::kind(&column.kind).filter(|_| of_other_kind > 0) {
                doubt(format!("declared {declared}, {}", wrong.text(of_other_kind)));
            }
            if let Some(wrong) = Wrong::limits(&column.kind).filter(|_| beyond_limits > 0) {
                doubt(format!("declared {declared}, {}", wrong.text(beyond_limits)));
            }
        }
    }
    Ok(())
}

/// A way in which values contradict the declaration of their column.
struct Wrong {
    /// The SQL condition, with `{}` for the column.
    condition: String,
    /// The description of one such value, and of several.
    one: &'static str,
    many: &'static str,
}

impl Wrong {
    fn new(condition: impl Into<String>, one: &'static str, many: &'static str) -> Option<Self> {
        Some(Self { condition: condition.into(), one, many })
    }

    /// Values of another type than the column declares.
    fn kind(kind: &ColumnType) -> Option<Self> {
        match of_sqlite(kind)? {
            DeclaredType::Integer => {
                Self::new("typeof({}) IN ('real', 'text', 'blob')", "is not an integer", "are not integers")
            }
            DeclaredType::Number { .. } => {
                Self::new("typeof({}) IN ('text', 'blob')", "is not a number", "are not numbers")
            }
            DeclaredType::Text { .. } => Self::new("typeof({}) = 'blob'", "is not text", "are not text"),
            DeclaredType::Boolean => Self::new("{} NOT IN (0, 1)", "is neither 0 nor 1", "are neither 0 nor 1"),
            DeclaredType::Time | DeclaredType::Any => None,
        }
    }

    /// Values with more characters or digits than the column declares.
    fn limits(kind: &ColumnType) -> Option<Self> {
        match of_sqlite(kind)? {
            DeclaredType::Text { max: Some(max) } => {
                Self::new(format!("typeof({{}}) = 'text' AND length({{}}) > {max}"), "is longer", "are longer")
            }
            DeclaredType::Number { digits: Some((precision, scale)) } => {
                let end = precision.saturating_sub(scale);
                let condition = format!(
                    "typeof({{}}) IN ('integer', 'real') AND ({{}} >= 1e{end} OR {{}} <= -1e{end} OR round({{}}, \
                     {scale}) <> {{}})"
                );
                Self::new(condition, "has more digits", "have more digits")
            }
            _ => None,
        }
    }

    fn text(&self, rows: i64) -> String {
        if rows == 1 { format!("1 value {}", self.one) } else { format!("{rows} values {}", self.many) }
    }
}

/// Returns the declared type of a column that mWallet did not create.
fn of_sqlite(kind: &ColumnType) -> Option<DeclaredType> {
    match kind {
        ColumnType::Native(native) => match native.transfer {
            Transfer::SqliteDynamic(declared) => Some(declared),
            _ => None,
        },
        _ => None,
    }
}

fn declared(kind: &ColumnType) -> String {
    let name = kind.name();
    if name.is_empty() { "without a type".into() } else { name }
}

const NUMBER: ColumnType = ColumnType::BigInt;

/// Runs a query that contains names of the database, quoted by [`quote`].
async fn ask(session: &mut Session, sql: String, kinds: &[ColumnType]) -> Result<Vec<Fields>> {
    Ok(of_rows(schema_tools::query(session, sql, kinds).await?))
}
