//! Describes plans to people: the tree of a plan, and the SQL of both engines.

use std::fmt::Write as _;

use super::Plan;
use super::plan::{Condition, OrderBy, PlanKind, RelatedPlan};
use crate::Dialect;
use crate::query::Direction;

impl Plan<'_> {
    /// Describes the plan: each table with what is read of it, then the SQL of both engines. Values are not shown.
    ///
    /// ```
    /// # use mwallet_db::{Catalog, Filter, Plan, Query, Related, schema::{Column, ColumnType, Table}};
    /// # let mut users = Table::new("users");
    /// # users.columns.push(Column::new("id", ColumnType::BigInt));
    /// # users.primary_key = vec!["id".into()];
    /// # let mut orders = Table::new("orders");
    /// # orders.columns.push(Column::new("user_id", ColumnType::BigInt));
    /// # orders.add_foreign_key(&["user_id"], "users", &["id"], Default::default());
    /// # let catalog = Catalog::new([users, orders]);
    /// let users = catalog.get(None, "users").unwrap();
    /// let query = Query::new().filter(Filter::eq("id", 5)).related(Related::new("orders", Query::new().limit(3)));
    /// assert_eq!(
    ///     Plan::select(users, &query)?.explain().lines().collect::<Vec<_>>()[..2],
    ///     ["users: columns id; where id", "  orders, several, user_id = users.id: columns user_id; limit 3"]
    /// );
    /// # Ok::<(), mwallet_db::PlanError>(())
    /// ```
    pub fn explain(&self) -> String {
        let mut text = String::new();
        self.describe(&self.table.name, 0, &mut text);
        for (name, dialect) in [("PostgreSQL", Dialect::Postgres), ("SQLite", Dialect::Sqlite)] {
            let _ = match self.clone().statement(dialect) {
                Ok(statement) => writeln!(text, "{name}: {}", statement.sql()),
                Err(error) => writeln!(text, "{name}: not possible: {error}"),
            };
        }
        text
    }

    fn describe(&self, what: &str, depth: usize, text: &mut String) {
        let values = self.output.values(self.table);
        let columns: Vec<String> = values.iter().map(|value| value.describe(self.table)).collect();
        let mut parts = Vec::new();
        if !columns.is_empty() {
            parts.push(format!("columns {}", columns.join(", ")));
        }
        if let Some(barrier) = &self.barrier {
            parts.push(format!("first only where {}", self.names(barrier).join(", ")));
        }
        let (condition, skip, limit) = match &self.kind {
            PlanKind::Select { condition, skip, limit } => (Some(condition), *skip, *limit),
            PlanKind::SelectByJunction { condition, .. }
            | PlanKind::CountGroups { condition }
            | PlanKind::Update { condition, .. }
            | PlanKind::Delete { condition } => (Some(condition), 0, None),
            PlanKind::Insert { .. } => (None, 0, None),
        };
        let names = condition.map(|condition| self.names(condition)).unwrap_or_default();
        if !names.is_empty() {
            parts.push(format!("where {}", names.join(", ")));
        }
        if !self.order.is_empty() {
            let order: Vec<String> = self.order.iter().map(|order| self.directed_name(order)).collect();
            parts.push(format!("order by {}", order.join(", ")));
        }
        parts.extend(limit.map(|limit| format!("limit {limit}")));
        parts.extend((skip > 0).then(|| format!("offset {skip}")));
        let rest = if parts.is_empty() { String::new() } else { format!(": {}", parts.join("; ")) };
        let _ = writeln!(text, "{}{what}{rest}", "  ".repeat(depth));
        for related in &self.related {
            related.plan.describe(&self.related_name(related), depth + 1, text);
        }
    }

    /// Names related rows, how many there may be, and how they are joined.
    fn related_name(&self, related: &RelatedPlan<'_>) -> String {
        let target = related.plan.table;
        let name = match related.name == target.name {
            true => target.name.clone(),
            false => format!("{} as {}", target.name, related.name),
        };
        let joined = related.junction.as_ref().map_or(target, |junction| junction.table);
        let pairs = related.columns.iter().map(|(own, other)| {
            let (own, other) = (&self.table.columns[*own].name, &joined.columns[*other].name);
            match related.junction {
                None => format!("{other} = {}.{own}", self.table.name),
                Some(_) => format!("{}.{other} = {}.{own}", joined.name, self.table.name),
            }
        });
        let pairs: Vec<String> = pairs.collect();
        let count = if related.is_many { "several" } else { "one" };
        let spread = if related.is_spread { ", spread" } else { "" };
        format!("{name}, {count}{spread}, {}", pairs.join(" and "))
    }

    /// The columns and related rows that a condition is about.
    fn names(&self, condition: &Condition<'_>) -> Vec<String> {
        let column = |position: &usize| vec![self.table.columns[*position].name.clone()];
        let mut names = match condition {
            Condition::Compare(field, ..)
            | Condition::In(field, ..)
            | Condition::Between(field, ..)
            | Condition::Like { field, .. }
            | Condition::Regex { field, .. }
            | Condition::Search { field, .. }
            | Condition::Relate(field, ..)
            | Condition::Is(field, _) => vec![field.name(self.table)],
            Condition::Same(position, _) => column(position),
            Condition::InKeys(positions, _) => positions.iter().flat_map(column).collect(),
            Condition::Exists(related) | Condition::Among(related) => {
                vec![format!("there are {}", related.plan.table.name)]
            }
            Condition::Related(index) => vec![format!("there are {}", self.related[*index].name)],
            Condition::And(all) | Condition::Or(all) => all.iter().flat_map(|one| self.names(one)).collect(),
            Condition::Not(one) | Condition::Stored(one) => self.names(one),
            Condition::Behind(both) => both.iter().flat_map(|one| self.names(one)).collect(),
        };
        names.dedup();
        names
    }

    fn directed_name(&self, order: &OrderBy) -> String {
        let name = self.order_name(order);
        match order.direction {
            Direction::Ascending => name,
            Direction::Descending => format!("{name} desc"),
        }
    }

    /// Names what is ordered by.
    pub(super) fn order_name(&self, order: &OrderBy) -> String {
        let table = order.related.map_or(self.table, |index| self.related[index].plan.table);
        let name = order.field.name(table);
        order.related.map_or_else(|| name.clone(), |index| format!("{}.{name}", self.related[index].name))
    }
}
