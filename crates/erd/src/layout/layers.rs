//! Chooses the layer of each box: referenced boxes to the left of referencing ones, close to each other, and no layer
//! much higher than requested.

use super::{BOX_GAP, Link, Size};

/// The cost of each pixel by which a layer exceeds the requested height.
const OVERFLOW: f64 = 0.1;

/// Assigns a layer to each box. Linked boxes are never in the same layer; no layer is empty.
pub(super) fn assign(sizes: &[Size], links: &[Link], height: f64) -> Vec<usize> {
    let links: Vec<(usize, usize)> =
        links.iter().map(|link| (link.from.node, link.to.node)).filter(|(from, to)| from != to).collect();
    let mut plan = Plan { sizes, height, heights: vec![0.0; sizes.len() + 1], layers: vec![None; sizes.len()], links };
    plan.fill();
    plan.improve();
    plan.without_gaps()
}

struct Plan<'a> {
    sizes: &'a [Size],
    height: f64,
    /// The current height of each layer.
    heights: Vec<f64>,
    layers: Vec<Option<usize>>,
    /// Pairs of boxes, the referencing one first.
    links: Vec<(usize, usize)>,
}

impl Plan<'_> {
    /// Places the boxes one by one, each after those it references. In a cycle, the box that waits for the fewest
    /// others comes first.
    fn fill(&mut self) {
        for _ in 0..self.sizes.len() {
            let waits_for =
                |node| self.links.iter().filter(|&&(from, to)| from == node && self.layers[to].is_none()).count();
            let referrers = |node| self.links.iter().filter(|&&(_, to)| to == node).count();
            let next = (0..self.sizes.len())
                .filter(|&node| self.layers[node].is_none())
                .min_by_key(|&node| (waits_for(node), std::cmp::Reverse(referrers(node)), node));
            let Some(node) = next else { break };
            let after = self.links.iter().filter(|&&(from, _)| from == node).filter_map(|&(_, to)| self.layers[to]);
            let first = after.max().map_or(0, |layer| layer + 1);
            let is_free = |&layer: &usize| !self.neighbours(node).any(|(other, _)| self.layers[other] == Some(layer));
            let layers = || (first..self.heights.len()).filter(is_free);
            let layer = layers()
                .find(|&layer| self.heights[layer] == 0.0 || self.heights[layer] + self.step(node) <= self.height)
                .or_else(|| layers().next())
                .unwrap_or(self.heights.len() - 1);
            self.place(node, layer);
        }
    }

    /// Moves single boxes while that reduces the cost.
    fn improve(&mut self) {
        for _ in 0..30 {
            let mut has_moved = false;
            for node in 0..self.sizes.len() {
                let Some(old) = self.layers[node] else { continue };
                self.heights[old] -= self.step(node);
                self.layers[node] = None;
                let used = self.heights.iter().rposition(|&height| height > 0.0).map_or(0, |last| last + 2);
                let mut best = (self.cost(node, old) - 0.001, old);
                for layer in 0..used.min(self.heights.len()) {
                    let cost = self.cost(node, layer);
                    if cost < best.0 {
                        best = (cost, layer);
                    }
                }
                has_moved |= best.1 != old;
                self.place(node, best.1);
            }
            if !has_moved {
                break;
            }
        }
    }

    /// Returns the cost of a box in a layer.
    fn cost(&self, node: usize, layer: usize) -> f64 {
        let mut cost = 0.0;
        for (other, is_referred_to) in self.neighbours(node) {
            let Some(there) = self.layers[other] else { continue };
            let span = layer.abs_diff(there) as f64;
            cost += if span == 0.0 { 1e6 } else { span + 0.5 * (span - 1.0) };
            cost += if (there < layer) == is_referred_to { 0.0 } else { 0.8 };
        }
        let over = |height: f64| (height - self.height).max(0.0) * OVERFLOW;
        cost + over(self.heights[layer] + self.step(node)) - over(self.heights[layer])
    }

    /// Returns the linked boxes of a box, and whether the box references them.
    fn neighbours(&self, node: usize) -> impl Iterator<Item = (usize, bool)> {
        self.links.iter().filter_map(move |&(from, to)| match node {
            _ if node == from => Some((to, true)),
            _ if node == to => Some((from, false)),
            _ => None,
        })
    }

    fn step(&self, node: usize) -> f64 {
        self.sizes[node].height + BOX_GAP
    }

    fn place(&mut self, node: usize, layer: usize) {
        self.heights[layer] += self.step(node);
        self.layers[node] = Some(layer);
    }

    fn without_gaps(&self) -> Vec<usize> {
        let mut used: Vec<usize> = self.layers.iter().flatten().copied().collect();
        used.sort_unstable();
        used.dedup();
        let place = |layer: &Option<usize>| layer.and_then(|layer| used.binary_search(&layer).ok()).unwrap_or(0);
        self.layers.iter().map(place).collect()
    }
}
