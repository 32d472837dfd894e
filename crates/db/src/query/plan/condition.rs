//! Checks identifiers and filters against the columns of the table.

use std::borrow::Cow;

use mwallet_query::{Field, MAX_DEPTH};
use mwallet_schema::{ColumnType, Decimal, DeclaredType, Table, TableKind, Transfer, Value, ValueError};
use num_bigint::BigInt;

use super::{PlanError, PlannedField, Planner, RelatedPlan};
use crate::query::{Comparison, Filter, Identifier, Is, Operand, Query, SearchForm, SetRelation};

/// The maximum number of conditions in a filter.
pub(crate) const MAX_CONDITIONS: usize = 1_000;
/// The maximum number of values in an `in` list.
pub(super) const MAX_IN_VALUES: usize = 100_000;

/// The maximum length of a regular expression in bytes.
const MAX_PATTERN: usize = 1_000;
/// PostgreSQL's type of a text that is prepared for searches.
pub(in crate::query) const TEXT_SEARCH_TYPE: &str = "tsvector";

/// A filter with names resolved to positions and values converted to the columns' types.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Condition<'t> {
    Compare(PlannedField, Comparison, Value),
    In(PlannedField, Vec<Value>, Length),
    Between(PlannedField, Value, Value),
    Like {
        field: PlannedField,
        pattern: String,
        fold_case: bool,
    },
    Regex {
        field: PlannedField,
        pattern: String,
        fold_case: bool,
    },
    Relate(PlannedField, SetRelation, Value),
    Search {
        field: PlannedField,
        form: SearchForm,
        language: Option<String>,
        text: String,
    },
    Is(PlannedField, Is),
    /// The columns together equal one of these keys.
    InKeys(Vec<usize>, Vec<Vec<Value>>),
    /// There are related rows: those at this position of the plan.
    Related(usize),
    /// There are related rows that the plan does not return.
    Exists(Box<RelatedPlan<'t>>),
    /// Equality where null equals null.
    Same(usize, Value),
    And(Vec<Condition<'t>>),
    Or(Vec<Condition<'t>>),
    Not(Box<Condition<'t>>),
    /// The first holds, and then the second, which is evaluated on no other row.
    Behind(Box<[Condition<'t>; 2]>),
    /// A column equals one of the related rows that do not depend on the row.
    Among(Box<RelatedPlan<'t>>),
    /// A condition on cells as they are stored, whether or not the asker may see them.
    Stored(Box<Condition<'t>>),
}

/// All of several conditions.
pub(super) fn all_of(conditions: Vec<Condition<'_>>) -> Condition<'_> {
    match <[Condition<'_>; 1]>::try_from(conditions) {
        Ok([one]) => one,
        Err(all) => Condition::And(all),
    }
}

/// How many values a list of a condition has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Length {
    /// As many as a request gives.
    Any,
    /// Always the same: the list is that of a grant. The values are bound one by one then, which is less work for SQLite
    /// than a list, and the statement stays the same.
    Fixed,
}

impl Condition<'_> {
    /// The condition that every row meets.
    pub(crate) fn every_row() -> Self {
        Self::And(Vec::new())
    }

    /// The same condition for a negation: a null is among no rows, which is not unknown then.
    fn never_among(self) -> Self {
        let each = |all: Vec<Self>| all.into_iter().map(Self::never_among).collect();
        match self {
            Self::Among(related) => Self::Exists(related),
            Self::And(all) => Self::And(each(all)),
            Self::Or(all) => Self::Or(each(all)),
            Self::Not(one) => Self::Not(Box::new(one.never_among())),
            other => other,
        }
    }

    /// Returns that columns equal one of several keys, as single comparisons.
    pub(crate) fn any_key(columns: &[usize], keys: Vec<Vec<Value>>) -> Self {
        let equal = |(column, value): (&usize, Value)| Self::Compare((*column).into(), Comparison::Eq, value);
        let one = |key: Vec<Value>| Self::And(columns.iter().zip(key).map(equal).collect());
        Self::Or(keys.into_iter().map(one).collect())
    }

    /// Returns whether evaluating it can fail on the values of some row of a table. What is not known to be safe counts
    /// as failing.
    pub(super) fn can_fail(&self, table: &Table, related: &[RelatedPlan<'_>]) -> bool {
        // What a view computes, or another server, can fail for a row whatever it is compared with.
        if matches!(table.kind, TableKind::View | TableKind::Foreign) {
            return *self != Self::every_row();
        }
        let can_fail = |position: &usize| PlannedField::from(*position).can_fail(table);
        match self {
            Self::Compare(field, ..) | Self::In(field, ..) | Self::Between(field, ..) => field.can_fail(table),
            Self::Same(position, _) => can_fail(position),
            Self::InKeys(positions, _) => positions.iter().any(can_fail),
            Self::Is(field, _) => !field.path.is_empty(),
            Self::Like { .. } | Self::Regex { .. } | Self::Relate(..) | Self::Search { .. } => true,
            Self::And(all) | Self::Or(all) => all.iter().any(|one| one.can_fail(table, related)),
            Self::Not(one) => one.can_fail(table, related),
            Self::Behind(both) => both.iter().any(|one| one.can_fail(table, related)),
            Self::Related(index) => related[*index].can_fail(),
            Self::Exists(related) | Self::Among(related) => related.can_fail(),
            Self::Stored(one) => one.can_fail(table, related),
        }
    }

    /// Calls `with` for each column that must equal a single value in every matching row.
    pub(super) fn each_equal(&self, with: &mut impl FnMut(usize)) {
        match self {
            Self::Compare(field, Comparison::Eq, _) if field.path.is_empty() => with(field.column),
            Self::And(all) => all.iter().for_each(|one| one.each_equal(with)),
            Self::Stored(one) => one.each_equal(with),
            _ => {}
        }
    }
}

/// Where an operand lies relative to the values that a column can hold.
pub(super) enum Place {
    /// The column can hold it.
    At(Value),
    /// The column cannot hold it.
    Between(Beside),
}

/// The values of a column around a number that it cannot hold.
pub(super) struct Beside {
    /// The largest value below the number, if any.
    below: Option<Value>,
    /// The smallest value that the column can hold.
    least: Value,
}

impl Beside {
    fn new(number: &Decimal, precision: u32, scale: u32) -> Self {
        let most: BigInt = Decimal::power_of_ten(precision) - 1;
        let below = number.floor(scale).unscaled().clone().min(most.clone());
        let least = -most;
        let value = |unscaled| Value::Decimal(Decimal::new(unscaled, scale));
        Self { below: (below >= least).then(|| value(below)), least: value(least) }
    }

    /// Rewrites the comparison to one with a value that the column can hold. It stays unknown for nulls.
    fn compare<'t>(self, field: PlannedField, comparison: Comparison) -> Condition<'t> {
        let (comparison, value) = match (comparison, self.below) {
            (Comparison::Gt | Comparison::Gte, Some(below)) => (Comparison::Gt, below),
            (Comparison::Lt | Comparison::Lte, Some(below)) => (Comparison::Lte, below),
            // Every number is greater than, and different from, the operand.
            (Comparison::Gt | Comparison::Gte, None) | (Comparison::Neq, _) => (Comparison::Gte, self.least),
            (Comparison::Lt | Comparison::Lte, None) | (Comparison::Eq, _) => (Comparison::Lt, self.least),
        };
        Condition::Compare(field, comparison, value)
    }
}

impl Place {
    fn compare<'t>(self, field: PlannedField, comparison: Comparison) -> Condition<'t> {
        match self {
            Self::At(value) => Condition::Compare(field, comparison, value),
            Self::Between(beside) => beside.compare(field, comparison),
        }
    }
}

impl<'t> Planner<'t> {
    /// Returns the condition of a query: its identifier, its filter, and that there are the related rows that it
    /// requires. First comes the condition of the scope, if the other must not be evaluated on rows outside it.
    pub(super) fn rows(&self, query: &Query) -> Result<(Option<Condition<'t>>, Condition<'t>), PlanError> {
        let mut all = self.query_conditions(query)?;
        all.extend(self.inner_conditions(query));
        Ok(match self.own_scope() {
            Some(scope) if self.any_can_fail(&all) => (Some(scope), all_of(all)),
            // What is asked for comes first: of two bounds of a column, SQLite begins at the first, and pages begin far on.
            scope => (None, all_of(all.into_iter().chain(scope).collect())),
        })
    }

    /// The same for the rows that a write changes, as one condition.
    pub(super) fn written_rows(&self, query: &Query) -> Result<Condition<'t>, PlanError> {
        let all = self.query_conditions(query)?;
        Ok(match self.own_scope() {
            Some(scope) if self.any_can_fail(&all) => Condition::Behind(Box::new([scope, all_of(all)])),
            scope => all_of(all.into_iter().chain(scope).collect()),
        })
    }

    fn any_can_fail(&self, conditions: &[Condition<'t>]) -> bool {
        conditions.iter().any(|one| one.can_fail(self.table, &self.related))
    }

    fn query_conditions(&self, query: &Query) -> Result<Vec<Condition<'t>>, PlanError> {
        let mut all = match &query.identifier {
            Some(identifier) => self.identified(identifier)?,
            None => Vec::new(),
        };
        if let Some(filter) = &query.filter {
            all.push(self.filter(filter)?);
        }
        Ok(self.with_masks(all))
    }

    fn identified(&self, identifier: &Identifier) -> Result<Vec<Condition<'t>>, PlanError> {
        let places = self.places(identifier)?.into_iter();
        Ok(places.map(|(position, place)| place.compare(position.into(), Comparison::Eq)).collect())
    }

    /// Returns the columns that an identifier refers to, and their values.
    pub(super) fn places(&self, identifier: &Identifier) -> Result<Vec<(usize, Place)>, PlanError> {
        match identifier {
            Identifier::Id(id) => Ok(vec![self.named("id", &id.to_string(), "a number")?]),
            Identifier::Uuid(uuid) => Ok(vec![self.named("uuid", &uuid.to_string(), "a UUID")?]),
            Identifier::Slug(slug) => Ok(vec![self.named("slug", slug, "a slug")?]),
            Identifier::Key(parts) => {
                let key = &self.table.primary_key;
                if key.len() != parts.len() {
                    return Err(PlanError::KeyLength { table: self.table.name.clone(), expected: key.len().max(1) });
                }
                let place = |(name, part): (&String, &String)| {
                    let position = self.find(name)?;
                    Ok((position, self.text_operand(&position.into(), part)?))
                };
                key.iter().zip(parts).map(place).collect()
            }
        }
    }

    /// Looks up the column of this name, or else the single-column primary key. What is hidden names no row.
    fn named(&self, column: &str, text: &str, by: &'static str) -> Result<(usize, Place), PlanError> {
        let refuse = || PlanError::Identifier { table: self.table.name.clone(), by };
        let visible = |name: &str| self.table.position(name).filter(|position| self.is_visible(*position));
        let key = match self.table.primary_key.as_slice() {
            [one] => visible(one),
            _ => None,
        };
        let position = visible(column).or(key).ok_or_else(refuse)?;
        match self.text_operand(&position.into(), text) {
            Ok(place) => Ok((position, place)),
            // Report a NUL as such, not as a wrong kind of identifier.
            Err(error @ PlanError::InvalidValue { error: ValueError::NulInText, .. }) => Err(error),
            Err(_) => Err(refuse()),
        }
    }

    /// Returns the condition of a whole filter.
    pub(super) fn filter(&self, filter: &Filter) -> Result<Condition<'t>, PlanError> {
        self.condition(filter, MAX_DEPTH, &mut { MAX_CONDITIONS })
    }

    fn condition(&self, filter: &Filter, depth: usize, budget: &mut usize) -> Result<Condition<'t>, PlanError> {
        *budget = budget.checked_sub(1).ok_or(PlanError::TooComplex)?;
        let depth = depth.checked_sub(1).ok_or(PlanError::TooComplex)?;
        if let Filter::Is { field, is: Is::Null } = filter
            && field.path.is_empty()
            && let Some(related) = self.find_related(&field.column)
        {
            return Ok(Condition::Not(Box::new(Condition::Related(related))));
        }
        self.refuse_operator(filter)?;
        Ok(match filter {
            Filter::Compare { field, comparison, operand } => {
                let field = self.field(field)?;
                // JSON supports equality only. PostgreSQL's order for it is not useful, and SQLite has none.
                if !matches!(comparison, Comparison::Eq | Comparison::Neq) {
                    self.require_ordered(&field, "compared by size")?;
                }
                self.operand(&field, operand)?.compare(field, *comparison)
            }
            Filter::In { field, values } => {
                if values.len() > MAX_IN_VALUES {
                    return Err(PlanError::TooComplex);
                }
                let field = self.field(field)?;
                let mut beside = None;
                let mut possible = Vec::with_capacity(values.len());
                for value in values {
                    match self.operand(&field, value)? {
                        Place::At(value) => possible.push(value),
                        Place::Between(one) => beside = Some(one),
                    }
                }
                match beside {
                    // No value can match, but a null must still give unknown rather than false.
                    Some(beside) if possible.is_empty() => beside.compare(field, Comparison::Eq),
                    _ => Condition::In(field, possible, self.length),
                }
            }
            Filter::Between { field, low, high } => {
                let field = self.field(field)?;
                self.require_ordered(&field, "compared by size")?;
                match (self.operand(&field, low)?, self.operand(&field, high)?) {
                    (Place::At(low), Place::At(high)) => Condition::Between(field, low, high),
                    (low, high) => Condition::And(vec![
                        low.compare(field.clone(), Comparison::Gte),
                        high.compare(field, Comparison::Lte),
                    ]),
                }
            }
            Filter::InKeys { columns, keys } => self.in_keys(columns, keys)?,
            Filter::Exists(related) => Condition::Exists(Box::new(self.related_filter(related)?)),
            Filter::ExistsIn { schema, table, filter } => self.exists_in(schema.as_deref(), table, filter)?,
            Filter::Like { field, pattern, fold_case } => self.like(field, pattern, *fold_case)?,
            Filter::Regex { field, pattern, fold_case } => {
                let (field, fold_case) = (self.text_field(field, "matched with a pattern")?, *fold_case);
                if pattern.len() > MAX_PATTERN {
                    return Err(PlanError::LongPattern { column: field.name(self.table), most: MAX_PATTERN });
                }
                self.refuse_nul(&field, pattern)?;
                Condition::Regex { field, pattern: pattern.clone(), fold_case }
            }
            Filter::Relate { field, relation, operand } => self.relate(field, *relation, operand)?,
            Filter::Search { field, form, language, text } => {
                let (field, form) = (self.searched_field(field)?, *form);
                for text in [text].into_iter().chain(language) {
                    self.refuse_nul(&field, text)?;
                }
                Condition::Search { field, form, language: language.clone(), text: text.clone() }
            }
            Filter::Is { field, is } => {
                let field = self.field(field)?;
                if *is != Is::Null && !is_boolean(&field.kind(self.table)) {
                    return Err(self.refuse(&field, "true or false"));
                }
                Condition::Is(field, *is)
            }
            Filter::And(filters) => Condition::And(self.conditions(filters, depth, budget)?),
            Filter::Or(filters) => Condition::Or(self.conditions(filters, depth, budget)?),
            Filter::Not(filter) => match self.condition(filter, depth, budget)? {
                // Whether there are related rows is never unknown.
                Condition::Not(opposite) if matches!(*opposite, Condition::Related(_) | Condition::Exists(_)) => {
                    *opposite
                }
                condition => Condition::Not(Box::new(condition.never_among())),
            },
        })
    }

    fn conditions(
        &self,
        filters: &[Filter],
        depth: usize,
        budget: &mut usize,
    ) -> Result<Vec<Condition<'t>>, PlanError> {
        filters.iter().map(|filter| self.condition(filter, depth, budget)).collect()
    }

    /// Looks up the columns of a list of keys. A key with a value that its column cannot hold matches no row.
    fn in_keys(&self, columns: &[String], keys: &[Vec<Operand>]) -> Result<Condition<'t>, PlanError> {
        if keys.len() > MAX_IN_VALUES {
            return Err(PlanError::TooComplex);
        }
        let positions = columns.iter().map(|name| self.find(name)).collect::<Result<Vec<_>, _>>()?;
        for position in &positions {
            self.require_ordered(&(*position).into(), "part of a key")?;
        }
        let mut possible = Vec::with_capacity(keys.len());
        'keys: for key in keys {
            if key.len() != positions.len() {
                return Err(PlanError::KeyLength { table: self.table.name.clone(), expected: positions.len() });
            }
            let mut values = Vec::with_capacity(key.len());
            for (position, operand) in positions.iter().zip(key) {
                match self.operand(&(*position).into(), operand)? {
                    Place::At(value) => values.push(value),
                    Place::Between(_) => continue 'keys,
                }
            }
            possible.push(values);
        }
        let equal = |(position, value): (&usize, Value)| Condition::Compare((*position).into(), Comparison::Eq, value);
        Ok(match (positions.as_slice(), possible.len()) {
            (_, 1) => all_of(positions.iter().zip(possible.remove(0)).map(equal).collect()),
            ([one], _) => Condition::In((*one).into(), possible.into_iter().flatten().collect(), Length::Any),
            _ => Condition::InKeys(positions, possible),
        })
    }

    fn like(&self, field: &Field, pattern: &str, fold_case: bool) -> Result<Condition<'t>, PlanError> {
        let field = self.text_field(field, "matched with a pattern")?;
        self.refuse_nul(&field, pattern)?;
        let backslashes = pattern.bytes().rev().take_while(|byte| *byte == b'\\').count();
        if backslashes % 2 == 1 {
            return Err(PlanError::Pattern { column: field.name(self.table) });
        }
        Ok(Condition::Like { field, pattern: pattern.into(), fold_case })
    }

    /// Finds a field of text.
    fn text_field(&self, field: &Field, operation: &'static str) -> Result<PlannedField, PlanError> {
        self.require_text(self.field(field)?, operation)
    }

    fn require_text(&self, field: PlannedField, operation: &'static str) -> Result<PlannedField, PlanError> {
        let is_text = match &*field.kind(self.table) {
            ColumnType::Text { .. } | ColumnType::Enum(_) => true,
            ColumnType::Native(native) => {
                native.is_text()
                    || matches!(native.transfer, Transfer::SqliteDynamic(DeclaredType::Time | DeclaredType::Any))
            }
            _ => false,
        };
        if is_text { Ok(field) } else { Err(self.refuse(&field, operation)) }
    }

    pub(super) fn refuse_nul(&self, field: &PlannedField, text: &str) -> Result<(), PlanError> {
        match text.contains('\0') {
            true => Err(PlanError::InvalidValue { column: field.name(self.table), error: ValueError::NulInText }),
            false => Ok(()),
        }
    }

    /// Plans a comparison as sets or ranges: of JSON, or of a type whose operators only PostgreSQL knows.
    fn relate(&self, field: &Field, relation: SetRelation, operand: &Operand) -> Result<Condition<'t>, PlanError> {
        const OPERATION: &str = "compared as a set or a range";
        let field = self.field(field)?;
        let is_possible = match &*field.kind(self.table) {
            ColumnType::Json => matches!(relation, SetRelation::Contains | SetRelation::ContainedIn),
            ColumnType::Native(native) => matches!(native.transfer, Transfer::TextRepr | Transfer::Json),
            _ => false,
        };
        if !is_possible {
            return Err(self.refuse(&field, OPERATION));
        }
        match self.operand(&field, operand)? {
            Place::At(value) => Ok(Condition::Relate(field, relation, value)),
            // Only decimals lie between values.
            Place::Between(_) => Err(self.refuse(&field, OPERATION)),
        }
    }

    /// Finds a field whose words can be searched: text, JSON, or a document that PostgreSQL prepared.
    fn searched_field(&self, field: &Field) -> Result<PlannedField, PlanError> {
        let field = self.field(field)?;
        let has_words = match &*field.kind(self.table) {
            ColumnType::Json => true,
            ColumnType::Native(native) => native.name == TEXT_SEARCH_TYPE,
            _ => false,
        };
        if has_words { Ok(field) } else { self.require_text(field, "searched for words") }
    }

    /// Parses a comparison operand. It may exceed the column's limits: `memo = <longer text>` and `amount > 1e30` are
    /// simply false.
    pub(super) fn operand(&self, field: &PlannedField, operand: &Operand) -> Result<Place, PlanError> {
        match operand {
            Operand::Text(text) => self.text_operand(field, text),
            // What no cell of the column can be is nothing that is known of the caller.
            Operand::Caller(name) => {
                let place = match self.of_caller(name) {
                    Value::Text(text) => self.text_operand(field, &text),
                    value => self.operand(field, &Operand::Value(value)),
                };
                Ok(place.unwrap_or(Place::At(Value::Null)))
            }
            Operand::Row(column) => Err(PlanError::RowOperand { column: column.clone() }),
            Operand::Value(value) => {
                if let Value::Decimal(decimal) = value
                    && let Some(beside) = self.beside(field, decimal)
                {
                    return Ok(Place::Between(beside));
                }
                self.at(field, value.clone().coerce(&unlimited(&field.kind(self.table))))
            }
        }
    }

    /// Returns what is known of the caller by a name, or null.
    pub(super) fn of_caller(&self, name: &str) -> Value {
        let caller = self.at.scope().caller();
        caller.and_then(|caller| caller.values.get(name)).cloned().unwrap_or(Value::Null)
    }

    /// Parses a text operand in the same way.
    fn text_operand(&self, field: &PlannedField, text: &str) -> Result<Place, PlanError> {
        let kind = &*field.kind(self.table);
        if matches!(kind, ColumnType::Decimal { .. })
            && let Ok(decimal) = text.trim_matches(' ').parse()
            && let Some(beside) = self.beside(field, &decimal)
        {
            return Ok(Place::Between(beside));
        }
        self.at(field, compared(&unlimited(kind), text))
    }

    /// Returns the neighbours of a number that a decimal column cannot hold.
    fn beside(&self, field: &PlannedField, number: &Decimal) -> Option<Beside> {
        match *field.kind(self.table) {
            ColumnType::Decimal { precision, scale } if number.fit(precision, scale).is_err() => {
                Some(Beside::new(number, precision, scale))
            }
            _ => None,
        }
    }

    fn at(&self, field: &PlannedField, value: Result<Value, ValueError>) -> Result<Place, PlanError> {
        value.map(Place::At).map_err(|error| PlanError::InvalidValue { column: field.name(self.table), error })
    }

    /// Rejects whole JSON documents, whose order is of no use. Numbers and texts inside them have one.
    pub(super) fn require_ordered(&self, field: &PlannedField, operation: &'static str) -> Result<(), PlanError> {
        match *field.kind(self.table) {
            ColumnType::Json if field.path.is_empty() => Err(self.refuse(field, operation)),
            _ => Ok(()),
        }
    }

    pub(super) fn refuse(&self, field: &PlannedField, operation: &'static str) -> PlanError {
        PlanError::Operator { column: field.name(self.table), kind: field.kind(self.table).name(), operation }
    }
}

/// Returns the type without its length limit. As in PostgreSQL, an operand that is too long for the column is just a
/// different value.
fn unlimited(kind: &ColumnType) -> Cow<'_, ColumnType> {
    match kind {
        ColumnType::Text { .. } => Cow::Owned(ColumnType::Text { max: None }),
        ColumnType::Bytes { .. } => Cow::Owned(ColumnType::Bytes { max: None }),
        kind => Cow::Borrowed(kind),
    }
}

/// Returns whether a column holds booleans.
fn is_boolean(kind: &ColumnType) -> bool {
    match kind {
        ColumnType::Native(native) => native.transfer == Transfer::SqliteDynamic(DeclaredType::Boolean),
        kind => *kind == ColumnType::Boolean,
    }
}

/// Parses a text operand as PostgreSQL does: spaces around numbers and timestamps are ignored, and a date alone means
/// midnight UTC.
fn compared(kind: &ColumnType, text: &str) -> Result<Value, ValueError> {
    let trimmed = text.trim_matches(' ');
    match kind {
        ColumnType::Native(native) if native.is_text() => Value::parse(&ColumnType::Text { max: None }, text),
        ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt => Value::parse(kind, trimmed),
        ColumnType::Decimal { .. } | ColumnType::Boolean => Value::parse(kind, trimmed),
        ColumnType::Native(native)
            if matches!(native.transfer, Transfer::Number { .. } | Transfer::SqliteDynamic(_)) =>
        {
            Value::parse(kind, trimmed)
        }
        ColumnType::Timestamp => Value::parse(kind, trimmed)
            .or_else(|error| Value::parse(kind, &format!("{trimmed}T00:00:00Z")).map_err(|_| error)),
        _ => Value::parse(kind, text),
    }
}
