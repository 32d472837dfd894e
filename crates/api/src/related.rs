//! The tables whose rows a request can return with those of another, and how it names them.

use mwallet_db::TableRef;
use mwallet_db::schema::Table;
use mwallet_query::{Embed, SelectItem};

/// A table to which rows of another are related.
#[derive(Debug)]
pub(crate) struct Related {
    /// What `select` says for all columns: `users(*)`, or `users!orders_user_id_fkey(*)` if there are several ways.
    pub(crate) embed: Embed,
    /// The name of the table.
    pub(crate) table: String,
    /// The same relationship by the column that refers to the other row.
    pub(crate) column: Option<String>,
    pub(crate) is_many: bool,
    /// Its name in a response with all columns, if a column has its own.
    alias: Option<String>,
}

impl Related {
    /// What `select` says after `*`, which returns all columns.
    pub(crate) fn after_columns(&self) -> Embed {
        Embed { alias: self.alias.clone(), ..self.embed.clone() }
    }
}

/// The tables that are related to one, each once for each way that clients can name.
pub(crate) fn of(table: TableRef<'_>) -> Vec<Related> {
    let mut all: Vec<Related> = Vec::new();
    for relationship in table.relationships() {
        let name = &table.related(relationship).table().name;
        let leads = |target: &str, hint: Option<&str>| matches!(table.find_for_client(target, hint), Ok((found, _)) if std::ptr::eq(found, relationship));
        let junction = relationship.junction.as_ref().map(|junction| table.junction(junction).table().name.as_str());
        let hints = [Some(relationship.constraint.as_str()), junction];
        let hint = hints.into_iter().flatten().find(|hint| leads(name, Some(hint)));
        let column = match relationship.columns.as_slice() {
            [(own, _)] if relationship.cardinality.is_to_one() => Some(&table.table().columns[*own].name),
            _ => None,
        };
        let column = column.filter(|column| leads(column, None));
        let embed = match (leads(name, None), hint) {
            (true, _) => Some(embed(name, None)),
            (false, Some(hint)) => Some(embed(name, Some(hint))),
            // A column is the only way from a row to another of the same table.
            (false, None) => column.map(|column| embed(column, None)),
        };
        if let Some(embed) = embed.filter(|embed| all.iter().all(|earlier| earlier.embed != *embed)) {
            let is_many = !relationship.cardinality.is_to_one();
            let alias = alias(table.table(), &embed.relation);
            all.push(Related { embed, table: name.clone(), column: column.cloned(), is_many, alias });
        }
    }
    all
}

/// Another name for related rows, if a column has theirs: `boss` for `boss_id`.
fn alias(table: &Table, name: &str) -> Option<String> {
    let is_taken = |name: &str| table.column(name).is_some();
    let shorter = name.strip_suffix("_id").filter(|name| !name.is_empty()).map(Into::into);
    let longer = (1..).map(|number| format!("{name}_{number}"));
    is_taken(name).then(|| shorter.into_iter().chain(longer).find(|alias: &String| !is_taken(alias))).flatten()
}

/// All columns of related rows.
fn embed(relation: &str, hint: Option<&str>) -> Embed {
    Embed {
        relation: relation.into(),
        alias: None,
        hint: hint.map(Into::into),
        join: None,
        is_spread: false,
        select: vec![SelectItem::Star],
        filters: Vec::new(),
        order: Vec::new(),
        limit: None,
        offset: None,
    }
}
