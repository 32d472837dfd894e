//! Determines what a diagram shows of each table: its texts, its rows with their marks, and its references.
//!
//! It computes the sizes of boxes, but not their positions.

use std::collections::{BTreeMap, BTreeSet};

use super::text::{Font, Label};
use mwallet_schema::{ForeignKey, Table, TableKind};

/// The height of the header of a box, with the name.
pub(super) const HEADER: f64 = 34.0;
/// The height of a row.
pub(super) const ROW: f64 = 24.0;
/// The space below the last row, for the rounded corners.
const FOOT: f64 = 6.0;
/// The horizontal padding of a box, which also contains the joints of composite keys.
pub(super) const PADDING: f64 = 14.0;
/// The width of a mark, including the space after it.
pub(super) const MARK: f64 = 25.0;
/// The width of the dot that shows nullability.
pub(super) const DOT: f64 = 14.0;
/// The minimum space between two texts on a line.
const GAP: f64 = 18.0;

pub(super) const TITLE_FONT: Font = Font { size: 14.0, bold: true };
pub(super) const KIND_FONT: Font = Font { size: 11.0, bold: false };
pub(super) const NAME_FONT: Font = Font { size: 13.0, bold: false };
pub(super) const KEY_FONT: Font = Font { size: 13.0, bold: true };
pub(super) const TYPE_FONT: Font = Font { size: 12.0, bold: false };

/// The content of a diagram.
#[derive(Debug)]
pub(super) struct Model<'a> {
    pub(super) entities: Vec<Entity<'a>>,
    pub(super) relations: Vec<Relation<'a>>,
}

/// A table as a box.
#[derive(Debug)]
pub(super) struct Entity<'a> {
    pub(super) table: &'a Table,
    /// The name, qualified if several database schemas are shown.
    pub(super) name: String,
    pub(super) title: Label,
    /// The kind of table, unless it is a plain one.
    pub(super) kind: Option<&'static str>,
    pub(super) rows: Vec<Row>,
    /// The maximum number of marks in a row.
    pub(super) marks: usize,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// A column as a row.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) name: Label,
    pub(super) kind: Label,
    pub(super) marks: Vec<Mark>,
    pub(super) nullable: bool,
    /// The tooltip.
    pub(super) note: String,
}

/// A mark of a column.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Mark {
    /// Part of the primary key.
    Primary,
    /// Part of a foreign key.
    Foreign,
    /// Part of a unique constraint, with its number if that has several columns.
    Unique(Option<usize>),
}

impl Mark {
    pub(super) fn name(&self) -> String {
        match self {
            Self::Primary => "PK".into(),
            Self::Foreign => "FK".into(),
            Self::Unique(None) => "U".into(),
            Self::Unique(Some(number)) => format!("U{number}"),
        }
    }
}

/// A foreign key between two shown tables.
#[derive(Debug)]
pub(super) struct Relation<'a> {
    pub(super) key: &'a ForeignKey,
    /// The referencing box.
    pub(super) from: usize,
    /// The referenced box.
    pub(super) to: usize,
    /// The referencing rows, starting with the one where the line ends. `None` is the header.
    pub(super) from_rows: Vec<Option<usize>>,
    /// The referenced rows, in the same order.
    pub(super) to_rows: Vec<Option<usize>>,
    /// Whether a reference may be null.
    pub(super) optional: bool,
    /// Whether each row is referenced at most once.
    pub(super) single: bool,
}

impl<'a> Model<'a> {
    /// Builds the content for tables.
    pub(super) fn new(tables: &[&'a Table]) -> Self {
        let schemas: BTreeSet<_> = tables.iter().map(|table| table.schema.as_deref()).collect();
        let mut places = BTreeMap::new();
        for (index, table) in tables.iter().enumerate() {
            places.entry((table.schema.as_deref(), table.name.as_str())).or_insert(index);
        }
        let entities = tables.iter().map(|table| Entity::new(table, schemas.len() > 1)).collect();
        let mut relations = Vec::new();
        for (from, table) in tables.iter().enumerate() {
            for key in &table.foreign_keys {
                let schema = key.references_schema.as_deref().or(table.schema.as_deref());
                if let Some(&to) = places.get(&(schema, key.references.as_str())) {
                    relations.push(Relation::new(key, (from, table), (to, tables[to])));
                }
            }
        }
        Self { entities, relations }
    }
}

impl<'a> Entity<'a> {
    fn new(table: &'a Table, is_qualified: bool) -> Self {
        let name = match &table.schema {
            Some(schema) if is_qualified => format!("{schema}.{}", table.name),
            _ => table.name.clone(),
        };
        let title = Label::new(&name, TITLE_FONT, 320.0);
        let kind = (table.kind != TableKind::Table).then(|| table.kind.name());
        let rows: Vec<Row> = (0..table.columns.len()).map(|position| Row::new(table, position)).collect();
        let marks = rows.iter().map(|row| row.marks.len()).max().unwrap_or(0);
        let head = title.width + kind.map_or(0.0, |kind| GAP + KIND_FONT.width(kind));
        let body = rows.iter().map(|row| row.name.width + GAP + row.kind.width).fold(0.0, f64::max);
        let (marks_width, rows_height) = (marks as f64 * MARK, rows.len() as f64 * ROW);
        let width = head.max(marks_width + DOT + body).max(130.0) + 2.0 * PADDING;
        let height = HEADER + if rows.is_empty() { 0.0 } else { rows_height + FOOT };
        Self { table, name, title, kind, rows, marks, width: width.ceil(), height }
    }
}

impl Row {
    fn new(table: &Table, position: usize) -> Self {
        let column = &table.columns[position];
        let mut marks = Vec::new();
        let mut notes = vec![format!("{} {}", column.name, column.kind.name())];
        if !column.nullable {
            notes.push("not null".into());
        }
        if table.primary_key.contains(&column.name) {
            marks.push(Mark::Primary);
            notes.push(format!("primary key ({})", table.primary_key.join(", ")));
        }
        for key in table.foreign_keys.iter().filter(|key| key.columns.contains(&column.name)) {
            if !marks.contains(&Mark::Foreign) {
                marks.push(Mark::Foreign);
            }
            notes.push(reference(key));
        }
        let mut composite = 0;
        for unique in &table.uniques {
            let is_composite = unique.columns.len() > 1;
            composite += usize::from(is_composite);
            if unique.columns.contains(&column.name) {
                if !marks.iter().any(|mark| matches!(mark, Mark::Unique(_))) {
                    marks.push(Mark::Unique(is_composite.then_some(composite)));
                }
                notes.push(format!("unique ({})", unique.columns.join(", ")));
            }
        }
        notes.extend(column.comment.clone());
        let font = if marks.contains(&Mark::Primary) { KEY_FONT } else { NAME_FONT };
        Self {
            name: Label::new(&column.name, font, 280.0),
            kind: Label::new(&column.kind.name(), TYPE_FONT, 200.0),
            marks,
            nullable: column.nullable,
            note: notes.join(" · "),
        }
    }
}

impl<'a> Relation<'a> {
    fn new(key: &'a ForeignKey, (from, table): (usize, &Table), (to, referenced): (usize, &Table)) -> Self {
        let mut pairs: Vec<(&String, Option<&String>)> =
            key.columns.iter().enumerate().map(|(at, column)| (column, key.referenced_columns.get(at))).collect();
        // A column shared by several keys, such as a tenant ID, says the least about the target of the line.
        let sharers =
            |column: &String| table.foreign_keys.iter().filter(|other| other.columns.contains(column)).count();
        if let Some(anchor) = (0..pairs.len()).min_by_key(|&at| sharers(pairs[at].0)) {
            pairs.swap(0, anchor);
        }
        let mut from_rows: Vec<_> = pairs.iter().map(|(column, _)| table.position(column)).collect();
        let mut to_rows: Vec<_> =
            pairs.iter().map(|(_, column)| column.and_then(|column| referenced.position(column))).collect();
        if pairs.is_empty() {
            from_rows.push(None);
            to_rows.push(None);
        }
        let columns: Vec<&str> = key.columns.iter().map(String::as_str).collect();
        let optional = columns.iter().filter_map(|name| table.column(name)).any(|column| column.nullable);
        Self { key, from, to, from_rows, to_rows, optional, single: table.is_identified_by(&columns) }
    }
}

/// Formats a foreign key: `(artist_id) → artist (artist_id)`.
pub(super) fn reference(key: &ForeignKey) -> String {
    let schema = key.references_schema.as_deref().map_or(String::new(), |schema| format!("{schema}."));
    format!("({}) → {schema}{} ({})", key.columns.join(", "), key.references, key.referenced_columns.join(", "))
}

/// Returns the offset of a row, or of the header, from the top of its box, and its height.
pub(super) fn band(row: Option<usize>) -> (f64, f64) {
    row.map_or((0.0, HEADER), |row| (HEADER + row as f64 * ROW, ROW))
}
