//! Decodes the text of a URL as `crates/api` does, in `location.rs` and `params.rs`.

use std::borrow::Cow;

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Decodes a part of a URL. Returns `None` if the api refuses it.
pub fn decode(part: &str) -> Option<Cow<'_, str>> {
    let is_broken =
        |rest: &str| !matches!(rest.as_bytes(), [a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit());
    match part.split('%').skip(1).any(is_broken) {
        true => None,
        false => percent_decode_str(part).decode_utf8().ok(),
    }
}

/// Decodes the parameters of a URL. Returns `None` if the api refuses one.
pub fn pairs(query: &str) -> Option<Vec<(String, String)>> {
    let text = |part: &str| decode(&part.replace('+', " ")).map(Cow::into_owned);
    let pair = |parameter: &str| {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        Some((text(name)?, text(value)?))
    };
    query.split('&').filter(|parameter| !parameter.is_empty()).map(pair).collect()
}

/// Encodes parameters for a URL.
pub fn encode(pairs: &[(String, String)]) -> String {
    let text = |part| utf8_percent_encode(part, NON_ALPHANUMERIC);
    let pairs = pairs.iter().map(|(name, value)| format!("{}={}", text(name), text(value)));
    pairs.collect::<Vec<_>>().join("&")
}
