//! Related rows: each node of a plan becomes a subquery of its parent, so that one statement reads the whole tree.
//!
//! A subquery returns all related rows as one value, which the drivers take apart: on PostgreSQL records, on SQLite
//! what `mwallet_rows` packs.

use std::rc::Rc;
use std::sync::Arc;

use mwallet_schema::{Table, TableKind};

use super::groups::GroupForm;
use super::{Rows, Writer, qualified};
use crate::Dialect;
use crate::query::Plan;
use crate::query::plan::{Condition, OutputValue, PlanKind, PlannedField, PlannedJunction, RelatedPlan};
use crate::quote::write_quoted;

/// What a writer was at before it came to related rows.
struct Parent<'t> {
    table: &'t Table,
    source: String,
    related: Rc<[RelatedPlan<'t>]>,
    masks: Rc<[(usize, Arc<Condition<'t>>)]>,
}

impl<'t> Writer<'t> {
    /// Returns a new qualifier, including the dot.
    pub(super) fn next_alias(&mut self) -> String {
        let alias = format!("mwallet_{}.", self.aliases);
        self.aliases += 1;
        alias
    }

    /// Whether any related rows are returned.
    pub(super) fn has_selected(&self) -> bool {
        self.related.iter().any(|related| !related.is_empty)
    }

    /// Writes the related rows that are returned, each as one value. Returns whether there are any.
    pub(super) fn selected_related(&mut self, follows: bool) -> bool {
        let all = self.related.clone();
        let mut follows = follows;
        for related in all.iter().filter(|related| !related.is_empty) {
            self.push(if follows { ", " } else { "" });
            follows = true;
            self.related_rows(related);
        }
        self.has_selected()
    }

    /// Writes FROM and the table, under an alias if it has one. With a barrier, rows that do not meet that condition
    /// are gone before any other condition is evaluated: no engine moves a condition past an offset.
    pub(super) fn from(&mut self, barrier: Option<Condition<'t>>) {
        let name = qualified(self.table);
        let is_named = self.source.strip_suffix('.') != Some(&name);
        self.push(" FROM ");
        let Some(condition) = barrier else {
            self.push(&name);
            return if is_named {
                self.push_alias()
            };
        };
        self.push("(SELECT * FROM ");
        self.push(&name);
        self.push_alias();
        self.stored(|writer| writer.where_(condition));
        self.push(match self.dialect {
            Dialect::Postgres => " OFFSET 0)",
            Dialect::Sqlite => " LIMIT -1 OFFSET 0)",
        });
        self.push_alias();
    }

    fn push_alias(&mut self) {
        let alias = self.source[..self.source.len() - 1].to_owned();
        self.push(" AS ");
        self.push(&alias);
    }

    /// Selects from a page of rows. SQLite would otherwise read the related rows of every row before it sorts them.
    pub(super) fn select_of_page(&mut self, output: &[OutputValue], rows: Rows<'t>) {
        let Rows { barrier, condition, order, skip, limit } = rows;
        self.push("SELECT ");
        self.stored(|writer| writer.output(output));
        self.read_from_subquery(output, |writer| {
            writer.from(barrier);
            writer.where_(condition);
            writer.order_by(&order);
            writer.page(skip, limit);
        });
    }

    /// Writes FROM and a subquery of the columns that are needed outside of it, under the same alias. Masked cells are
    /// null already in the subquery.
    fn read_from_subquery(&mut self, output: &[OutputValue], rest: impl FnOnce(&mut Self)) {
        self.push(" FROM (SELECT ");
        let needed = self.needed(output);
        self.push(if needed.is_empty() { "NULL" } else { "" });
        let is_canonical = std::mem::take(&mut self.is_canonical);
        for (index, position) in needed.into_iter().enumerate() {
            self.push(if index > 0 { ", " } else { "" });
            self.read_columns(&[position]);
            if self.masks.iter().any(|(masked, _)| *masked == position) {
                self.push(" AS ");
                self.name(position);
            }
        }
        rest(self);
        self.is_canonical = is_canonical;
        self.push(")");
        self.push_alias();
    }

    /// The columns that are returned, and those that join related rows.
    fn needed(&self, output: &[OutputValue]) -> Vec<usize> {
        let joined = self.related.iter().flat_map(|related| related.columns.iter().map(|(own, _)| *own));
        let selected = output.iter().filter_map(|value| value.field.as_ref()).map(|field| field.column);
        let mut needed: Vec<usize> = selected.chain(joined).collect();
        needed.sort_unstable();
        needed.dedup();
        needed
    }

    /// Moves on to related rows.
    fn enter(&mut self, plan: &Plan<'t>) -> Parent<'t> {
        let source = self.next_alias();
        let masks = plan.masks.clone().into();
        self.enter_table(plan.table, source, plan.related.clone().into(), masks)
    }

    fn enter_table(
        &mut self,
        table: &'t Table,
        source: String,
        related: Rc<[RelatedPlan<'t>]>,
        masks: Rc<[(usize, Arc<Condition<'t>>)]>,
    ) -> Parent<'t> {
        Parent {
            table: std::mem::replace(&mut self.table, table),
            source: std::mem::replace(&mut self.source, source),
            related: std::mem::replace(&mut self.related, related),
            masks: std::mem::replace(&mut self.masks, masks),
        }
    }

    /// Moves on to the table between, whose conditions are all on stored cells.
    fn enter_junction(&mut self, table: &'t Table, source: String) -> Parent<'t> {
        self.enter_table(table, source, Rc::new([]), Rc::new([]))
    }

    fn leave(&mut self, parent: Parent<'t>) {
        self.table = parent.table;
        self.source = parent.source;
        self.related = parent.related;
        self.masks = parent.masks;
    }

    /// Writes related rows as one value: those of a to-many relationship, or the only one.
    pub(super) fn related_rows(&mut self, related: &RelatedPlan<'t>) {
        let parent = self.enter(&related.plan);
        if related.plan.is_grouped() {
            self.related_groups(related, &parent);
            return self.leave(parent);
        }
        let output = related.plan.output.values(self.table).into_owned();
        self.push(match (self.dialect, related.is_many) {
            (Dialect::Postgres, true) => "ARRAY(SELECT ROW(",
            (Dialect::Postgres, false) => "(SELECT ROW(",
            (Dialect::Sqlite, true) => "(SELECT mwallet_rows(",
            (Dialect::Sqlite, false) => "(SELECT mwallet_row(",
        });
        let rows = rows_of(related);
        // An aggregate takes its rows in the order of a subquery.
        let is_paged = !rows.order.is_empty() || rows.skip > 0 || rows.limit.is_some();
        let write_output = |writer: &mut Self| {
            writer.read_values(&output);
            writer.selected_related(!output.is_empty());
            writer.push(")");
        };
        if self.dialect == Dialect::Sqlite && related.is_many && is_paged {
            self.stored(write_output);
            self.read_from_subquery(&output, |writer| writer.join_related(related, &parent, rows));
        } else {
            write_output(self);
            self.join_related(related, &parent, rows);
        }
        self.push(")");
        self.leave(parent);
    }

    /// Writes that there are related rows, or groups of them: without keys, there is a group even of no rows.
    pub(super) fn exists(&mut self, related: &RelatedPlan<'t>) {
        let parent = self.enter(&related.plan);
        let mut rows = rows_of(related);
        if related.plan.is_grouped() && !related.aggregates_for_parent() {
            self.push("EXISTS (");
            let page = (rows.skip, rows.limit);
            (rows.skip, rows.limit) = (0, None);
            rows.order.clear();
            let columns = related.plan.group_columns();
            self.groups(&columns, GroupForm::Nothing, &[], page, |writer| writer.join_related(related, &parent, rows));
            self.push(")");
            return self.leave(parent);
        }
        self.push("EXISTS (SELECT 1");
        rows.order.clear();
        // A page matters only where it can be empty.
        if rows.skip == 0 && rows.limit != Some(0) {
            rows.limit = None;
        }
        self.join_related(related, &parent, rows);
        self.push(")");
        self.leave(parent);
    }

    /// Writes that a column equals one of the rows of another table, which are read once.
    pub(super) fn among(&mut self, related: &RelatedPlan<'t>) {
        let (own, other) = related.columns.first().copied().unwrap_or_default();
        self.column(own);
        let is_postgres = self.dialect == Dialect::Postgres;
        self.push(if is_postgres { " = ANY(ARRAY(SELECT " } else { " IN (SELECT " });
        let parent = self.enter(&related.plan);
        self.column(other);
        let rows = rows_of(related);
        self.from(rows.barrier);
        self.where_(rows.condition);
        self.leave(parent);
        self.push(if is_postgres { "))" } else { ")" });
    }

    /// Writes the groups of related rows as one value.
    fn related_groups(&mut self, related: &RelatedPlan<'t>, parent: &Parent<'t>) {
        let columns = related.plan.group_columns();
        let mut rows = rows_of(related);
        let (order, page) = (std::mem::take(&mut rows.order), (rows.skip, rows.limit));
        (rows.skip, rows.limit) = (0, None);
        let join = |writer: &mut Self| writer.join_related(related, parent, rows);
        match (self.dialect, related.is_many) {
            // An aggregate takes no aggregates, so the groups are made by a subquery.
            (Dialect::Sqlite, true) => {
                let names: Vec<String> = (0..columns.len()).map(|index| format!("o{index}")).collect();
                self.push(&format!("(SELECT mwallet_rows({}) FROM (", names.join(", ")));
                self.groups(&columns, GroupForm::Named, &order, page, join);
                self.push("))");
            }
            (dialect, is_many) => {
                self.push(if dialect == Dialect::Postgres && is_many { "ARRAY(" } else { "(" });
                self.groups(&columns, GroupForm::Row, &order, page, join);
                self.push(")");
            }
        }
    }

    /// Writes a field of the only related row, to order by.
    pub(super) fn related_field(&mut self, index: usize, field: &PlannedField) {
        let all = self.related.clone();
        self.subquery_of(&all[index], |writer| writer.field(field));
        // SQLite forgets the order of what a subquery selects.
        self.push_order_of(field);
    }

    /// Writes a subquery of something of the only related row.
    pub(super) fn subquery_of(&mut self, related: &RelatedPlan<'t>, what: impl FnOnce(&mut Self)) {
        let parent = self.enter(&related.plan);
        self.push("(SELECT ");
        what(self);
        self.join_related(related, &parent, rows_of(related));
        self.push(")");
        self.leave(parent);
    }

    /// Writes FROM, the join with the parent, and the rest of a subquery.
    fn join_related(&mut self, related: &RelatedPlan<'t>, parent: &Parent<'t>, rows: Rows<'t>) {
        let Rows { barrier, condition, order, skip, limit } = rows;
        self.from(barrier);
        let own = self.source.clone();
        let equal: Vec<_> = related.columns.iter().map(|(outer, inner)| (*inner, *outer)).collect();
        match &related.junction {
            None => {
                self.push(" WHERE ");
                self.equal((self.table, &own), (parent.table, &parent.source), &equal);
                self.and_shown(equal.iter().map(|(inner, _)| *inner));
            }
            Some(junction) => {
                let between = self.next_alias();
                self.join_junction(junction, &between);
                self.push(" WHERE ");
                self.equal((junction.table, &between), (parent.table, &parent.source), &equal);
                self.and_of_junction(junction.table, between, &junction.condition);
                self.and_shown(junction.columns.iter().map(|(_, inner)| *inner));
            }
        }
        let child = self.enter_table(parent.table, parent.source.clone(), Rc::new([]), parent.masks.clone());
        self.and_shown(equal.iter().map(|(_, outer)| *outer));
        self.leave(child);
        if condition != Condition::every_row() {
            self.push(" AND ");
            self.condition(condition);
        }
        self.order_by(&order);
        self.page(skip, limit);
    }

    /// Writes that the current row shows the columns by which it is joined.
    fn and_shown(&mut self, columns: impl Iterator<Item = usize>) {
        let masks = self.masks.clone();
        for column in columns {
            if let Some((_, mask)) = masks.iter().find(|(masked, _)| *masked == column) {
                self.push(" AND ");
                self.stored(|writer| writer.mask(mask));
            }
        }
    }

    /// Writes the join with the table between, under a qualifier.
    fn join_junction(&mut self, junction: &PlannedJunction<'t>, between: &str) {
        self.push(" JOIN ");
        self.push(&qualified(junction.table));
        self.push(" AS ");
        self.push(&between[..between.len() - 1]);
        self.push(" ON ");
        let own = self.source.clone();
        self.equal((junction.table, between), (self.table, &own), &junction.columns);
    }

    /// Selects rows by keys in a junction, which are selected too.
    pub(super) fn select_by_junction(
        &mut self,
        output: &[OutputValue],
        junction: &PlannedJunction<'t>,
        key: &[usize],
        rows: Rows<'t>,
    ) {
        let between = self.next_alias();
        self.push("SELECT ");
        self.read_values(output);
        let own = self.enter_junction(junction.table, between.clone());
        self.push(", ");
        self.read_columns(key);
        self.leave(own);
        self.from(rows.barrier);
        self.join_junction(junction, &between);
        let own = self.enter_junction(junction.table, between);
        self.where_(junction.condition.clone());
        self.leave(own);
        if rows.condition != Condition::every_row() {
            self.push(" AND ");
            self.condition(rows.condition);
        }
        self.order_by(&rows.order);
    }

    /// Writes that columns of two tables are equal.
    fn equal(&mut self, left: (&Table, &str), right: (&Table, &str), pairs: &[(usize, usize)]) {
        self.push(if pairs.is_empty() { "TRUE" } else { "" });
        for (index, (one, other)) in pairs.iter().enumerate() {
            self.push(if index > 0 { " AND " } else { "" });
            self.column_of(left, *one);
            self.push(" = ");
            self.column_of(right, *other);
        }
    }

    fn column_of(&mut self, (table, source): (&Table, &str), position: usize) {
        self.push(source);
        write_quoted(&mut self.sql, &table.columns[position].name);
    }

    /// Writes the condition on rows of the junction.
    fn and_of_junction(&mut self, table: &'t Table, source: String, condition: &Condition<'t>) {
        if *condition == Condition::every_row() {
            return;
        }
        let outer = self.enter_junction(table, source);
        self.push(" AND ");
        self.condition(condition.clone());
        self.leave(outer);
    }
}

/// The rows of a related plan. A key of a table finds one row at most, but nobody knows what a view makes of it.
fn rows_of<'t>(related: &RelatedPlan<'t>) -> Rows<'t> {
    let Plan { table, kind, order, barrier, .. } = &related.plan;
    let (condition, skip, limit) = match kind {
        PlanKind::Select { condition, skip, limit } => (condition.clone(), *skip, *limit),
        // Related rows are only read.
        _ => (Condition::every_row(), 0, None),
    };
    let is_found_by_key = matches!(table.kind, TableKind::Table | TableKind::Partitioned);
    let limit = match related.is_many || (limit.is_none() && is_found_by_key) {
        true => limit,
        false => Some(limit.unwrap_or(1).min(1)),
    };
    Rows { barrier: barrier.clone(), condition, order: order.clone(), skip, limit }
}
