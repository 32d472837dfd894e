//! Packs groups of tables side by side and in rows, and tables without references in columns.

use super::{BOX_GAP, Group, Layout, Point, Rect, Size};

/// The distance between groups.
const GROUP_GAP: f64 = 56.0;
/// The distance between columns of unconnected tables.
const COLUMN_GAP: f64 = 40.0;
/// The target ratio of width to height.
const ASPECT: f64 = 1.6;

/// Combines the layouts of groups, each with its boxes and links, and unconnected boxes.
pub(super) fn pack(sizes: &[Size], links: usize, parts: &[(Group, Layout)], alone: &[usize]) -> Layout {
    let mut all =
        Layout { boxes: vec![Rect::default(); sizes.len()], lines: vec![Vec::new(); links], ..Layout::default() };
    let area: f64 = parts.iter().map(|(_, part)| (part.width + GROUP_GAP) * (part.height + GROUP_GAP)).sum();
    let alone_area: f64 =
        alone.iter().map(|&node| (sizes[node].width + COLUMN_GAP) * (sizes[node].height + BOX_GAP)).sum();
    let widest = parts.iter().map(|(_, part)| part.width).fold(0.0, f64::max);
    let width = ((area + alone_area) * ASPECT).sqrt().max(widest);

    let mut order: Vec<&(Group, Layout)> = parts.iter().collect();
    order.sort_by(|a, b| b.1.height.total_cmp(&a.1.height).then(a.0.nodes.cmp(&b.0.nodes)));
    let (mut x, mut y, mut next_y) = (0.0, 0.0, 0.0_f64);
    for (group, part) in order {
        if x > 0.0 && x + part.width > width {
            (x, y) = (0.0, next_y);
        }
        all.add_group(group, part, x, y);
        x += part.width + GROUP_GAP;
        next_y = next_y.max(y + part.height + GROUP_GAP);
    }
    // Unconnected tables are placed next to the last groups or below all, whichever gives the lower height.
    let below = grid(sizes, alone, 0.0, next_y, width);
    let beside = grid(sizes, alone, x, y, width);
    let bottom = |grid: &[Rect]| grid.iter().map(|place| place.y + place.height).fold(all.height, f64::max);
    let fits = beside.iter().all(|place| place.x + place.width <= width);
    let grid = if fits && bottom(&beside) <= bottom(&below) { beside } else { below };
    for (&node, place) in alone.iter().zip(grid) {
        all.boxes[node] = place;
    }
    all.width = all.boxes.iter().map(|place| place.x + place.width).fold(all.width, f64::max);
    all.height = all.boxes.iter().map(|place| place.y + place.height).fold(all.height, f64::max);
    all
}

impl Layout {
    fn add_group(&mut self, group: &Group, part: &Self, x: f64, y: f64) {
        for (&node, place) in group.nodes.iter().zip(&part.boxes) {
            self.boxes[node] = Rect { x: place.x + x, y: place.y + y, ..*place };
        }
        for (&link, line) in group.links.iter().zip(&part.lines) {
            self.lines[link] = line.iter().map(|point| Point { x: point.x + x, y: point.y + y }).collect();
        }
        self.width = self.width.max(x + part.width);
        self.height = self.height.max(y + part.height);
    }
}

/// Puts boxes into as many columns as fit between the top left corner and the right edge.
fn grid(sizes: &[Size], alone: &[usize], left: f64, top: f64, right: f64) -> Vec<Rect> {
    for count in (1..=alone.len()).rev() {
        let (column_of, widths) = columns(sizes, alone, count);
        let total: f64 = widths.iter().map(|width| width + COLUMN_GAP).sum();
        if count > 1 && left + total > right + COLUMN_GAP {
            continue;
        }
        let mut bottoms = vec![top; count];
        let place = |(&node, &column): (&usize, &usize)| {
            let x = left + widths[..column].iter().map(|width| width + COLUMN_GAP).sum::<f64>();
            let y = bottoms[column];
            bottoms[column] += sizes[node].height + BOX_GAP;
            Rect { x, y, width: widths[column], height: sizes[node].height }
        };
        return alone.iter().zip(&column_of).map(place).collect();
    }
    Vec::new()
}

/// Distributes boxes over columns, each to the currently shortest one. Also returns the widths of the columns.
fn columns(sizes: &[Size], alone: &[usize], count: usize) -> (Vec<usize>, Vec<f64>) {
    let (mut column_of, mut widths, mut bottoms) = (Vec::new(), vec![0.0_f64; count], vec![0.0; count]);
    for &node in alone {
        let shortest = (0..count).min_by(|&a: &usize, &b| f64::total_cmp(&bottoms[a], &bottoms[b])).unwrap_or(0);
        column_of.push(shortest);
        widths[shortest] = widths[shortest].max(sizes[node].width);
        bottoms[shortest] += sizes[node].height + BOX_GAP;
    }
    (column_of, widths)
}
