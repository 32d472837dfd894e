//! Writes WHERE conditions.

use mwallet_schema::{ColumnType, Value};

use super::{Writer, is_cast};
use crate::Dialect;
use crate::query::plan::{Condition, Length, PlannedField, TEXT_SEARCH_TYPE};
use crate::query::{Comparison, Is, SearchForm, SetRelation};

/// The maximum number of conditions in one AND or OR chain. Longer ones are split into nested groups.
const CHAIN: usize = 50;
/// The most values of a list of fixed length that are compared one by one.
const MOST_COMPARED: usize = 8;
/// The most values of a list of fixed length that are bound one by one.
const MOST_FIXED: usize = 32;

impl<'t> Writer<'t> {
    pub(super) fn where_(&mut self, condition: Condition<'t>) {
        if condition != Condition::And(Vec::new()) {
            self.push(" WHERE ");
            self.condition(condition);
        }
    }

    pub(super) fn condition(&mut self, condition: Condition<'t>) {
        match condition {
            Condition::Compare(field, comparison, value) => self.compare(&field, comparison, value),
            Condition::In(field, values, length) => self.in_(&field, values, length),
            Condition::Between(field, low, high) => {
                self.ordered_field(&field);
                self.push(" BETWEEN ");
                self.bind_operand(&field, low);
                self.push(" AND ");
                self.bind_operand(&field, high);
            }
            Condition::Like { field, pattern, fold_case } => self.like(&field, pattern, fold_case),
            Condition::Regex { field, pattern, fold_case } => self.regex(&field, pattern, fold_case),
            Condition::Relate(field, relation, value) => self.relate(&field, relation, value),
            Condition::Search { field, form, language, text } => self.search(&field, form, language, text),
            Condition::Is(field, is) => {
                self.field(&field);
                self.push(match is {
                    Is::Null | Is::Unknown => " IS NULL",
                    Is::True => " IS TRUE",
                    Is::False => " IS FALSE",
                });
            }
            Condition::Same(position, value) => {
                let field = position.into();
                self.spelled(&field, |writer| writer.column(position));
                self.push(match self.dialect {
                    Dialect::Postgres => " IS NOT DISTINCT FROM ",
                    Dialect::Sqlite => " IS ",
                });
                self.spelled(&field, |writer| writer.bind_operand(&field, value));
            }
            Condition::And(all) => self.joined(all, " AND ", "TRUE"),
            Condition::Or(any) => self.joined(any, " OR ", "FALSE"),
            Condition::InKeys(positions, keys) => self.in_keys(&positions, keys),
            Condition::Related(index) => {
                let all = self.related.clone();
                self.exists(&all[index]);
            }
            Condition::Exists(related) => self.exists(&related),
            Condition::Among(related) => self.among(&related),
            Condition::Stored(condition) => self.stored(|writer| writer.condition(*condition)),
            Condition::Behind(both) => {
                let [first, then] = *both;
                // Indexes serve the first, and CASE keeps the order: no engine evaluates a branch that is not taken.
                self.push("(");
                self.condition(first.clone());
                self.push(" AND CASE WHEN ");
                self.condition(first);
                self.push(" THEN ");
                self.condition(then);
                self.push(" ELSE FALSE END)");
            }
            Condition::Not(condition) => {
                self.push("NOT (");
                self.condition(*condition);
                self.push(")");
            }
        }
    }

    fn joined(&mut self, conditions: Vec<Condition<'t>>, with: &str, if_none: &str) {
        if conditions.is_empty() {
            return self.push(if_none);
        }
        self.push("(");
        // Both engines parse a chain into a tree as deep as it is long, and SQLite limits the depth to 1,000.
        let chunk = if conditions.len() > CHAIN { conditions.len().div_ceil(CHAIN) } else { 1 };
        let mut conditions = conditions.into_iter().peekable();
        let mut is_first = true;
        while conditions.peek().is_some() {
            self.push(if is_first { "" } else { with });
            is_first = false;
            let mut part: Vec<Condition<'t>> = conditions.by_ref().take(chunk).collect();
            match part.pop() {
                Some(only) if part.is_empty() => self.condition(only),
                last => self.joined(part.into_iter().chain(last).collect(), with, if_none),
            }
        }
        self.push(")");
    }

    fn compare(&mut self, field: &PlannedField, comparison: Comparison, value: Value) {
        let is_equality = matches!(comparison, Comparison::Eq | Comparison::Neq);
        match is_equality {
            true => self.spelled(field, |writer| writer.field(field)),
            false => self.ordered_field(field),
        }
        self.push(match comparison {
            Comparison::Eq => " = ",
            Comparison::Neq => " <> ",
            Comparison::Gt => " > ",
            Comparison::Gte => " >= ",
            Comparison::Lt => " < ",
            Comparison::Lte => " <= ",
        });
        match is_equality {
            true => self.spelled(field, |writer| writer.bind_operand(field, value)),
            false => self.bind_operand(field, value),
        }
    }

    /// Writes a value for an equality test. SQLite stores JSON as text, and equal documents may be spelled
    /// differently, so they are normalized first.
    pub(super) fn spelled(&mut self, field: &PlannedField, value: impl FnOnce(&mut Self)) {
        let is_spelled = self.dialect == Dialect::Sqlite && *field.kind(self.table) == ColumnType::Json;
        self.push(if is_spelled { "mwallet_json(" } else { "" });
        value(self);
        self.push(if is_spelled { ")" } else { "" });
    }

    /// Writes an IN list, bound as one array so that the SQL does not depend on its length, unless that is fixed.
    fn in_(&mut self, field: &PlannedField, values: Vec<Value>, length: Length) {
        // SQLite would put three values and more into a table of their own, for each statement. It finds by an index what
        // equals one of them as well as what is in a list.
        if self.dialect == Dialect::Sqlite && length == Length::Fixed && (3..=MOST_COMPARED).contains(&values.len()) {
            let equal = |value| Condition::Compare(field.clone(), Comparison::Eq, value);
            return self.condition(Condition::Or(values.into_iter().map(equal).collect()));
        }
        let kind = field.kind(self.table).into_owned();
        self.spelled(field, |writer| writer.field(field));
        match self.dialect {
            // A native PostgreSQL type may have no usable array type, so cast each value.
            Dialect::Postgres if self.native(field).is_some_and(is_cast) => {
                self.push(if values.is_empty() { " = ANY('{}')" } else { " IN (" });
                self.each_in(field, values);
            }
            // A list would be read into a table, each time.
            Dialect::Sqlite if length == Length::Fixed && values.len() <= MOST_FIXED => {
                self.push(if values.is_empty() { " IN ()" } else { " IN (" });
                self.each_in(field, values);
            }
            Dialect::Postgres => {
                self.push(" = ANY(");
                self.bind_as(kind, Value::List(values));
                self.push(")");
            }
            // JSON, which carries lists to SQLite, has no bytes, so they are sent as hexadecimal digits.
            Dialect::Sqlite if matches!(kind, ColumnType::Bytes { .. }) => {
                self.push(" IN (SELECT unhex(value) FROM json_each(");
                self.bind_as(kind, Value::List(values));
                self.push("))");
            }
            Dialect::Sqlite => {
                self.push(" IN (SELECT ");
                self.spelled(field, |writer| writer.push("value"));
                self.push(" FROM json_each(");
                self.bind_as(kind, Value::List(values));
                self.push("))");
            }
        }
    }

    /// Writes the values of an IN list and its end, unless there are none.
    fn each_in(&mut self, field: &PlannedField, values: Vec<Value>) {
        let count = values.len();
        for (index, value) in values.into_iter().enumerate() {
            self.spelled(field, |writer| writer.bind_operand(field, value));
            self.push(if index + 1 < count { ", " } else { ")" });
        }
    }

    /// Writes that several columns together equal one of several keys. The values of each column are bound as one
    /// array, as in an IN list.
    fn in_keys(&mut self, positions: &[usize], keys: Vec<Vec<Value>>) {
        let is_cast = |position: &usize| self.native(&(*position).into()).is_some_and(is_cast);
        if keys.is_empty() || (self.dialect == Dialect::Postgres && positions.iter().any(is_cast)) {
            return self.condition(Condition::any_key(positions, keys));
        }
        let mut arrays: Vec<Vec<Value>> = positions.iter().map(|_| Vec::with_capacity(keys.len())).collect();
        for key in keys {
            arrays.iter_mut().zip(key).for_each(|(array, value)| array.push(value));
        }
        match self.dialect {
            Dialect::Postgres => self.in_keys_of_arrays(positions, arrays),
            Dialect::Sqlite => self.in_keys_of_lists(positions, arrays),
        }
    }

    /// The comparisons with ANY let PostgreSQL infer the types of the arrays, and use indexes.
    fn in_keys_of_arrays(&mut self, positions: &[usize], arrays: Vec<Vec<Value>>) {
        self.push("(");
        let mut numbers = Vec::with_capacity(arrays.len());
        for (position, values) in positions.iter().zip(arrays) {
            self.in_(&(*position).into(), values, Length::Any);
            numbers.push(format!("${}", self.binds.len()));
            self.push(" AND ");
        }
        self.columns_together(positions);
        self.push(" IN (SELECT * FROM unnest(");
        self.push(&numbers.join(", "));
        self.push(")))");
    }

    /// SQLite joins the lists by position. Lists that are not materialized would be read again for every value.
    fn in_keys_of_lists(&mut self, positions: &[usize], lists: Vec<Vec<Value>>) {
        self.columns_together(positions);
        self.push(" IN (WITH ");
        let (mut values, mut joins) = (Vec::new(), String::new());
        for (index, (position, list)) in positions.iter().zip(lists).enumerate() {
            let kind = self.table.columns[*position].kind.clone();
            let is_bytes = matches!(kind, ColumnType::Bytes { .. });
            let value = if is_bytes { "unhex(value)" } else { "value" };
            self.push(if index > 0 { ", " } else { "" });
            self.push(&format!("k{index} AS MATERIALIZED (SELECT key, {value} AS value FROM json_each("));
            self.bind_as(kind, Value::List(list));
            self.push("))");
            values.push(format!("k{index}.value"));
            joins.push_str(&match index {
                0 => "k0".to_owned(),
                _ => format!(" JOIN k{index} ON k{index}.key = k0.key"),
            });
        }
        self.push(&format!(" SELECT {} FROM {joins})", values.join(", ")));
    }

    /// Writes several columns as one value.
    fn columns_together(&mut self, positions: &[usize]) {
        for (index, position) in positions.iter().enumerate() {
            self.push(if index > 0 { ", " } else { "(" });
            self.column(*position);
        }
        self.push(")");
    }

    /// Writes a match with a regular expression, of which SQLite has none.
    fn regex(&mut self, field: &PlannedField, pattern: String, fold_case: bool) {
        let text = ColumnType::Text { max: None };
        match self.dialect {
            Dialect::Postgres => {
                self.field(field);
                self.push(if fold_case { " ~* " } else { " ~ " });
                self.bind_as(text, Value::Text(pattern));
            }
            Dialect::Sqlite => {
                self.push(if fold_case { "mwallet_iregex(" } else { "mwallet_regex(" });
                self.text_of(field);
                self.push(", ");
                self.bind_as(text, Value::Text(pattern));
                self.push(")");
            }
        }
    }

    /// Writes a column of text. A native column of SQLite may hold values of any type.
    fn text_of(&mut self, field: &PlannedField) {
        let is_native = self.native(field).is_some();
        self.push(if is_native { "CAST(" } else { "" });
        self.field(field);
        self.push(if is_native { " AS TEXT)" } else { "" });
    }

    /// Writes how a set or range relates to another. On SQLite only JSON does.
    fn relate(&mut self, field: &PlannedField, relation: SetRelation, value: Value) {
        match self.dialect {
            Dialect::Postgres => {
                self.field(field);
                self.push(match relation {
                    SetRelation::Contains => " @> ",
                    SetRelation::ContainedIn => " <@ ",
                    SetRelation::Overlaps => " && ",
                    SetRelation::Before => " << ",
                    SetRelation::After => " >> ",
                    SetRelation::NotEndingAfter => " &< ",
                    SetRelation::NotBeginningBefore => " &> ",
                    SetRelation::AdjacentTo => " -|- ",
                });
                self.bind_operand(field, value);
            }
            Dialect::Sqlite => {
                self.push("mwallet_contains(");
                if relation == SetRelation::ContainedIn {
                    self.bind_operand(field, value);
                    self.push(", ");
                    self.field(field);
                } else {
                    self.field(field);
                    self.push(", ");
                    self.bind_operand(field, value);
                }
                self.push(")");
            }
        }
    }

    /// Writes a search for words, which only PostgreSQL has.
    fn search(&mut self, field: &PlannedField, form: SearchForm, language: Option<String>, words: String) {
        let text = || ColumnType::Text { max: None };
        let with_language = |writer: &mut Self| {
            if let Some(language) = &language {
                writer.bind_as(text(), Value::Text(language.clone()));
                writer.push("::text::regconfig, ");
            }
        };
        let is_prepared = self.native(field).is_some_and(|native| native.name == TEXT_SEARCH_TYPE);
        if is_prepared {
            self.field(field);
        } else {
            self.push("to_tsvector(");
            with_language(self);
            self.field(field);
            self.push(")");
        }
        self.push(match form {
            SearchForm::Query => " @@ to_tsquery(",
            SearchForm::Plain => " @@ plainto_tsquery(",
            SearchForm::Phrase => " @@ phraseto_tsquery(",
            SearchForm::Web => " @@ websearch_to_tsquery(",
        });
        with_language(self);
        self.bind_as(text(), Value::Text(words));
        self.push(")");
    }

    /// Writes LIKE. SQLite's own folds case, so we use a function that behaves like PostgreSQL's.
    fn like(&mut self, field: &PlannedField, pattern: String, fold_case: bool) {
        let text = ColumnType::Text { max: None };
        match self.dialect {
            Dialect::Postgres => {
                self.field(field);
                self.push(if fold_case { " ILIKE " } else { " LIKE " });
                self.bind_as(text, Value::Text(pattern));
            }
            Dialect::Sqlite => {
                self.push(if fold_case { "mwallet_ilike(" } else { "mwallet_like(" });
                self.text_of(field);
                self.push(", ");
                self.bind_as(text, Value::Text(pattern));
                self.push(")");
            }
        }
    }
}
