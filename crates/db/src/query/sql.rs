//! A plan in the SQL of one engine. The only place where statements of the operations are written.

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

/// The most rows of a page that is read within a frame of so many.
///
/// PostgreSQL takes a bound LIMIT for a tenth of the rows there are. A plan made for any page then looks so dear beside
/// one for this page that it plans anew each time. A tenth of a frame is a page.
const FRAME: u64 = 1_000;
const FRAME_END: &str = " LIMIT 1000) AS frame";

/// The name of a table as SQL, with that of its schema where it has one.
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

    /// Writes the plan as a statement whose columns are known already.
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

    /// What must be so for a write to count: columns that are immutable keep their values.
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

/// The condition, and that columns hold these values.
fn and_same(condition: Condition, kept: Vec<(usize, Value)>) -> Condition {
    if kept.is_empty() {
        return condition;
    }
    let same = kept.into_iter().map(|(position, value)| Condition::Same(position, value));
    Condition::And(std::iter::once(condition).chain(same).collect())
}

/// Whether values of the type are cast from text.
fn is_cast(native: &NativeType) -> bool {
    matches!(native.transfer, Transfer::TextRepr | Transfer::Json)
}

/// A value as the member `v` of a JSON object; null stays null.
fn member(value: Value) -> Value {
    if value.is_null() {
        return value;
    }
    let mut text = b"{\"v\":".to_vec();
    mwallet_schema::json::write_value(&mut text, &value);
    text.push(b'}');
    // The writer writes UTF-8.
    String::from_utf8(text).map_or(Value::Null, Value::Text)
}

struct Writer<'t> {
    dialect: Dialect,
    table: &'t Table,
    /// What stands before the names of columns: where they come from, and a point. SQLite takes a bare name that is no
    /// column for a text.
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

    /// A column of the source.
    fn column(&mut self, position: usize) {
        self.sql.push_str(&self.source);
        self.name(position);
    }

    /// The bare name of a column, where only a column of the table can stand.
    fn name(&mut self, position: usize) {
        write_quoted(&mut self.sql, &self.table.columns[position].name);
    }

    /// Columns as they are read: what only PostgreSQL knows as the text or JSON that it makes of it.
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

    /// The type of a column, where only its database knows it.
    fn native(&self, position: usize) -> Option<&NativeType> {
        match &self.table.columns[position].kind {
            ColumnType::Native(native) => Some(native),
            _ => None,
        }
    }

    /// Binds what a column is compared with: of a type that only PostgreSQL knows, as a text that it casts.
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

    /// Binds a value that a column is to hold.
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

    /// Writes a text, which is a JSON object with the [`member`] `v`, as a value of a type. There is no other function
    /// that reads every type from JSON.
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
        // A row without columns still is a row; SQLite has no empty list of them.
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
        // A place for nulls that the engine would not choose itself keeps it from using an index; say it only where
        // there can be one.
        if self.table.columns[order.column].nullable && order.nulls != natural {
            self.push(match order.nulls {
                Nulls::First => " NULLS FIRST",
                Nulls::Last => " NULLS LAST",
            });
        }
    }

    fn page(&mut self, skip: u64, limit: Option<u64>) {
        // Both engines count rows in 64 bits with a sign; no table has more.
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
        // Without any, one row of nothing, as an aggregate answers one row.
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
            // SQLite's own would make doubles of decimals.
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
            // The sum of small integers is a bigint there; one type for all keeps the answers alike.
            self.push("::numeric");
        }
        OutputColumn { name: function.into(), kind: output }
    }
}
