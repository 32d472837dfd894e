//! Writes a diagram as SVG: boxes with rows, lines with crow's feet, and a legend.
//!
//! All coordinates are absolute, so that a surrounding page can compare them.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::layout::{End, Layout, Link, Point, Rect, Size, layout};
use super::model::{self, DOT, Entity, HEADER, MARK, Model, PADDING, ROW, Relation, Row};
use super::text::{Label, escape};
use mwallet_schema::Table;

mod ends;
mod legend;

/// The margin of the drawing.
const MARGIN: f64 = 28.0;
/// The radius of the corners of lines.
const BEND: f64 = 7.0;
/// The number of line colours.
const COLOURS: usize = 8;
/// The description for screen readers.
const DESCRIPTION: &str = "Tables and the references between them";

/// Returns a self-contained document.
pub(super) fn document(tables: &[&Table]) -> String {
    Drawing::new(&Model::new(tables)).text(true)
}

/// Returns the drawing for a page that sets its size.
pub(super) fn element(tables: &[&Table]) -> String {
    Drawing::new(&Model::new(tables)).text(false)
}

/// Computes the positions.
pub(super) fn place(model: &Model<'_>) -> Layout {
    let sizes: Vec<Size> =
        model.entities.iter().map(|entity| Size { width: entity.width, height: entity.height }).collect();
    let end = |node, row| {
        let (top, height) = model::band(row);
        End { node, top, height }
    };
    let links: Vec<Link> = model
        .relations
        .iter()
        .map(|relation| Link {
            from: end(relation.from, relation.from_rows[0]),
            to: end(relation.to, relation.to_rows[0]),
            optional: relation.optional,
        })
        .collect();
    let mut layout = layout(&sizes, &links);
    for place in &mut layout.boxes {
        (place.x, place.y) = (place.x + MARGIN, place.y + MARGIN);
    }
    for point in layout.lines.iter_mut().flatten() {
        (point.x, point.y) = (point.x + MARGIN, point.y + MARGIN);
    }
    (layout.width, layout.height) = (layout.width + 2.0 * MARGIN, layout.height + 2.0 * MARGIN);
    layout
}

/// An unfinished drawing.
struct Drawing {
    width: f64,
    height: f64,
    body: String,
}

impl Drawing {
    fn new(model: &Model<'_>) -> Self {
        if model.entities.is_empty() {
            let body = "<text x=\"140\" y=\"44\" class=\"erd-none\">No tables</text>\n".into();
            return Self { width: 280.0, height: 80.0, body };
        }
        let layout = place(model);
        let colours = colours(model);
        let mut body = String::new();
        body.push_str("<g class=\"erd-tables\">\n");
        for (index, entity) in model.entities.iter().enumerate() {
            table(&mut body, index, entity, layout.boxes[index], colours[index]);
        }
        body.push_str("</g>\n<g class=\"erd-lines\">\n");
        let mut joints = BTreeMap::new();
        for (relation, points) in model.relations.iter().zip(&layout.lines) {
            line(&mut body, model, relation, points, &layout, colours[relation.to].unwrap_or(0), &mut joints);
        }
        body.push_str("</g>\n");
        let width = layout.width.max(legend::LEAST_WIDTH);
        let legend_height = legend::legend(&mut body, MARGIN, layout.height, width - MARGIN);
        Self { width, height: layout.height + legend_height, body }
    }

    fn text(&self, has_size: bool) -> String {
        let Self { width, height, body } = self;
        // On a narrow page it shrinks instead of overflowing.
        let size = if has_size {
            format!(" width=\"{width}\" height=\"{height}\" style=\"max-width:100%;height:auto\"")
        } else {
            String::new()
        };
        // A standalone drawing is an image; in a page, its texts are accessible.
        let role = if has_size { "img" } else { "group" };
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"erd\"{size} viewBox=\"0 0 {width} {height}\" \
             role=\"{role}\" aria-label=\"{DESCRIPTION}\">\n<style>\n{}</style>\n\
             <rect class=\"erd-ground\" width=\"{width}\" height=\"{height}\"/>\n{body}</svg>\n",
            include_str!("svg/drawing.css")
        )
    }
}

/// Returns the colour of each referenced table, which all lines to it share.
fn colours(model: &Model<'_>) -> Vec<Option<usize>> {
    let mut colours = vec![None; model.entities.len()];
    let mut count = 0;
    for relation in &model.relations {
        if colours[relation.to].is_none() {
            colours[relation.to] = Some(count % COLOURS);
            count += 1;
        }
    }
    colours
}

fn table(out: &mut String, index: usize, entity: &Entity<'_>, place: Rect, colour: Option<usize>) {
    let Rect { x, y, width, height } = place;
    let colour = colour.map_or("erd-plain".into(), |colour| format!("erd-c{colour}"));
    let view = if entity.kind.is_some_and(|kind| kind.contains("view")) { " erd-view" } else { "" };
    let name = escape(&entity.name);
    let _ = writeln!(out, "<g class=\"erd-table {colour}{view}\" data-table=\"{index}\" data-name=\"{name}\">");
    let _ =
        writeln!(out, "<rect class=\"erd-box\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"6\"/>");
    let (right, bottom) = (x + width, y + HEADER);
    let head = if entity.rows.is_empty() {
        format!("<rect class=\"erd-head\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"6\"/>")
    } else {
        format!(
            "<path class=\"erd-head\" d=\"M{x} {bottom}V{}a6 6 0 0 1 6 -6H{}a6 6 0 0 1 6 6V{bottom}Z\"/>",
            y + 6.0,
            right - 6.0
        )
    };
    let note = match &entity.table.comment {
        Some(comment) => escape(&format!("{} · {comment}", entity.name)),
        None => name,
    };
    let _ = writeln!(out, "<g><title>{note}</title>{head}");
    text(out, x + PADDING, y + 22.0, "erd-title", &entity.title.shown);
    if let Some(kind) = entity.kind {
        text(out, right - PADDING, y + 22.0, "erd-kind", kind);
    }
    out.push_str("</g>\n");
    for (position, row) in entity.rows.iter().enumerate() {
        self::row(out, entity, row, Rect { y: y + model::band(Some(position)).0, height: ROW, ..place });
    }
    out.push_str("</g>\n");
}

fn row(out: &mut String, entity: &Entity<'_>, row: &Row, place: Rect) {
    let Rect { x, y, width, height } = place;
    let whole = |label: &Label| label.whole.clone().unwrap_or_else(|| label.shown.clone());
    let name = escape(&whole(&row.name));
    let _ = writeln!(out, "<g class=\"erd-row\" data-name=\"{name}\"><title>{}</title>", escape(&row.note));
    let _ = writeln!(out, "<rect class=\"erd-cell\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/>");
    for (at, mark) in row.marks.iter().enumerate() {
        mark_at(out, x + PADDING + at as f64 * MARK, y, &mark.name());
    }
    let after = x + PADDING + entity.marks as f64 * MARK;
    dot(out, after + 4.0, y + ROW / 2.0, row.nullable);
    let class = if row.marks.contains(&model::Mark::Primary) { "erd-name erd-key" } else { "erd-name" };
    text(out, after + DOT, y + 16.5, class, &row.name.shown);
    text(out, x + width - PADDING, y + 16.5, "erd-type", &row.kind.shown);
    out.push_str("</g>\n");
}

/// Draws a mark such as `PK` in a row that begins at `y`.
fn mark_at(out: &mut String, x: f64, y: f64, name: &str) {
    let class = name.trim_end_matches(|c: char| c.is_ascii_digit()).to_ascii_lowercase();
    let _ = write!(
        out,
        "<rect class=\"erd-mark erd-{class}\" x=\"{x}\" y=\"{}\" width=\"{}\" height=\"15\" rx=\"3\"/>",
        y + 4.5,
        MARK - 4.0
    );
    text(out, x + (MARK - 4.0) / 2.0, y + 15.5, "erd-mark-text", name);
}

/// Draws the dot, which is filled if a column is not nullable.
fn dot(out: &mut String, x: f64, y: f64, nullable: bool) {
    let class = if nullable { "erd-null" } else { "erd-not-null" };
    let _ = writeln!(out, "<circle class=\"{class}\" cx=\"{x}\" cy=\"{y}\" r=\"3\"/>");
}

fn text(out: &mut String, x: f64, y: f64, class: &str, text: &str) {
    let _ = writeln!(out, "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{}</text>", escape(text));
}

/// Draws a foreign key. `joints` counts the composite keys that end at each side of a box.
fn line(
    out: &mut String,
    model: &Model<'_>,
    relation: &Relation<'_>,
    points: &[Point],
    layout: &Layout,
    colour: usize,
    joints: &mut BTreeMap<(usize, bool), usize>,
) {
    let [first, second, ..] = points else { return };
    let [.., before, last] = points else { return };
    let (from, to) = (relation.from, relation.to);
    let note = format!("{}: {} {}", relation.key.name, model.entities[from].name, model::reference(relation.key));
    let _ = writeln!(
        out,
        "<g class=\"erd-line erd-c{colour}\" data-from=\"{from}\" data-to=\"{to}\"><title>{}</title>",
        escape(&note)
    );
    let path = path(points);
    let _ = writeln!(out, "<path class=\"erd-hit\" d=\"{path}\"/><path class=\"erd-wire\" d=\"{path}\"/>");
    let many = if relation.single { ends::Shape::ZeroOrOne } else { ends::Shape::Many };
    let one = if relation.optional { ends::Shape::ZeroOrOne } else { ends::Shape::One };
    ends::draw(out, *first, second.x - first.x, many);
    ends::draw(out, *last, before.x - last.x, one);
    for (node, rows, end, next) in [(from, &relation.from_rows, first, second), (to, &relation.to_rows, last, before)] {
        if rows.len() > 1 {
            let is_right = next.x > end.x;
            let count = joints.entry((node, is_right)).or_insert(0);
            let inset = 4.0 + 3.0 * (*count % 3) as f64;
            *count += 1;
            let x = if is_right { end.x - inset } else { end.x + inset };
            joint(out, end, x, layout.boxes[node].y, rows);
        }
    }
    out.push_str("</g>\n");
}

/// Draws the joint between the rows of a composite key, within the padding of its box.
fn joint(out: &mut String, end: &Point, x: f64, top: f64, rows: &[Option<usize>]) {
    let mut heights: Vec<f64> = rows[1..]
        .iter()
        .map(|&row| {
            let (offset, height) = model::band(row);
            top + offset + height / 2.0
        })
        .collect();
    let mut shape = String::new();
    for y in &heights {
        let _ = write!(shape, "M{} {y}H{x}", end.x);
    }
    heights.push(end.y);
    let (high, low) = heights.iter().fold((f64::MAX, f64::MIN), |(high, low), &y| (high.min(y), low.max(y)));
    let _ = write!(shape, "M{} {}H{x}M{x} {high}V{low}", end.x, end.y);
    let _ = writeln!(out, "<path class=\"erd-wire erd-joint\" d=\"{shape}\"/>");
}

/// Returns the path along the points, with rounded corners.
fn path(points: &[Point]) -> String {
    let mut path = String::new();
    for (at, point) in points.iter().enumerate() {
        let corner = at.checked_sub(1).and_then(|before| points.get(before)).zip(points.get(at + 1));
        let Some((before, after)) = corner else {
            let _ = write!(path, "{}{} {}", if at == 0 { "M" } else { "L" }, point.x, point.y);
            continue;
        };
        let reach = |other: &Point| (other.x - point.x).abs() + (other.y - point.y).abs();
        let bend = BEND.min(reach(before) / 2.0).min(reach(after) / 2.0);
        let toward = |other: &Point| {
            let share = bend / reach(other).max(1.0);
            (point.x + (other.x - point.x) * share, point.y + (other.y - point.y) * share)
        };
        let ((x1, y1), (x2, y2)) = (toward(before), toward(after));
        let _ = write!(path, "L{x1} {y1}Q{} {} {x2} {y2}", point.x, point.y);
    }
    path
}
