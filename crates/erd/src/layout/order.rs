//! Chooses the order and vertical position of boxes and lanes within each layer, for few crossings and straight
//! lines.

use std::collections::BTreeMap;

use super::{BOX_GAP, End, Link, Size};

/// The distance of a lane from a box.
const LANE_TO_BOX: f64 = 18.0;
const LANE_TO_LANE: f64 = 12.0;
/// The cost of a crossing, in pixels of line length.
const CROSSING: f64 = 150.0;

/// Boxes and lanes in layers, and the wires in the channels between them.
pub(super) struct Graph {
    /// The vertices of each layer, from the top.
    pub(super) layers: Vec<Vec<usize>>,
    /// The boxes, in their original order, then the lanes.
    pub(super) vertices: Vec<Vertex>,
    /// The wires in the channel to the right of each layer.
    pub(super) channels: Vec<Vec<Wire>>,
    /// The wires of each link, from the referencing end: the channel, the index in it, and the pins where the link
    /// enters and leaves.
    pub(super) paths: Vec<Vec<Leg>>,
}

/// A box, or a lane reserved for a line through the layer.
pub(super) struct Vertex {
    pub(super) layer: usize,
    pub(super) height: f64,
    pub(super) is_lane: bool,
    pub(super) top: f64,
}

/// The point where a line meets a box or a lane.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pin {
    pub(super) vertex: usize,
    pub(super) offset: f64,
}

/// A connection within a channel. Links to the same row share one.
#[derive(Default)]
pub(super) struct Wire {
    pub(super) left: Vec<Pin>,
    pub(super) right: Vec<Pin>,
}

/// The part of a link in one channel.
pub(super) struct Leg {
    pub(super) channel: usize,
    pub(super) wire: usize,
    pub(super) enters: Pin,
    pub(super) leaves: Pin,
}

/// The box and row where links merge, whether they come from the left, and whether they are optional.
type Net = (usize, u64, bool, bool);

/// For each vertex of a layer, in order: the offset of its own pin and the height of the other one, for each
/// connection.
type Joined = Vec<Vec<(f64, f64)>>;

impl Graph {
    /// Builds the graph, and orders and places its vertices.
    pub(super) fn new(sizes: &[Size], links: &[Link], layers: &[usize]) -> Self {
        let mut graph = Self::unordered(sizes, links, layers);
        graph.order();
        graph.straighten();
        graph
    }

    fn unordered(sizes: &[Size], links: &[Link], layer_of: &[usize]) -> Self {
        let count = layer_of.iter().max().map_or(0, |last| last + 1);
        let mut graph = Self {
            layers: vec![Vec::new(); count],
            vertices: Vec::new(),
            channels: (0..count).map(|_| Vec::new()).collect(),
            paths: Vec::new(),
        };
        for (size, &layer) in sizes.iter().zip(layer_of) {
            graph.add_vertex(layer, size.height, false);
        }
        let ports = Ports::new(links, layer_of);
        let mut lanes: BTreeMap<(Net, usize), usize> = BTreeMap::new();
        let mut wires: BTreeMap<(Net, usize), usize> = BTreeMap::new();
        for (index, link) in links.iter().enumerate() {
            let (from, to) = ports.pins(index, link, layer_of);
            let (near, far) = (layer_of[link.from.node], layer_of[link.to.node]);
            let net = (link.to.node, link.to.top.to_bits(), near < far, link.optional);
            let mut path = Vec::new();
            let mut enters = from;
            let mut layer = near;
            loop {
                // The referenced box is to the left, is the same box, or is to the right.
                let (channel, next) = match near.cmp(&far) {
                    std::cmp::Ordering::Greater => (layer - 1, layer - 1),
                    std::cmp::Ordering::Equal => (layer, layer),
                    std::cmp::Ordering::Less => (layer, layer + 1),
                };
                let leaves = if next == far {
                    to
                } else {
                    let lane = *lanes.entry((net, next)).or_insert_with(|| graph.add_vertex(next, 0.0, true));
                    Pin { vertex: lane, offset: 0.0 }
                };
                let wire = *wires.entry((net, channel)).or_insert_with(|| {
                    graph.channels[channel].push(Wire::default());
                    graph.channels[channel].len() - 1
                });
                graph.join(channel, wire, enters);
                graph.join(channel, wire, leaves);
                path.push(Leg { channel, wire, enters, leaves });
                if next == far {
                    break;
                }
                (enters, layer) = (leaves, next);
            }
            graph.paths.push(path);
        }
        graph
    }

    fn add_vertex(&mut self, layer: usize, height: f64, is_lane: bool) -> usize {
        self.vertices.push(Vertex { layer, height, is_lane, top: 0.0 });
        self.layers[layer].push(self.vertices.len() - 1);
        self.vertices.len() - 1
    }

    fn join(&mut self, channel: usize, wire: usize, pin: Pin) {
        let is_left = self.vertices[pin.vertex].layer == channel;
        let wire = &mut self.channels[channel][wire];
        let pins = if is_left { &mut wire.left } else { &mut wire.right };
        if !pins.iter().any(|other| other.vertex == pin.vertex && other.offset == pin.offset) {
            pins.push(pin);
        }
    }

    /// Returns the vertical position of a pin.
    pub(super) fn height(&self, pin: Pin) -> f64 {
        self.vertices[pin.vertex].top + pin.offset
    }

    /// Sweeps over the layers from both sides, and keeps the best order.
    fn order(&mut self) {
        let mut best: Option<(f64, Vec<Vec<usize>>)> = None;
        for start in 0..2 {
            for layer in 0..self.layers.len() {
                self.layers[layer].sort_unstable();
                if start == 1 {
                    self.layers[layer].reverse();
                }
                let tops = vec![0.0; self.layers[layer].len()];
                self.place(layer, &tops);
            }
            for round in 0..10 {
                self.sweep(round % 2 == 1, round >= 4);
                let cost = self.cost();
                if best.as_ref().is_none_or(|(least, _)| cost < *least) {
                    best = Some((cost, self.layers.clone()));
                }
            }
        }
        if let Some((_, layers)) = best {
            self.layers = layers;
        }
        for layer in 0..self.layers.len() {
            let tops = vec![0.0; self.layers[layer].len()];
            self.place(layer, &tops);
        }
    }

    fn sweep(&mut self, is_leftward: bool, swaps: bool) {
        for step in 0..self.layers.len() {
            let layer = if is_leftward { self.layers.len() - 1 - step } else { step };
            let (left, right) = self.neighbours(layer);
            let near = if is_leftward { &right } else { &left };
            let key = |at: usize| {
                let vertex = &self.vertices[self.layers[layer][at]];
                let heights: Vec<f64> = near[at].iter().map(|(_, other)| *other).collect();
                if heights.is_empty() { vertex.top + vertex.height / 2.0 } else { mean(&heights) }
            };
            let mut sorted: Vec<(f64, usize)> = (0..self.layers[layer].len()).map(|at| (key(at), at)).collect();
            sorted.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            centre_lanes(&mut sorted, |at| self.vertices[self.layers[layer][at]].is_lane);
            if swaps {
                swap_neighbours(&mut sorted, &left, &right);
            }
            let tops: Vec<f64> = sorted
                .iter()
                .map(|&(_, at)| {
                    let wanted: Vec<f64> = near[at].iter().map(|(own, other)| other - own).collect();
                    if wanted.is_empty() { self.vertices[self.layers[layer][at]].top } else { mean(&wanted) }
                })
                .collect();
            self.layers[layer] = sorted.iter().map(|&(_, at)| self.layers[layer][at]).collect();
            self.place(layer, &tops);
        }
    }

    /// Keeps the order, and moves the vertices vertically until lines are as straight as possible.
    fn straighten(&mut self) {
        for round in 0..24 {
            for step in 0..self.layers.len() {
                let layer = if round % 2 == 1 { self.layers.len() - 1 - step } else { step };
                let (left, right) = self.neighbours(layer);
                let wanted = |at: usize| {
                    let near = if round % 2 == 1 { &right[at] } else { &left[at] };
                    // At first only one side pulls, so that whole chains follow; later both do.
                    let pulls: Vec<f64> = match (round < 12 && !near.is_empty(), &left[at], &right[at]) {
                        (true, ..) => near.iter().map(|(own, other)| other - own).collect(),
                        (false, left, right) => left.iter().chain(right).map(|(own, other)| other - own).collect(),
                    };
                    if pulls.is_empty() { self.vertices[self.layers[layer][at]].top } else { median(pulls) }
                };
                let tops: Vec<f64> = (0..self.layers[layer].len()).map(wanted).collect();
                self.place(layer, &tops);
            }
        }
    }

    /// Returns the connections of each vertex of a layer, to the left and to the right.
    fn neighbours(&self, layer: usize) -> (Joined, Joined) {
        let mut place = BTreeMap::new();
        for (at, &vertex) in self.layers[layer].iter().enumerate() {
            place.insert(vertex, at);
        }
        let empty = || vec![Vec::new(); self.layers[layer].len()];
        let (mut left, mut right) = (empty(), empty());
        for wire in &self.channels[layer] {
            for (own, other) in pairs(&wire.left, &wire.right) {
                right[place[&own.vertex]].push((own.offset, self.height(other)));
            }
        }
        for wire in layer.checked_sub(1).map_or(&[][..], |before| &self.channels[before]) {
            for (own, other) in pairs(&wire.right, &wire.left) {
                left[place[&own.vertex]].push((own.offset, self.height(other)));
            }
        }
        (left, right)
    }

    /// Stacks a layer as close to the wanted positions as its order and the gaps allow. This is isotonic regression:
    /// it pools neighbours that would overlap.
    fn place(&mut self, layer: usize, wanted: &[f64]) {
        let order = &self.layers[layer];
        let mut offsets = Vec::with_capacity(order.len());
        let mut offset = 0.0;
        for (at, &vertex) in order.iter().enumerate() {
            if at > 0 {
                offset += gap(&self.vertices[order[at - 1]], &self.vertices[vertex]);
            }
            offsets.push(offset);
            offset += self.vertices[vertex].height;
        }
        // Each pool has a mean, a weight and a size.
        let mut pools: Vec<(f64, f64, usize)> = Vec::new();
        for (at, &vertex) in order.iter().enumerate() {
            let weight = if self.vertices[vertex].is_lane { 2.0 } else { 1.0 };
            let mut pool = (wanted[at] - offsets[at], weight, 1);
            while let Some(&(mean, weight, count)) = pools.last().filter(|before| before.0 > pool.0) {
                let total = weight + pool.1;
                pool = ((mean * weight + pool.0 * pool.1) / total, total, count + pool.2);
                pools.pop();
            }
            pools.push(pool);
        }
        let bases = pools.iter().flat_map(|&(mean, _, count)| std::iter::repeat_n(mean.round(), count));
        for ((base, offset), &vertex) in bases.zip(offsets).zip(order) {
            self.vertices[vertex].top = base + offset;
        }
    }

    /// Returns the cost of the order.
    fn cost(&self) -> f64 {
        let mut cost = 0.0;
        for channel in &self.channels {
            let mut lines = Vec::new();
            for (index, wire) in channel.iter().enumerate() {
                let ends = pairs(&wire.left, &wire.right);
                lines.extend(ends.map(|(left, right)| (index, self.height(left), self.height(right))));
            }
            for (at, &(wire, left, right)) in lines.iter().enumerate() {
                cost += (left - right).abs();
                let crosses =
                    |other: &&(usize, f64, f64)| wire != other.0 && (left - other.1) * (right - other.2) < 0.0;
                cost += CROSSING * lines[at + 1..].iter().filter(crosses).count() as f64;
            }
        }
        cost
    }
}

/// Puts lanes in the middle of vertices that are wanted at the same height. Otherwise layers drift apart where many
/// tables reference one.
fn centre_lanes(sorted: &mut [(f64, usize)], is_lane: impl Fn(usize) -> bool) {
    for run in sorted.chunk_by_mut(|a, b| (a.0 - b.0).abs() < 0.5) {
        run.sort_by_key(|&(_, at)| is_lane(at));
        let boxes = run.iter().filter(|&&(_, at)| !is_lane(at)).count();
        run[boxes / 2..].rotate_left(boxes - boxes / 2);
    }
}

/// Swaps adjacent vertices if that saves crossings.
fn swap_neighbours(sorted: &mut [(f64, usize)], left: &Joined, right: &Joined) {
    let crossings = |above: usize, below: usize| {
        let count = |above: &[(f64, f64)], below: &[(f64, f64)]| {
            above.iter().map(|(_, a)| below.iter().filter(|(_, b)| a > b).count()).sum::<usize>()
        };
        count(&left[above], &left[below]) + count(&right[above], &right[below])
    };
    for _ in 0..sorted.len().min(20) {
        let mut has_swapped = false;
        for at in 1..sorted.len() {
            let (above, below) = (sorted[at - 1].1, sorted[at].1);
            if crossings(below, above) < crossings(above, below) {
                sorted.swap(at - 1, at);
                has_swapped = true;
            }
        }
        if !has_swapped {
            break;
        }
    }
}

/// Returns all pairs of pins of both sides.
fn pairs<'a>(own: &'a [Pin], other: &'a [Pin]) -> impl Iterator<Item = (Pin, Pin)> + 'a {
    own.iter().flat_map(move |&own| other.iter().map(move |&other| (own, other)))
}

fn gap(above: &Vertex, below: &Vertex) -> f64 {
    match (above.is_lane, below.is_lane) {
        (false, false) => BOX_GAP,
        (true, true) => LANE_TO_LANE,
        _ => LANE_TO_BOX,
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 }
}

/// The points where lines meet rows: lines at the same row and side are spread over its height.
struct Ports(BTreeMap<(usize, u64, bool), Vec<usize>>);

impl Ports {
    fn new(links: &[Link], layers: &[usize]) -> Self {
        let mut ports: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for (index, link) in links.iter().enumerate() {
            let (from, to) = Self::keys(link, layers);
            ports.entry(to).or_default().push(usize::from(link.optional));
            ports.entry(from).or_default().push(index + 2);
        }
        for slots in ports.values_mut() {
            slots.sort_unstable();
            slots.dedup();
        }
        Self(ports)
    }

    /// Returns the row and side of both ends. A line leaves a box on the side of the other box.
    fn keys(link: &Link, layers: &[usize]) -> ((usize, u64, bool), (usize, u64, bool)) {
        let (near, far) = (layers[link.from.node], layers[link.to.node]);
        let key = |end: End, is_right| (end.node, end.top.to_bits(), is_right);
        (key(link.from, near <= far), key(link.to, near >= far))
    }

    fn pins(&self, index: usize, link: &Link, layers: &[usize]) -> (Pin, Pin) {
        let (from, to) = Self::keys(link, layers);
        let pin = |end: End, slots: &[usize], slot: usize| {
            let place = slots.iter().position(|&other| other == slot).unwrap_or(0) + 1;
            let share = place as f64 / (slots.len() + 1) as f64;
            Pin { vertex: end.node, offset: end.top + (end.height * share).round() }
        };
        (pin(link.from, &self.0[&from], index + 2), pin(link.to, &self.0[&to], usize::from(link.optional)))
    }
}
