//! Draws the ends of lines, which show the cardinality.

use std::fmt::Write;

use super::Point;

/// The cardinality at the end of a line.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    /// Exactly one: two bars.
    One,
    /// One or none: a bar and a ring.
    ZeroOrOne,
    /// Any number: a crow's foot and a ring.
    Many,
}

/// Draws an end at a box. The line continues to the right if `direction` is positive, otherwise to the left.
pub(super) fn draw(out: &mut String, end: Point, direction: f64, shape: Shape) {
    let Point { x, y } = end;
    let at = |distance: f64| if direction > 0.0 { x + distance } else { x - distance };
    let bar = |distance: f64| format!("M{0} {1}V{2}", at(distance), y - 4.5, y + 4.5);
    let (path, ring) = match shape {
        Shape::One => (bar(6.0) + &bar(11.0), None),
        Shape::ZeroOrOne => (bar(6.0), Some(13.5)),
        Shape::Many => (format!("M{x} {}L{} {y}L{x} {}", y - 5.0, at(11.0), y + 5.0), Some(14.5)),
    };
    let _ = write!(out, "<path class=\"erd-end\" d=\"{path}\"/>");
    if let Some(distance) = ring {
        let _ = write!(out, "<circle class=\"erd-ring\" cx=\"{}\" cy=\"{y}\" r=\"3.5\"/>", at(distance));
    }
    out.push('\n');
}
