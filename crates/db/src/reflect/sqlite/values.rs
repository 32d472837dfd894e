//! What the rows of SQLite hold against what their columns declare, which SQLite itself does not ask.

use mwallet_schema::{ColumnType, Table, TableKind};

use crate::error::{Error, Result};
use crate::query::quote;
use crate::reflect::fields::{self, Fields, of_rows};
use crate::reflect::{Doubt, place};
use crate::session::Session;
use crate::statement::{OutputColumn, OutputKind, Sql, Statement};

/// The columns whose values are stored in several ways, and the foreign keys that lead to no row.
pub(in crate::reflect) async fn doubts(session: &mut Session, tables: &[Table]) -> Result<Vec<Doubt>> {
    let mut doubts = Vec::new();
    for table in tables.iter().filter(|table| table.kind == TableKind::Table) {
        mixed(session, table, &mut doubts).await?;
    }
    for table in tables.iter().filter(|table| table.kind == TableKind::Table) {
        references(session, table, &mut doubts).await?;
    }
    Ok(doubts)
}

/// Looks for rows that refer to none. A foreign key that leads to no unique columns cannot be followed, and keeps nobody else out.
async fn references(session: &mut Session, table: &Table, doubts: &mut Vec<Doubt>) -> Result<()> {
    let mut doubt = |text| doubts.push(Doubt { schema: None, table: table.name.clone(), column: None, text });
    let sql = Sql::new("SELECT parent, count(*) FROM pragma_foreign_key_check($1) GROUP BY 1 ORDER BY 1");
    let before = session.savepoint().await?;
    match fields::ask(session, sql.bind(table.name.as_str()), "tn").await {
        Ok(found) => {
            for mut fields in found {
                let (parent, rows) = (fields.text()?, fields.number()?);
                let rows = if rows == 1 { "1 row refers".to_owned() } else { format!("{rows} rows refer") };
                doubt(format!("{rows} to no row of {parent}"));
            }
        }
        Err(Error::Refused { message, .. }) => doubt(format!("where its foreign keys lead cannot be seen: {message}")),
        Err(error) => return Err(error),
    }
    session.roll_back_to(before).await
}

/// Reads a table once, whatever it has of columns.
async fn mixed(session: &mut Session, table: &Table, doubts: &mut Vec<Doubt>) -> Result<()> {
    let classes = ["integer", "real", "text", "blob"];
    let counts = table.columns.iter().flat_map(|column| {
        let name = quote(&column.name);
        classes.map(|class| format!("count(*) FILTER (WHERE typeof({name}) = '{class}')"))
    });
    let counts: Vec<String> = counts.collect();
    // SQLite answers 2,000 columns at most.
    for (part, columns) in counts.chunks(classes.len() * 400).zip(table.columns.chunks(400)) {
        let sql = format!("SELECT {} FROM {}", part.join(", "), quote(&table.name));
        let Some(mut fields) = ask(session, sql, &vec![NUMBER; part.len()]).await?.pop() else { continue };
        for column in columns {
            let mut found = Vec::new();
            for class in classes {
                let rows = fields.number()?;
                if rows > 0 {
                    found.push((class, rows));
                }
            }
            // A number that is whole is stored as one in a column of numbers.
            let is_number = found.iter().all(|(class, _)| matches!(*class, "integer" | "real"));
            if found.len() > 1 && !is_number {
                let words: Vec<String> = found.iter().map(|(class, rows)| format!("{rows} {class}")).collect();
                let text =
                    format!("declared {}, its values are stored as {}", declared(&column.kind), words.join(", "));
                let (schema, table) = place(table);
                doubts.push(Doubt { schema, table, column: Some(column.name.clone()), text });
            }
        }
    }
    Ok(())
}

fn declared(kind: &ColumnType) -> String {
    let name = kind.name();
    if name.is_empty() { "without a type".into() } else { name }
}

const NUMBER: ColumnType = ColumnType::BigInt;

/// Asks in words that have names of the database in them, written by [`quote`].
async fn ask(session: &mut Session, sql: String, kinds: &[ColumnType]) -> Result<Vec<Fields>> {
    let column = |kind: &ColumnType| OutputColumn { name: "column".into(), kind: OutputKind::Column(kind.clone()) };
    let columns: Vec<OutputColumn> = kinds.iter().map(column).collect();
    let statement = Statement { columns: columns.into(), ..Statement::new(sql) };
    Ok(of_rows(session.run_statement(statement).await?))
}
