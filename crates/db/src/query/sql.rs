//! Writes a plan as SQL in one dialect. All statements of the CRUD operations are written here.

mod condition;
mod groups;
mod insert;
mod related;
mod returning;
mod value;

use mwallet_schema::{Column, ColumnType, NativeType, Table, Transfer, Value};

use std::rc::Rc;
use std::sync::Arc;

use super::plan::{
    Assignment, ColumnSet, Condition, Masks, OrderBy, OutputSet, OutputValue, PlanKind, PlannedConflict, PlannedField,
    RelatedPlan,
};
use super::{Direction, Nulls, Plan, PlanError, ScopedTable};
use crate::Dialect;
use crate::catalog::TableRef;
use crate::columns::{Columns, OutputColumn, OutputKind, RelatedColumns};
use crate::quote::write_quoted;
use crate::statement::{Bind, Guard, GuardRule, Hidden, SearchPath, Statement};
use returning::Returning;

/// The maximum page size that is read through a subquery with a constant limit.
///
/// PostgreSQL estimates that a bound LIMIT returns a tenth of the rows. The generic plan then looks so expensive next
/// to the custom plan that the statement is planned again on each execution. A tenth of this frame is about one page,
/// so the generic plan is used.
const FRAME: u64 = 1_000;
const FRAME_END: &str = " LIMIT 1000) AS frame";

/// The most values that a statement binds. SQLite takes 32,766, PostgreSQL 65,535.
const MOST_BINDS: usize = 32_000;

/// Returns the quoted table name, with the schema if there is one.
fn qualified(table: &Table) -> String {
    let mut name = String::new();
    if let Some(schema) = &table.schema {
        write_quoted(&mut name, schema);
        name.push('.');
    }
    write_quoted(&mut name, &table.name);
    name
}

impl Plan<'_> {
    /// Writes the plan as a statement.
    ///
    /// # Errors
    ///
    /// Returns an error if the engine cannot do what the plan says.
    pub fn statement(self, dialect: Dialect) -> Result<Statement, PlanError> {
        self.check_engine(dialect)?;
        bounded(self.statement_answering(dialect, None))
    }

    /// The same, with what the catalog keeps of the table: the columns of whole rows, and the SQL that reads them by
    /// the value of one column. Nothing else is asked for as often.
    pub(crate) fn statement_for(mut self, table: ScopedTable<'_>, dialect: Dialect) -> Result<Statement, PlanError> {
        let kept = match self.output {
            OutputSet::Readable if self.related.is_empty() => table.in_catalog().map(TableRef::entry),
            _ => None,
        };
        let Some(kept) = kept else { return self.statement(dialect) };
        let known = Some(kept.output_columns());
        let Some((position, value)) = self.by_one_value() else {
            self.check_engine(dialect)?;
            return bounded(self.statement_answering(dialect, known));
        };
        let value = std::mem::replace(value, Value::Null);
        let make = || self.clone().statement_answering(dialect, known);
        let mut statement = match kept.by_value(position, dialect, make) {
            Some(statement) => statement,
            None => self.statement_answering(dialect, known),
        };
        if let Some(bind) = statement.binds.first_mut() {
            bind.value = value;
        }
        Ok(statement)
    }

    /// Writes the plan as a statement, reusing its output columns if they are known.
    fn statement_answering(self, dialect: Dialect, known: Option<&Columns>) -> Statement {
        let is_lookup = self.is_lookup();
        let guards = self.guards(dialect);
        let answers = self.answers().unwrap_or(true);
        let grouped = self.is_grouped().then(|| self.group_columns());
        let is_count = matches!(self.kind, PlanKind::CountGroups { .. });
        let Self { table, kind, output, order, related, barrier, masks, told } = self;
        let answered = output.values(table).into_owned();
        let mut writer = Writer::new(dialect, table, related, masks, barrier.is_some() || grouped.is_some());
        let (mut keyed, mut hidden) = (Vec::new(), Hidden::default());
        match kind {
            PlanKind::Select { condition, skip, limit } => {
                let rows = Rows { barrier, condition, order, skip, limit };
                match &grouped {
                    Some(columns) => writer.select_groups(columns, rows),
                    None => writer.select(&answered, rows),
                }
            }
            PlanKind::CountGroups { condition } => {
                let rows = Rows { barrier, condition, order, skip: 0, limit: None };
                writer.count_groups(grouped.as_deref().unwrap_or_default(), rows);
            }
            PlanKind::SelectByJunction { junction, key, condition } => {
                let rows = Rows { barrier, condition, order, skip: 0, limit: None };
                writer.select_by_junction(&answered, &junction, &key, rows);
                keyed = key.iter().map(|position| output_column(&junction.table.columns[*position])).collect();
            }
            PlanKind::Insert { columns, rows, on_conflict } => {
                let tells_merged = answers && matches!(on_conflict, PlannedConflict::Merge { .. });
                let returning = Returning {
                    answered: answers.then_some(&answered),
                    tells_merged,
                    order: &order,
                    identity: writer.given_identity(&columns),
                    told,
                };
                writer.begin_write(&returning);
                writer.stored(|writer| writer.insert(&columns, rows, &on_conflict));
                hidden = writer.end_write(&returning);
            }
            PlanKind::Update { assignments, condition, kept } => {
                let returning = Returning::new(answers.then_some(&answered), &order);
                writer.begin_write(&returning);
                writer.push("UPDATE ");
                writer.table_name();
                writer.push(" SET ");
                writer.stored(|writer| writer.assignments(assignments));
                writer.where_(and_same(condition, kept));
                hidden = writer.stored(|writer| writer.end_write(&returning));
            }
            PlanKind::Delete { condition } => {
                let returning = Returning::new(answers.then_some(&answered), &order);
                writer.begin_write(&returning);
                writer.push("DELETE FROM ");
                writer.table_name();
                writer.where_(condition);
                hidden = writer.stored(|writer| writer.end_write(&returning));
            }
        }
        let columns = match known {
            Some(known) => known.clone(),
            None if is_count => {
                vec![OutputColumn { name: "count".into(), kind: OutputKind::Column(ColumnType::BigInt) }].into()
            }
            None => {
                let mut columns = output_columns(table, &output, &writer.related, grouped.is_some());
                columns.extend(keyed);
                columns.into()
            }
        };
        let search_path = SearchPath::of_schema(table.schema.as_deref());
        let Writer { sql, binds, mut repeats, .. } = writer;
        // Each repetition has values of its own, and binds what follows them too.
        repeats.iter_mut().for_each(|repeat| repeat.extend_from_slice(&binds[repeat.len()..]));
        Statement { sql: sql.into(), binds, repeats, columns, hidden, is_lookup, search_path, guards }
    }

    /// Returns the guards of a write, which make sure that immutable columns keep their values.
    fn guards(&self, dialect: Dialect) -> Vec<Guard> {
        match &self.kind {
            PlanKind::Update { condition, kept, .. } => {
                let guard = |(position, value): &(usize, Value)| {
                    let other = Condition::Stored(Box::new(Condition::Not(Box::new(Condition::Same(
                        *position,
                        value.clone(),
                    )))));
                    let condition = Condition::And(vec![condition.clone(), other]);
                    let kind = PlanKind::Select { condition, skip: 0, limit: None };
                    let count = OutputSet::Values { values: vec![OutputValue::count()], names: vec!["count".into()] };
                    let others =
                        Plan { masks: self.masks.clone(), ..Plan::of_kind(self.table, kind, count, Vec::new()) };
                    let others = others.statement_answering(dialect, None);
                    Guard {
                        columns: vec![self.table.columns[*position].name.clone()],
                        rule: GuardRule::None(others.into()),
                    }
                };
                kept.iter().map(guard).collect()
            }
            PlanKind::Insert { rows, on_conflict: PlannedConflict::Merge { kept, .. }, .. } if !kept.is_empty() => {
                let columns = kept.iter().map(|position| self.table.columns[*position].name.clone()).collect();
                vec![Guard { columns, rule: GuardRule::Answers(rows.len() as u64) }]
            }
            _ => Vec::new(),
        }
    }
}

impl Plan<'_> {
    /// Returns the columns of the rows.
    pub(crate) fn output_columns(&self) -> Columns {
        output_columns(self.table, &self.output, &self.related, self.is_grouped()).into()
    }
}

/// The columns of the output: values, and related rows. The columns of rows that are spread into groups are columns of
/// the groups.
fn output_columns(
    table: &Table,
    output: &OutputSet,
    related: &[RelatedPlan<'_>],
    is_grouped: bool,
) -> Vec<OutputColumn> {
    let mut all = output.columns(table);
    for related in related.iter().filter(|related| !related.is_empty) {
        let is_spread = related.is_spread;
        let Plan { table, output, related: inner, .. } = &related.plan;
        if is_grouped && is_spread {
            all.extend(output_columns(table, output, inner, true));
            continue;
        }
        let columns = output_columns(table, output, inner, related.plan.is_grouped()).into();
        let kind = RelatedColumns { columns, is_many: related.is_many, is_spread };
        all.push(OutputColumn { name: related.name.clone(), kind: OutputKind::Related(kind) });
    }
    all
}

/// Rejects a statement with more values than either engine binds.
fn bounded(statement: Statement) -> Result<Statement, PlanError> {
    if statement.binds.len() > MOST_BINDS { Err(PlanError::TooComplex) } else { Ok(statement) }
}

fn output_column(column: &Column) -> OutputColumn {
    OutputColumn { name: column.name.clone(), kind: OutputKind::Column(column.kind.clone()) }
}

/// Adds to a condition that columns have these values.
fn and_same(condition: Condition<'_>, kept: Vec<(usize, Value)>) -> Condition<'_> {
    if kept.is_empty() {
        return condition;
    }
    let same = kept.into_iter().map(|(position, value)| Condition::Stored(Box::new(Condition::Same(position, value))));
    Condition::And(std::iter::once(condition).chain(same).collect())
}

/// Returns whether values of the type are cast from text.
fn is_cast(native: &NativeType) -> bool {
    matches!(native.transfer, Transfer::TextRepr | Transfer::Json)
}

/// Wraps a value as the member `v` of a JSON object. Null stays null.
fn member(value: Value) -> Value {
    if value.is_null() {
        return value;
    }
    let mut text = b"{\"v\":".to_vec();
    mwallet_schema::json::write_value(&mut text, &value);
    text.push(b'}');
    // The JSON writer produces valid UTF-8.
    String::from_utf8(text).map_or(Value::Null, Value::Text)
}

/// Which rows are read, and in which order.
struct Rows<'t> {
    barrier: Option<Condition<'t>>,
    condition: Condition<'t>,
    order: Vec<OrderBy>,
    skip: u64,
    limit: Option<u64>,
}

struct Writer<'t> {
    dialect: Dialect,
    sql: String,
    binds: Vec<Bind>,
    repeats: Vec<Vec<Bind>>,
    /// The part of the plan that is being written.
    table: &'t Table,
    /// The qualifier of column names, including the dot. SQLite would read an unqualified name that is not a column as
    /// a string.
    source: String,
    related: Rc<[RelatedPlan<'t>]>,
    /// The masked columns. None where cells are written as they are stored.
    masks: Rc<[(usize, Arc<Condition<'t>>)]>,
    /// The conditions of masks as they were written, by the qualifier of their columns.
    written: Vec<(Arc<Condition<'t>>, String, String)>,
    /// How many aliases were given.
    aliases: usize,
    /// Whether equal values are written to become equal bytes, as SQLite compares related rows.
    is_canonical: bool,
}

impl<'t> Writer<'t> {
    fn new(
        dialect: Dialect,
        table: &'t Table,
        related: Vec<RelatedPlan<'t>>,
        masks: Masks<'t>,
        has_barrier: bool,
    ) -> Self {
        let sql = String::with_capacity(512);
        let (binds, repeats) = (Vec::new(), Vec::new());
        let (source, related, masks) = (String::new(), related.into(), masks.into());
        let (aliases, is_canonical) = (0, false);
        let written = Vec::new();
        let mut writer =
            Self { dialect, sql, binds, repeats, table, source, related, masks, written, aliases, is_canonical };
        // A table by itself needs no alias. Next to others of the same name, or in a subquery, it does.
        writer.source = match writer.related.is_empty() && !has_barrier {
            true => format!("{}.", qualified(table)),
            false => writer.next_alias(),
        };
        writer
    }
}

impl<'t> Writer<'t> {
    fn push(&mut self, text: &str) {
        self.sql.push_str(text);
    }

    /// The name of the table that a statement writes.
    fn table_name(&mut self) {
        self.sql.push_str(&self.source[..self.source.len() - 1]);
    }

    /// Writes a column of the current table, which is null where it is masked.
    fn column(&mut self, position: usize) {
        let mask = self.masks.iter().find(|(masked, _)| *masked == position);
        if let Some((_, mask)) = mask.cloned() {
            return self.stored(|writer| {
                writer.push("CASE WHEN ");
                writer.mask(&mask);
                writer.push(" THEN ");
                writer.column(position);
                writer.push(" END");
            });
        }
        self.sql.push_str(&self.source);
        self.name(position);
    }

    /// Writes the condition of a mask. It has the same parameters each time, so that PostgreSQL sees that it is the same.
    fn mask(&mut self, mask: &Arc<Condition<'t>>) {
        let known = self.written.iter().find(|(known, source, _)| Arc::ptr_eq(known, mask) && *source == self.source);
        if let Some((_, _, text)) = known {
            self.sql.push_str(text);
            return;
        }
        let start = self.sql.len();
        self.condition(Condition::clone(mask));
        self.written.push((mask.clone(), self.source.clone(), self.sql[start..].to_owned()));
    }

    /// Writes cells of the current table as they are stored.
    fn stored<T>(&mut self, write: impl FnOnce(&mut Self) -> T) -> T {
        let masks = std::mem::replace(&mut self.masks, Rc::new([]));
        let written = write(self);
        self.masks = masks;
        written
    }

    /// Writes an unqualified column name, where only a column of the table is allowed.
    fn name(&mut self, position: usize) {
        write_quoted(&mut self.sql, &self.table.columns[position].name);
    }

    /// Binds a comparison operand. A native PostgreSQL type is bound as text and cast.
    fn bind_operand(&mut self, field: &PlannedField, value: Value) {
        match self.native(field) {
            Some(NativeType { transfer: Transfer::TextRepr | Transfer::Json, name, comparison_type }) => {
                let cast = format!("::text::{}", comparison_type.as_ref().unwrap_or(name));
                self.bind_as(ColumnType::Text { max: None }, value);
                self.push(&cast);
            }
            _ => {
                let kind = field.kind(self.table).into_owned();
                self.bind_as(kind, value);
            }
        }
    }

    /// Binds a value to be stored in a column.
    fn bind_value(&mut self, position: usize, value: Value) {
        let field = position.into();
        match self.native(&field) {
            Some(native @ NativeType { transfer: Transfer::Json, .. }) => {
                let name = native.name.clone();
                let text = ColumnType::Text { max: None };
                self.value_of_json(&name, |writer| writer.bind_as(text, member(value)));
            }
            _ => self.bind_operand(&field, value),
        }
    }

    /// Converts a JSON object with the [`member`] `v` to a value of the type. No other function reads every type from
    /// JSON.
    fn value_of_json(&mut self, type_name: &str, text: impl FnOnce(&mut Self)) {
        self.push("(SELECT v FROM json_to_record(");
        text(self);
        self.push("::text::json) AS r(v ");
        self.push(type_name);
        self.push("))");
    }

    fn names(&mut self, positions: &ColumnSet) {
        for (index, position) in positions.iter().enumerate() {
            self.push(if index > 0 { ", " } else { "" });
            self.name(*position);
        }
    }

    /// Binds a value of a type and writes its placeholder.
    fn bind_as(&mut self, kind: ColumnType, value: Value) {
        self.binds.push(Bind { value, kind });
        self.sql.push(match self.dialect {
            Dialect::Postgres => '$',
            Dialect::Sqlite => '?',
        });
        self.sql.push_str(itoa::Buffer::new().format(self.binds.len()));
    }

    fn select(&mut self, output: &[OutputValue], rows: Rows<'t>) {
        if self.dialect == Dialect::Sqlite && self.has_selected() && rows.limit.is_some() && !rows.order.is_empty() {
            return self.select_of_page(output, rows);
        }
        let Rows { barrier, condition, order, skip, limit } = rows;
        let is_framed = self.dialect == Dialect::Postgres && skip == 0 && limit.is_some_and(|rows| rows <= FRAME);
        self.push(if is_framed { "SELECT * FROM (" } else { "" });
        self.push("SELECT ");
        self.output(output);
        self.from(barrier);
        self.where_(condition);
        self.order_by(&order);
        self.push(if is_framed { FRAME_END } else { "" });
        self.page(skip, limit);
    }

    /// Writes what is selected: columns, and related rows.
    fn output(&mut self, output: &[OutputValue]) {
        self.read_values(output);
        let has_related = self.selected_related(!output.is_empty());
        // Even a row without columns counts. SQLite requires at least one.
        self.push(if output.is_empty() && !has_related { "NULL" } else { "" });
    }

    fn order_by(&mut self, order: &[OrderBy]) {
        for (index, order) in order.iter().enumerate() {
            self.push(if index > 0 { ", " } else { " ORDER BY " });
            self.order(order);
        }
    }

    fn order(&mut self, order: &OrderBy) {
        self.ordered(order, |writer| match order.related {
            None => writer.ordered_field(&order.field),
            Some(index) => writer.related_field(index, &order.field),
        });
    }

    /// Writes a value to order by, and its direction.
    fn ordered(&mut self, order: &OrderBy, value: impl FnOnce(&mut Self)) {
        value(self);
        let (direction, natural) = match (order.direction, self.dialect) {
            (Direction::Ascending, Dialect::Postgres) => (" ASC", Nulls::Last),
            (Direction::Descending, Dialect::Postgres) => (" DESC", Nulls::First),
            (Direction::Ascending, Dialect::Sqlite) => (" ASC", Nulls::First),
            (Direction::Descending, Dialect::Sqlite) => (" DESC", Nulls::Last),
        };
        self.push(direction);
        // A null order other than the engine's default prevents the use of an index, so write it only if it matters.
        let is_column = order.related.is_none() && order.field.path.is_empty();
        let is_masked = self.masks.iter().any(|(masked, _)| *masked == order.field.column);
        let is_nullable = !is_column || is_masked || self.table.columns[order.field.column].nullable;
        if is_nullable && order.nulls != natural {
            self.push(match order.nulls {
                Nulls::First => " NULLS FIRST",
                Nulls::Last => " NULLS LAST",
            });
        }
    }

    fn page(&mut self, skip: u64, limit: Option<u64>) {
        // Both engines use signed 64-bit limits, and no table has more rows.
        let number = |rows: u64| Value::Int(i64::try_from(rows).unwrap_or(i64::MAX));
        match (limit, self.dialect) {
            (Some(rows), _) => {
                self.push(" LIMIT ");
                self.bind_as(ColumnType::BigInt, number(rows));
            }
            // SQLite has no OFFSET without LIMIT.
            (None, Dialect::Sqlite) if skip > 0 => self.push(" LIMIT -1"),
            (None, _) => {}
        }
        if skip > 0 {
            self.push(" OFFSET ");
            self.bind_as(ColumnType::BigInt, number(skip));
        }
    }

    fn assignments(&mut self, assignments: Vec<(usize, Assignment)>) {
        for (index, (position, assignment)) in assignments.into_iter().enumerate() {
            self.push(if index > 0 { ", " } else { "" });
            self.name(position);
            self.push(" = ");
            match assignment {
                Assignment::Value(value) => self.bind_value(position, value),
                Assignment::Unchanged => self.column(position),
                Assignment::Increment => {
                    self.column(position);
                    self.push(" + 1");
                }
                Assignment::Proposed => {
                    self.push("excluded.");
                    self.name(position);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
