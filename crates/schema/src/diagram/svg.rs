//! A picture as a document of SVG.

use std::fmt::Write as _;

use super::escape;
use super::layout::{HEADER, Line, PAD, Picture, ROW, TableBox, marks_width};

/// Colours by names, so that a page around it may change them; by day, and where the reader prefers the dark.
const STYLE: &str = "
.erd { --paper: #fff; --ink: #1b2733; --soft: #5d6d7e; --edge: #b8c4d0; --head: #e8eef5; --box: #fff; --line: #4a6fa5; --key: #8a5a00;
  font-family: system-ui, -apple-system, 'Segoe UI', 'Noto Sans', Arial, sans-serif; }
@media (prefers-color-scheme: dark) { .erd { --paper: #12181f; --ink: #e3eaf1; --soft: #93a4b5; --edge: #3b4a59; --head: #22303d;
  --box: #19222b; --line: #7fa8e0; --key: #e5b567; } }
.erd .paper { fill: var(--paper); }
.erd .table rect { fill: var(--box); stroke: var(--edge); }
.erd .table .head { fill: var(--head); }
.erd .title { font-size: 14px; font-weight: 600; fill: var(--ink); }
.erd .kind { font-size: 11px; fill: var(--soft); }
.erd .name { font-size: 13px; fill: var(--ink); }
.erd .key { fill: var(--key); font-weight: 600; }
.erd .type { font-size: 12px; fill: var(--soft); }
.erd .marks { font-size: 10px; fill: var(--key); }
.erd .line { fill: none; stroke: var(--line); stroke-width: 1.4; }
.erd .line circle { fill: var(--paper); }
.erd .line:hover { stroke-width: 3; }
";

/// How far the ends of a line reach, and how wide a foot spreads.
const FOOT: f64 = 12.0;
const SPREAD: f64 = 6.0;
const RING: f64 = 4.0;

pub(super) fn document(picture: &Picture) -> String {
    let Picture { width, height, boxes, lines } = picture;
    // Writing to a string cannot fail.
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"erd\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\">\n<style>{STYLE}</style>\n\
         <rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n"
    );
    for line in lines {
        write_line(&mut out, line, boxes);
    }
    for table in boxes {
        write_box(&mut out, table);
    }
    out.push_str("</svg>\n");
    out
}

fn write_line(out: &mut String, line: &Line, boxes: &[TableBox]) {
    let (from, to) = (escape(&boxes[line.from].title.whole), escape(&boxes[line.to].title.whole));
    let _ = write!(out, "<g class=\"line\"><title>{}: {from} to {to}</title><path d=\"", escape(&line.name));
    for (at, (x, y)) in line.points.iter().enumerate() {
        let _ = write!(out, "{}{x:.1} {y:.1}", if at == 0 { "M" } else { " L" });
    }
    out.push_str("\"/>");
    if let ([first, second, ..], [.., last_but_one, last]) = (line.points.as_slice(), line.points.as_slice()) {
        let outward = (second.0 - first.0).signum();
        // The end where the rows are that refer: one for each, or many, and maybe none.
        match line.is_one {
            true => write_bar(out, *first, outward * FOOT / 2.0),
            false => {
                let (x, y) = *first;
                let tip = x + outward * FOOT;
                let _ =
                    write!(out, "<path d=\"M{x:.1} {:.1} L{tip:.1} {y:.1} L{x:.1} {:.1}\"/>", y - SPREAD, y + SPREAD);
            }
        }
        write_ring(out, *first, outward * (FOOT + RING));
        // The end of the row that is referred to: one, or none where the key may be null.
        let outward = (last_but_one.0 - last.0).signum();
        write_bar(out, *last, outward * FOOT / 2.0);
        if line.is_optional {
            write_ring(out, *last, outward * (FOOT + RING));
        }
    }
    out.push_str("</g>\n");
}

fn write_bar(out: &mut String, (x, y): (f64, f64), away: f64) {
    let at = x + away;
    let _ = write!(out, "<path d=\"M{at:.1} {:.1} L{at:.1} {:.1}\"/>", y - SPREAD, y + SPREAD);
}

fn write_ring(out: &mut String, (x, y): (f64, f64), away: f64) {
    let _ = write!(out, "<circle cx=\"{:.1}\" cy=\"{y:.1}\" r=\"{RING}\"/>", x + away);
}

fn write_box(out: &mut String, table: &TableBox) {
    let TableBox { x, y, width, height, title, kind, comment, rows } = table;
    let _ = write!(out, "<g class=\"table\" data-name=\"{}\"><title>", escape(&title.whole.to_lowercase()));
    out.push_str(&escape(&title.whole));
    if let Some(comment) = comment {
        let _ = write!(out, ": {}", escape(comment));
    }
    let _ = write!(
        out,
        "</title><rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"5\"/>\
         <path class=\"head\" d=\"M{x:.1} {:.1} v-{:.1} q0 -5 5 -5 h{:.1} q5 0 5 5 v{:.1} z\"/>",
        y + HEADER,
        HEADER - 5.0,
        width - 10.0,
        HEADER - 5.0
    );
    write_text(out, "title", x + PAD, y + 20.0, "start", &title.shown);
    if let Some(kind) = kind {
        write_text(out, "kind", x + width - PAD, y + 20.0, "end", kind);
    }
    let marks = marks_width(table);
    for (at, row) in rows.iter().enumerate() {
        let line = y + HEADER + ROW * at as f64 + 16.0;
        let _ = write!(out, "<g data-name=\"{}\">", escape(&row.name.whole.to_lowercase()));
        if row.name.shown != row.name.whole || row.kind.shown != row.kind.whole {
            let _ = write!(out, "<title>{} {}</title>", escape(&row.name.whole), escape(&row.kind.whole));
        }
        write_text(out, "marks", x + PAD, line, "start", &row.marks);
        let class = if row.is_key { "name key" } else { "name" };
        write_text(out, class, x + 2.0 * PAD + marks, line, "start", &row.name.shown);
        let optional = if row.nullable { "?" } else { "" };
        write_text(out, "type", x + width - PAD, line, "end", &format!("{}{optional}", row.kind.shown));
        out.push_str("</g>");
    }
    out.push_str("</g>\n");
}

fn write_text(out: &mut String, class: &str, x: f64, y: f64, anchor: &str, text: &str) {
    if !text.is_empty() {
        let text = escape(text);
        let _ = write!(out, "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>");
    }
}
