//! A table described as a value, from an entity or from a live database.

use crate::{
    ColumnType, EnumLabel, EnumType, MOST_NAME_BYTES, Rules, Transfer, Value, ValueGenerator, constraint_name,
};

/// A table: its columns, keys, indexes and what they promise.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Table {
    /// What it is.
    pub kind: TableKind,
    /// The name of the database schema it stands in; `None` for the connection's own.
    pub schema: Option<String>,
    /// The name.
    pub name: String,
    /// The columns in their order.
    pub columns: Vec<Column>,
    /// The names of the primary key's columns, in the key's order; empty where there is none.
    pub primary_key: Vec<String>,
    /// The unique constraints, apart from the primary key.
    pub uniques: Vec<Unique>,
    /// The indexes, apart from those of keys and unique constraints.
    pub indexes: Vec<Index>,
    /// The foreign keys.
    pub foreign_keys: Vec<ForeignKey>,
    /// Checks beyond those that the columns' rules make.
    pub checks: Vec<Check>,
    /// What the table is for.
    pub comment: Option<String>,
    /// What may be done to its rows.
    pub writes: Updatability,
    /// Which writes can answer the rows that they wrote; all, unless a rule of PostgreSQL does something else instead.
    pub answers: Updatability,
    /// The name it had before, for the migration that renames it.
    pub renamed_from: Option<String>,
}

/// What something with columns and rows is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TableKind {
    /// A table.
    #[default]
    Table,
    /// A table whose rows lie in others, by their values.
    Partitioned,
    /// A table whose rows another server has.
    Foreign,
    /// A query under a name.
    View,
    /// A query whose rows are kept until they are made anew.
    MaterializedView,
}

impl TableKind {
    /// The word for it, such as `materialized view`.
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

/// What the database lets be done to the rows of a table; everything, unless it is a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Updatability {
    /// Whether rows can be created.
    pub insert: bool,
    /// Whether rows can be changed.
    pub update: bool,
    /// Whether rows can be deleted.
    pub delete: bool,
}

impl Updatability {
    /// Nothing may be written.
    pub const NONE: Self = Self { insert: false, update: false, delete: false };
}

impl Default for Updatability {
    fn default() -> Self {
        Self { insert: true, update: true, delete: true }
    }
}

/// One column.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// The name.
    pub name: String,
    /// The type.
    pub kind: ColumnType,
    /// Whether it may be null.
    pub nullable: bool,
    /// What it holds where nothing was given.
    pub default: Option<ColumnDefault>,
    /// What every update by mWallet sets it to.
    pub on_update: Option<OnUpdate>,
    /// Rules beyond the type: ranges, shortest length, pattern.
    pub rules: Rules,
    /// Whether clients may read it and write it.
    pub access: Access,
    /// Whether it keeps the value that it was created with, whoever writes.
    pub immutable: bool,
    /// What it means.
    pub comment: Option<String>,
    /// The column of a table that it shows, where it is one of a view.
    pub base: Option<ViewColumnSource>,
    /// The name it had before, for the migration that renames it.
    pub renamed_from: Option<String>,
}

/// The column of a table that a view shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewColumnSource {
    /// The database schema of the table, where it is not that of the view.
    pub schema: Option<String>,
    /// The table.
    pub table: String,
    /// The column.
    pub column: String,
}

/// What a column holds where nothing was given.
#[derive(Clone, Debug, PartialEq)]
pub enum ColumnDefault {
    /// The same value each time.
    Constant(Value),
    /// A value that mWallet makes.
    AppGenerated(ValueGenerator),
    /// The next number, given by the database.
    Identity,
    /// What the database makes by an expression of its own, such as `nextval('numbers')`; or by a whole clause, where
    /// it is another than `DEFAULT`, such as `GENERATED ALWAYS AS (a * 2) STORED`.
    Database(String),
}

impl ColumnDefault {
    /// Whether the database fills the column in, so that an insert leaves it out.
    pub fn is_of_database(&self) -> bool {
        matches!(self, Self::Identity | Self::Database(_))
    }
}

/// What an update does to a column that it does not name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnUpdate {
    /// It becomes the time of the update.
    Now,
    /// It goes up by one.
    Increment,
}

/// Whether clients may read a column and write it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Access {
    /// Both.
    #[default]
    ReadWrite,
    /// Answered, never taken.
    ReadOnly,
    /// Taken, never answered: a secret.
    WriteOnly,
}

/// A set of columns whose values together occur once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unique {
    /// The name of the constraint.
    pub name: String,
    /// The columns in their order.
    pub columns: Vec<String>,
}

/// An index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// The name.
    pub name: String,
    /// The columns in their order; none of an index that is more than one of columns.
    pub columns: Vec<String>,
    /// What it is, where it is more than an index of columns.
    pub special: Option<ExpressionIndex>,
}

/// An index of some rows, or of expressions, as its author wrote it. Never anything from a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpressionIndex {
    /// Whether its keys occur once.
    pub unique: bool,
    /// The keys: columns and expressions, such as `lower(label)`.
    pub keys: String,
    /// Which rows are in it; all, where it says nothing.
    pub condition: Option<String>,
}

impl Index {
    /// An index of columns.
    pub fn on_columns(name: impl Into<String>, columns: Vec<String>) -> Self {
        Self { name: name.into(), columns, special: None }
    }
}

impl ExpressionIndex {
    /// The keys in brackets, and the condition, as they follow the table in `CREATE INDEX`.
    pub fn sql(&self) -> String {
        let condition = self.condition.as_ref().map(|condition| format!(" WHERE {condition}")).unwrap_or_default();
        format!("({}){condition}", self.keys)
    }
}

/// A reference to rows of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignKey {
    /// The name of the constraint.
    pub name: String,
    /// The columns that refer.
    pub columns: Vec<String>,
    /// The database schema of the table they refer to, where it is not that of the table itself.
    pub references_schema: Option<String>,
    /// The table they refer to.
    pub references: String,
    /// The columns of it, in the same order.
    pub referenced_columns: Vec<String>,
    /// What happens to a row when the one it refers to is deleted.
    pub on_delete: ReferentialAction,
    /// What happens to a row when the key it refers to changes.
    pub on_update: ReferentialAction,
}

/// What a foreign key does when the row it refers to goes or changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReferentialAction {
    /// Refuses, at the end of the statement or transaction.
    #[default]
    NoAction,
    /// Refuses at once.
    Restrict,
    /// Does the same to the rows that refer.
    Cascade,
    /// Makes the reference null.
    SetNull,
    /// Makes the reference its default.
    SetDefault,
}

/// A condition on every row, written by the author of the table in SQL that both engines read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The name of the constraint.
    pub name: String,
    /// The condition, such as `start_at <= end_at`. Never anything from a request.
    pub expression: String,
}

/// Why a description of a table cannot be one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// A key, index or reference names a column that the table has not.
    #[error("table {table}: {within} names the column {column}, which does not exist")]
    UnknownColumn {
        /// The table.
        table: String,
        /// The key, index or reference.
        within: String,
        /// The column that was named.
        column: String,
    },
    /// Two columns have one name.
    #[error("table {table} has two columns named {column}")]
    DuplicateColumn {
        /// The table.
        table: String,
        /// The name.
        column: String,
    },
    /// A foreign key has more columns on one side than on the other.
    #[error("table {table}: foreign key {name} has another number of columns than it references")]
    UnpairedForeignKey {
        /// The table.
        table: String,
        /// The foreign key.
        name: String,
    },
    /// A column that the database numbers is not the whole primary key, which SQLite cannot do.
    #[error("table {table}: {column} is an identity column, so it must be the only column of the primary key")]
    IdentityIsNotTheKey {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// A default is no value of its column.
    #[error("table {table}: the default of {column}: {reason}")]
    WrongDefault {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A name is longer than PostgreSQL takes it: it would be cut, and never found again.
    #[error(
        "table {table}: {name} has {} bytes, but a name can have at most {MOST_NAME_BYTES}: give {of} a shorter one",
        name.len()
    )]
    LongName {
        /// The table.
        table: String,
        /// What is called so, such as `the column`.
        of: &'static str,
        /// The name.
        name: String,
    },
}

impl Column {
    /// A required column of a type, without default or rules.
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

    /// The same column, which may be null.
    pub fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }

    /// The same column with a default.
    pub fn default(mut self, default: ColumnDefault) -> Self {
        self.default = Some(default);
        self
    }

    /// The same column with an access.
    pub fn access(mut self, access: Access) -> Self {
        self.access = access;
        self
    }

    /// Whether clients may know of the column: all but secrets.
    pub fn is_readable(&self) -> bool {
        self.access != Access::WriteOnly
    }

    /// The labels of its type, where it has some: of one of our own, or of an enum of PostgreSQL.
    pub fn labels(&self) -> Option<EnumType> {
        match &self.kind {
            ColumnType::Enum(found) => Some(EnumType::clone(found)),
            ColumnType::Native(native) if native.transfer == Transfer::TextRepr && !self.rules.one_of.is_empty() => {
                let label = |(code, value): (i64, &Value)| match value {
                    // A label is never empty in Rust.
                    Value::Text(name) if !name.is_empty() => Some(EnumLabel::new(name.clone(), code)),
                    _ => None,
                };
                let labels = (0..).zip(&self.rules.one_of).map(label).collect::<Option<_>>()?;
                Some(EnumType { name: native.name.clone(), labels })
            }
            _ => None,
        }
    }

    /// Whether the server fills the column when it is not given.
    pub fn is_filled(&self) -> bool {
        self.default.is_some() || self.nullable
    }
}

impl Table {
    /// An empty table of that name.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Where the column of that name stands.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// Adds a unique constraint named as PostgreSQL would name it.
    pub fn add_unique(&mut self, columns: &[&str]) {
        let name = constraint_name(&self.name, columns, "key");
        self.uniques.push(Unique { name, columns: owned(columns) });
    }

    /// Adds an index named as PostgreSQL would name it.
    pub fn add_index(&mut self, columns: &[&str]) {
        let name = constraint_name(&self.name, columns, "idx");
        self.indexes.push(Index::on_columns(name, owned(columns)));
    }

    /// Adds a foreign key named as PostgreSQL would name it.
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

    /// Whether a set of columns identifies one row: the primary key, or a unique constraint.
    pub fn is_unique(&self, columns: &[&str]) -> bool {
        let same =
            |names: &[String]| names.len() == columns.len() && columns.iter().all(|c| names.iter().any(|n| n == c));
        same(&self.primary_key) || self.uniques.iter().any(|unique| same(&unique.columns))
    }

    /// Whether values of these columns find one row at most: among them are all of the primary key, or of a unique
    /// constraint.
    pub fn is_identified_by(&self, columns: &[&str]) -> bool {
        let holds = |names: &[String]| !names.is_empty() && names.iter().all(|name| columns.contains(&name.as_str()));
        holds(&self.primary_key) || self.uniques.iter().any(|unique| holds(&unique.columns))
    }

    /// The tables that it joins, where it is there for that alone: its key is two references or more, and all of each.
    pub fn joins(&self) -> Vec<&str> {
        let is_of_key = |key: &&ForeignKey| key.columns.iter().all(|column| self.primary_key.contains(column));
        let keys: Vec<&ForeignKey> = self.foreign_keys.iter().filter(is_of_key).collect();
        let is_covered = self.primary_key.iter().all(|column| keys.iter().any(|key| key.columns.contains(column)));
        if keys.len() < 2 || !is_covered {
            return Vec::new();
        }
        keys.iter().map(|key| key.references.as_str()).collect()
    }

    /// Holds the description against itself: names that exist and are short enough, pairs that pair, defaults that fit.
    ///
    /// # Errors
    ///
    /// The first contradiction found.
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

    /// Refuses names that PostgreSQL would cut. Views are not made by mWallet, nor are tables with types that only
    /// SQLite has.
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
        // A view is there already, and so is what others made in SQLite, which takes any name.
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
