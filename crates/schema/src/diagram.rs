//! Tables and their references as a picture: an entity-relationship diagram as SVG, as a page that can be panned and
//! searched, and as text for Mermaid.
//!
//! A picture is text made from [`Table`]s and from nothing else: the same tables give the same picture, no program is asked,
//! and nothing is loaded from elsewhere.

mod html;
mod layout;
mod mermaid;
mod svg;

use crate::Table;

/// The diagram as a document of SVG.
///
/// ```
/// # use mwallet_schema::{Column, ColumnType, Table, diagram};
/// let mut coins = Table::new("coins");
/// coins.columns.push(Column::new("id", ColumnType::BigInt));
/// assert!(diagram::svg(&[&coins]).starts_with("<svg "));
/// ```
pub fn svg(tables: &[&Table]) -> String {
    svg::document(&layout::arrange(tables))
}

/// The diagram as a page of its own: it can be dragged, made larger, searched, and opened offline.
///
/// ```
/// # use mwallet_schema::{Table, diagram};
/// assert!(diagram::html(&[&Table::new("coins")]).contains("<title>"));
/// ```
pub fn html(tables: &[&Table]) -> String {
    html::page(&svg(tables))
}

/// The diagram as text for Mermaid, which many pages that show Markdown draw.
///
/// ```
/// # use mwallet_schema::{Table, diagram};
/// assert!(diagram::mermaid(&[&Table::new("coins")]).starts_with("erDiagram\n"));
/// ```
pub fn mermaid(tables: &[&Table]) -> String {
    mermaid::text(tables)
}

/// A text as it stands in XML.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // XML has no way to write them.
            control if control.is_control() => escaped.push('\u{fffd}'),
            letter => escaped.push(letter),
        }
    }
    escaped
}
