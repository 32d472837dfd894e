//! Builds tables from what the derive reads from a struct.

use std::sync::Arc;

use mwallet_schema::{
    Access, Bound, Check, Column, ColumnDefault, ColumnType, Decimal, ExpressionIndex, ForeignKey, FromTable, Index,
    NativeType, OnUpdate, ReferentialAction, Rules, Schema, Table, TableKind, Transfer, Unique, Updatability, Value,
    ValueGenerator, ViewColumnSource, constraint_name,
};

use super::{Cell, ColumnGroup, ColumnValue, TypeLimits};

/// The table and schemas of an entity.
#[derive(Debug)]
pub struct EntityDescription {
    /// The table.
    pub table: Table,
    /// The schema of a create request.
    pub create: Schema,
    /// The schema of an update request.
    pub update: Schema,
    /// The schema of a response.
    pub answer: Schema,
}

/// The attributes of a field.
#[derive(Default)]
pub struct FieldSpec {
    /// The doc comment.
    pub comment: Option<&'static str>,
    /// The limits of the type.
    pub limits: TypeLimits,
    /// Whether it is part of the primary key.
    pub key: bool,
    /// Whether its values are unique.
    pub unique: bool,
    /// Whether it has a plain index.
    pub index: bool,
    /// Whether the database assigns its values.
    pub identity: bool,
    /// The default value.
    pub default: Option<Cell>,
    /// The generator of default values.
    pub generate: Option<ValueGenerator>,
    /// How an update changes it.
    pub on_update: Option<OnUpdate>,
    /// Whether clients may read or write it.
    pub access: Access,
    /// Whether it keeps its first value.
    pub immutable: bool,
    /// What happens to the row when the referenced row is deleted.
    pub on_delete: ReferentialAction,
    /// The inclusive minimum of a number, as text.
    pub min: Option<&'static str>,
    /// The inclusive maximum of a number, as text.
    pub max: Option<&'static str>,
    /// The minimum length.
    pub min_length: Option<u32>,
    /// A pattern that text must match.
    pub pattern: Option<&'static str>,
    /// The exclusive minimum of a number, as text.
    pub above: Option<&'static str>,
    /// The exclusive maximum of a number, as text.
    pub below: Option<&'static str>,
    /// The maximum length, if the type does not set it.
    pub max_length: Option<u32>,
    /// The allowed values.
    pub one_of: Vec<Value>,
    /// The column type in an existing database.
    pub native: Option<NativeSpec>,
    /// The database default, as a SQL expression.
    pub default_sql: Option<&'static str>,
    /// The schema, table and column behind a view column.
    pub base: Option<(Option<&'static str>, &'static str, &'static str)>,
    /// The previous name of the column.
    pub renamed_from: Option<&'static str>,
}

/// The type of a column in an existing database.
#[derive(Clone, Copy, Debug)]
pub enum NativeSpec {
    /// The declared type of a SQLite column.
    DeclaredType(&'static str),
    /// A PostgreSQL type.
    Postgres {
        /// The name, including length or precision.
        name: &'static str,
        /// The type used in comparisons, unless it is this type without its limits.
        comparison_type: Option<&'static str>,
        /// How values are transferred.
        transfer: NativeTransfer,
    },
}

/// How values of a PostgreSQL type are transferred. Limits are part of the type name.
#[derive(Clone, Copy, Debug)]
pub enum NativeTransfer {
    /// As text.
    Text,
    /// As an exact number.
    Number,
    /// As PostgreSQL's text representation.
    TextRepr,
    /// As PostgreSQL's JSON representation.
    Json,
}

/// The table-level attributes of a struct.
#[derive(Clone, Copy, Debug, Default)]
pub struct TableSpec {
    /// The doc comment.
    pub comment: Option<&'static str>,
    /// The database schema, if it is not the connection's default.
    pub schema: Option<&'static str>,
    /// The kind of table.
    pub kind: TableKind,
    /// Which writes are allowed.
    pub writes: Updatability,
    /// Which writes can return their rows.
    pub answers: Updatability,
    /// The previous name of the table.
    pub renamed_from: Option<&'static str>,
}

/// A foreign key attribute of a struct.
#[derive(Clone, Copy, Debug, Default)]
pub struct ForeignKeySpec<'a> {
    /// The constraint name, or `None` for PostgreSQL's default name.
    pub name: Option<&'a str>,
    /// The referencing columns.
    pub columns: &'a [&'a str],
    /// The schema of the referenced table, if it is another.
    pub schema: Option<&'a str>,
    /// The referenced table.
    pub references: &'a str,
    /// The referenced columns, in the same order.
    pub to: &'a [&'a str],
    /// What happens to the row when the referenced row is deleted.
    pub on_delete: ReferentialAction,
    /// What happens to the row when the referenced key changes.
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

/// Builds a table.
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
        // In an existing database, the labels of a Rust enum are a rule on top of the native type.
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

    /// Sets the primary key.
    pub fn key(&mut self, columns: &[&str]) {
        self.table.primary_key = owned(columns);
    }

    /// Adds a unique constraint. Without a name it gets PostgreSQL's default name.
    pub fn unique(&mut self, name: Option<&str>, columns: &[&str]) {
        let name = self.name(name, columns, "key");
        self.table.uniques.push(Unique { name, columns: owned(columns) });
    }

    /// Adds an index. Without a name it gets PostgreSQL's default name.
    pub fn index(&mut self, name: Option<&str>, columns: &[&str]) {
        let name = self.name(name, columns, "idx");
        self.table.indexes.push(Index::on_columns(name, owned(columns)));
    }

    /// Adds a partial or expression index, in SQL that both engines accept.
    pub fn special_index(&mut self, name: &str, unique: bool, keys: &str, condition: Option<&str>) {
        let special = ExpressionIndex { unique, keys: keys.into(), condition: condition.map(Into::into) };
        self.table.indexes.push(Index { special: Some(special), ..Index::on_columns(name, Vec::new()) });
    }

    /// Adds a foreign key.
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

    /// Adds a check constraint, in SQL of the database. For mWallet's own tables, both engines must accept it.
    pub fn check(&mut self, name: &str, expression: &str) {
        self.table.checks.push(Check { name: name.into(), expression: expression.into() });
    }

    fn name(&self, name: Option<&str>, columns: &[&str], ending: &str) -> String {
        name.map_or_else(|| constraint_name(&self.table.name, columns, ending), Into::into)
    }

    /// Finishes the table and builds its schemas, named after the type.
    ///
    /// # Panics
    ///
    /// Panics if the declaration contradicts itself, for example by an index on an unknown column. This shows in the
    /// first test that uses the entity.
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
