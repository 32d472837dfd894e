//! Where boxes stand and where lines run, so that no box covers another and no line runs through a box.
//!
//! Tables that refer to each other, directly or through others, are laid out together, in layers from left to right
//! (Sugiyama's method): [`layers`] chooses the layer of each box, [`order`] the order and height within each, and
//! [`route`] the lines. Between two layers is a channel without boxes, in which lines run upright; through a layer a
//! line runs level, in a lane that is kept free for it. So no line can meet a box. The groups are then packed beside
//! each other, and tables without references stand in columns below.
//!
//! It knows sizes and places, nothing of tables.

mod layers;
mod order;
mod pack;
mod route;

/// How far boxes stand from each other, above each other.
const BOX_GAP: f64 = 28.0;

/// The size of a box.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    pub(super) width: f64,
    pub(super) height: f64,
}

/// Where a box stands.
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

/// One end of a line: a row of a box.
#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    /// The box.
    pub(super) node: usize,
    /// How far the row begins below the top of the box.
    pub(super) top: f64,
    /// How high it is.
    pub(super) height: f64,
}

/// A line to draw.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    /// The end that refers.
    pub(super) from: End,
    /// The end it refers to.
    pub(super) to: End,
    /// Whether it may refer to nothing; links to one row run together only where this is the same.
    pub(super) optional: bool,
}

/// What came out.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Layout {
    pub(super) width: f64,
    pub(super) height: f64,
    /// The boxes, at least as wide as they were asked for.
    pub(super) boxes: Vec<Rect>,
    /// The corners of each link's line, from the end that refers. The first and last stretch are level.
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

/// Boxes that links join.
#[derive(Debug, Default)]
struct Group {
    nodes: Vec<usize>,
    links: Vec<usize>,
}

/// Finds what belongs together, in the order of the first box of each.
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

/// Lays out one group, high and narrow to low and wide, and keeps what reads best.
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

/// How bad a layout is: much scrolling, long lines, lines that cross.
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
