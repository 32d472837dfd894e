//! Filters of policies and of requests: as they are written, and what they are of a row.

pub(super) use crate::related_property::query::Comparison;

use super::callers::Caller;
use super::database::{Cell, Kind, Row, SOURCES, State};

/// What a column is compared with.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Operand {
    Value(Cell),
    /// What is known of the caller by a name, compared with a column of this type.
    Caller(&'static str, Kind),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Test {
    Compare(Comparison, Operand),
    In(Vec<Cell>),
    Like(&'static str),
    IsNull,
    Is(bool),
    IsDistinct(Operand),
}

/// Columns that must be equal: of another table, and of this one.
type Pairs = Vec<(usize, usize)>;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Filter {
    Column(usize, Test),
    And(Vec<Filter>),
    Or(Vec<Filter>),
    Not(Box<Filter>),
    /// A row of another table, with columns of it that equal columns of this row.
    Exists {
        table: usize,
        pairs: Pairs,
        rest: Vec<Filter>,
    },
    /// One that the policy defines by a name.
    Defined(String, Box<Filter>),
}

impl Filter {
    /// What it is of a row, all of whose cells are seen. `None` is unknown.
    pub(super) fn of_row(&self, state: &State, caller: &Caller, row: &Row) -> Option<bool> {
        self.of_cells(state, caller, &|column| row[column].clone())
    }

    /// What it is of the cells that somebody sees of a row.
    pub(super) fn of_cells(&self, state: &State, caller: &Caller, cell: &dyn Fn(usize) -> Cell) -> Option<bool> {
        let of = |filter: &Self| filter.of_cells(state, caller, cell);
        match self {
            Self::Column(column, test) => test.of_cell(&cell(*column), caller),
            Self::And(all) => all.iter().map(of).fold(Some(true), and),
            Self::Or(all) => all.iter().map(of).fold(Some(false), or),
            Self::Not(one) => of(one).map(|is| !is),
            Self::Defined(_, one) => of(one),
            Self::Exists { table, pairs, rest } => Some(state.0[*table].iter().any(|other| {
                let are_equal =
                    |(theirs, own): &(usize, usize)| !other[*theirs].is_null() && other[*theirs] == cell(*own);
                let holds = |filter: &Self| filter.of_row(state, caller, other) == Some(true);
                pairs.iter().all(are_equal) && rest.iter().all(holds)
            })),
        }
    }

    /// Calls a function with the name of all that it asks of a caller.
    pub(super) fn each_of_caller(&self, tell: &mut dyn FnMut(&'static str)) {
        match self {
            Self::Column(
                _,
                Test::Compare(_, Operand::Caller(name, _)) | Test::IsDistinct(Operand::Caller(name, _)),
            ) => {
                tell(name);
            }
            Self::Column(..) => {}
            Self::And(all) | Self::Or(all) | Self::Exists { rest: all, .. } => {
                all.iter().for_each(|one| one.each_of_caller(tell));
            }
            Self::Not(one) | Self::Defined(_, one) => one.each_of_caller(tell),
        }
    }

    /// The columns of its table, unless another table is asked for.
    pub(super) fn columns(&self) -> Vec<usize> {
        match self {
            Self::Column(column, _) => vec![*column],
            Self::And(all) | Self::Or(all) => all.iter().flat_map(Self::columns).collect(),
            Self::Not(one) | Self::Defined(_, one) => one.columns(),
            Self::Exists { pairs, .. } => pairs.iter().map(|(_, own)| *own).collect(),
        }
    }

    /// Calls a function with each table and column that it reads, and with the tables of which it asks for rows.
    pub(super) fn each_read(&self, table: usize, tell: &mut dyn FnMut(usize, Option<usize>)) {
        self.columns().into_iter().for_each(|column| tell(table, Some(column)));
        self.each_exists(&mut |other, pairs, rest| {
            tell(other, None);
            pairs.iter().for_each(|(theirs, _)| tell(other, Some(*theirs)));
            rest.iter().for_each(|filter| filter.each_read(other, tell));
        });
    }

    fn each_exists(&self, tell: &mut dyn FnMut(usize, &Pairs, &[Self])) {
        match self {
            Self::Exists { table, pairs, rest } => tell(*table, pairs, rest),
            Self::And(all) | Self::Or(all) => all.iter().for_each(|one| one.each_exists(tell)),
            Self::Not(one) | Self::Defined(_, one) => one.each_exists(tell),
            Self::Column(..) => {}
        }
    }

    /// The text in a group: `and(a.eq.1,b.not.is.null)`.
    pub(super) fn text(&self, table: usize) -> String {
        let list = |all: &[Self]| all.iter().map(|one| one.text(table)).collect::<Vec<_>>().join(",");
        let name = |table: usize, column: usize| SOURCES[table].fields[column].name;
        match self {
            Self::Column(column, test) => format!("{}.{}", name(table, *column), test.text()),
            Self::And(all) => format!("and({})", list(all)),
            Self::Or(all) => format!("or({})", list(all)),
            Self::Not(one) => match &**one {
                Self::Column(column, test) => format!("{}.not.{}", name(table, *column), test.text()),
                other => format!("not.{}", other.text(table)),
            },
            Self::Exists { table: other, pairs, rest } => {
                let pair = |(theirs, own): &(usize, usize)| {
                    format!("{}.eq.{{row.{}}}", name(*other, *theirs), name(table, *own))
                };
                let all: Vec<String> = pairs.iter().map(pair).chain(rest.iter().map(|one| one.text(*other))).collect();
                match all.as_slice() {
                    [one] => format!("exists({}, {one})", SOURCES[*other].name),
                    all => format!("exists({}, and({}))", SOURCES[*other].name, all.join(",")),
                }
            }
            Self::Defined(name, _) => name.clone(),
        }
    }

    /// The parameter of a URL. The prefix names the related table that it is about, with a point.
    pub(super) fn parameter(&self, table: usize, prefix: &str) -> String {
        let list = |all: &[Self]| all.iter().map(|one| one.text(table)).collect::<Vec<_>>().join(",");
        match self {
            Self::Column(column, test) => format!("{prefix}{}={}", SOURCES[table].fields[*column].name, test.text()),
            Self::And(all) => format!("{prefix}and=({})", list(all)),
            Self::Or(all) => format!("{prefix}or=({})", list(all)),
            Self::Not(one) => match &**one {
                Self::Column(column, test) => {
                    format!("{prefix}{}=not.{}", SOURCES[table].fields[*column].name, test.text())
                }
                Self::And(all) => format!("{prefix}not.and=({})", list(all)),
                Self::Or(all) => format!("{prefix}not.or=({})", list(all)),
                other => format!("{prefix}not.and=({})", other.text(table)),
            },
            Self::Exists { .. } | Self::Defined(..) => unreachable!("only policies have these"),
        }
    }
}

fn and(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    match (one, other) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

fn or(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    and(one.map(|is| !is), other.map(|is| !is)).map(|is| !is)
}

impl Operand {
    /// The value to compare a cell with: null if no such cell can have it.
    fn of_caller(&self, caller: &Caller) -> Cell {
        match self {
            Self::Value(value) => value.clone(),
            Self::Caller(name, kind) => caller.value(name, *kind).unwrap_or(Cell::Null),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Value(value) => value.text(),
            Self::Caller(name, _) => format!("{{{name}}}"),
        }
    }
}

impl Test {
    fn of_cell(&self, cell: &Cell, caller: &Caller) -> Option<bool> {
        match self {
            Self::IsNull => return Some(cell.is_null()),
            Self::Is(is) => return Some(*cell == Cell::Bool(*is)),
            Self::IsDistinct(operand) => {
                let operand = operand.of_caller(caller);
                // From what no cell can be, only null is known to differ.
                return if cell.is_null() { Some(true) } else { (!operand.is_null()).then(|| operand != *cell) };
            }
            _ if cell.is_null() => return None,
            _ => {}
        }
        match self {
            Self::Compare(comparison, operand) => {
                let operand = operand.of_caller(caller);
                if operand.is_null() {
                    return None;
                }
                Some(match comparison {
                    Comparison::Eq => *cell == operand,
                    Comparison::Neq => *cell != operand,
                    Comparison::Gt => *cell > operand,
                    Comparison::Gte => *cell >= operand,
                    Comparison::Lt => *cell < operand,
                    Comparison::Lte => *cell <= operand,
                })
            }
            Self::In(values) => Some(values.contains(cell)),
            Self::Like(pattern) => Some(is_like(&cell.text(), pattern)),
            Self::IsNull | Self::Is(_) | Self::IsDistinct(_) => unreachable!("these are never unknown"),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Compare(comparison, operand) => format!("{}.{}", comparison.name(), operand.text()),
            Self::In(values) => {
                format!("in.({})", values.iter().map(Cell::text).collect::<Vec<_>>().join(","))
            }
            Self::Like(pattern) => format!("like.{pattern}"),
            Self::IsNull => "is.null".into(),
            Self::Is(is) => format!("is.{is}"),
            Self::IsDistinct(operand) => format!("isdistinct.{}", operand.text()),
        }
    }
}

/// Whether a text begins with what is before the only star, and ends with what follows it.
fn is_like(text: &str, pattern: &str) -> bool {
    let (begin, end) = pattern.split_once('*').unwrap();
    text.len() >= begin.len() + end.len() && text.starts_with(begin) && text.ends_with(end)
}
