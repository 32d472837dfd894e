//! Rows of related tables: each node of a query's tree becomes a plan of its own, joined to that of its parent.

use std::borrow::Cow;

use mwallet_query::Field;
use mwallet_schema::{Table, Value};

use super::{ColumnSet, Condition, Plan, PlanError, PlanKind, PlannedField, Planner};
use crate::catalog::{ColumnPairs, TableRef};
use crate::query::{Filter, Query, Related, RelatedFilter, RelationPath, ScopedTable};

/// A plan for the rows that are related to each row of another.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RelatedPlan<'t> {
    /// The name by which the parent's query and output know it.
    pub(crate) name: String,
    /// Whether each row has at most one.
    pub(crate) is_many: bool,
    pub(crate) is_spread: bool,
    /// Whether nothing of it is returned.
    pub(crate) is_empty: bool,
    /// The equal columns: of the parent and of this table or, if there is one, of the junction.
    pub(crate) columns: ColumnPairs,
    pub(crate) junction: Option<PlannedJunction<'t>>,
    /// The related rows.
    pub(crate) plan: Plan<'t>,
}

/// The table between a row and its related rows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PlannedJunction<'t> {
    pub(crate) table: &'t Table,
    /// The equal columns of the junction and the related table.
    pub(crate) columns: ColumnPairs,
    /// The rows of it that the asker may see.
    pub(crate) condition: Condition<'t>,
}

impl<'t> Planner<'t> {
    /// Plans the related rows of a query. Conditions and orders of the query may then name them.
    pub(super) fn with_related(mut self, query: &Query) -> Result<Self, PlanError> {
        for related in &query.related {
            let (target, planned) = self.plan_related(related)?;
            // A spread has no alias, so two spreads of one table have the same name.
            let is_same =
                |earlier: &RelatedPlan<'_>| earlier.name == planned.name && !(earlier.is_spread && planned.is_spread);
            if self.related.iter().any(is_same) {
                return Err(PlanError::Syntax {
                    parameter: "select".into(),
                    message: format!("{} is selected twice", mwallet_schema::shortened(&planned.name)),
                    hint: Some("give one of them another name: select=other:table(...)"),
                });
            }
            self.related.push(planned);
            self.targets.push(target);
        }
        Ok(self)
    }

    fn plan_related(&self, related: &Related) -> Result<(TableRef<'t>, RelatedPlan<'t>), PlanError> {
        let table = self.at.in_catalog().ok_or_else(|| PlanError::no_catalog(self.table, &related.target))?;
        let scope = self.at.scope();
        let is_visible = |table: &Table, position: usize| scope.sight(table).shows(&table.columns[position]);
        let (relationship, target) = table.find_among(&related.target, related.hint.as_deref(), &is_visible)?;
        let junction = relationship.junction.as_ref().map(|junction| {
            let between = table.junction(junction);
            let to_parent = relationship.columns.iter().map(|(_, own)| *own);
            let joined: Vec<usize> = to_parent.chain(junction.columns.iter().map(|(own, _)| *own)).collect();
            Ok::<_, PlanError>(PlannedJunction {
                table: between.table(),
                columns: junction.columns.clone(),
                condition: Planner::new(ScopedTable::new(between, scope))?.visible_rows(&joined),
            })
        });
        let target_at = ScopedTable::new(target, scope);
        let mut query = Cow::Borrowed(&related.query);
        if let Some(most) = target_at.most_rows().filter(|_| !relationship.cardinality.is_to_one()) {
            query.to_mut().limit = Some(query.limit.map_or(most, |asked| asked.min(most)));
        }
        let planned = RelatedPlan {
            name: related.name.clone(),
            is_many: !relationship.cardinality.is_to_one(),
            is_spread: related.is_spread,
            is_empty: related.is_empty(),
            columns: relationship.columns.clone(),
            junction: junction.transpose()?,
            plan: Plan::select(target_at, &query)?,
        };
        planned.check_count()?;
        let is_many_spread = |inner: &RelatedPlan<'_>| inner.holds_many_spread();
        match planned.is_spread && planned.is_many && planned.plan.related.iter().any(is_many_spread) {
            true => Err(PlanError::SpreadInSpread { name: planned.name }),
            false => Ok((target, planned)),
        }
    }

    /// Plans a filter on related rows that the program names by their columns.
    pub(super) fn related_filter(&self, filter: &RelatedFilter) -> Result<RelatedPlan<'t>, PlanError> {
        let RelationPath { from, to, columns, junction } = &filter.path;
        if (&from.schema, &from.name) != (&self.table.schema, &self.table.name) {
            return Err(PlanError::OtherRelation { table: self.table.name.clone(), of: from.name.clone() });
        }
        let seen = |table: &'static Table| {
            let known = self.at.in_catalog().and_then(|own| own.sibling(table.schema.as_deref(), &table.name));
            let unknown = || ScopedTable::without_catalog(table, self.at.scope());
            known.map_or_else(unknown, |known| ScopedTable::new(known, self.at.scope()))
        };
        let planned = junction.as_ref().map(|junction| {
            let condition = Planner::new(seen(junction.table))?.visible_rows(&[]);
            let columns = pairs(junction.table, to, &junction.columns)?;
            Ok::<_, PlanError>(PlannedJunction { table: junction.table, columns, condition })
        });
        Ok(RelatedPlan {
            name: to.name.clone(),
            is_many: true,
            is_spread: false,
            is_empty: true,
            columns: pairs(from, junction.as_ref().map_or(to, |junction| junction.table), columns)?,
            junction: planned.transpose()?,
            plan: Plan::select(seen(to), &filter.query)?,
        })
    }

    /// Returns the position of related rows by their name.
    pub(super) fn find_related(&self, name: &str) -> Option<usize> {
        let mut named = self.related.iter().enumerate().filter(|(_, related)| related.name == name);
        match (named.next(), named.next()) {
            (Some((index, _)), None) => Some(index),
            _ => None,
        }
    }

    /// Returns the position of a related row by its name, and a field of it.
    pub(super) fn related_field(&self, name: &str, field: &Field) -> Result<(usize, PlannedField), PlanError> {
        let index = self.find_related(name).ok_or_else(|| PlanError::NotRelated { name: name.into() })?;
        let related = &self.related[index];
        if related.is_many {
            return Err(PlanError::RelatedOrder { table: self.table.name.clone(), name: name.into() });
        }
        let planner = Planner::new(ScopedTable::new(self.targets[index], self.at.scope()))?;
        let field = planner.field(field)?;
        planner.require_ordered(&field, "ordered by")?;
        Ok((index, field))
    }

    /// The conditions that there are related rows, where only such rows are to be returned.
    pub(super) fn inner_conditions(&self, query: &Query) -> impl Iterator<Item = Condition<'t>> {
        let inner = query.related.iter().enumerate().filter(|(_, related)| related.is_inner);
        inner.map(|(index, _)| Condition::Related(index))
    }

    /// Rejects a filter on related rows as a whole that is not about whether there are any.
    pub(super) fn refuse_operator(&self, filter: &Filter) -> Result<(), PlanError> {
        let Some(name) = filter.field().map(|field| &field.column) else { return Ok(()) };
        match self.table.position(name).is_none() && self.find_related(name).is_some() {
            true => Err(PlanError::RelatedOperator { name: name.clone() }),
            false => Ok(()),
        }
    }
}

/// Looks up pairs of equal columns.
fn pairs(one: &Table, other: &Table, names: &[(&str, &str)]) -> Result<ColumnPairs, PlanError> {
    names.iter().map(|(own, far)| Ok((position(one, own)?, position(other, far)?))).collect()
}

fn position(table: &Table, name: &str) -> Result<usize, PlanError> {
    table.position(name).ok_or_else(|| PlanError::unknown_column(table, name, table.columns.iter()))
}

impl Plan<'static> {
    /// Plans a select of the rows that are related to rows with these keys, in all columns. If there is a table between,
    /// its columns follow that hold the keys.
    pub(crate) fn related(path: &RelationPath, keys: Vec<Vec<Value>>, query: Query) -> Result<Self, PlanError> {
        let names = path.columns.iter().map(|(_, other)| (*other).to_owned()).collect();
        let filter = Filter::in_keys(names, keys);
        let Some(junction) = &path.junction else { return Plan::select(path.to, &query.filter(filter)) };
        let mut plan = Plan::select(path.to, &query)?;
        if let PlanKind::Select { condition, .. } = plan.kind {
            let key = path.columns.iter().map(|(_, other)| position(junction.table, other));
            let key: ColumnSet = key.collect::<Result<_, _>>()?;
            let columns = pairs(junction.table, path.to, &junction.columns)?;
            let of_keys = Planner::new(junction.table)?.filter(&filter)?;
            let junction = PlannedJunction { table: junction.table, columns, condition: of_keys };
            plan.kind = PlanKind::SelectByJunction { junction, key, condition };
        }
        Ok(plan)
    }
}

impl RelatedPlan<'_> {
    /// Returns whether it spreads several rows, itself or further down.
    fn holds_many_spread(&self) -> bool {
        self.is_spread && (self.is_many || self.plan.related.iter().any(Self::holds_many_spread))
    }

    /// Returns whether finding related rows can fail.
    pub(super) fn can_fail(&self) -> bool {
        let Plan { table, kind, related, .. } = &self.plan;
        // What rows are grouped by may be converted.
        self.plan.is_grouped()
            || matches!(kind, PlanKind::Select { condition, .. } if condition.can_fail(table, related))
    }
}
