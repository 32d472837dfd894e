//! Describes a table as a value, from an entity or from a live database.

use crate::{
    ColumnType, EnumLabel, EnumType, MOST_NAME_BYTES, Rules, Transfer, Value, ValueGenerator, constraint_name,
};

/// A table with its columns, keys, indexes and constraints.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Table {
    /// The kind of table.
    pub kind: TableKind,
    /// The database schema of the table; `None` for the default schema of the connection.
    pub schema: Option<String>,
    /// The name.
    pub name: String,
    /// The columns, in order.
    pub columns: Vec<Column>,
    /// The names of the primary key's columns, in key order; empty if the table has no primary key.
    pub primary_key: Vec<String>,
    /// The unique constraints, apart from the primary key.
    pub uniques: Vec<Unique>,
    /// The indexes, apart from those of keys and unique constraints.
    pub indexes: Vec<Index>,
    /// The foreign keys.
    pub foreign_keys: Vec<ForeignKey>,
    /// The checks beyond those that the columns' rules imply.
    pub checks: Vec<Check>,
    /// The purpose of the table.
    pub comment: Option<String>,
    /// The writes that the database allows.
    pub writes: Updatability,
    /// The writes that can return the rows they wrote. All can, unless a rule of PostgreSQL replaces the write.
    pub answers: Updatability,
    /// The previous name, for the migration that renames the table.
    pub renamed_from: Option<String>,
}

/// A kind of relation: something with columns and rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TableKind {
    /// A table.
    #[default]
    Table,
    /// A table whose rows are stored in its partitions.
    Partitioned,
    /// A table whose rows are on another server.
    Foreign,
    /// A named query.
    View,
    /// A query whose rows are stored until it is refreshed.
    MaterializedView,
}

impl TableKind {
    /// Returns whether its rows are those of a query.
    pub fn is_view(self) -> bool {
        matches!(self, Self::View | Self::MaterializedView)
    }

    /// Returns the name of the kind, such as `materialized view`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Partitioned => "partitioned table",
            Self::Foreign => "foreign table",
            Self::View => "view",
            Self::MaterializedView => "materialized view",
        }
    }
}

/// The writes that the database allows on a table. By default all; views may allow fewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Updatability {
    /// Whether rows can be inserted.
    pub insert: bool,
    /// Whether rows can be updated.
    pub update: bool,
    /// Whether rows can be deleted.
    pub delete: bool,
}

impl Updatability {
    /// No write is allowed.
    pub const NONE: Self = Self { insert: false, update: false, delete: false };
}

impl Default for Updatability {
    fn default() -> Self {
        Self { insert: true, update: true, delete: true }
    }
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// The name.
    pub name: String,
    /// The type.
    pub kind: ColumnType,
    /// Whether it may be null.
    pub nullable: bool,
    /// The value of the column if an insert gives none.
    pub default: Option<ColumnDefault>,
    /// The value that every update by mWallet sets.
    pub on_update: Option<OnUpdate>,
    /// The rules beyond the type: ranges, minimum length, pattern.
    pub rules: Rules,
    /// Whether clients may read and write the column.
    pub access: Access,
    /// Whether the value never changes after the insert, whoever writes.
    pub immutable: bool,
    /// The meaning of the column.
    pub comment: Option<String>,
    /// For a column of a view: the table column that it shows.
    pub base: Option<ViewColumnSource>,
    /// The previous name, for the migration that renames the column.
    pub renamed_from: Option<String>,
}

/// The table column that a column of a view shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewColumnSource {
    /// The database schema of the table, if it differs from that of the view.
    pub schema: Option<String>,
    /// The table.
    pub table: String,
    /// The column.
    pub column: String,
}

/// The value of a column if an insert gives none.
#[derive(Clone, Debug, PartialEq)]
pub enum ColumnDefault {
    /// A constant.
    Constant(Value),
    /// A value that mWallet generates.
    AppGenerated(ValueGenerator),
    /// The next number of an identity column, assigned by the database.
    Identity,
    /// An SQL expression that the database evaluates, such as `nextval('numbers')`. A clause other than `DEFAULT` is
    /// given whole, such as `GENERATED ALWAYS AS (a * 2) STORED`.
    Database(String),
}

impl ColumnDefault {
    /// Returns whether the database fills the column, so that an insert omits it.
    pub fn is_of_database(&self) -> bool {
        matches!(self, Self::Identity | Self::Database(_))
    }
}

/// What an update does to a column that it does not set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnUpdate {
    /// Sets it to the time of the update.
    Now,
    /// Increments it by one.
    Increment,
}

/// Whether clients may read and write a column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Access {
    /// Clients may read and write it.
    #[default]
    ReadWrite,
    /// Clients may read it, but not write it.
    ReadOnly,
    /// Clients may write it, but not read it: a secret.
    WriteOnly,
}

/// A unique constraint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unique {
    /// The name of the constraint.
    pub name: String,
    /// The columns, in order.
    pub columns: Vec<String>,
}

/// An index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// The name.
    pub name: String,
    /// The columns, in order; empty if `special` is set.
    pub columns: Vec<String>,
    /// The definition of an index on expressions or on some of the rows.
    pub special: Option<ExpressionIndex>,
}

/// An index on expressions or on some of the rows, in the SQL of its author. It never holds data from a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpressionIndex {
    /// Whether the index is unique.
    pub unique: bool,
    /// The keys: columns and expressions, such as `lower(label)`.
    pub keys: String,
    /// The condition of a partial index; `None` if the index covers all rows.
    pub condition: Option<String>,
}

impl Index {
    /// Returns an index on columns.
    pub fn on_columns(name: impl Into<String>, columns: Vec<String>) -> Self {
        Self { name: name.into(), columns, special: None }
    }
}

impl ExpressionIndex {
    /// Returns the keys in parentheses and the condition, as they follow the table name in `CREATE INDEX`.
    pub fn sql(&self) -> String {
        let condition = self.condition.as_ref().map(|condition| format!(" WHERE {condition}")).unwrap_or_default();
        format!("({}){condition}", self.keys)
    }
}

/// A foreign key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignKey {
    /// The name of the constraint.
    pub name: String,
    /// The referencing columns.
    pub columns: Vec<String>,
    /// The database schema of the referenced table, if it differs from that of the table itself.
    pub references_schema: Option<String>,
    /// The referenced table.
    pub references: String,
    /// The referenced columns, in the same order.
    pub referenced_columns: Vec<String>,
    /// The action when the referenced row is deleted.
    pub on_delete: ReferentialAction,
    /// The action when the referenced key changes.
    pub on_update: ReferentialAction,
}

/// What a foreign key does when the referenced row is deleted or its key changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReferentialAction {
    /// Rejects the change at the end of the statement or transaction.
    #[default]
    NoAction,
    /// Rejects the change immediately.
    Restrict,
    /// Deletes or updates the referencing rows too.
    Cascade,
    /// Sets the referencing columns to null.
    SetNull,
    /// Sets the referencing columns to their defaults.
    SetDefault,
}

/// A condition on every row, in SQL that both engines understand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The name of the constraint.
    pub name: String,
    /// The condition, such as `start_at <= end_at`. It never holds data from a request.
    pub expression: String,
}

/// Why the description of a table is invalid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// A key, index or reference names a column that the table does not have.
    #[error("table {table}: {within} names the column {column}, which does not exist")]
    UnknownColumn {
        /// The table.
        table: String,
        /// The key, index or reference.
        within: String,
        /// The missing column.
        column: String,
    },
    /// Two columns have the same name.
    #[error("table {table} has two columns named {column}")]
    DuplicateColumn {
        /// The table.
        table: String,
        /// The name.
        column: String,
    },
    /// A foreign key has different numbers of referencing and referenced columns.
    #[error("table {table}: foreign key {name} has another number of columns than it references")]
    UnpairedForeignKey {
        /// The table.
        table: String,
        /// The foreign key.
        name: String,
    },
    /// An identity column is not the whole primary key, which SQLite requires.
    #[error("table {table}: {column} is an identity column, so it must be the only column of the primary key")]
    IdentityIsNotTheKey {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// A default is not a valid value of its column.
    #[error("table {table}: the default of {column}: {reason}")]
    WrongDefault {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// Why the default is invalid.
        reason: String,
    },
    /// A name exceeds the limit of PostgreSQL, which would truncate it.
    #[error(
        "table {table}: {name} has {} bytes, but a name can have at most {MOST_NAME_BYTES}: give {of} a shorter one",
        name.len()
    )]
    LongName {
        /// The table.
        table: String,
        /// The named object, such as `the column`.
        of: &'static str,
        /// The name.
        name: String,
    },
}

impl Column {
    /// Returns a required column without default or rules.
    pub fn new(name: impl Into<String>, kind: ColumnType) -> Self {
        Self {
            name: name.into(),
            kind,
            nullable: false,
            default: None,
            on_update: None,
            rules: Rules::default(),
            access: Access::default(),
            immutable: false,
            comment: None,
            base: None,
            renamed_from: None,
        }
    }

    /// Makes the column nullable.
    pub fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }

    /// Sets the default.
    pub fn default(mut self, default: ColumnDefault) -> Self {
        self.default = Some(default);
        self
    }

    /// Sets the access.
    pub fn access(mut self, access: Access) -> Self {
        self.access = access;
        self
    }

    /// Returns whether clients may read the column: all columns but secrets.
    pub fn is_readable(&self) -> bool {
        self.access != Access::WriteOnly
    }

    /// Returns the labels of the type, if it is an enum of mWallet or of PostgreSQL.
    pub fn labels(&self) -> Option<EnumType> {
        match &self.kind {
            ColumnType::Enum(found) => Some(EnumType::clone(found)),
            ColumnType::Native(native) if native.transfer == Transfer::TextRepr && !self.rules.one_of.is_empty() => {
                let label = |(code, value): (i64, &Value)| match value {
                    // A label in Rust is never empty.
                    Value::Text(name) if !name.is_empty() => Some(EnumLabel::new(name.clone(), code)),
                    _ => None,
                };
                let labels = (0..).zip(&self.rules.one_of).map(label).collect::<Option<_>>()?;
                Some(EnumType { name: native.name.clone(), labels })
            }
            _ => None,
        }
    }

    /// Returns whether an insert may omit the column.
    pub fn is_filled(&self) -> bool {
        self.default.is_some() || self.nullable
    }
}

impl Table {
    /// Returns a table without columns.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Returns the column with that name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Returns the position of the column with that name.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// Adds a unique constraint, named as PostgreSQL would name it.
    pub fn add_unique(&mut self, columns: &[&str]) {
        let name = constraint_name(&self.name, columns, "key");
        self.uniques.push(Unique { name, columns: owned(columns) });
    }

    /// Adds an index, named as PostgreSQL would name it.
    pub fn add_index(&mut self, columns: &[&str]) {
        let name = constraint_name(&self.name, columns, "idx");
        self.indexes.push(Index::on_columns(name, owned(columns)));
    }

    /// Adds a foreign key, named as PostgreSQL would name it.
    pub fn add_foreign_key(
        &mut self,
        columns: &[&str],
        references: &str,
        referenced: &[&str],
        on_delete: ReferentialAction,
    ) {
        let name = constraint_name(&self.name, columns, "fkey");
        self.foreign_keys.push(ForeignKey {
            name,
            columns: owned(columns),
            references_schema: None,
            references: references.into(),
            referenced_columns: owned(referenced),
            on_delete,
            on_update: ReferentialAction::NoAction,
        });
    }

    /// Returns whether the columns are exactly those of the primary key or of a unique constraint.
    pub fn is_unique(&self, columns: &[&str]) -> bool {
        let same =
            |names: &[String]| names.len() == columns.len() && columns.iter().all(|c| names.iter().any(|n| n == c));
        same(&self.primary_key) || self.uniques.iter().any(|unique| same(&unique.columns))
    }

    /// Returns whether values of these columns match at most one row: they include all columns of the primary key or
    /// of a unique constraint.
    pub fn is_identified_by(&self, columns: &[&str]) -> bool {
        let holds = |names: &[String]| !names.is_empty() && names.iter().all(|name| columns.contains(&name.as_str()));
        holds(&self.primary_key) || self.uniques.iter().any(|unique| holds(&unique.columns))
    }

    /// Returns the tables that a pure join table connects: its primary key consists of two or more complete foreign
    /// keys.
    pub fn joins(&self) -> Vec<&str> {
        let is_of_key = |key: &&ForeignKey| key.columns.iter().all(|column| self.primary_key.contains(column));
        let keys: Vec<&ForeignKey> = self.foreign_keys.iter().filter(is_of_key).collect();
        let is_covered = self.primary_key.iter().all(|column| keys.iter().any(|key| key.columns.contains(column)));
        if keys.len() < 2 || !is_covered {
            return Vec::new();
        }
        keys.iter().map(|key| key.references.as_str()).collect()
    }

    /// Checks that names exist and are short enough, that foreign keys pair up, and that defaults are valid.
    ///
    /// # Errors
    ///
    /// Returns the first contradiction found.
    pub fn check(&self) -> Result<(), TableError> {
        self.check_lengths()?;
        self.check_columns()?;
        self.check_names("the primary key", &self.primary_key)?;
        for unique in &self.uniques {
            self.check_names(&unique.name, &unique.columns)?;
        }
        for index in &self.indexes {
            self.check_names(&index.name, &index.columns)?;
        }
        for key in &self.foreign_keys {
            self.check_names(&key.name, &key.columns)?;
            if key.columns.len() != key.referenced_columns.len() {
                return Err(TableError::UnpairedForeignKey { table: self.name.clone(), name: key.name.clone() });
            }
        }
        Ok(())
    }

    /// Rejects names that PostgreSQL would truncate. Skips views, which mWallet does not create, and tables with
    /// types that only SQLite has.
    fn check_lengths(&self) -> Result<(), TableError> {
        let is_of_sqlite = |column: &Column| match &column.kind {
            ColumnType::Native(native) => matches!(native.transfer, Transfer::SqliteDynamic(_)),
            _ => false,
        };
        if self.kind != TableKind::Table || self.columns.iter().any(is_of_sqlite) {
            return Ok(());
        }
        let columns = self.columns.iter().map(|column| ("the column", &column.name));
        let uniques = self.uniques.iter().map(|unique| ("the unique constraint", &unique.name));
        let indexes = self.indexes.iter().map(|index| ("the index", &index.name));
        let keys = self.foreign_keys.iter().map(|key| ("the foreign key", &key.name));
        let checks = self.checks.iter().map(|check| ("the check", &check.name));
        let mut all = [("the table", &self.name)]
            .into_iter()
            .chain(columns)
            .chain(uniques)
            .chain(indexes)
            .chain(keys)
            .chain(checks);
        match all.find(|(_, name)| name.len() > MOST_NAME_BYTES) {
            None => Ok(()),
            Some((of, name)) => Err(TableError::LongName { table: self.name.clone(), of, name: name.clone() }),
        }
    }

    fn check_columns(&self) -> Result<(), TableError> {
        for (position, column) in self.columns.iter().enumerate() {
            if self.position(&column.name) != Some(position) {
                return Err(TableError::DuplicateColumn { table: self.name.clone(), column: column.name.clone() });
            }
            let is_whole_key = self.primary_key.len() == 1 && self.primary_key[0] == column.name;
            if column.default == Some(ColumnDefault::Identity) && !is_whole_key {
                return Err(TableError::IdentityIsNotTheKey { table: self.name.clone(), column: column.name.clone() });
            }
            if let Some(ColumnDefault::Constant(value)) = &column.default {
                value.clone().coerce(&column.kind).map_err(|error| TableError::WrongDefault {
                    table: self.name.clone(),
                    column: column.name.clone(),
                    reason: error.to_string(),
                })?;
            }
        }
        Ok(())
    }

    fn check_names(&self, within: &str, names: &[String]) -> Result<(), TableError> {
        match names.iter().find(|name| self.column(name).is_none()) {
            None => Ok(()),
            Some(name) => {
                Err(TableError::UnknownColumn { table: self.name.clone(), within: within.into(), column: name.clone() })
            }
        }
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_whose_key_is_references_joins_tables() {
        let mut table = Table::new("playlist_track");
        table.primary_key = owned(&["playlist_id", "track_id"]);
        table.add_foreign_key(&["playlist_id"], "playlists", &["id"], ReferentialAction::Cascade);
        assert!(table.joins().is_empty());
        table.add_foreign_key(&["added_by"], "users", &["id"], ReferentialAction::Cascade);
        assert!(table.joins().is_empty());
        table.add_foreign_key(&["track_id"], "tracks", &["id"], ReferentialAction::Cascade);
        assert_eq!(table.joins(), ["playlists", "tracks"]);
        table.primary_key.push("position".into());
        assert!(table.joins().is_empty());
    }

    #[test]
    fn a_name_that_would_be_cut_is_refused() {
        let fitting = "ä".repeat(31);
        let long = format!("{fitting}cd");
        let table = |name: &str, column: &str| {
            let mut table = Table::new(name);
            table.columns.push(Column::new(column, ColumnType::Boolean));
            table.add_unique(&[column]);
            table
        };
        assert_eq!(table(&fitting, &fitting).check(), Ok(()));
        assert_eq!(
            table("orders", &long).check().unwrap_err().to_string(),
            format!("table orders: {long} has 64 bytes, but a name can have at most 63: give the column a shorter one")
        );
        assert!(matches!(table(&long, "a").check(), Err(TableError::LongName { of: "the table", .. })));
        let mut named = table("orders", "a");
        named.checks.push(Check { name: long.clone(), expression: "a".into() });
        assert!(matches!(named.check(), Err(TableError::LongName { of: "the check", .. })));
        // Neither a view nor a SQLite table of an existing database is created by mWallet, so any name is fine.
        let view = Table { kind: TableKind::View, ..table(&long, &long) };
        let mut others = table(&long, &long);
        others.columns[0].kind = ColumnType::Native(std::sync::Arc::new(crate::NativeType::declared("NVARCHAR(9)")));
        assert_eq!((view.check(), others.check()), (Ok(()), Ok(())));
    }

    #[test]
    fn a_description_that_contradicts_itself_is_refused() {
        let mut table = Table::new("orders");
        table.columns.push(Column::new("memo", ColumnType::Text { max: Some(3) }));
        assert_eq!(table.check(), Ok(()));

        table.add_index(&["mem"]);
        assert_eq!(
            table.check().unwrap_err().to_string(),
            "table orders: orders_mem_idx names the column mem, which does not exist"
        );
        table.indexes.clear();

        table.columns[0].default = Some(ColumnDefault::Constant("long".into()));
        assert!(matches!(table.check(), Err(TableError::WrongDefault { .. })));
        table.columns[0].default = None;

        table.columns[0].default = Some(ColumnDefault::Identity);
        assert!(matches!(table.check(), Err(TableError::IdentityIsNotTheKey { .. })));
        table.columns[0].default = None;

        table.columns.push(table.columns[0].clone());
        assert!(matches!(table.check(), Err(TableError::DuplicateColumn { .. })));
    }
}
