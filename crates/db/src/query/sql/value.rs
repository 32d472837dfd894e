//! Writes what is read of a row: columns, values inside JSON, conversions, aggregates.

use mwallet_query::{AggregateFunction, CastType, JsonKey};
use mwallet_schema::{ColumnType, NativeType, Table, Transfer, Value};

use super::Writer;
use crate::Dialect;
use crate::columns::OutputKind;
use crate::query::plan::{Cast, CastSource, OutputValue, PlannedAggregate, PlannedField};
use crate::quote::quote;

/// The collation by which PostgreSQL compares texts by their bytes.
const BYTE_ORDER: &str = "C";
/// The collation by which SQLite compares JSON as PostgreSQL does.
const JSON_ORDER: &str = " COLLATE mwallet_json";
/// The collation by which SQLite compares the texts of numbers.
const NUMBER_ORDER: &str = " COLLATE mwallet_number";

impl Writer<'_> {
    /// Writes a field.
    pub(super) fn field(&mut self, field: &PlannedField) {
        if field.path.is_empty() {
            return self.column(field.column);
        }
        match self.dialect {
            Dialect::Postgres => self.postgres_path(field),
            Dialect::Sqlite => {
                self.push(if field.path.as_text { "mwallet_json_text(" } else { "mwallet_json_get(" });
                self.column(field.column);
                for key in &field.path.keys {
                    self.push(", ");
                    self.json_key(key);
                }
                self.push(")");
            }
        }
    }

    fn postgres_path(&mut self, field: &PlannedField) {
        let is_json = self.table.columns[field.column].kind == ColumnType::Json;
        self.push(if is_json { "(" } else { "(to_jsonb(" });
        self.column(field.column);
        self.push(if is_json { "" } else { ")" });
        let last = field.path.keys.len() - 1;
        for (index, key) in field.path.keys.iter().enumerate() {
            self.push(if index == last && field.path.as_text { " ->> " } else { " -> " });
            self.json_key(key);
            self.push(match key {
                JsonKey::Name(_) => "::text",
                JsonKey::Index(_) => "::integer",
            });
        }
        self.push(")");
    }

    fn json_key(&mut self, key: &JsonKey) {
        match key {
            JsonKey::Name(name) => self.bind_as(ColumnType::Text { max: None }, Value::Text(name.clone())),
            JsonKey::Index(index) => self.bind_as(ColumnType::Integer, Value::Int((*index).into())),
        }
    }

    /// Writes a field where its order matters. Texts inside JSON have the order of their bytes on both engines.
    pub(super) fn ordered_field(&mut self, field: &PlannedField) {
        self.field(field);
        self.push_order_of(field);
    }

    /// Writes what makes the order of a field that of both engines.
    pub(super) fn push_order_of(&mut self, field: &PlannedField) {
        match (self.dialect, field.path.is_empty(), field.path.as_text) {
            (Dialect::Postgres, false, true) => self.push_byte_order(),
            (Dialect::Sqlite, false, false) => self.push(JSON_ORDER),
            _ => {}
        }
    }

    fn push_byte_order(&mut self) {
        self.push(&format!(" COLLATE {}", quote(BYTE_ORDER)));
    }

    /// Returns the native type of a field, if it has one.
    pub(super) fn native(&self, field: &PlannedField) -> Option<&NativeType> {
        match &self.table.columns[field.column].kind {
            ColumnType::Native(native) if field.path.is_empty() => Some(native),
            _ => None,
        }
    }

    /// Writes output values, which are not aggregated. Native PostgreSQL types are read as text or JSON.
    pub(super) fn read_values(&mut self, values: &[OutputValue]) {
        for (index, value) in values.iter().enumerate() {
            self.push(if index > 0 { ", " } else { "" });
            let kind = value.input_kind(self.table);
            self.read(&kind, |writer| writer.input(value));
        }
    }

    /// Writes the columns at these positions in the same way.
    pub(super) fn read_columns(&mut self, positions: &[usize]) {
        let values: Vec<OutputValue> = positions.iter().copied().map(Into::into).collect();
        self.read_values(&values);
    }

    /// Writes a value of a type in the form in which it is returned.
    pub(super) fn read(&mut self, kind: &OutputKind, value: impl FnOnce(&mut Self)) {
        let transfer = match kind {
            OutputKind::Column(ColumnType::Native(native)) => Some(native.transfer),
            _ => None,
        };
        match transfer {
            Some(Transfer::TextRepr) => {
                value(self);
                self.push("::text");
            }
            Some(Transfer::Json) => {
                self.push("to_json(");
                value(self);
                self.push(")");
            }
            _ if self.is_canonical && has_spellings(kind) => {
                self.push("mwallet_json(");
                value(self);
                self.push(")");
            }
            _ => value(self),
        }
    }

    /// Writes what is read of a row, converted, but not aggregated.
    pub(super) fn input(&mut self, value: &OutputValue) {
        // Rows are counted by something that is not null.
        let Some(field) = &value.field else { return self.push("1") };
        match value.cast {
            Some(cast) => self.cast(cast, |writer| writer.field(field)),
            None => self.field(field),
        }
    }

    /// Writes a conversion. Those of SQLite know no types, so a function is told them.
    fn cast(&mut self, cast: Cast, value: impl FnOnce(&mut Self)) {
        if self.dialect == Dialect::Sqlite {
            self.push("mwallet_cast(");
            value(self);
            let (from, to) = (source_name(cast.from), cast.to.name());
            return self.push(&format!(", '{from}', '{to}')"));
        }
        let (before, after) = match (cast.from, cast.to) {
            // The text of a time depends on settings of the database, but not its JSON.
            (CastSource::Timestamp, CastType::Text) => {
                ("(to_jsonb(".into(), " AT TIME ZONE 'UTC') #>> '{}' || '+00:00')".into())
            }
            (CastSource::Timestamp, _) => ("to_char(".into(), " AT TIME ZONE 'UTC', 'YYYY-MM-DD')".into()),
            (_, CastType::Date) => ("to_char(".to_owned(), "::date, 'YYYY-MM-DD')".to_owned()),
            (CastSource::Native, CastType::Json) => ("to_jsonb(".into(), ")".into()),
            // By way of its text, a string that holds a number is one too.
            (CastSource::Json, CastType::Numeric | CastType::Boolean) => {
                ("(".into(), format!(" #>> '{{}}')::{}", cast.to.name()))
            }
            (CastSource::Json, CastType::SmallInt | CastType::Integer | CastType::BigInt) => {
                ("(".into(), format!(" #>> '{{}}')::numeric::{}", cast.to.name()))
            }
            // By way of its text, a UUID or a label fails as any text does.
            (CastSource::Text, to) if to != CastType::Text => ("(".into(), format!("::text)::{}", to.name())),
            (_, to) => ("(".into(), format!(")::{}", to.name())),
        };
        self.push(&before);
        value(self);
        self.push(&after);
    }

    /// Writes an aggregate over the values of a group. `input` writes them.
    pub(super) fn aggregate(
        &mut self,
        value: &OutputValue,
        aggregate: &PlannedAggregate,
        table: &Table,
        input: impl FnOnce(&mut Self),
    ) {
        match aggregate.cast {
            Some(cast) => self.cast(cast, |writer| writer.uncast_aggregate(value, aggregate, table, input)),
            None => {
                self.read(&aggregate.kind, |writer| writer.uncast_aggregate(value, aggregate, table, input));
            }
        }
    }

    fn uncast_aggregate(
        &mut self,
        value: &OutputValue,
        aggregate: &PlannedAggregate,
        table: &Table,
        input: impl FnOnce(&mut Self),
    ) {
        let function = aggregate.function;
        let kind = value.input_kind(table);
        let is_total = matches!(function, AggregateFunction::Sum | AggregateFunction::Avg);
        let is_extreme = matches!(function, AggregateFunction::Min | AggregateFunction::Max);
        // SQLite's own functions would convert decimals to doubles.
        let is_exact = is_total && aggregate.kind == OutputKind::Number;
        let is_dynamic = matches!(&kind, OutputKind::Column(ColumnType::Native(_))) && self.dialect == Dialect::Sqlite;
        match self.dialect {
            // A sum of what SQLite stores as any number is an integer as long as it is one.
            Dialect::Sqlite if is_total && is_dynamic && !is_exact => {
                self.push("mwallet_total(");
                input(self);
                return self.push(")");
            }
            Dialect::Sqlite if is_exact => self.push("mwallet_"),
            _ => {}
        }
        self.push(function.name());
        self.push("(");
        input(self);
        match (self.dialect, &kind) {
            (Dialect::Sqlite, OutputKind::Column(ColumnType::Decimal { scale, .. })) if is_exact => {
                self.push(", ");
                self.push(itoa::Buffer::new().format(*scale));
            }
            (Dialect::Sqlite, OutputKind::Number) if is_exact => self.push(", NULL"),
            (Dialect::Sqlite, _) if is_exact && is_dynamic => self.push(", NULL"),
            (Dialect::Sqlite, _) if is_exact => self.push(", 0"),
            (Dialect::Sqlite, OutputKind::Number) => self.push(NUMBER_ORDER),
            // Text that is read of JSON or converted would have the order of the database's language.
            (Dialect::Postgres, OutputKind::Column(ColumnType::Text { .. })) if is_extreme && !value.is_of_column() => {
                self.push_byte_order();
            }
            _ => {}
        }
        self.push(")");
        // PostgreSQL returns bigint for averages and sums of small integers. Use numeric for all that are exact.
        self.push(if is_exact && self.dialect == Dialect::Postgres { "::numeric" } else { "" });
    }

    /// Writes how SQLite tells equal values of a type from others, where equal values can be stored differently.
    pub(super) fn equality_of(&mut self, kind: &OutputKind) {
        if self.dialect == Dialect::Sqlite {
            self.push(match kind {
                OutputKind::Number => NUMBER_ORDER,
                OutputKind::Column(ColumnType::Json) => JSON_ORDER,
                _ => "",
            });
        }
    }
}

/// Returns whether SQLite may store equal values of a type differently.
pub(super) fn has_spellings(kind: &OutputKind) -> bool {
    matches!(kind, OutputKind::Number | OutputKind::Column(ColumnType::Json))
}

/// The name by which `mwallet_cast` knows what it converts.
fn source_name(source: CastSource) -> &'static str {
    match source {
        CastSource::Integer | CastSource::Number | CastSource::Dynamic => "number",
        CastSource::Decimal => "decimal",
        CastSource::Boolean => "boolean",
        CastSource::Text | CastSource::Native => "text",
        CastSource::Timestamp => "timestamp",
        CastSource::Json => "json",
    }
}
