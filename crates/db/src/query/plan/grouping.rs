//! Groups of rows. If a value of a level is aggregated, everything else that the level returns is what its rows are
//! grouped by, and each group becomes one row.
//!
//! The values of a single related row that is spread count as values of the level itself: they group its rows, or are
//! aggregated over them.

use mwallet_schema::Table;

use super::{OrderBy, OutputValue, Plan, PlanError, RelatedPlan};

/// One column of what a level with groups returns.
#[derive(Clone, Debug)]
pub(crate) struct GroupColumn<'t> {
    /// The spread rows in which it is found, each by its position in the one before. Empty for the level itself.
    pub(crate) path: Vec<usize>,
    /// The table of the row.
    pub(crate) table: &'t Table,
    pub(crate) what: GroupedWhat,
}

/// What a column of groups holds.
#[derive(Clone, Debug)]
pub(crate) enum GroupedWhat {
    Value(OutputValue),
    /// Related rows, by their position.
    Rows(usize),
}

impl GroupColumn<'_> {
    /// Returns whether rows are grouped by it, rather than that it is aggregated.
    pub(crate) fn is_key(&self) -> bool {
        match &self.what {
            GroupedWhat::Value(value) => value.aggregate.is_none(),
            GroupedWhat::Rows(_) => true,
        }
    }

    /// Returns whether it orders groups like this.
    pub(crate) fn is_ordered_by(&self, order: &OrderBy) -> bool {
        let GroupedWhat::Value(OutputValue { field, cast: None, aggregate: None }) = &self.what else { return false };
        field.as_ref() == Some(&order.field) && self.path.iter().copied().eq(order.related)
    }
}

impl<'t> Plan<'t> {
    /// Returns whether the rows of this level are grouped.
    pub(crate) fn is_grouped(&self) -> bool {
        self.output.is_aggregated() || self.related.iter().any(RelatedPlan::aggregates_for_parent)
    }

    /// Returns what the level returns of each group, in the order of the output.
    pub(crate) fn group_columns(&self) -> Vec<GroupColumn<'t>> {
        let mut columns = Vec::new();
        add_columns(self, &[], &mut columns);
        columns
    }

    /// Rejects what groups cannot be made of.
    pub(super) fn check_groups(&self) -> Result<(), PlanError> {
        if let Some(related) = self.spread_of_groups(self.is_grouped()) {
            return Err(PlanError::SpreadOfGroups { name: related.name.clone() });
        }
        if !self.is_grouped() || self.order.is_empty() {
            return Ok(());
        }
        let columns = self.group_columns();
        let is_known = |order: &&OrderBy| columns.iter().any(|column| column.is_ordered_by(order));
        match self.order.iter().find(|order| !is_known(order)) {
            Some(order) => Err(PlanError::UngroupedOrder { column: self.order_name(order) }),
            None => Ok(()),
        }
    }

    /// Finds several rows that are spread into groups, or that are groups.
    fn spread_of_groups(&self, is_grouped: bool) -> Option<&RelatedPlan<'t>> {
        let mut spread = self.related.iter().filter(|related| related.is_spread && !related.is_empty);
        spread.find_map(|related| match related.is_many {
            true => (is_grouped || related.plan.is_grouped()).then_some(related),
            false => related.plan.spread_of_groups(is_grouped),
        })
    }
}

impl RelatedPlan<'_> {
    /// Returns whether its aggregates are those of the level that it is spread into.
    pub(crate) fn aggregates_for_parent(&self) -> bool {
        self.is_spread && !self.is_many && self.plan.is_grouped()
    }
}

fn add_columns<'t>(plan: &Plan<'t>, path: &[usize], columns: &mut Vec<GroupColumn<'t>>) {
    let column = |what| GroupColumn { path: path.to_vec(), table: plan.table, what };
    columns.extend(plan.output.values(plan.table).iter().map(|value| column(GroupedWhat::Value(value.clone()))));
    for (index, related) in plan.related.iter().enumerate().filter(|(_, related)| !related.is_empty) {
        match related.is_spread && !related.is_many {
            true => add_columns(&related.plan, &[path, &[index]].concat(), columns),
            false => columns.push(column(GroupedWhat::Rows(index))),
        }
    }
}
