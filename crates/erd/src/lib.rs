//! Entity-relationship diagrams of tables, as text: SVG, a page of HTML, and Mermaid.
//!
//! Each table is a box with a row for each column; each foreign key is a line between rows, whose ends say how many
//! rows may stand there. Everything is worked out here, so that no other program is needed: where boxes stand and lines
//! run in `layout`, how much room a text needs in `text`. The same tables always give the same text. This module reads
//! no database and writes no file.

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
/// The document stands alone: it loads nothing, and is light or dark as its reader is. Boxes do not overlap, and no
/// line runs through one. A foreign key to a table that is not among `tables` is marked at its column, without a line.
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

/// Draws tables and their references as one HTML file to look around in.
///
/// It holds the drawing of [`svg`], which is moved by dragging and enlarged by wheel or buttons, and a box to search
/// for tables and columns. It loads nothing from elsewhere, and says so to the browser by a content security policy.
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
/// Mermaid cannot take every name. Characters that mean something to it become others that look alike, spaces and signs
/// in the names of columns and types become `_`; the true name then stands in the column's comment. Version 10 reads it
/// too, where columns have names in ASCII.
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
