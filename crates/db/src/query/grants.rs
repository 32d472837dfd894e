//! What a caller is granted: the rows and columns of each table that they may read, create, update and delete.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

use mwallet_schema::{Table, Value};

use super::{Filter, KeptReads, Operand, PlanError, Scope, ScopedTable, plan};
use crate::catalog::TableRef;

/// Somebody who asks, by what was granted to them.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    /// What they may see and do.
    pub grants: Arc<Grants>,
    /// What is known of them, by the names that the filters of grants have for it: see [`Operand::Caller`].
    pub values: Arc<BTreeMap<String, Value>>,
    /// What the caller has asked for before. It is empty at first, and must be again where grants or values change.
    pub kept: KeptReads,
}

/// What the holders of some roles are granted, by table. A table without a grant does not exist for them.
///
/// ```
/// use mwallet_db::{Filter, Grant, Grants};
/// let mut grants = Grants::default();
/// let open = Some(Filter::eq("order_type", "OPEN"));
/// grants.table(None, "orders").read.push(Grant { rows: open, ..Grant::of_columns(["id"]) });
/// grants.table(None, "assets").read.push(Grant::all());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Grants {
    tables: HashMap<Option<String>, HashMap<String, TableGrants>>,
}

/// What is granted of one table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TableGrants {
    /// What can be read.
    pub read: Vec<Grant>,
    /// What can be created. Their `rows` mean nothing.
    pub create: Vec<WriteGrant>,
    /// What can be updated.
    pub update: Vec<WriteGrant>,
    /// What can be deleted. Only their `rows` mean something.
    pub delete: Vec<WriteGrant>,
}

/// A permission to read some rows and columns of a table. With several of them, a row is visible if one shows it, and a
/// cell is visible if one shows both its row and its column. Other cells of a visible row are null, wherever a request
/// mentions them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grant {
    /// The rows, or `None` for all. The filter may name columns that the grant does not show.
    pub rows: Option<Filter>,
    /// The columns. Write-only columns are never visible.
    pub columns: GrantedColumns,
    /// The most rows that one request may read. Of several grants, the largest holds.
    pub limit: Option<u64>,
    /// Whether the rows can be aggregated, and grouped.
    pub aggregates: bool,
}

/// A permission to write some rows and columns of a table. One grant must allow the whole change of a row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WriteGrant {
    /// The rows before the write, or `None` for all. They must be visible as well.
    pub rows: Option<Filter>,
    /// The columns that a request may give.
    pub columns: GrantedColumns,
    /// What columns are set to. A request may give the same values, but no others.
    pub set: Vec<(String, Operand)>,
    /// What must hold of each row after the write.
    pub check: Option<Filter>,
    /// What rows foreign keys may point at instead of those that the caller may read.
    pub references: Vec<GrantedReference>,
}

/// What rows a foreign key may point at.
#[derive(Clone, Debug, PartialEq)]
pub struct GrantedReference {
    /// The columns of the foreign key.
    pub columns: Vec<String>,
    /// The rows of the other table, or `None` for all.
    pub rows: Option<Filter>,
}

/// The columns of a grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GrantedColumns {
    /// All of the table.
    All,
    /// Those of these names.
    Named(Vec<String>),
}

impl Default for GrantedColumns {
    fn default() -> Self {
        Self::Named(Vec::new())
    }
}

impl GrantedColumns {
    /// Returns whether a column is among them.
    pub fn contains(&self, column: &str) -> bool {
        match self {
            Self::All => true,
            Self::Named(names) => names.iter().any(|name| name == column),
        }
    }
}

impl Grants {
    /// Returns what is granted of a table, to be added to.
    pub fn table(&mut self, schema: Option<&str>, table: &str) -> &mut TableGrants {
        self.tables.entry(schema.map(Into::into)).or_default().entry(table.into()).or_default()
    }

    /// Returns whether any of them asks for what is known of a caller by a name.
    pub fn ask_for(&self, name: &str) -> bool {
        self.tables.values().flat_map(HashMap::values).any(|grants| grants.ask_for(name))
    }

    /// Returns what is granted of a table, if anything is.
    pub fn of(&self, table: &Table) -> Option<&TableGrants> {
        self.tables.get(&table.schema)?.get(&table.name)
    }
}

impl Grant {
    /// Shows a table as a whole.
    pub fn all() -> Self {
        Self { columns: GrantedColumns::All, aggregates: true, ..Self::default() }
    }

    /// Shows some columns of all rows.
    pub fn of_columns<N: Into<String>>(columns: impl IntoIterator<Item = N>) -> Self {
        Self { columns: GrantedColumns::Named(columns.into_iter().map(Into::into).collect()), ..Self::all() }
    }
}

impl Grant {
    /// Adds what another grant of the same rows shows.
    fn extend(&mut self, other: Self) {
        self.limit = self.limit.zip(other.limit).map(|(one, other)| one.max(other));
        match (&mut self.columns, other.columns) {
            (GrantedColumns::All, _) => {}
            (columns, GrantedColumns::All) => *columns = GrantedColumns::All,
            (GrantedColumns::Named(names), GrantedColumns::Named(others)) => {
                let new: Vec<String> = others.into_iter().filter(|other| !names.contains(other)).collect();
                names.extend(new);
            }
        }
    }
}

impl WriteGrant {
    /// Returns all its filters: of rows before the write, of rows after it, and of rows that foreign keys may point at.
    pub fn filters(&self) -> impl Iterator<Item = &Filter> {
        let references = self.references.iter().filter_map(|reference| reference.rows.as_ref());
        self.rows.iter().chain(&self.check).chain(references)
    }

    /// Returns whether a request may give a column.
    pub(crate) fn takes(&self, column: &str) -> bool {
        self.columns.contains(column) || self.sets(column)
    }

    /// Returns whether it sets a column itself.
    pub(crate) fn sets(&self, column: &str) -> bool {
        self.set.iter().any(|(set, _)| set == column)
    }
}

impl TableRef<'_> {
    /// Checks that the filter of a grant fits this table, whoever asks.
    ///
    /// # Errors
    ///
    /// Returns an error if a name or a value does not fit, in the filter itself or in the tables that it asks for.
    pub fn check_grant_filter(self, filter: &Filter) -> Result<(), PlanError> {
        plan::check_filter_of_grant(filter, ScopedTable::new(self, Scope::Program))
    }

    /// Checks that a grant can set a column of this table to a value.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no such column, or if it does not have such values.
    pub fn check_grant_value(self, column: &str, value: &Operand) -> Result<(), PlanError> {
        plan::check_value_of_grant(column, value, ScopedTable::new(self, Scope::Program))
    }
}

impl Caller {
    /// Returns the read grants of a table that apply: not those whose filter asks for what is not known of this caller.
    pub(crate) fn reads(&self, table: &Table) -> Vec<&Grant> {
        let grants = self.grants.of(table).map_or(&[][..], |grants| &grants.read);
        grants.iter().filter(|grant| self.knows(grant.rows.as_ref())).collect()
    }

    /// Returns the grants of a write that apply.
    pub(crate) fn writes(&self, table: &Table, action: WriteAction) -> Vec<&WriteGrant> {
        let grants = self.grants.of(table).map_or(&[][..], |grants| grants.of_write(action));
        grants.iter().filter(|grant| self.knows(grant.filters())).collect()
    }

    /// Returns whether all that these filters ask for is known of this caller.
    fn knows<'f>(&self, filters: impl IntoIterator<Item = &'f Filter>) -> bool {
        let mut knows_all = true;
        for filter in filters {
            filter.each_of_caller(&mut |name| knows_all &= self.values.contains_key(name));
        }
        knows_all
    }
}

/// Why a caller may not do what it asks for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// No grant is about reading the table.
    #[error("you may not read rows of {table}")]
    Read {
        /// The table.
        table: String,
    },
    /// No grant is about such writes of the table.
    #[error("you may not {action} rows of {table}")]
    Action {
        /// What was to be done with rows.
        action: WriteAction,
        /// The table.
        table: String,
    },
    /// No grant takes a value for the column.
    #[error("{column}: you may not give it when you {action} rows of {table}")]
    Column {
        /// The column.
        column: String,
        /// What was to be done with rows.
        action: WriteAction,
        /// The table.
        table: String,
    },
    /// There are grants for each column, but none for all of them.
    #[error("you may not give these columns together when you {action} rows of {table}: {}", columns.join(", "))]
    Together {
        /// The columns.
        columns: Vec<String>,
        /// What was to be done with rows.
        action: WriteAction,
        /// The table.
        table: String,
    },
    /// Some columns of a foreign key are given, and the database would fill in others, so that nobody knows before where
    /// it points.
    #[error("give all columns of the foreign key of {table} or none: {}", columns.join(", "))]
    PartOfKey {
        /// The columns.
        columns: Vec<String>,
        /// The table.
        table: String,
    },
    /// A column is set by the server, and the request gives another value.
    #[error("{column}: the server sets it; leave it out")]
    Set {
        /// The column.
        column: String,
    },
    /// A column is to be set to what is not known of this caller.
    #[error("{column}: the server would set it to what it does not know of you")]
    Unknown {
        /// The column.
        column: String,
    },
    /// A row would not be as it must be after the write.
    #[error("a row of {table} would not be as you may {action} it")]
    Check {
        /// The table.
        table: String,
        /// What was to be done with rows.
        action: WriteAction,
    },
    /// An upsert found a row that the caller may not update.
    #[error("a row of {table} exists already, and you may not update it")]
    Merge {
        /// The table.
        table: String,
    },
}

/// What a write does with rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteAction {
    /// It creates them.
    Create,
    /// It updates them.
    Update,
    /// It deletes them.
    Delete,
}

impl fmt::Display for WriteAction {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        })
    }
}

impl TableGrants {
    /// Makes one grant to read of those of the same rows. A column is shown by all that are left where it can be: no mask
    /// then keeps an index from serving it.
    pub fn merge_reads(&mut self) {
        let mut merged: Vec<Grant> = Vec::with_capacity(self.read.len());
        for grant in self.read.drain(..) {
            let same = |other: &&mut Grant| other.rows == grant.rows && other.aggregates == grant.aggregates;
            match merged.iter_mut().find(same) {
                Some(same) => same.extend(grant),
                None => merged.push(grant),
            }
        }
        self.read = merged;
    }

    fn ask_for(&self, name: &str) -> bool {
        let reads = self.read.iter().flat_map(|grant| &grant.rows);
        let writes = || self.create.iter().chain(&self.update).chain(&self.delete);
        let mut is_asked = false;
        for filter in reads.chain(writes().flat_map(WriteGrant::filters)) {
            filter.each_of_caller(&mut |asked| is_asked |= asked == name);
        }
        let is_name = |operand: &Operand| matches!(operand, Operand::Caller(asked) if asked == name);
        is_asked || writes().flat_map(|grant| &grant.set).any(|(_, operand)| is_name(operand))
    }

    /// Returns the grants of an action.
    pub fn of_write(&self, action: WriteAction) -> &[WriteGrant] {
        match action {
            WriteAction::Create => &self.create,
            WriteAction::Update => &self.update,
            WriteAction::Delete => &self.delete,
        }
    }
}
