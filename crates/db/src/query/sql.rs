//! Writes a plan as SQL in one dialect. All statements of the CRUD operations are written here.

mod condition;
mod insert;
mod returning;

use mwallet_schema::{ColumnType, NativeType, Table, Transfer, Value};

use super::plan::{Assignment, ColumnSet, Condition, OrderBy, OutputSet, PlanKind, PlannedAggregate, PlannedConflict};
use super::{Direction, Nulls, Plan};
use crate::Dialect;
use crate::columns::{Columns, OutputColumn, OutputKind};
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
    pub fn statement(self, dialect: Dialect) -> Statement {
        self.statement_answering(dialect, None)
    }

    /// Writes the plan as a statement, reusing its output columns if they are known.
    pub(super) fn statement_answering(self, dialect: Dialect, known: Option<&Columns>) -> Statement {
        let is_lookup = self.is_lookup();
        let guards = self.guards(dialect);
        let answers = self.answers().unwrap_or(true);
        let Self { table, kind, output, order } = self;
        let answered = output.positions(table).into_owned();
        let mut writer = Writer::new(dialect, table);
        let (mut aggregated, mut hidden) = (None, Hidden::default());
        match kind {
            PlanKind::Select { condition, skip, limit } => {
                writer.select(&answered, condition, &order, skip, limit);
            }
            PlanKind::Aggregate { condition, aggregates } => {
                aggregated = Some(writer.aggregates(&aggregates));
                writer.push(" FROM ");
                writer.table_name();
                writer.where_(condition);
            }
            PlanKind::Insert { columns, rows, on_conflict } => {
                let tells_merged = answers && matches!(on_conflict, PlannedConflict::Merge { .. });
                let returning = Returning {
                    answered: answers.then_some(&answered),
                    tells_merged,
                    order: &order,
                    identity: writer.given_identity(&columns),
                };
                writer.begin_write(&returning);
                writer.insert(&columns, rows, &on_conflict);
                hidden = writer.end_write(&returning);
            }
            PlanKind::Update { assignments, condition, kept } => {
                let returning = Returning::new(answers.then_some(&answered), &order);
                writer.begin_write(&returning);
                writer.push("UPDATE ");
                writer.table_name();
                writer.push(" SET ");
                writer.assignments(assignments);
                writer.where_(and_same(condition, kept));
                hidden = writer.end_write(&returning);
            }
            PlanKind::Delete { condition } => {
                let returning = Returning::new(answers.then_some(&answered), &order);
                writer.begin_write(&returning);
                writer.push("DELETE FROM ");
                writer.table_name();
                writer.where_(condition);
                hidden = writer.end_write(&returning);
            }
        }
        let columns = match (known, aggregated) {
            (Some(known), _) => known.clone(),
            (None, Some(columns)) => columns.into(),
            (None, None) => writer.output_columns(&answered, output).into(),
        };
        let search_path = SearchPath::of_schema(table.schema.as_deref());
        let Writer { sql, binds, repeats, .. } = writer;
        Statement { sql: sql.into(), binds, repeats, columns, hidden, is_lookup, search_path, guards }
    }

    /// Returns the guards of a write, which make sure that immutable columns keep their values.
    fn guards(&self, dialect: Dialect) -> Vec<Guard> {
        match &self.kind {
            PlanKind::Update { condition, kept, .. } => {
                let guard = |(position, value): &(usize, Value)| {
                    let other = Condition::Not(Box::new(Condition::Same(*position, value.clone())));
                    let condition = Condition::And(vec![condition.clone(), other]);
                    let kind = PlanKind::Aggregate { condition, aggregates: vec![PlannedAggregate::Count] };
                    let output = OutputSet::Part { positions: Vec::new(), names: None };
                    let others = Plan { table: self.table, kind, output, order: Vec::new() }.statement(dialect);
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

/// Adds to a condition that columns have these values.
fn and_same(condition: Condition, kept: Vec<(usize, Value)>) -> Condition {
    if kept.is_empty() {
        return condition;
    }
    let same = kept.into_iter().map(|(position, value)| Condition::Same(position, value));
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

struct Writer<'t> {
    dialect: Dialect,
    table: &'t Table,
    /// The prefix of column names: their source and a dot. It is needed because SQLite reads an unqualified quoted
    /// name that is no column as a string.
    source: String,
    sql: String,
    binds: Vec<Bind>,
    repeats: Vec<Vec<Bind>>,
}

impl<'t> Writer<'t> {
    fn new(dialect: Dialect, table: &'t Table) -> Self {
        let source = format!("{}.", qualified(table));
        Self { dialect, table, source, sql: String::with_capacity(512), binds: Vec::new(), repeats: Vec::new() }
    }
}

impl Writer<'_> {
    fn push(&mut self, text: &str) {
        self.sql.push_str(text);
    }

    fn table_name(&mut self) {
        self.sql.push_str(&self.source[..self.source.len() - 1]);
    }

    /// Writes a qualified column name.
    fn column(&mut self, position: usize) {
        self.sql.push_str(&self.source);
        self.name(position);
    }

    /// Writes an unqualified column name, where only a column of the table is allowed.
    fn name(&mut self, position: usize) {
        write_quoted(&mut self.sql, &self.table.columns[position].name);
    }

    /// Writes output columns. Native PostgreSQL types are read as text or JSON.
    fn read_columns(&mut self, positions: &[usize]) {
        for (index, position) in positions.iter().enumerate() {
            self.push(if index > 0 { ", " } else { "" });
            match self.native(*position).map(|native| native.transfer) {
                Some(Transfer::TextRepr) => {
                    self.column(*position);
                    self.push("::text");
                }
                Some(Transfer::Json) => {
                    self.push("to_json(");
                    self.column(*position);
                    self.push(")");
                }
                _ => self.column(*position),
            }
        }
    }

    /// Returns the native type of a column, if it has one.
    fn native(&self, position: usize) -> Option<&NativeType> {
        match &self.table.columns[position].kind {
            ColumnType::Native(native) => Some(native),
            _ => None,
        }
    }

    /// Binds a comparison operand. A native PostgreSQL type is bound as text and cast.
    fn bind_operand(&mut self, position: usize, value: Value) {
        match self.native(position) {
            Some(NativeType { transfer: Transfer::TextRepr | Transfer::Json, name, comparison_type }) => {
                let cast = format!("::text::{}", comparison_type.as_ref().unwrap_or(name));
                self.bind_as(ColumnType::Text { max: None }, value);
                self.push(&cast);
            }
            _ => self.bind(position, value),
        }
    }

    /// Binds a value to be stored in a column.
    fn bind_value(&mut self, position: usize, value: Value) {
        match self.native(position) {
            Some(native @ NativeType { transfer: Transfer::Json, .. }) => {
                let name = native.name.clone();
                let text = ColumnType::Text { max: None };
                self.value_of_json(&name, |writer| writer.bind_as(text, member(value)));
            }
            _ => self.bind_operand(position, value),
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

    /// Binds a value as its column's type and writes its placeholder.
    fn bind(&mut self, position: usize, value: Value) {
        let kind = self.table.columns[position].kind.clone();
        self.bind_as(kind, value);
    }

    fn bind_as(&mut self, kind: ColumnType, value: Value) {
        self.binds.push(Bind { value, kind });
        self.sql.push(match self.dialect {
            Dialect::Postgres => '$',
            Dialect::Sqlite => '?',
        });
        self.sql.push_str(itoa::Buffer::new().format(self.binds.len()));
    }

    fn output_columns(&self, answered: &[usize], output: OutputSet) -> Vec<OutputColumn> {
        let columns = answered.iter().map(|position| &self.table.columns[*position]);
        let kinds = columns.clone().map(|column| OutputKind::Column(column.kind.clone()));
        match output {
            OutputSet::Part { names: Some(names), .. } => {
                names.into_iter().zip(kinds).map(|(name, kind)| OutputColumn { name, kind }).collect()
            }
            _ => columns.zip(kinds).map(|(c, kind)| OutputColumn { name: c.name.clone(), kind }).collect(),
        }
    }

    fn select(&mut self, output: &[usize], condition: Condition, order: &[OrderBy], skip: u64, limit: Option<u64>) {
        let is_framed = self.dialect == Dialect::Postgres && skip == 0 && limit.is_some_and(|rows| rows <= FRAME);
        self.push(if is_framed { "SELECT * FROM (" } else { "" });
        self.push("SELECT ");
        // A row without columns is still a row, but SQLite does not allow an empty select list.
        self.push(if output.is_empty() { "NULL" } else { "" });
        self.read_columns(output);
        self.push(" FROM ");
        self.table_name();
        self.where_(condition);
        self.order_by(order);
        self.push(if is_framed { FRAME_END } else { "" });
        self.page(skip, limit);
    }

    fn order_by(&mut self, order: &[OrderBy]) {
        for (index, order) in order.iter().enumerate() {
            self.push(if index > 0 { ", " } else { " ORDER BY " });
            self.order(order);
        }
    }

    fn order(&mut self, order: &OrderBy) {
        self.column(order.column);
        let (direction, natural) = match (order.direction, self.dialect) {
            (Direction::Ascending, Dialect::Postgres) => (" ASC", Nulls::Last),
            (Direction::Descending, Dialect::Postgres) => (" DESC", Nulls::First),
            (Direction::Ascending, Dialect::Sqlite) => (" ASC", Nulls::First),
            (Direction::Descending, Dialect::Sqlite) => (" DESC", Nulls::Last),
        };
        self.push(direction);
        // A null order other than the engine's default prevents the use of an index, so write it only if it matters.
        if self.table.columns[order.column].nullable && order.nulls != natural {
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

    fn aggregates(&mut self, aggregates: &[PlannedAggregate]) -> Vec<OutputColumn> {
        // An aggregate always returns one row, even without any columns.
        self.push(if aggregates.is_empty() { "SELECT count(*)" } else { "SELECT " });
        let mut columns = Vec::with_capacity(aggregates.len());
        for (index, aggregate) in aggregates.iter().enumerate() {
            self.push(if index > 0 { ", " } else { "" });
            columns.push(self.aggregate(aggregate));
        }
        columns
    }

    fn aggregate(&mut self, aggregate: &PlannedAggregate) -> OutputColumn {
        let kind = |table: &Table, position: usize| OutputKind::Column(table.columns[position].kind.clone());
        let (function, position, output) = match aggregate {
            PlannedAggregate::Count => {
                self.push("count(*)");
                return OutputColumn { name: "count".into(), kind: OutputKind::Column(ColumnType::BigInt) };
            }
            PlannedAggregate::Sum(position) => ("sum", *position, OutputKind::Number),
            PlannedAggregate::Avg(position) => ("avg", *position, OutputKind::Number),
            PlannedAggregate::Min(position) => ("min", *position, kind(self.table, *position)),
            PlannedAggregate::Max(position) => ("max", *position, kind(self.table, *position)),
        };
        let exact = matches!(aggregate, PlannedAggregate::Sum(_) | PlannedAggregate::Avg(_));
        match self.dialect {
            // SQLite's built-in functions would convert decimals to doubles.
            Dialect::Sqlite if exact => {
                self.push("mwallet_");
                self.push(function);
                self.push("(");
                self.column(position);
                self.push(", ");
                let scale = match self.table.columns[position].kind {
                    ColumnType::Decimal { scale, .. } => scale,
                    _ => 0,
                };
                self.push(itoa::Buffer::new().format(scale));
            }
            _ => {
                self.push(function);
                self.push("(");
                self.column(position);
            }
        }
        self.push(")");
        if exact && self.dialect == Dialect::Postgres {
            // PostgreSQL returns bigint for sums of small integers. Use numeric for all types.
            self.push("::numeric");
        }
        OutputColumn { name: function.into(), kind: output }
    }
}
