//! Puts a table together from what the derive read of a struct.

use std::sync::Arc;

use mwallet_schema::{
    Access, Bound, Check, Column, ColumnDefault, ColumnType, Decimal, ExpressionIndex, ForeignKey, FromTable, Index,
    NativeType, OnUpdate, ReferentialAction, Rules, Schema, Table, TableKind, Transfer, Unique, Updatability, Value,
    ValueGenerator, ViewColumnSource, constraint_name,
};

use super::{Cell, ColumnGroup, ColumnValue, TypeLimits};

/// An entity's table and schemas.
#[derive(Debug)]
pub struct EntityDescription {
    /// The table.
    pub table: Table,
    /// What a client gives to create one.
    pub create: Schema,
    /// What a client gives to change one.
    pub update: Schema,
    /// What a client is answered.
    pub answer: Schema,
}

/// What the attributes of a field say of its column.
#[derive(Default)]
pub struct FieldSpec {
    /// The doc comment.
    pub comment: Option<&'static str>,
    /// Limits of the type.
    pub limits: TypeLimits,
    /// Part of the primary key.
    pub key: bool,
    /// Its value occurs once.
    pub unique: bool,
    /// It has a plain index.
    pub index: bool,
    /// The database numbers it.
    pub identity: bool,
    /// Its value where none is given.
    pub default: Option<Cell>,
    /// What makes its value where none is given.
    pub generate: Option<ValueGenerator>,
    /// What an update does to it.
    pub on_update: Option<OnUpdate>,
    /// Whether clients may read and write it.
    pub access: Access,
    /// It keeps the value that it was created with.
    pub immutable: bool,
    /// What happens to the row when the one it refers to is deleted.
    pub on_delete: ReferentialAction,
    /// The least number, as its text.
    pub min: Option<&'static str>,
    /// The largest number, as its text.
    pub max: Option<&'static str>,
    /// The shortest text.
    pub min_length: Option<u32>,
    /// A pattern that the text must match.
    pub pattern: Option<&'static str>,
    /// The number that it must be greater than, as its text.
    pub above: Option<&'static str>,
    /// The number that it must be less than, as its text.
    pub below: Option<&'static str>,
    /// The longest text, where the type does not say it.
    pub max_length: Option<u32>,
    /// The values that it may be.
    pub one_of: Vec<Value>,
    /// What the column is in a database that mWallet did not make.
    pub native: Option<NativeSpec>,
    /// What the database fills in, as it is written in SQL.
    pub default_sql: Option<&'static str>,
    /// The schema, table and column that a column of a view shows.
    pub base: Option<(Option<&'static str>, &'static str, &'static str)>,
    /// The name that the column had before.
    pub renamed_from: Option<&'static str>,
}

/// The type of a column in a database that mWallet did not make.
#[derive(Clone, Copy, Debug)]
pub enum NativeSpec {
    /// What a column of SQLite declares.
    DeclaredType(&'static str),
    /// A type of PostgreSQL.
    Postgres {
        /// Its name, with its length or precision.
        name: &'static str,
        /// The type as which its values are compared, where it is another than this one without its limits.
        comparison_type: Option<&'static str>,
        /// How its values come and go.
        transfer: NativeTransfer,
    },
}

/// How values of a type of PostgreSQL come and go; their limits stand in the name of the type.
#[derive(Clone, Copy, Debug)]
pub enum NativeTransfer {
    /// As text.
    Text,
    /// As an exact number.
    Number,
    /// As the text that PostgreSQL writes.
    TextRepr,
    /// As the JSON that PostgreSQL makes.
    Json,
}

/// What the attributes above a struct say of its table as a whole.
#[derive(Clone, Copy, Debug, Default)]
pub struct TableSpec {
    /// The doc comment.
    pub comment: Option<&'static str>,
    /// The database schema that it stands in, where it is not that of the connection.
    pub schema: Option<&'static str>,
    /// What it is.
    pub kind: TableKind,
    /// What may be done to its rows.
    pub writes: Updatability,
    /// Which writes can answer the rows that they wrote.
    pub answers: Updatability,
    /// The name that the table had before.
    pub renamed_from: Option<&'static str>,
}

/// What an attribute above a struct says of a reference to rows of a table.
#[derive(Clone, Copy, Debug, Default)]
pub struct ForeignKeySpec<'a> {
    /// The name of the constraint, where it is not the one that PostgreSQL would give.
    pub name: Option<&'a str>,
    /// The columns that refer.
    pub columns: &'a [&'a str],
    /// The database schema of the table that they refer to, where it is another.
    pub schema: Option<&'a str>,
    /// The table that they refer to.
    pub references: &'a str,
    /// Its columns, in the same order.
    pub to: &'a [&'a str],
    /// What happens to the row when the one it refers to is deleted.
    pub on_delete: ReferentialAction,
    /// What happens to the row when the key it refers to changes.
    pub on_update: ReferentialAction,
}

impl NativeSpec {
    fn native_type(self) -> NativeType {
        match self {
            Self::DeclaredType(written) => NativeType::declared(written),
            Self::Postgres { name, comparison_type, transfer } => NativeType {
                name: name.into(),
                comparison_type: comparison_type.map(Into::into).or_else(|| NativeType::without_limits(name)),
                transfer: match transfer {
                    NativeTransfer::Text => Transfer::text(name),
                    NativeTransfer::Number => Transfer::number(name),
                    NativeTransfer::TextRepr => Transfer::TextRepr,
                    NativeTransfer::Json => Transfer::Json,
                },
            },
        }
    }
}

/// A table in the making.
pub struct TableBuilder {
    table: Table,
}

impl TableBuilder {
    /// Starts a table.
    pub fn new(name: &str, TableSpec { comment, schema, kind, writes, answers, renamed_from }: TableSpec) -> Self {
        let (comment, schema) = (comment.map(Into::into), schema.map(Into::into));
        let renamed_from = renamed_from.map(Into::into);
        Self { table: Table { comment, schema, kind, writes, answers, renamed_from, ..Table::new(name) } }
    }

    /// Adds the column of a field.
    pub fn field<T: ColumnValue>(&mut self, name: &str, spec: FieldSpec) {
        let table = &mut self.table;
        if spec.key || spec.identity {
            table.primary_key.push(name.into());
        }
        if spec.unique {
            table.add_unique(&[name]);
        }
        if spec.index {
            table.add_index(&[name]);
        }
        if let Some((references, column)) = T::reference() {
            table.add_foreign_key(&[name], references, &[column], spec.on_delete);
        }
        let own = T::column_type(spec.limits);
        // In a database that mWallet did not make, the labels of a Rust enum are a rule about a type of that database.
        let labels = match (&spec.native, &own) {
            (Some(_), ColumnType::Enum(labels)) => {
                labels.labels.iter().map(|label| label.name.as_str().into()).collect()
            }
            _ => Vec::new(),
        };
        let kind = spec.native.map_or(own, |native| ColumnType::Native(Arc::new(native.native_type())));
        let one_of = if spec.one_of.is_empty() { &labels } else { &spec.one_of };
        let one_of = one_of.iter().map(|value| match value.clone().coerce(&kind) {
            Ok(value) => value,
            Err(error) => panic!("{name}: {error}"),
        });
        let min = spec.min.map(|text| Bound::inclusive(number(name, text)));
        let max = spec.max.map(|text| Bound::inclusive(number(name, text)));
        table.columns.push(Column {
            name: name.into(),
            nullable: T::NULLABLE,
            default: default(name, &spec),
            on_update: spec.on_update,
            rules: Rules {
                min: min.or_else(|| spec.above.map(|text| Bound::exclusive(number(name, text)))),
                max: max.or_else(|| spec.below.map(|text| Bound::exclusive(number(name, text)))),
                min_length: spec.min_length,
                max_length: spec.max_length,
                pattern: spec.pattern.map(Into::into),
                one_of: one_of.collect(),
            },
            access: spec.access,
            immutable: spec.immutable,
            comment: spec.comment.map(Into::into),
            base: spec.base.map(|(schema, table, column)| ViewColumnSource {
                schema: schema.map(Into::into),
                table: table.into(),
                column: column.into(),
            }),
            renamed_from: spec.renamed_from.map(Into::into),
            kind,
        });
    }

    /// Adds the columns of a group.
    pub fn group<G: ColumnGroup>(&mut self) {
        G::describe(self);
    }

    /// Makes columns the primary key.
    pub fn key(&mut self, columns: &[&str]) {
        self.table.primary_key = owned(columns);
    }

    /// Adds a unique constraint over several columns; PostgreSQL's name for it, unless it has another.
    pub fn unique(&mut self, name: Option<&str>, columns: &[&str]) {
        let name = self.name(name, columns, "key");
        self.table.uniques.push(Unique { name, columns: owned(columns) });
    }

    /// Adds an index over several columns; PostgreSQL's name for it, unless it has another.
    pub fn index(&mut self, name: Option<&str>, columns: &[&str]) {
        let name = self.name(name, columns, "idx");
        self.table.indexes.push(Index::on_columns(name, owned(columns)));
    }

    /// Adds an index of some rows, or of expressions, in SQL that both engines read.
    pub fn special_index(&mut self, name: &str, unique: bool, keys: &str, condition: Option<&str>) {
        let special = ExpressionIndex { unique, keys: keys.into(), condition: condition.map(Into::into) };
        self.table.indexes.push(Index { special: Some(special), ..Index::on_columns(name, Vec::new()) });
    }

    /// Adds a reference of several columns to those of another table.
    pub fn foreign_key(&mut self, spec: ForeignKeySpec<'_>) {
        let key = ForeignKey {
            name: self.name(spec.name, spec.columns, "fkey"),
            columns: owned(spec.columns),
            references_schema: spec.schema.map(Into::into),
            references: spec.references.into(),
            referenced_columns: owned(spec.to),
            on_delete: spec.on_delete,
            on_update: spec.on_update,
        };
        self.table.foreign_keys.push(key);
    }

    /// Adds a condition on every row, in SQL of the database; for a table of mWallet's own, SQL that both engines read.
    pub fn check(&mut self, name: &str, expression: &str) {
        self.table.checks.push(Check { name: name.into(), expression: expression.into() });
    }

    fn name(&self, name: Option<&str>, columns: &[&str], ending: &str) -> String {
        name.map_or_else(|| constraint_name(&self.table.name, columns, ending), Into::into)
    }

    /// Ends the table and makes its schemas, named after the type.
    ///
    /// # Panics
    ///
    /// Where the declaration contradicts itself (an index of a column that does not exist, say): the first test that
    /// touches the entity says so, and no running program can be in that state.
    pub fn finish(self, type_name: &str) -> EntityDescription {
        let table = self.table;
        if let Err(error) = table.check() {
            panic!("{type_name}: {error}");
        }
        let schema = |ending: &str, partial: bool| {
            let name = Some(format!("{type_name}{ending}"));
            match Schema::from_table(&table, FromTable { name, partial, ..FromTable::default() }) {
                Ok(schema) => schema,
                Err(error) => panic!("{type_name}{ending}: {error}"),
            }
        };
        let (create, update, answer) = (schema("Create", false), schema("Update", true), schema("", false));
        EntityDescription { table, create, update, answer }
    }
}

fn default(name: &str, spec: &FieldSpec) -> Option<ColumnDefault> {
    if spec.identity {
        return Some(ColumnDefault::Identity);
    }
    if let Some(expression) = spec.default_sql {
        return Some(ColumnDefault::Database(expression.into()));
    }
    match (&spec.default, spec.generate) {
        (_, Some(generator)) => Some(ColumnDefault::AppGenerated(generator)),
        (Some(Cell::Value(value)), None) => Some(ColumnDefault::Constant(value.clone())),
        (None, None) => None,
        (Some(other), None) => panic!("the default of {name} must be a value, not {other:?}"),
    }
}

fn number(name: &str, text: &str) -> Decimal {
    match text.parse() {
        Ok(value) => value,
        Err(error) => panic!("{name}: {text}: {error}"),
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}
