//! What grants show of a table: the condition of its visible rows, and masks over the cells that not every visible row
//! shows.

use std::sync::Arc;

use mwallet_schema::{ColumnType, Value};

use super::condition::all_of;
use super::{
    Assignment, Condition, Masks, OrderBy, OutputSet, OutputValue, Plan, PlanError, PlanKind, PlannedConflict, Planner,
    RelatedPlan, Told,
};
use crate::query::{Comparison, Direction, Filter, Grant, Is, Nulls, Operand, ScopedTable};

/// Checks that the filter of a grant fits a table. What is known of callers counts as null, which every type has.
pub(in crate::query) fn check_filter_of_grant(filter: &Filter, table: ScopedTable<'_>) -> Result<(), PlanError> {
    Planner::of_grants(table).filter(filter).map(drop)
}

/// Checks that a grant can set a column to a value. What is known of callers counts as null, also where none is allowed.
pub(in crate::query) fn check_value_of_grant(
    column: &str,
    value: &Operand,
    table: ScopedTable<'_>,
) -> Result<(), PlanError> {
    let planner = Planner::of_grants(table);
    match value {
        Operand::Caller(_) => planner.find(column).map(drop),
        value => planner.granted_value(column, value).map(drop),
    }
}

impl<'t> Plan<'t> {
    /// Plans to count the rows that meet a filter of a grant, whether or not the caller sees them.
    pub(crate) fn count_granted(at: ScopedTable<'t>, filter: &Filter) -> Result<Self, PlanError> {
        let planner = Planner::of_grants(at);
        let kind = PlanKind::Select { condition: planner.filter(filter)?, skip: 0, limit: None };
        let output = OutputSet::Values { values: vec![OutputValue::count()], names: vec!["count".into()] };
        Ok(Self::of_kind(planner.table, kind, output, Vec::new()))
    }

    /// Returns the value that a grant sets a column to, as the column stores it.
    pub(crate) fn granted_value(at: ScopedTable<'_>, column: &str, value: &Operand) -> Result<Value, PlanError> {
        Planner::of_grants(at).granted_value(column, value)
    }

    /// Makes a write return the primary key of its rows, whatever the caller sees.
    pub(crate) fn returning_key(mut self) -> Self {
        let key = self.table.primary_key.iter().filter_map(|column| self.table.position(column));
        self.output = OutputSet::Columns(key.collect());
        self
    }

    /// Makes an insert check its rows itself, and return what its writer sees of them. `None` if that depends on other
    /// rows: only a statement of its own sees those as they are after the insert.
    pub(crate) fn telling(mut self, at: ScopedTable<'t>, check: Option<&Filter>) -> Result<Option<Self>, PlanError> {
        let check = check.map(|check| Planner::of_grants(at).filter(check)).transpose()?;
        let (seen, masks) = match self.output.is_empty(self.table) {
            true => (None, Masks::new()),
            false => {
                let Planner { visible, masks, .. } = Planner::new(at)?;
                (visible, masks)
            }
        };
        let mut all = check.iter().chain(&seen).chain(masks.iter().map(|(_, mask)| &**mask));
        if all.any(Condition::asks_for_rows) {
            return Ok(None);
        }
        (self.told, self.masks) = (Told { check, seen }, masks);
        Ok(Some(self))
    }

    /// Checks that the asker sees a column.
    pub(crate) fn check_column(at: ScopedTable<'_>, column: &str) -> Result<(), PlanError> {
        Planner::new(at)?.find(column).map(drop)
    }

    /// Adds the primary key to the order, whatever the caller sees.
    pub(crate) fn then_by_key(mut self) -> Self {
        let key = self.table.primary_key.iter().filter_map(|column| self.table.position(column));
        self.order.extend(key.map(|position| OrderBy {
            related: None,
            field: position.into(),
            direction: Direction::Ascending,
            nulls: Nulls::Last,
        }));
        self
    }

    /// Sets columns of existing rows that an upsert updates.
    pub(crate) fn setting(mut self, set: &[(String, Value)]) -> Self {
        if let PlanKind::Insert { on_conflict: PlannedConflict::Merge { changes, .. }, .. } = &mut self.kind {
            for (name, value) in set {
                if let Some(position) = self.table.position(name) {
                    changes.retain(|(changed, _)| *changed != position);
                    changes.push((position, Assignment::Value(value.clone())));
                }
            }
        }
        self
    }
}

impl<'t> Planner<'t> {
    fn granted_value(&self, column: &str, value: &Operand) -> Result<Value, PlanError> {
        let position = self.find(column)?;
        let parse = |text: &str| {
            let value = Value::parse(&self.column(position).kind, text);
            value.map_err(|error| PlanError::InvalidValue { column: column.into(), error })
        };
        let value = match value {
            Operand::Text(text) => parse(text)?,
            Operand::Value(value) => value.clone(),
            Operand::Caller(name) => match self.of_caller(name) {
                Value::Text(text) => parse(&text)?,
                value => value,
            },
            Operand::Row(column) => return Err(PlanError::RowOperand { column: column.clone() }),
        };
        self.stored(self.column(position), value)
    }

    /// Finds which rows and cells the grants show. Their filters may name columns that the asker does not see.
    pub(super) fn apply_grants(&mut self) -> Result<(), PlanError> {
        let planner = Planner::of_grants(self.at);
        let narrowed = self.at.narrowed().map(|rows| planner.filter(rows)).transpose()?;
        self.visible.clone_from(&narrowed);
        let Some(grants) = self.sight.grants() else { return Ok(()) };
        let rows = |grant: &&Grant| grant.rows.as_ref().map(|rows| planner.filter(rows)).transpose();
        let conditions = grants.iter().map(rows).collect::<Result<Vec<_>, _>>()?;
        // The rows of some of the grants, unless those are all rows.
        let any = |is_one: &dyn Fn(&Grant) -> bool| {
            let chosen = grants.iter().zip(&conditions).filter(|(grant, _)| is_one(grant));
            let mut any = chosen.map(|(_, condition)| condition.clone()).collect::<Option<Vec<_>>>()?;
            Some(if any.len() == 1 { any.remove(0) } else { Condition::Or(any) })
        };
        // The columns that the same grants show have the same mask.
        let mut of_grants: Vec<(Vec<bool>, Option<Arc<Condition<'t>>>)> = Vec::new();
        let mut masks = Masks::new();
        // Rows that are aggregated may be joined by columns that only other grants show.
        let whole = self.at.scope().sight(self.table);
        for (position, column) in self.table.columns.iter().enumerate().filter(|(_, column)| whole.shows(column)) {
            let shown: Vec<bool> = grants.iter().map(|grant| grant.columns.contains(&column.name)).collect();
            if shown.iter().all(|is_shown| *is_shown) {
                continue;
            }
            let known = of_grants.iter().find(|(others, _)| *others == shown).map(|(_, mask)| mask.clone());
            let mask = known.unwrap_or_else(|| {
                let mask = any(&|grant| grant.columns.contains(&column.name)).map(Arc::new);
                of_grants.push((shown, mask.clone()));
                mask
            });
            masks.extend(mask.map(|mask| (position, mask)));
        }
        let visible: Vec<_> = any(&|_| true).into_iter().chain(narrowed).collect();
        (self.visible, self.masks) = ((!visible.is_empty()).then(|| all_of(visible)), masks);
        Ok(())
    }

    /// Returns the condition on the rows that the asker may see, unless it may see all.
    pub(super) fn own_scope(&self) -> Option<Condition<'t>> {
        self.visible.clone().map(|rows| self.on_stored(rows))
    }

    /// Returns the condition on the rows that the asker may see and that show these columns.
    pub(super) fn visible_rows(&self, columns: &[usize]) -> Condition<'t> {
        let shown = columns.iter().filter_map(|column| self.mask(*column)).map(|mask| Condition::clone(mask));
        all_of(self.own_scope().into_iter().chain(shown.map(|mask| self.on_stored(mask))).collect())
    }

    fn mask(&self, column: usize) -> Option<&Arc<Condition<'t>>> {
        self.masks.iter().find(|(masked, _)| *masked == column).map(|(_, mask)| mask)
    }

    /// Marks a condition as one on stored cells, where that makes a difference.
    fn on_stored(&self, condition: Condition<'t>) -> Condition<'t> {
        if self.masks.is_empty() { condition } else { Condition::Stored(Box::new(condition)) }
    }

    /// Makes conditions see null in masked cells.
    pub(super) fn with_masks(&self, conditions: Vec<Condition<'t>>) -> Vec<Condition<'t>> {
        match self.masks.is_empty() {
            true => conditions,
            false => conditions.into_iter().map(|condition| self.masked(condition, false)).collect(),
        }
    }

    /// Makes a condition, or its negation, see null in masked cells. Negations are pushed to the comparisons, so that
    /// each can be written with the condition of its mask beside it: an index does not serve a comparison with CASE.
    fn masked(&self, condition: Condition<'t>, is_negated: bool) -> Condition<'t> {
        let each = |all: Vec<Condition<'t>>| all.into_iter().map(|one| self.masked(one, is_negated)).collect();
        let condition = match (condition, is_negated) {
            (Condition::And(all), false) | (Condition::Or(all), true) => return Condition::And(each(all)),
            (Condition::Or(all), false) | (Condition::And(all), true) => return Condition::Or(each(all)),
            (Condition::Not(one), _) => return self.masked(*one, !is_negated),
            // A key of which one part is masked can differ in another.
            (Condition::InKeys(columns, keys), true) => return self.masked(Condition::any_key(&columns, keys), true),
            (condition, _) => condition,
        };
        let mut masks = condition
            .columns()
            .into_iter()
            .filter_map(|column| self.mask(column))
            .map(|mask| Condition::clone(mask))
            .peekable();
        // What is true of a null is written with CASE in the place of the column.
        let is_true_of_null = match &condition {
            Condition::Is(_, Is::Null | Is::Unknown) => !is_negated,
            Condition::Is(_, Is::True | Is::False) => is_negated,
            _ => false,
        };
        let is_masked = masks.peek().is_some() && !is_true_of_null;
        let can_fail = condition.can_fail(self.table, &self.related);
        let condition = if is_negated { Condition::Not(Box::new(condition)) } else { condition };
        if !is_masked {
            return condition;
        }
        let shown = all_of(masks.collect());
        Condition::Stored(Box::new(match can_fail {
            true => Condition::Behind(Box::new([shown, condition])),
            false => Condition::And(vec![shown, condition]),
        }))
    }

    /// Plans that a table has a row that meets a filter of a grant.
    pub(super) fn exists_in(
        &self,
        schema: Option<&str>,
        table: &str,
        filter: &Filter,
    ) -> Result<Condition<'t>, PlanError> {
        let target = self.at.in_catalog().and_then(|own| own.sibling(schema, table));
        let target = target.ok_or_else(|| PlanError::UnknownTable { table: table.into() })?;
        let inner = Planner::of_grants(ScopedTable::new(target, self.at.scope()));
        let all = match filter {
            Filter::And(all) => all.as_slice(),
            one => std::slice::from_ref(one),
        };
        let (mut columns, mut conditions) = (Vec::new(), Vec::new());
        for one in all {
            match one {
                Filter::Compare { field, comparison: Comparison::Eq, operand: Operand::Row(of_row) }
                    if field.path.is_empty() =>
                {
                    let (own, other) = (self.find(of_row)?, inner.find(&field.column)?);
                    inner.require_ordered(&other.into(), "compared with a column")?;
                    let (kind, other_kind) = (&self.column(own).kind, &inner.column(other).kind);
                    if !are_comparable(kind, other_kind) {
                        let (column, kind) = (of_row.clone(), kind.name());
                        return Err(PlanError::OtherType { column, kind, other: field.column.clone() });
                    }
                    columns.push((own, other));
                }
                other => conditions.push(inner.filter(other)?),
            }
        }
        let kind = PlanKind::Select { condition: all_of(conditions), skip: 0, limit: None };
        let is_single = columns.len() == 1;
        let related = Box::new(RelatedPlan {
            name: table.into(),
            is_many: true,
            is_spread: false,
            is_empty: true,
            columns,
            junction: None,
            plan: Plan::of_kind(inner.table, kind, OutputSet::Columns(Vec::new()), Vec::new()),
        });
        // The engines look up one column in a list that they read once, but not by an OR with EXISTS in it.
        Ok(if is_single { Condition::Among(related) } else { Condition::Exists(related) })
    }
}

impl Condition<'_> {
    /// Returns whether it is about other rows too.
    fn asks_for_rows(&self) -> bool {
        match self {
            Self::Related(_) | Self::Exists(_) | Self::Among(_) => true,
            Self::And(all) | Self::Or(all) => all.iter().any(Self::asks_for_rows),
            Self::Not(one) | Self::Stored(one) => one.asks_for_rows(),
            Self::Behind(both) => both.iter().any(Self::asks_for_rows),
            _ => false,
        }
    }

    /// Returns the columns that a single comparison is about.
    fn columns(&self) -> Vec<usize> {
        match self {
            Self::Compare(field, ..)
            | Self::In(field, ..)
            | Self::Between(field, ..)
            | Self::Like { field, .. }
            | Self::Regex { field, .. }
            | Self::Relate(field, ..)
            | Self::Search { field, .. }
            | Self::Is(field, _) => vec![field.column],
            Self::Same(column, _) => vec![*column],
            Self::InKeys(columns, _) => columns.clone(),
            // Related rows are joined by columns that are masked there.
            Self::Related(_) | Self::Exists(_) => Vec::new(),
            // Only grants have these, or they are made of others.
            Self::Among(_) | Self::Stored(_) | Self::Behind(_) | Self::And(_) | Self::Or(_) | Self::Not(_) => {
                Vec::new()
            }
        }
    }
}

/// Returns whether the engines compare the stored values of two types as they are.
fn are_comparable(one: &ColumnType, other: &ColumnType) -> bool {
    let is_integer =
        |kind: &ColumnType| matches!(kind, ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt);
    let is_text = |kind: &ColumnType| matches!(kind, ColumnType::Text { .. } | ColumnType::Enum(_));
    one == other || (is_integer(one) && is_integer(other)) || (is_text(one) && is_text(other))
}
