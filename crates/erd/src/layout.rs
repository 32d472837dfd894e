//! Places boxes and lines so that no box covers another and no line runs through a box.
//!
//! Tables that are connected by references are laid out together, in layers from left to right (Sugiyama's method).
//! [`layers`] chooses the layer of each box, [`order`] the order and vertical position within each layer, and
//! [`route`] the lines. Between two layers is a channel without boxes for vertical segments. Through a layer a line
//! runs horizontally, in a lane reserved for it, so no line can cross a box. The groups are then packed side by side,
//! and tables without references are put in columns.
//!
//! It knows sizes and positions, but no tables.

mod layers;
mod order;
mod pack;
mod route;

/// The vertical distance between boxes.
const BOX_GAP: f64 = 28.0;

/// The size of a box.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    pub(super) width: f64,
    pub(super) height: f64,
}

/// The position and size of a box.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Rect {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// A point of a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
}

/// An end of a line: a row of a box.
#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    /// The box.
    pub(super) node: usize,
    /// The offset of the row from the top of the box.
    pub(super) top: f64,
    /// The height of the row.
    pub(super) height: f64,
}

/// A line to draw.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    /// The referencing end.
    pub(super) from: End,
    /// The referenced end.
    pub(super) to: End,
    /// Whether the reference is nullable. Links to the same row are only merged if this is equal.
    pub(super) optional: bool,
}

/// The result.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Layout {
    pub(super) width: f64,
    pub(super) height: f64,
    /// The boxes, at least as wide as requested.
    pub(super) boxes: Vec<Rect>,
    /// The corners of each link's line, from the referencing end. The first and last segments are horizontal.
    pub(super) lines: Vec<Vec<Point>>,
}

/// Lays out boxes and lines.
pub(super) fn layout(sizes: &[Size], links: &[Link]) -> Layout {
    let mut parts = Vec::new();
    let mut alone = Vec::new();
    for group in groups(sizes.len(), links) {
        if group.links.is_empty() {
            alone.extend(group.nodes);
        } else {
            let part = best(sizes, links, &group);
            parts.push((group, part));
        }
    }
    pack::pack(sizes, links.len(), &parts, &alone)
}

/// Boxes that are connected by links.
#[derive(Debug, Default)]
struct Group {
    nodes: Vec<usize>,
    links: Vec<usize>,
}

/// Finds the connected groups, ordered by the first box of each.
fn groups(nodes: usize, links: &[Link]) -> Vec<Group> {
    let mut group_of: Vec<usize> = (0..nodes).collect();
    for link in links {
        let (a, b) = (group_of[link.from.node], group_of[link.to.node]);
        let (keep, drop) = (a.min(b), a.max(b));
        group_of.iter_mut().filter(|group| **group == drop).for_each(|group| *group = keep);
    }
    let mut groups: Vec<Group> = (0..nodes).map(|_| Group::default()).collect();
    for (node, &group) in group_of.iter().enumerate() {
        groups[group].nodes.push(node);
    }
    for (index, link) in links.iter().enumerate() {
        groups[group_of[link.from.node]].links.push(index);
    }
    groups.retain(|group| !group.nodes.is_empty());
    groups
}

/// Lays out a group in several shapes, from tall to wide, and returns the most readable one.
fn best(sizes: &[Size], links: &[Link], group: &Group) -> Layout {
    let sizes: Vec<Size> = group.nodes.iter().map(|&node| sizes[node]).collect();
    let place = |end: End| End { node: group.nodes.binary_search(&end.node).unwrap_or_default(), ..end };
    let links: Vec<Link> = group
        .links
        .iter()
        .map(|&index| Link { from: place(links[index].from), to: place(links[index].to), ..links[index] })
        .collect();
    let area: f64 = sizes.iter().map(|size| (size.width + 100.0) * (size.height + BOX_GAP)).sum();
    let tallest = sizes.iter().map(|size| size.height).fold(0.0, f64::max);
    let mut found: Option<(f64, Layout)> = None;
    let mut tried = Vec::new();
    for share in [0.55, 0.7, 0.85, 1.0, 1.25, 1.6] {
        let layers = layers::assign(&sizes, &links, (area.sqrt() * share).max(tallest));
        if tried.contains(&layers) {
            continue;
        }
        let graph = order::Graph::new(&sizes, &links, &layers);
        let layout = route::route(&sizes, &links, &graph);
        let cost = cost(&layout);
        if found.as_ref().is_none_or(|(least, _)| cost < *least) {
            found = Some((cost, layout));
        }
        tried.push(layers);
    }
    found.map(|(_, layout)| layout).unwrap_or_default()
}

/// Returns the cost of a layout: its extent, long lines and crossings.
fn cost(layout: &Layout) -> f64 {
    let length: f64 = layout
        .lines
        .iter()
        .flat_map(|line| line.windows(2))
        .map(|ends| (ends[0].x - ends[1].x).abs() + (ends[0].y - ends[1].y).abs())
        .sum();
    // A screen is wider than high.
    let extent = layout.width.max(layout.height * 1.5);
    extent + 0.35 * length / (layout.lines.len() as f64).sqrt()
}
