//! Chooses the vertical tracks of lines in the channels, the widths of the channels, and so all horizontal positions.

use super::order::{Graph, Wire};
use super::{Layout, Link, Point, Rect, Size};

/// The space next to boxes for the ends of lines.
const END: f64 = 28.0;
/// The distance between vertical tracks.
const TRACK: f64 = 12.0;
/// Horizontal lines closer than this would look like one.
const CLOSE: f64 = 5.0;
/// The cost of two lines that overlap.
const OVERLAP: u32 = 100;

/// Draws the lines of a graph with placed boxes.
pub(super) fn route(sizes: &[Size], links: &[Link], graph: &Graph) -> Layout {
    let highest = graph.vertices.iter().map(|vertex| vertex.top).fold(f64::INFINITY, f64::min);
    let lowest = graph.vertices.iter().map(|vertex| vertex.top + vertex.height).fold(f64::NEG_INFINITY, f64::max);
    let mut boxes = vec![Rect::default(); sizes.len()];
    let mut tracks = Vec::new();
    let (mut x, mut end) = (0.0, 0.0);
    for (layer, vertices) in graph.layers.iter().enumerate() {
        let own = || vertices.iter().copied().filter(|&vertex| vertex < sizes.len());
        let width = own().map(|node| sizes[node].width).fold(0.0, f64::max);
        for node in own() {
            let y = graph.vertices[node].top - highest;
            boxes[node] = Rect { x, y, width, height: sizes[node].height };
        }
        x += width;
        let places = assign(graph, &graph.channels[layer]);
        let count = places.iter().max().map_or(0, |last| last + 1);
        let channel = x;
        tracks.push(places.into_iter().map(|place| channel + END + place as f64 * TRACK).collect::<Vec<f64>>());
        end = if count == 0 { x } else { x + END + (count - 1) as f64 * TRACK };
        x = end + END;
    }
    let line = |index: usize| {
        let mut points = Vec::new();
        let link: &Link = &links[index];
        let legs = &graph.paths[index];
        for (at, leg) in legs.iter().enumerate() {
            let height = |pin| graph.height(pin) - highest;
            let side = |node: usize, other: f64| {
                let place = boxes[node];
                if other < place.x { place.x } else { place.x + place.width }
            };
            let track = tracks[leg.channel][leg.wire];
            if at == 0 {
                points.push(Point { x: side(link.from.node, track), y: height(leg.enters) });
            }
            points.push(Point { x: track, y: height(leg.enters) });
            points.push(Point { x: track, y: height(leg.leaves) });
            if at + 1 == legs.len() {
                points.push(Point { x: side(link.to.node, track), y: height(leg.leaves) });
            }
        }
        simplify(points)
    };
    let lines = (0..links.len()).map(line).collect();
    Layout { width: end, height: lowest - highest, boxes, lines }
}

/// Removes points in the middle of straight segments.
fn simplify(points: Vec<Point>) -> Vec<Point> {
    let mut kept: Vec<Point> = Vec::new();
    for point in points {
        if kept.last() == Some(&point) {
            continue;
        }
        if let [.., a, b] = kept[..]
            && ((a.x == b.x && b.x == point.x) || (a.y == b.y && b.y == point.y))
        {
            kept.pop();
        }
        kept.push(point);
    }
    kept
}

/// The heights at which a wire enters its channel.
struct Span {
    left: Vec<f64>,
    right: Vec<f64>,
    top: f64,
    bottom: f64,
}

impl Span {
    fn new(graph: &Graph, wire: &Wire) -> Self {
        let heights = |pins: &[_]| pins.iter().map(|&pin| graph.height(pin)).collect::<Vec<f64>>();
        let (left, right) = (heights(&wire.left), heights(&wire.right));
        let all = || left.iter().chain(&right).copied();
        let (top, bottom) = (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
        Self { left, right, top, bottom }
    }

    fn is_straight(&self) -> bool {
        self.top == self.bottom
    }

    fn covers(&self, height: f64) -> bool {
        self.top - CLOSE < height && height < self.bottom + CLOSE
    }

    /// Returns the cost if this wire runs to the left of the other: crossings and overlaps.
    fn cost_before(&self, other: &Self) -> u32 {
        let mut cost = self.right.iter().filter(|&&height| other.covers(height)).count();
        cost += other.left.iter().filter(|&&height| self.covers(height)).count();
        let overlaps = |height: &f64| other.left.iter().any(|there| (there - height).abs() < CLOSE);
        cost as u32 + OVERLAP * self.right.iter().filter(|height| overlaps(height)).count() as u32
    }

    /// Returns whether the wires cannot share a track.
    fn conflicts(&self, other: &Self) -> bool {
        self.top - TRACK < other.bottom && other.top - TRACK < self.bottom
    }
}

/// Assigns a track to each wire of a channel, counted from the left.
fn assign(graph: &Graph, wires: &[Wire]) -> Vec<usize> {
    let spans: Vec<Span> = wires.iter().map(|wire| Span::new(graph, wire)).collect();
    let costs: Vec<Vec<u32>> = spans
        .iter()
        .map(|a| spans.iter().map(|b| if a.conflicts(b) { a.cost_before(b) } else { 0 }).collect())
        .collect();
    let mut order: Vec<usize> = (0..spans.len()).filter(|&wire| !spans[wire].is_straight()).collect();
    order.sort_by(|&a, &b| spans[a].top.total_cmp(&spans[b].top).then(a.cmp(&b)));
    for _ in 0..6 {
        if !sift(&mut order, &costs) {
            break;
        }
    }
    let mut tracks = vec![0; spans.len()];
    for (at, &wire) in order.iter().enumerate() {
        let before = order[..at].iter().filter(|&&other| spans[wire].conflicts(&spans[other]));
        tracks[wire] = before.map(|&other| tracks[other] + 1).max().unwrap_or(0);
    }
    tracks
}

/// Moves each wire to its cheapest position. Returns whether anything has moved.
fn sift(order: &mut Vec<usize>, costs: &[Vec<u32>]) -> bool {
    let before = order.clone();
    for &wire in &before {
        let Some(old) = order.iter().position(|&other| other == wire) else { continue };
        order.remove(old);
        // Start with all others on the right, then pass them to the left one by one.
        let mut cost: u32 = order.iter().map(|&other| costs[wire][other]).sum();
        let mut sums = vec![cost];
        for &other in order.iter() {
            cost = cost + costs[other][wire] - costs[wire][other];
            sums.push(cost);
        }
        let least = sums.iter().copied().min().unwrap_or(0);
        let place = if sums[old] == least { old } else { sums.iter().position(|&sum| sum == least).unwrap_or(old) };
        order.insert(place, wire);
    }
    *order != before
}
