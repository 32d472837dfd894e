//! Draws the legend, which explains marks, dots and the ends of lines.

use std::fmt::Write;

use super::super::model::{KIND_FONT, MARK, ROW};
use super::ends::Shape;
use super::{Point, dot, ends, mark_at, text};

/// The minimum width of a drawing, so that the longest entry of the legend fits.
pub(super) const LEAST_WIDTH: f64 = 420.0;
/// The width reserved for a symbol before its text.
const SYMBOL: f64 = 36.0;

enum Symbol {
    Mark(&'static str),
    Dot { nullable: bool },
    End(Shape),
}

/// Draws the legend between two sides below a height, and returns its height.
pub(super) fn legend(out: &mut String, left: f64, top: f64, right: f64) -> f64 {
    let entries = [
        (Symbol::Mark("PK"), "primary key"),
        (Symbol::Mark("FK"), "foreign key"),
        (Symbol::Mark("U"), "unique (numbered: with others)"),
        (Symbol::Dot { nullable: false }, "not null"),
        (Symbol::Dot { nullable: true }, "may be null"),
        (Symbol::End(Shape::One), "exactly one"),
        (Symbol::End(Shape::ZeroOrOne), "one or none"),
        (Symbol::End(Shape::Many), "any number"),
    ];
    out.push_str("<g class=\"erd-legend\">\n");
    let (mut x, mut y) = (left, top);
    for (symbol, meaning) in entries {
        let symbol_width = match symbol {
            Symbol::Mark(_) => MARK,
            Symbol::Dot { .. } => 12.0,
            Symbol::End(_) => SYMBOL,
        };
        let width = symbol_width + KIND_FONT.width(meaning);
        if x > left && x + width > right {
            (x, y) = (left, y + ROW);
        }
        let middle = y + ROW / 2.0;
        match symbol {
            Symbol::Mark(name) => mark_at(out, x, y, name),
            Symbol::Dot { nullable } => dot(out, x + 4.0, middle, nullable),
            Symbol::End(shape) => {
                let end = Point { x: x + 30.0, y: middle };
                let _ = write!(out, "<path class=\"erd-wire\" d=\"M{x} {middle}H{}\"/>", end.x);
                ends::draw(out, end, -1.0, shape);
                let _ = write!(out, "<path class=\"erd-edge\" d=\"M{0} {1}V{2}\"/>", end.x, middle - 8.0, middle + 8.0);
            }
        }
        text(out, x + symbol_width, y + 16.0, "erd-meaning", meaning);
        x += width + 16.0;
    }
    out.push_str("</g>\n");
    y + ROW + left - top
}
