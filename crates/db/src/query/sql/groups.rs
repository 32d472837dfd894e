//! Groups of rows: a subquery reads what is grouped and aggregated, and the groups are made of its rows.

use super::value::has_spellings;
use super::{Rows, Writer};
use crate::Dialect;
use crate::query::Plan;
use crate::query::plan::{GroupColumn, GroupedWhat, OrderBy};

/// The name of the subquery.
const GROUPED: &str = "grouped";

/// What is done with the columns of each group.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum GroupForm {
    /// They are returned.
    Columns,
    /// They become one value: a record, or on SQLite the packed row.
    Row,
    /// They are named by their number.
    Named,
    /// Only the groups themselves count.
    Nothing,
}

fn holds_spellings(plan: &Plan<'_>) -> bool {
    let mut related = plan.related.iter().filter(|related| !related.is_empty);
    plan.output.values(plan.table).iter().any(|value| has_spellings(&value.kind(plan.table)))
        || related.any(|related| holds_spellings(&related.plan))
}

impl<'t> Writer<'t> {
    /// Writes a select of groups. `from` writes what follows the columns of the subquery: from where they are read.
    pub(super) fn groups(
        &mut self,
        columns: &[GroupColumn<'t>],
        form: GroupForm,
        order: &[OrderBy],
        page: (u64, Option<u64>),
        from: impl FnOnce(&mut Self),
    ) {
        self.push("SELECT ");
        self.group_outputs(columns, form);
        if self.is_direct(columns) {
            from(self);
        } else {
            self.push(" FROM (SELECT ");
            for (index, column) in columns.iter().enumerate() {
                self.push(if index > 0 { ", " } else { "" });
                self.grouped_input(&column.path, &column.what);
                self.push(&format!(" AS c{index}"));
                if self.has_spellings(column) {
                    self.push(", ");
                    self.is_canonical = true;
                    self.grouped_input(&column.path, &column.what);
                    self.is_canonical = false;
                    self.push(&format!(" AS k{index}"));
                }
            }
            from(self);
            self.push(&format!(") AS {GROUPED}"));
        }
        self.group_by(columns);
        for (index, order) in order.iter().enumerate() {
            self.push(if index > 0 { ", " } else { " ORDER BY " });
            // The planner has found it among the columns.
            let number = columns.iter().position(|column| column.is_ordered_by(order)).unwrap_or_default();
            self.ordered(order, |writer| {
                writer.group_source(columns, number);
                writer.push_order_of(&order.field);
            });
        }
        self.page(page.0, page.1);
    }

    /// Returns whether groups are made of the table's own columns alone, which takes no subquery. SQLite then finds the
    /// largest value of a column by its index.
    fn is_direct(&self, columns: &[GroupColumn<'t>]) -> bool {
        // PostgreSQL would not see that the values of two masks are the same.
        self.masks.is_empty()
            && columns.iter().all(|column| match &column.what {
                GroupedWhat::Value(value) => column.path.is_empty() && value.is_of_column(),
                GroupedWhat::Rows(_) => false,
            })
    }

    /// Writes a column of the rows that are grouped.
    fn group_source(&mut self, columns: &[GroupColumn<'t>], index: usize) {
        match &columns[index].what {
            GroupedWhat::Value(value) if value.field.is_none() && columns[index].path.is_empty() => self.push("*"),
            GroupedWhat::Value(value) if self.is_direct(columns) => self.input(value),
            _ => self.push(&format!("{GROUPED}.c{index}")),
        }
    }

    fn group_outputs(&mut self, columns: &[GroupColumn<'t>], form: GroupForm) {
        if form == GroupForm::Nothing {
            // Without keys, even no rows are one group, which only an aggregate makes.
            let has_keys = columns.iter().any(GroupColumn::is_key);
            return self.push(if has_keys { "1" } else { "count(*)" });
        }
        self.push(match (form, self.dialect) {
            (GroupForm::Row, Dialect::Postgres) => "ROW(",
            (GroupForm::Row, Dialect::Sqlite) => "mwallet_row(",
            _ => "",
        });
        for index in 0..columns.len() {
            self.push(if index > 0 { ", " } else { "" });
            self.group_output(columns, index);
            if form == GroupForm::Named {
                self.push(&format!(" AS o{index}"));
            }
        }
        self.push(if form == GroupForm::Row { ")" } else { "" });
    }

    fn group_output(&mut self, columns: &[GroupColumn<'t>], index: usize) {
        let column = &columns[index];
        let source = |writer: &mut Self| writer.group_source(columns, index);
        match &column.what {
            GroupedWhat::Rows(_) => source(self),
            GroupedWhat::Value(value) => match &value.aggregate {
                Some(aggregate) => self.aggregate(value, aggregate, column.table, source),
                None => self.read(&value.input_kind(column.table), source),
            },
        }
    }

    /// Writes what the subquery reads for a column of the groups: within spread rows, by a subquery of its own.
    fn grouped_input(&mut self, path: &[usize], what: &GroupedWhat) {
        let all = self.related.clone();
        match (path.split_first(), what) {
            (Some((first, rest)), _) => {
                let related = &all[*first];
                self.subquery_of(related, |writer| writer.grouped_input(rest, what));
            }
            (None, GroupedWhat::Value(value)) => self.input(value),
            (None, GroupedWhat::Rows(index)) => self.related_rows(&all[*index]),
        }
    }

    /// Returns whether a column holds related rows that can be equal without being the same bytes. SQLite then groups
    /// by a second column, in which they are.
    fn has_spellings(&self, column: &GroupColumn<'t>) -> bool {
        let (Dialect::Sqlite, GroupedWhat::Rows(index)) = (self.dialect, &column.what) else { return false };
        let mut all = &self.related[..];
        for position in &column.path {
            all = &all[*position].plan.related;
        }
        holds_spellings(&all[*index].plan)
    }

    fn group_by(&mut self, columns: &[GroupColumn<'t>]) {
        let keys = columns.iter().enumerate().filter(|(_, column)| column.is_key());
        for (number, (index, column)) in keys.enumerate() {
            self.push(if number > 0 { ", " } else { " GROUP BY " });
            if self.has_spellings(column) {
                self.push(&format!("{GROUPED}.k{index}"));
                continue;
            }
            self.group_source(columns, index);
            if let GroupedWhat::Value(value) = &column.what {
                self.equality_of(&value.input_kind(column.table));
            }
        }
    }

    /// Selects groups of the plan's own rows.
    pub(super) fn select_groups(&mut self, columns: &[GroupColumn<'t>], rows: Rows<'t>) {
        let Rows { barrier, condition, order, skip, limit } = rows;
        self.groups(columns, GroupForm::Columns, &order, (skip, limit), |writer| {
            writer.from(barrier);
            writer.where_(condition);
        });
    }

    /// Counts the groups of the plan's own rows.
    pub(super) fn count_groups(&mut self, columns: &[GroupColumn<'t>], rows: Rows<'t>) {
        let Rows { barrier, condition, .. } = rows;
        self.push("SELECT count(*) FROM (");
        self.groups(columns, GroupForm::Nothing, &[], (0, None), |writer| {
            writer.from(barrier);
            writer.where_(condition);
        });
        self.push(") AS counted");
    }
}
