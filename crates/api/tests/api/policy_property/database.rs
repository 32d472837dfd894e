//! The tables of the test, and random rows of them.

use std::collections::BTreeSet;

use mwallet_db::schema::{Column, ColumnType, Record, ReferentialAction, Table, Value};
use serde_json::Value as Json;

use crate::related_property::Random;

/// A value. The derived order is that of each type's values; nulls are compared apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cell {
    Null,
    Int(i64),
    Text(String),
    Bool(bool),
}

pub(super) type Row = Vec<Cell>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Int,
    Text,
    Bool,
}

/// A column.
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) is_nullable: bool,
}

/// What happens to a row when the one that it refers to is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OnDelete {
    Refuse,
    Cascade,
    SetNull,
}

/// A foreign key to the first column of a table.
pub(super) struct Reference {
    pub(super) column: usize,
    pub(super) target: usize,
    pub(super) on_delete: OnDelete,
}

/// A table.
pub(super) struct Source {
    pub(super) name: &'static str,
    pub(super) fields: &'static [Field],
    pub(super) key: &'static [usize],
    /// A unique column that is not the key.
    pub(super) code: Option<usize>,
    pub(super) references: &'static [Reference],
}

const fn field(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, is_nullable: true }
}

const fn needed(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, is_nullable: false }
}

const fn reference(column: usize, target: usize, on_delete: OnDelete) -> Reference {
    Reference { column, target, on_delete }
}

pub(super) const TEAMS: usize = 0;
pub(super) const PEOPLE: usize = 1;
pub(super) const MEMBERS: usize = 2;
pub(super) const ITEMS: usize = 3;

/// The tables, each after those that it refers to.
pub(super) const SOURCES: [Source; 5] = [
    Source {
        name: "teams",
        fields: &[
            needed("id", Kind::Int),
            field("code", Kind::Text),
            field("rank", Kind::Int),
            needed("is_open", Kind::Bool),
        ],
        key: &[0],
        code: Some(1),
        references: &[],
    },
    Source {
        name: "people",
        fields: &[
            needed("id", Kind::Int),
            needed("name", Kind::Text),
            field("team_id", Kind::Int),
            field("level", Kind::Int),
            field("active", Kind::Bool),
        ],
        key: &[0],
        code: Some(1),
        references: &[reference(2, TEAMS, OnDelete::SetNull)],
    },
    Source {
        name: "members",
        fields: &[needed("person_id", Kind::Int), needed("team_id", Kind::Int), field("role", Kind::Text)],
        key: &[0, 1],
        code: None,
        references: &[reference(0, PEOPLE, OnDelete::Cascade), reference(1, TEAMS, OnDelete::Cascade)],
    },
    Source {
        name: "items",
        fields: &[
            needed("id", Kind::Int),
            field("code", Kind::Text),
            field("owner_id", Kind::Int),
            field("team_id", Kind::Int),
            field("parent_id", Kind::Int),
            field("amount", Kind::Int),
            field("label", Kind::Text),
            field("done", Kind::Bool),
        ],
        key: &[0],
        code: Some(1),
        references: &[
            reference(2, PEOPLE, OnDelete::Refuse),
            reference(3, TEAMS, OnDelete::Refuse),
            reference(4, ITEMS, OnDelete::Refuse),
        ],
    },
    Source {
        name: "notes",
        fields: &[
            needed("id", Kind::Int),
            field("item_id", Kind::Int),
            field("body", Kind::Text),
            field("rank", Kind::Int),
        ],
        key: &[0],
        code: None,
        references: &[reference(1, ITEMS, OnDelete::Cascade)],
    },
];

/// Keys are wider than other numbers.
fn is_wide(name: &str) -> bool {
    name.ends_with("id")
}

const TEXTS: [&str; 5] = ["", "a", "ab", "b", "zoë"];

impl Source {
    pub(super) fn all(&self) -> impl Iterator<Item = usize> {
        0..self.fields.len()
    }

    /// Whether a column of numbers is a wide one.
    pub(super) fn is_wide(&self, column: usize) -> bool {
        is_wide(self.fields[column].name)
    }

    pub(super) fn reference_of(&self, column: usize) -> Option<&Reference> {
        self.references.iter().find(|reference| reference.column == column)
    }

    pub(super) fn table(&self) -> Table {
        let mut table = Table::new(self.name);
        for Field { name, kind, is_nullable } in self.fields {
            let column = Column::new(
                *name,
                match kind {
                    Kind::Int if is_wide(name) => ColumnType::BigInt,
                    Kind::Int => ColumnType::Integer,
                    Kind::Text => ColumnType::Text { max: None },
                    Kind::Bool => ColumnType::Boolean,
                },
            );
            table.columns.push(if *is_nullable { column.nullable() } else { column });
        }
        table.primary_key = self.key.iter().map(|at| self.fields[*at].name.into()).collect();
        if let Some(code) = self.code {
            table.add_unique(&[self.fields[code].name]);
        }
        for Reference { column, target, on_delete } in self.references {
            let action = match on_delete {
                OnDelete::Refuse => ReferentialAction::NoAction,
                OnDelete::Cascade => ReferentialAction::Cascade,
                OnDelete::SetNull => ReferentialAction::SetNull,
            };
            table.add_foreign_key(&[self.fields[*column].name], SOURCES[*target].name, &["id"], action);
        }
        table
    }

    /// A value for a column, null where it may be.
    pub(super) fn value(&self, column: usize, random: &mut Random) -> Cell {
        let Field { kind, is_nullable, .. } = self.fields[column];
        match is_nullable && random.one_in(4) {
            true => Cell::Null,
            false => self.known_value(column, kind, random),
        }
    }

    fn known_value(&self, column: usize, kind: Kind, random: &mut Random) -> Cell {
        let number = |random: &mut Random, end: usize| Cell::Int(i64::try_from(1 + random.below(end)).unwrap());
        match kind {
            Kind::Int if self.key.contains(&column) || self.reference_of(column).is_some() => number(random, 8),
            Kind::Int => number(random, 4),
            Kind::Text if self.code == Some(column) => Cell::Text(format!("c{}", random.below(12))),
            Kind::Text => Cell::Text((*random.pick(&TEXTS)).into()),
            Kind::Bool => Cell::Bool(random.one_in(2)),
        }
    }
}

impl Cell {
    pub(super) fn is_null(&self) -> bool {
        *self == Self::Null
    }

    pub(super) fn json(&self) -> Json {
        match self {
            Self::Null => Json::Null,
            Self::Int(number) => (*number).into(),
            Self::Text(text) => text.as_str().into(),
            Self::Bool(is) => (*is).into(),
        }
    }

    pub(super) fn of_json(json: &Json) -> Self {
        match json {
            Json::Number(number) => Self::Int(number.as_i64().unwrap()),
            Json::String(text) => Self::Text(text.clone()),
            Json::Bool(is) => Self::Bool(*is),
            _ => Self::Null,
        }
    }

    /// The value in a filter of a URL or of a policy.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Null => "null".into(),
            Self::Int(number) => number.to_string(),
            Self::Text(text) => text.clone(),
            Self::Bool(is) => is.to_string(),
        }
    }

    fn stored(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Int(number) => Value::Int(*number),
            Self::Text(text) => Value::Text(text.clone()),
            Self::Bool(is) => Value::Bool(*is),
        }
    }
}

/// The rows of all tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct State(pub(super) [Vec<Row>; SOURCES.len()]);

/// A constraint that a state breaks, by its SQLSTATE.
pub(super) type Code = &'static str;

impl State {
    pub(super) fn generate(random: &mut Random) -> Self {
        let mut state = Self(Default::default());
        for (table, source) in SOURCES.iter().enumerate() {
            for _ in 0..3 + random.below(6) {
                let mut next = state.clone();
                next.0[table].push(source.all().map(|column| source.value(column, random)).collect());
                // A key that leads nowhere is most often one that could lead somewhere.
                for reference in source.references {
                    let targets = &next.0[reference.target];
                    let target = targets[random.below(targets.len())][0].clone();
                    let row = next.0[table].last_mut().unwrap();
                    if !row[reference.column].is_null() {
                        row[reference.column] = target;
                    }
                }
                if next.broken().is_empty() {
                    state = next;
                }
            }
        }
        state
    }

    /// What constraints do not hold.
    pub(super) fn broken(&self) -> BTreeSet<Code> {
        let mut broken = BTreeSet::new();
        for (source, rows) in SOURCES.iter().zip(&self.0) {
            for (at, row) in rows.iter().enumerate() {
                let is_missing = |column: usize| !source.fields[column].is_nullable && row[column].is_null();
                if source.all().any(is_missing) {
                    broken.insert("23502");
                }
                let is_same = |columns: &[usize]| {
                    let are_equal =
                        |other: &Row| columns.iter().all(|at| !row[*at].is_null() && row[*at] == other[*at]);
                    rows[..at].iter().any(are_equal)
                };
                if is_same(source.key) || source.code.is_some_and(|code| is_same(&[code])) {
                    broken.insert("23505");
                }
                let dangles = |reference: &Reference| {
                    let (cell, targets) = (&row[reference.column], &self.0[reference.target]);
                    !cell.is_null() && !targets.iter().any(|target| target[0] == *cell)
                };
                if source.references.iter().any(dangles) {
                    broken.insert("23503");
                }
            }
        }
        broken
    }

    /// Whether each row refers to itself or to earlier rows: SQLite checks its keys before the next is inserted.
    pub(super) fn is_in_order(&self) -> bool {
        SOURCES.iter().enumerate().all(|(table, source)| {
            let rows = &self.0[table];
            source.references.iter().filter(|reference| reference.target == table).all(|reference| {
                let is_known = |(at, row): (usize, &Row)| {
                    let key = &row[reference.column];
                    key.is_null() || rows[..=at].iter().any(|other| other[0] == *key)
                };
                rows.iter().enumerate().all(is_known)
            })
        })
    }

    /// Deletes rows, and what goes with them.
    pub(super) fn delete(&mut self, table: usize, rows: &[Row]) {
        self.0[table].retain(|row| !rows.contains(row));
        for (other, source) in SOURCES.iter().enumerate() {
            for reference in source.references.iter().filter(|reference| reference.target == table) {
                let is_gone = |row: &Row| rows.iter().any(|gone| gone[0] == row[reference.column]);
                match reference.on_delete {
                    OnDelete::Refuse => {}
                    OnDelete::SetNull => {
                        let rows = self.0[other].iter_mut().filter(|row| is_gone(row));
                        rows.for_each(|row| row[reference.column] = Cell::Null);
                    }
                    OnDelete::Cascade => {
                        let gone: Vec<Row> = self.0[other].iter().filter(|row| is_gone(row)).cloned().collect();
                        if !gone.is_empty() {
                            self.delete(other, &gone);
                        }
                    }
                }
            }
        }
    }

    pub(super) fn records(&self, table: usize) -> Vec<Record> {
        let record = |row: &Row| {
            let names = SOURCES[table].fields.iter().map(|field| field.name.to_owned());
            names.zip(row.iter().map(Cell::stored)).collect()
        };
        self.0[table].iter().map(record).collect()
    }

    /// The same rows in the order of their keys.
    pub(super) fn sorted(mut self) -> Self {
        self.0.iter_mut().for_each(|rows| rows.sort());
        self
    }

    /// The rows as people read them.
    pub(super) fn describe(&self) -> String {
        let mut text = String::new();
        for (source, rows) in SOURCES.iter().zip(&self.0) {
            let names: Vec<&str> = source.fields.iter().map(|field| field.name).collect();
            text += &format!("{} ({})\n", source.name, names.join(", "));
            for row in rows {
                text += &format!("  {}\n", row.iter().map(Cell::json).collect::<Json>());
            }
        }
        text
    }
}
