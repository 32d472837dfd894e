//! Puts a table together from what the derive read of a struct.

use mwallet_schema::{
    Access, Action, Bound, Check, Column, ColumnDefault, Decimal, FromTable, Generator, OnUpdate, Rules, Schema, Table,
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
    pub generate: Option<Generator>,
    /// What an update does to it.
    pub on_update: Option<OnUpdate>,
    /// Whether clients may read and write it.
    pub access: Access,
    /// What happens to the row when the one it refers to is deleted.
    pub on_delete: Action,
    /// The least number, as its text.
    pub min: Option<&'static str>,
    /// The largest number, as its text.
    pub max: Option<&'static str>,
    /// The shortest text.
    pub min_length: Option<u32>,
    /// A pattern that the text must match.
    pub pattern: Option<&'static str>,
}

/// A table in the making.
pub struct TableBuilder {
    table: Table,
}

impl TableBuilder {
    /// Starts a table.
    pub fn new(name: &str, comment: Option<&str>) -> Self {
        Self { table: Table { comment: comment.map(Into::into), ..Table::new(name) } }
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
        table.columns.push(Column {
            name: name.into(),
            kind: T::column_type(spec.limits),
            nullable: T::NULLABLE,
            default: default(name, &spec),
            on_update: spec.on_update,
            rules: Rules {
                min: spec.min.map(|text| bound(name, text)),
                max: spec.max.map(|text| bound(name, text)),
                min_length: spec.min_length,
                max_length: None,
                pattern: spec.pattern.map(Into::into),
                one_of: Vec::new(),
            },
            access: spec.access,
            comment: spec.comment.map(Into::into),
            base: None,
        });
    }

    /// Adds the columns of a group.
    pub fn group<G: ColumnGroup>(&mut self) {
        G::describe(self);
    }

    /// Makes columns the primary key.
    pub fn key(&mut self, columns: &[&str]) {
        self.table.primary_key = columns.iter().map(|name| (*name).into()).collect();
    }

    /// Adds a unique constraint over several columns.
    pub fn unique(&mut self, columns: &[&str]) {
        self.table.add_unique(columns);
    }

    /// Adds an index over several columns.
    pub fn index(&mut self, columns: &[&str]) {
        self.table.add_index(columns);
    }

    /// Adds a reference of several columns to those of another table.
    pub fn foreign_key(&mut self, columns: &[&str], references: &str, referenced: &[&str], on_delete: Action) {
        self.table.add_foreign_key(columns, references, referenced, on_delete);
    }

    /// Adds a condition on every row, in SQL that both engines read.
    pub fn check(&mut self, name: &str, expression: &str) {
        self.table
            .checks
            .push(Check { name: format!("{}_{name}_check", self.table.name), expression: expression.into() });
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
    match (&spec.default, spec.generate) {
        (_, Some(generator)) => Some(ColumnDefault::Generated(generator)),
        (Some(Cell::Value(value)), None) => Some(ColumnDefault::Constant(value.clone())),
        (None, None) => None,
        (Some(other), None) => panic!("the default of {name} must be a value, not {other:?}"),
    }
}

fn bound(name: &str, text: &str) -> Bound {
    match text.parse::<Decimal>() {
        Ok(value) => Bound::inclusive(value),
        Err(error) => panic!("{name}: {text}: {error}"),
    }
}
