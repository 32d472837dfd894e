//! Renders entity-relationship diagrams of tables as text: SVG, an HTML page, and Mermaid.
//!
//! Each table is a box with a row for each column. Each foreign key is a line between rows, whose ends show the
//! cardinality. No other program is needed: `layout` places boxes and lines, and `text` measures texts. The output is
//! deterministic. This crate reads no database and writes no file.

mod html;
mod layout;
mod mermaid;
mod model;
mod svg;
mod text;

#[cfg(test)]
mod tests;

use mwallet_schema::Table;

/// Draws tables and their references as an SVG document.
///
/// The document is self-contained: it loads nothing, and follows the viewer's light or dark mode. Boxes do not
/// overlap, and no line runs through a box. A foreign key to a table that is not in `tables` is marked at its column,
/// without a line.
///
/// # Examples
///
/// ```
/// use mwallet_schema::{ReferentialAction, Column, ColumnType, Table};
///
/// let mut artist = Table::new("artist");
/// artist.columns.push(Column::new("artist_id", ColumnType::Integer));
/// artist.primary_key.push("artist_id".into());
/// let mut album = Table::new("album");
/// album.columns.push(Column::new("artist_id", ColumnType::Integer));
/// album.add_foreign_key(&["artist_id"], "artist", &["artist_id"], ReferentialAction::NoAction);
///
/// let drawing = mwallet_erd::svg(&[&artist, &album]);
/// assert!(drawing.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
/// assert!(drawing.contains("album_artist_id_fkey"));
/// ```
pub fn svg(tables: &[&Table]) -> String {
    svg::document(tables)
}

/// Draws tables and their references as an interactive HTML file.
///
/// It contains the drawing of [`svg`], with panning, zooming, and a search for tables and columns. It loads nothing,
/// which a content security policy enforces.
///
/// # Examples
///
/// ```
/// use mwallet_schema::Table;
///
/// let page = mwallet_erd::html(&[&Table::new("artist")]);
/// assert!(page.starts_with("<!DOCTYPE html>"));
/// assert!(page.contains("default-src 'none'"));
/// ```
pub fn html(tables: &[&Table]) -> String {
    html::page(tables)
}

/// The script in the page of [`html`], for a content security policy that allows it by its hash.
pub const HTML_SCRIPT: &str = html::SCRIPT;

/// Writes tables and their references as an `erDiagram` for [Mermaid](https://mermaid.js.org) 11.
///
/// Mermaid does not accept every name. Special characters are replaced by similar ones, and spaces and signs in the
/// names of columns and types by `_`; the real name is then in the column's comment. Version 10 accepts the result
/// too if column names are ASCII.
///
/// # Examples
///
/// ```
/// use mwallet_schema::{Column, ColumnType, Table};
///
/// let mut artist = Table::new("artist");
/// artist.columns.push(Column::new("artist_id", ColumnType::Integer));
/// artist.primary_key.push("artist_id".into());
///
/// let text = mwallet_erd::mermaid(&[&artist]);
/// assert_eq!(text, "erDiagram\n    \"artist\" {\n        integer artist_id PK \"not null\"\n    }\n");
/// ```
pub fn mermaid(tables: &[&Table]) -> String {
    mermaid::diagram(tables)
}
