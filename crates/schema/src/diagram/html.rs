//! A picture as a page of its own.

/// The page around a picture. Its policy lets nothing be loaded, so that it is the same offline.
pub(super) fn page(svg: &str) -> String {
    include_str!("page.html").replacen("<!-- picture -->", svg, 1)
}
