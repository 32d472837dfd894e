//! Primary keys, unique constraints, indexes and foreign keys.

use mwallet_schema::{ColumnDefault, ColumnType, ForeignKey, Index, ReferentialAction, TableKind, Unique};

use super::Work;
use crate::row_reader::ask;
use crate::{Fidelity, SchemaObject, place, special_index};
use mwallet_db::{Dialect, Result, Session, Sql};

const PRIMARY: &str = "
SELECT s.name, c.name, c.type, l.wr
FROM (SELECT * FROM sqlite_schema WHERE name NOT IN (SELECT value FROM json_each($1))) s
JOIN pragma_table_list l ON l.name = s.name AND l.schema = 'main' JOIN pragma_table_xinfo(s.name) c
WHERE s.type = 'table' AND c.pk > 0 ORDER BY s.name, c.pk";

/// One row for each key column; a null name is an expression.
const INDEXES: &str = "
SELECT s.name, i.name, i.\"unique\", i.origin, i.partial, c.name, c.desc, c.coll,
    (SELECT sql FROM sqlite_schema x WHERE x.type = 'index' AND x.name = i.name)
FROM sqlite_schema s JOIN pragma_index_list(s.name) i JOIN pragma_index_xinfo(i.name) c
WHERE s.type = 'table' AND c.key = 1 AND i.origin <> 'pk'
ORDER BY s.name, i.name, c.seqno";

const FOREIGN: &str = "
SELECT s.name, f.id, f.\"table\", f.\"from\", f.\"to\", f.on_delete, f.on_update
FROM sqlite_schema s JOIN pragma_foreign_key_list(s.name) f
WHERE s.type = 'table' ORDER BY s.name, f.id, f.seq";

struct GatheredIndex {
    table: String,
    name: String,
    is_unique: bool,
    is_constraint: bool,
    is_partial: bool,
    has_expression: bool,
    is_special: bool,
    columns: Vec<String>,
    definition: String,
}

pub(super) async fn read(session: &mut Session, work: &mut Work) -> Result<()> {
    primary_keys(session, work).await?;
    indexes(session, work).await?;
    foreign_keys(session, work).await
}

async fn primary_keys(session: &mut Session, work: &mut Work) -> Result<()> {
    let mut integer_keys = Vec::new();
    for mut fields in ask(session, work.question(PRIMARY), "tttn").await? {
        let (name, column, written, has_no_rowid) = (fields.text()?, fields.text()?, fields.text()?, fields.flag()?);
        let Some(table) = work.table(&name) else { continue };
        table.primary_key.push(column);
        if written.eq_ignore_ascii_case("integer") && !has_no_rowid {
            integer_keys.push(name);
        }
    }
    let definitions = &work.definitions;
    for table in work.tables.iter_mut().filter(|table| !table.primary_key.is_empty()) {
        if let ([key], true) = (table.primary_key.as_slice(), integer_keys.contains(&table.name)) {
            let is_numbered = definitions.get(&table.name).is_some_and(|found| found.is_numbered);
            let how = if is_numbered { "AUTOINCREMENT" } else { "rowid" };
            if let Some(column) = table.columns.iter_mut().find(|column| column.name == *key) {
                // This is the rowid, which SQLite assigns and which is never null.
                column.default = match column.kind {
                    ColumnType::BigInt if is_numbered => Some(ColumnDefault::Identity),
                    _ => Some(ColumnDefault::Database(how.into())),
                };
                column.nullable = false;
            }
        }
        work.found.find(place(table), SchemaObject::PrimaryKey, "", Fidelity::Exact);
    }
    Ok(())
}

async fn indexes(session: &mut Session, work: &mut Work) -> Result<()> {
    let mut gathered: Vec<GatheredIndex> = Vec::new();
    for mut fields in ask(session, Sql::new(INDEXES), "ttntntntt").await? {
        let (table, name, is_unique) = (fields.text()?, fields.text()?, fields.flag()?);
        let (origin, is_partial) = (fields.text()?, fields.flag()?);
        let (column, is_descending, collation) = (fields.maybe()?, fields.flag()?, fields.maybe()?);
        let definition = fields.maybe()?.unwrap_or_default();
        if gathered.last().is_none_or(|last| last.table != table || last.name != name) {
            gathered.push(GatheredIndex {
                table,
                name,
                is_unique,
                is_constraint: origin == "u",
                is_partial,
                has_expression: false,
                is_special: false,
                columns: Vec::new(),
                definition,
            });
        }
        if let Some(last) = gathered.last_mut() {
            last.has_expression |= column.is_none();
            last.is_special |= is_descending || collation.is_some_and(|name| !name.eq_ignore_ascii_case("binary"));
            last.columns.extend(column);
        }
    }
    for index in gathered {
        let GatheredIndex { name, columns, definition, .. } = index;
        // SQLite generates the names of constraint indexes.
        let name = match index.is_constraint {
            true => work.constraint_name(&index.table, false, &columns, "key"),
            false => name,
        };
        let Some(table) = work.table(&index.table) else { continue };
        let construct = if index.is_constraint { SchemaObject::Unique } else { SchemaObject::Index };
        let is_special = index.is_partial || index.has_expression;
        let special = special_index(&definition, index.is_unique, Dialect::Sqlite).filter(|_| is_special);
        let standing = if let Some(special) = special {
            table.indexes.push(Index { special: Some(special), ..Index::on_columns(&name, Vec::new()) });
            Fidelity::Exact
        } else if is_special {
            Fidelity::Unsupported(format!("not described: {definition}"))
        } else if index.is_unique {
            table.uniques.push(Unique { name: name.clone(), columns });
            match index.is_constraint {
                true => Fidelity::Exact,
                false => Fidelity::Lossy("a unique index, described as a unique constraint".into()),
            }
        } else {
            table.indexes.push(Index::on_columns(&name, columns));
            match index.is_special {
                true => Fidelity::Lossy(format!("only its columns are described: {definition}")),
                false => Fidelity::Exact,
            }
        };
        let place = place(table);
        work.found.find(place, construct, &name, standing);
    }
    Ok(())
}

async fn foreign_keys(session: &mut Session, work: &mut Work) -> Result<()> {
    let mut gathered: Vec<(String, i64, ForeignKey)> = Vec::new();
    for mut fields in ask(session, Sql::new(FOREIGN), "tnttttt").await? {
        let (table, number, references) = (fields.text()?, fields.number()?, fields.text()?);
        let (column, referenced) = (fields.text()?, fields.maybe()?);
        let (on_delete, on_update) = (fields.text()?, fields.text()?);
        match gathered.last_mut() {
            Some((last, last_number, key)) if *last == table && *last_number == number => {
                key.columns.push(column);
                key.referenced_columns.extend(referenced);
            }
            _ => {
                let key = ForeignKey {
                    name: String::new(),
                    columns: vec![column],
                    references_schema: None,
                    references,
                    referenced_columns: referenced.into_iter().collect(),
                    on_delete: action(&on_delete),
                    on_update: action(&on_update),
                };
                gathered.push((table, number, key));
            }
        }
    }
    for (table, number, mut key) in gathered {
        key.name = work.constraint_name(&table, true, &key.columns, "fkey");
        // Table names are case-insensitive in SQLite.
        let parent = work.tables.iter().find(|parent| parent.name.eq_ignore_ascii_case(&key.references));
        let standing = match parent {
            Some(parent) => {
                key.references = parent.name.clone();
                if key.referenced_columns.is_empty() {
                    key.referenced_columns = parent.primary_key.clone();
                }
                match key.referenced_columns.len() == key.columns.len() {
                    true => Fidelity::Exact,
                    false => Fidelity::Unsupported("its columns do not match a key of the other table".into()),
                }
            }
            None => Fidelity::Unsupported(format!("it references {}, which does not exist", key.references)),
        };
        let Some(table) = work.table(&table).filter(|table| table.kind == TableKind::Table) else { continue };
        if table.foreign_keys.iter().any(|other| other.name == key.name) {
            key.name = format!("{}{number}", key.name);
        }
        let (place, name) = (place(table), key.name.clone());
        if standing == Fidelity::Exact {
            table.foreign_keys.push(key);
        }
        work.found.find(place, SchemaObject::ForeignKey, &name, standing);
    }
    Ok(())
}

fn action(words: &str) -> ReferentialAction {
    match words {
        "RESTRICT" => ReferentialAction::Restrict,
        "CASCADE" => ReferentialAction::Cascade,
        "SET NULL" => ReferentialAction::SetNull,
        "SET DEFAULT" => ReferentialAction::SetDefault,
        _ => ReferentialAction::NoAction,
    }
}
