//! What grants show of a table: the condition of its visible rows, and masks over the cells that not every visible row
//! shows.

use mwallet_schema::ColumnType;

use super::condition::all_of;
use super::{Condition, Masks, OutputSet, Plan, PlanError, PlanKind, Planner, RelatedPlan};
use crate::query::{Comparison, Filter, Grant, Is, Operand, ScopedTable};

/// Checks that the filter of a grant fits a table. What is known of callers counts as null, which every type has.
pub(in crate::query) fn check_filter_of_grant(filter: &Filter, table: ScopedTable<'_>) -> Result<(), PlanError> {
    Planner::of_grants(table).filter(filter).map(drop)
}

impl<'t> Planner<'t> {
    /// Finds which rows and cells the grants show. Their filters may name columns that the asker does not see.
    pub(super) fn apply_grants(&mut self) -> Result<(), PlanError> {
        let Some(grants) = self.sight.grants() else { return Ok(()) };
        let planner = Planner::of_grants(self.at);
        let rows = |grant: &&Grant| grant.rows.as_ref().map(|rows| planner.filter(rows)).transpose();
        let conditions = grants.iter().map(rows).collect::<Result<Vec<_>, _>>()?;
        // The rows of some of the grants, unless those are all rows.
        let any = |is_one: &dyn Fn(&Grant) -> bool| {
            let chosen = grants.iter().zip(&conditions).filter(|(grant, _)| is_one(grant));
            let mut any = chosen.map(|(_, condition)| condition.clone()).collect::<Option<Vec<_>>>()?;
            Some(if any.len() == 1 { any.remove(0) } else { Condition::Or(any) })
        };
        let mut masks = Masks::new();
        for (position, column) in self.table.columns.iter().enumerate().filter(|(_, column)| self.sight.shows(column)) {
            if !grants.iter().all(|grant| grant.shows(&column.name)) {
                masks.extend(any(&|grant| grant.shows(&column.name)).map(|mask| (position, mask)));
            }
        }
        (self.visible, self.masks) = (any(&|_| true), masks);
        Ok(())
    }

    /// Returns the condition on the rows that the asker may see, unless it may see all.
    pub(super) fn own_scope(&self) -> Option<Condition<'t>> {
        self.visible.clone().map(|rows| self.on_stored(rows))
    }

    /// Returns the condition on the rows that the asker may see and that show these columns.
    pub(super) fn visible_rows(&self, columns: &[usize]) -> Condition<'t> {
        let shown = columns.iter().filter_map(|column| self.mask(*column)).cloned();
        all_of(self.own_scope().into_iter().chain(shown.map(|mask| self.on_stored(mask))).collect())
    }

    fn mask(&self, column: usize) -> Option<&Condition<'t>> {
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
        let mut masks = condition.columns().into_iter().filter_map(|column| self.mask(column)).cloned().peekable();
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
    /// Returns the columns that a single comparison is about.
    fn columns(&self) -> Vec<usize> {
        match self {
            Self::Compare(field, ..)
            | Self::In(field, _)
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
