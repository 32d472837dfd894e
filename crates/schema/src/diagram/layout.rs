//! Where boxes stand and lines run.
//!
//! Tables stand in columns, those that are referred to left of those that refer (the method of Sugiyama): a line leaves a box at
//! its side, turns in the free channel between two columns, and where it has to pass a column, it has a lane of its own
//! between the boxes there. So no line can cross a box, whatever the tables are. Tables without any reference stand in rows
//! below.

use std::collections::HashMap;

use crate::{Table, TableKind};

/// The sizes of things, in pixels.
pub(super) const ROW: f64 = 22.0;
pub(super) const HEADER: f64 = 30.0;
pub(super) const PAD: f64 = 12.0;
/// Between boxes, and between a lane and what stands beside it.
const GAP: f64 = 26.0;
const LANE: f64 = 14.0;
/// Between vertical lines of a channel, and at its sides, where the ends of lines are drawn.
const TRACK: f64 = 10.0;
const SIDE: f64 = 30.0;
const MARGIN: f64 = 30.0;
/// How often the order within columns is made better.
const SWEEPS: usize = 24;
/// The longest name that is shown whole.
const MAX_LETTERS: usize = 48;

/// A picture of tables.
pub(super) struct Picture {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) boxes: Vec<TableBox>,
    pub(super) lines: Vec<Line>,
}

/// A table as a box.
pub(super) struct TableBox {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) title: Label,
    /// What it is, where it is no table.
    pub(super) kind: Option<&'static str>,
    pub(super) comment: Option<String>,
    pub(super) rows: Vec<Row>,
}

/// A column of a table.
pub(super) struct Row {
    pub(super) name: Label,
    pub(super) kind: Label,
    /// `PK`, `FK`, `U`, joined by spaces.
    pub(super) marks: String,
    pub(super) is_key: bool,
    pub(super) nullable: bool,
}

/// A text that is shown, shortened where it is very long.
pub(super) struct Label {
    pub(super) whole: String,
    pub(super) shown: String,
    pub(super) width: f64,
}

/// A reference as a line, from the table that refers to the one that is referred to.
pub(super) struct Line {
    pub(super) points: Vec<(f64, f64)>,
    pub(super) name: String,
    /// The boxes at its ends.
    pub(super) from: usize,
    pub(super) to: usize,
    /// Whether one row refers to each at most.
    pub(super) is_one: bool,
    /// Whether a row may refer to none.
    pub(super) is_optional: bool,
}

impl Label {
    fn new(text: &str, size: f64) -> Self {
        let shown = match text.chars().count() > MAX_LETTERS {
            true => text.chars().take(MAX_LETTERS - 1).chain(['…']).collect(),
            false => text.to_owned(),
        };
        let width = shown.chars().map(|letter| letter_width(letter) * size).sum();
        Self { whole: text.into(), shown, width }
    }
}

/// How wide a letter is at most, in parts of its size, in the fonts that systems have for pages.
fn letter_width(letter: char) -> f64 {
    match letter {
        'i' | 'j' | 'l' | '\'' | '|' | '.' | ',' | ':' | ';' | '!' => 0.36,
        'f' | 't' | 'r' | '(' | ')' | '[' | ']' | ' ' | '-' | '/' | '\\' => 0.44,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 0.98,
        letter if letter.is_ascii_uppercase() => 0.76,
        letter if letter.is_ascii() => 0.64,
        // Letters of Asia, and pictures, take a square.
        letter if u32::from(letter) >= 0x1100 => 1.1,
        _ => 0.76,
    }
}

/// An edge between columns that stand next to each other: of boxes, or of lanes.
struct Hop {
    left: usize,
    right: usize,
    edge: usize,
}

/// What stands in a column: a box, or a lane for a line that passes.
#[derive(Clone, Copy)]
enum Node {
    Box(usize),
    Lane,
}

struct Edge {
    from: usize,
    to: usize,
    /// The rows at the ends.
    from_row: usize,
    to_row: usize,
    name: String,
    is_one: bool,
    is_optional: bool,
}

/// Finds a place for everything.
pub(super) fn arrange(tables: &[&Table]) -> Picture {
    let mut boxes: Vec<TableBox> = tables.iter().map(|table| table_box(table, tables)).collect();
    let edges = edges(tables);
    let (linked, alone): (Vec<usize>, Vec<usize>) =
        (0..boxes.len()).partition(|at| edges.iter().any(|edge| edge.from == *at || edge.to == *at));
    let mut graph = Graph::new(&linked, &edges, boxes.len());
    graph.order();
    let lines = graph.place(&mut boxes, &edges);
    let (mut width, mut height) = extent(&boxes, &linked, &lines);
    rows_below(&mut boxes, &alone, &mut width, &mut height);
    Picture { width: width + MARGIN, height: height + MARGIN, boxes, lines }
}

fn table_box(table: &Table, all: &[&Table]) -> TableBox {
    let several = all.iter().any(|other| other.schema != table.schema);
    let title = match (&table.schema, several) {
        (Some(schema), true) => format!("{schema}.{}", table.name),
        _ => table.name.clone(),
    };
    let rows: Vec<Row> = table
        .columns
        .iter()
        .map(|column| {
            let is_key = table.primary_key.contains(&column.name);
            let refers = table.foreign_keys.iter().any(|key| key.columns.contains(&column.name));
            let is_unique = table.is_unique(&[&column.name]) && !is_key;
            let marks = [(is_key, "PK"), (refers, "FK"), (is_unique, "U")];
            let marks: Vec<&str> = marks.into_iter().filter(|(is, _)| *is).map(|(_, mark)| mark).collect();
            Row {
                name: Label::new(&column.name, 13.0),
                kind: Label::new(&column.kind.name(), 12.0),
                marks: marks.join(" "),
                is_key,
                nullable: column.nullable,
            }
        })
        .collect();
    let title = Label::new(&title, 14.0);
    let kind = (table.kind != TableKind::Table).then(|| table.kind.name());
    let kind_width = kind.map_or(0.0, |kind| Label::new(kind, 11.0).width + PAD);
    let marks = rows.iter().map(|row| Label::new(&row.marks, 10.0).width).fold(0.0, f64::max);
    let names = rows.iter().map(|row| row.name.width).fold(0.0, f64::max);
    let kinds = rows.iter().map(|row| row.kind.width).fold(0.0, f64::max);
    // Marks, name and type, each with space around it.
    let width = (marks + names + kinds + 4.0 * PAD).max(title.width + kind_width + 2.0 * PAD).max(120.0);
    let height = HEADER + ROW * rows.len().max(1) as f64 + 6.0;
    TableBox { x: 0.0, y: 0.0, width, height, title, kind, comment: table.comment.clone(), rows }
}

/// The width that a box leaves for its marks.
pub(super) fn marks_width(table: &TableBox) -> f64 {
    table.rows.iter().map(|row| Label::new(&row.marks, 10.0).width).fold(0.0, f64::max)
}

fn edges(tables: &[&Table]) -> Vec<Edge> {
    let mut edges = Vec::new();
    for (from, table) in tables.iter().enumerate() {
        for key in &table.foreign_keys {
            let schema = key.references_schema.as_ref().or(table.schema.as_ref());
            let parent =
                tables.iter().position(|other| other.name == key.references && other.schema.as_ref() == schema);
            let (Some(to), Some(column)) = (parent, key.columns.first()) else { continue };
            let columns: Vec<&str> = key.columns.iter().map(String::as_str).collect();
            let nullable = |name: &String| table.column(name).is_some_and(|column| column.nullable);
            let referred = key.referenced_columns.first().and_then(|name| tables[to].position(name));
            edges.push(Edge {
                from,
                to,
                from_row: table.position(column).unwrap_or(0),
                to_row: referred.unwrap_or(0),
                name: format!("{}: {}", key.name, key.columns.join(", ")),
                is_one: table.is_unique(&columns),
                is_optional: key.columns.iter().any(nullable),
            });
        }
    }
    edges
}

/// Boxes and lanes in columns, and what joins neighbours.
struct Graph {
    nodes: Vec<Node>,
    columns: Vec<Vec<usize>>,
    hops: Vec<Hop>,
    /// The node of each box.
    of_box: Vec<usize>,
    /// The column of each node.
    column_of: Vec<usize>,
}

impl Graph {
    fn new(linked: &[usize], edges: &[Edge], boxes: usize) -> Self {
        let layers = layers(linked, edges, boxes);
        let most = linked.iter().map(|at| layers[*at]).max().unwrap_or(0);
        let mut graph = Self {
            nodes: Vec::new(),
            columns: vec![Vec::new(); if linked.is_empty() { 0 } else { most + 1 }],
            hops: Vec::new(),
            of_box: vec![usize::MAX; boxes],
            column_of: Vec::new(),
        };
        for at in linked {
            graph.of_box[*at] = graph.add(Node::Box(*at), layers[*at]);
        }
        for (number, edge) in edges.iter().enumerate() {
            let (from, to) = (layers[edge.from], layers[edge.to]);
            let (low, high) = if from < to { (edge.from, edge.to) } else { (edge.to, edge.from) };
            if from == to {
                continue;
            }
            let mut left = graph.of_box[low];
            for column in layers[low] + 1..layers[high] {
                let lane = graph.add(Node::Lane, column);
                graph.hops.push(Hop { left, right: lane, edge: number });
                left = lane;
            }
            graph.hops.push(Hop { left, right: graph.of_box[high], edge: number });
        }
        graph
    }

    fn add(&mut self, node: Node, column: usize) -> usize {
        self.nodes.push(node);
        self.column_of.push(column);
        self.columns[column].push(self.nodes.len() - 1);
        self.nodes.len() - 1
    }

    /// Orders each column so that lines cross less often: each node to the middle of those that it is joined to.
    fn order(&mut self) {
        let mut best = self.columns.clone();
        let mut fewest = self.crossings();
        for sweep in 0..SWEEPS {
            let rightward = sweep % 2 == 0;
            let count = self.columns.len();
            for step in 1..count {
                let column = if rightward { step } else { count - 1 - step };
                let mut place = vec![0.0; self.nodes.len()];
                for nodes in &self.columns {
                    nodes.iter().enumerate().for_each(|(at, node)| place[*node] = at as f64);
                }
                let middle = |node: usize| {
                    let joined = self.hops.iter().filter_map(|hop| match rightward {
                        true if hop.right == node => Some(place[hop.left]),
                        false if hop.left == node => Some(place[hop.right]),
                        _ => None,
                    });
                    let joined: Vec<f64> = joined.collect();
                    if joined.is_empty() { place[node] } else { joined.iter().sum::<f64>() / joined.len() as f64 }
                };
                let mut nodes: Vec<(f64, usize)> =
                    self.columns[column].iter().map(|node| (middle(*node), *node)).collect();
                nodes.sort_by(|a, b| a.0.total_cmp(&b.0));
                self.columns[column] = nodes.into_iter().map(|(_, node)| node).collect();
            }
            let crossings = self.crossings();
            if crossings < fewest {
                (fewest, best) = (crossings, self.columns.clone());
            }
        }
        self.columns = best;
    }

    fn crossings(&self) -> usize {
        let mut place = vec![0; self.nodes.len()];
        for nodes in &self.columns {
            nodes.iter().enumerate().for_each(|(at, node)| place[*node] = at);
        }
        let mut count = 0;
        for (at, one) in self.hops.iter().enumerate() {
            for other in &self.hops[at + 1..] {
                let same = self.column_of[one.left] == self.column_of[other.left];
                let (left, right) =
                    (place[one.left].cmp(&place[other.left]), place[one.right].cmp(&place[other.right]));
                count += usize::from(same && left.is_ne() && right.is_ne() && left != right);
            }
        }
        count
    }

    /// Gives boxes and lanes their places, and lines their ways.
    fn place(&self, boxes: &mut [TableBox], edges: &[Edge]) -> Vec<Line> {
        let lane_y = self.stack(boxes);
        let same: Vec<(usize, usize)> = edges
            .iter()
            .enumerate()
            .filter(|(_, edge)| self.column(edge.from) == self.column(edge.to))
            .map(|(number, edge)| (self.column(edge.from), number))
            .collect();
        // Each line that turns in a channel has a track of its own there.
        let tracks = |channel: usize| {
            let hops = self.hops.iter().filter(|hop| self.column_of[hop.left] == channel).count();
            hops + same.iter().filter(|(column, _)| *column == channel).count()
        };
        let mut left = MARGIN;
        let mut channels = Vec::with_capacity(self.columns.len());
        for (column, nodes) in self.columns.iter().enumerate() {
            let wide = |node: &usize| match self.nodes[*node] {
                Node::Box(at) => boxes[at].width,
                Node::Lane => 0.0,
            };
            let width = nodes.iter().map(wide).fold(0.0, f64::max);
            for node in nodes {
                if let Node::Box(at) = self.nodes[*node] {
                    boxes[at].x = left;
                    // Boxes of one column have one width, so that their sides are the sides of the channel.
                    boxes[at].width = width;
                }
            }
            channels.push(left + width + SIDE);
            left += width + 2.0 * SIDE + TRACK * tracks(column) as f64;
        }
        self.route(boxes, edges, &lane_y, &channels, &same)
    }

    /// Stacks each column from its top, all columns around one middle; gives the height of each lane.
    fn stack(&self, boxes: &mut [TableBox]) -> Vec<f64> {
        let height = |node: &usize, boxes: &[TableBox]| match self.nodes[*node] {
            Node::Box(at) => boxes[at].height + GAP,
            Node::Lane => LANE,
        };
        let heights: Vec<f64> =
            self.columns.iter().map(|nodes| nodes.iter().map(|node| height(node, boxes)).sum()).collect();
        let tallest = heights.iter().copied().fold(0.0, f64::max);
        let mut lanes = vec![0.0; self.nodes.len()];
        for (nodes, own) in self.columns.iter().zip(&heights) {
            let mut y = MARGIN + (tallest - own) / 2.0;
            for node in nodes {
                match self.nodes[*node] {
                    Node::Box(at) => boxes[at].y = y + GAP / 2.0,
                    Node::Lane => lanes[*node] = y + LANE / 2.0,
                }
                y += height(node, boxes);
            }
        }
        lanes
    }

    fn column(&self, table: usize) -> usize {
        self.column_of[self.of_box[table]]
    }

    fn route(
        &self,
        boxes: &[TableBox],
        edges: &[Edge],
        lanes: &[f64],
        channels: &[f64],
        same: &[(usize, usize)],
    ) -> Vec<Line> {
        let port = |table: usize, row: usize| boxes[table].y + HEADER + ROW * (row as f64 + 0.5);
        let height = |node: usize, edge: &Edge| match self.nodes[node] {
            Node::Box(at) if at == edge.from => port(at, edge.from_row),
            Node::Box(at) => port(at, edge.to_row),
            Node::Lane => lanes[node],
        };
        // Tracks go by the height at which lines come, so that most need not cross.
        let mut turns: HashMap<(usize, usize), f64> = HashMap::new();
        for (column, start) in channels.iter().enumerate() {
            let mut here: Vec<(f64, usize)> = self
                .hops
                .iter()
                .filter(|hop| self.column_of[hop.left] == column)
                .map(|hop| {
                    let (left, right) = (height(hop.left, &edges[hop.edge]), height(hop.right, &edges[hop.edge]));
                    // What falls turns first where it starts low, what rises where it starts high.
                    (if right >= left { -left } else { left }, hop.edge)
                })
                .collect();
            here.extend(same.iter().filter(|(of, _)| *of == column).map(|(_, edge)| (f64::MIN, *edge)));
            here.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            for (at, (_, edge)) in here.into_iter().enumerate() {
                turns.insert((column, edge), start + TRACK * at as f64);
            }
        }
        let line = |(number, edge): (usize, &Edge)| {
            let mut points = Vec::new();
            let right_side = |table: usize| boxes[table].x + boxes[table].width;
            let (from_y, to_y) = (port(edge.from, edge.from_row), port(edge.to, edge.to_row));
            if self.column(edge.from) == self.column(edge.to) {
                let turn = turns.get(&(self.column(edge.from), number)).copied().unwrap_or_default();
                // A line from a row to itself would have no length.
                let to_y = if edge.from == edge.to && from_y == to_y { to_y + ROW / 3.0 } else { to_y };
                points.extend([
                    (right_side(edge.from), from_y),
                    (turn, from_y),
                    (turn, to_y),
                    (right_side(edge.to), to_y),
                ]);
            } else {
                let mut hops: Vec<&Hop> = self.hops.iter().filter(|hop| hop.edge == number).collect();
                hops.sort_by_key(|hop| self.column_of[hop.left]);
                for hop in hops {
                    let column = self.column_of[hop.left];
                    let turn = turns.get(&(column, number)).copied().unwrap_or_default();
                    let (left, right) = (height(hop.left, edge), height(hop.right, edge));
                    if let Node::Box(at) = self.nodes[hop.left] {
                        points.push((right_side(at), left));
                    }
                    points.extend([(turn, left), (turn, right)]);
                    if let Node::Box(at) = self.nodes[hop.right] {
                        points.push((boxes[at].x, right));
                    }
                }
                // It was followed from the left; it is told from the table that refers.
                if self.column(edge.from) > self.column(edge.to) {
                    points.reverse();
                }
            }
            let Edge { from, to, name, is_one, is_optional, .. } = edge;
            Line { points, name: name.clone(), from: *from, to: *to, is_one: *is_one, is_optional: *is_optional }
        };
        edges.iter().enumerate().map(line).collect()
    }
}

/// The column of each box: right of all that it refers to, where that is no way round to itself.
fn layers(linked: &[usize], edges: &[Edge], boxes: usize) -> Vec<usize> {
    fn visit(at: usize, edges: &[Edge], state: &mut [u8], layers: &mut [usize]) {
        state[at] = 1;
        for edge in edges.iter().filter(|edge| edge.from == at && edge.to != at) {
            if state[edge.to] == 0 {
                visit(edge.to, edges, state, layers);
            }
            // One that is under way closes a circle: it does not count.
            if state[edge.to] == 2 {
                layers[at] = layers[at].max(layers[edge.to] + 1);
            }
        }
        state[at] = 2;
    }
    let (mut state, mut layers) = (vec![0; boxes], vec![0; boxes]);
    for at in linked {
        if state[*at] == 0 {
            visit(*at, edges, &mut state, &mut layers);
        }
    }
    layers
}

fn extent(boxes: &[TableBox], linked: &[usize], lines: &[Line]) -> (f64, f64) {
    let mut extent = (0.0_f64, 0.0_f64);
    for at in linked {
        let table = &boxes[*at];
        extent = (extent.0.max(table.x + table.width), extent.1.max(table.y + table.height));
    }
    for (x, y) in lines.iter().flat_map(|line| &line.points) {
        extent = (extent.0.max(*x), extent.1.max(*y));
    }
    extent
}

/// Places boxes that nothing is joined to in rows below the others.
fn rows_below(boxes: &mut [TableBox], alone: &[usize], width: &mut f64, height: &mut f64) {
    let area: f64 = alone.iter().map(|at| (boxes[*at].width + GAP) * (boxes[*at].height + GAP)).sum();
    // About as wide as the rest, and no column of one beside nothing.
    let wide = width.max((area * 2.0).sqrt()).max(*height);
    let (mut x, mut y, mut tallest) = (MARGIN, *height + MARGIN, 0.0_f64);
    for at in alone {
        let table = &mut boxes[*at];
        if x > MARGIN && x + table.width > wide {
            (x, y, tallest) = (MARGIN, y + tallest + GAP, 0.0);
        }
        (table.x, table.y) = (x, y);
        x += table.width + GAP;
        tallest = tallest.max(table.height);
        *width = width.max(table.x + table.width);
        *height = height.max(table.y + table.height);
    }
}

#[cfg(test)]
mod tests;
