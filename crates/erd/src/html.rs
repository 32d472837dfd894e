//! Writes a diagram as an interactive page that loads nothing.
//!
//! Names only appear in the drawing, escaped; script and style are the same in every page.

use super::svg;
use mwallet_schema::Table;

/// The script of the page.
pub(super) const SCRIPT: &str = include_str!("html/page.js");

/// Returns the page.
pub(super) fn page(tables: &[&Table]) -> String {
    PAGE.replace("{style}", include_str!("html/page.css"))
        .replace("{script}", SCRIPT)
        // Must be last, since names may contain the placeholders.
        .replace("{drawing}", &svg::element(tables))
}

const PAGE: &str = r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>Tables</title>
<style>
{style}</style>
</head>
<body>
<div class="tools" role="toolbar" aria-label="Look around">
<input type="search" placeholder="Search tables and columns" title="Search (/)" aria-label="Search tables and columns" autocomplete="off" spellcheck="false">
<output></output>
<button type="button" data-do="previous" title="Previous match (Shift+Enter)" aria-label="Previous match">‹</button>
<button type="button" data-do="next" title="Next match (Enter)" aria-label="Next match">›</button>
<button type="button" data-do="out" title="Zoom out (-)" aria-label="Zoom out">−</button>
<button type="button" data-do="in" title="Zoom in (+)" aria-label="Zoom in">+</button>
<button type="button" data-do="fit" title="Fit to window (0)">Fit</button>
</div>
<main>
{drawing}</main>
<script>{script}</script>
</body>
</html>
"#;
