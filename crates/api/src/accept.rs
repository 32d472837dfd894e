//! The format that a client accepts: the `Accept` header.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT;

use crate::form::{Form, Nulls};
use crate::problem::Problem;

/// PostgREST's media type for one row without an array around it.
pub(crate) const OBJECT: &str = "application/vnd.pgrst.object+json";
/// PostgREST's media type for an array of rows, which says the same as JSON unless nulls are left out.
pub(crate) const ARRAY: &str = "application/vnd.pgrst.array+json";

/// The form in which the client accepts rows.
///
/// # Errors
///
/// If the server supports no form that the client accepts.
pub(crate) fn rows(headers: &HeaderMap) -> Result<Form, Problem> {
    choose(headers, |name, nulls| match (name, nulls) {
        ("application/json" | "application/*" | "*/*", Nulls::Kept) => Some(Form::Array(nulls)),
        (ARRAY | "application/vnd.pgrst.array", _) => Some(Form::Array(nulls)),
        (OBJECT | "application/vnd.pgrst.object", _) => Some(Form::Object(nulls)),
        ("text/csv", Nulls::Kept) => Some(Form::Csv),
        _ => None,
    })
    .unwrap_or(Ok(Form::Array(Nulls::Kept)))
}

/// Whether the client prefers a page to JSON, as browsers do. Clients that accept neither get JSON.
pub(crate) fn is_page(headers: &HeaderMap) -> bool {
    let wanted = choose(headers, |name, _| match name {
        "text/html" | "application/xhtml+xml" | "text/*" => Some(true),
        "application/json" | "application/*" | "*/*" => Some(false),
        _ => None,
    });
    matches!(wanted, Some(Ok(true)))
}

/// Refuses requests that do not accept JSON.
///
/// # Errors
///
/// If the client does not accept JSON.
pub(crate) fn json_only(headers: &HeaderMap) -> Result<(), Problem> {
    let json = |name: &str, _| matches!(name, "application/json" | "application/*" | "*/*").then_some(());
    choose(headers, json).unwrap_or(Ok(()))
}

/// The form of the best media range that has one; `None` without an `Accept` header.
fn choose<T>(headers: &HeaderMap, form: impl Fn(&str, Nulls) -> Option<T>) -> Option<Result<T, Problem>> {
    let mut asked = headers.get_all(ACCEPT).iter().peekable();
    asked.peek()?;
    let mut best: Option<(f32, T)> = None;
    let mut wanted = Vec::new();
    for range in asked.flat_map(|value| value.to_str().unwrap_or_default().split(',')) {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        if name.is_empty() {
            continue;
        }
        let (mut quality, mut nulls, mut is_understood) = (1.0, Nulls::Kept, true);
        for parameter in parts {
            match parameter.split_once('=') {
                Some((key, value)) if key.eq_ignore_ascii_case("q") => quality = value.parse().unwrap_or(0.0),
                Some((key, _)) if key.eq_ignore_ascii_case("charset") => {}
                Some((key, "stripped")) if key.eq_ignore_ascii_case("nulls") => nulls = Nulls::Stripped,
                // Any other parameter makes it a different form, which is not supported.
                _ => is_understood = false,
            }
        }
        wanted.push(range.trim());
        if let Some(form) = form(&name, nulls).filter(|_| is_understood && quality > 0.0)
            && best.as_ref().is_none_or(|(best, _)| quality > *best)
        {
            best = Some((quality, form));
        }
    }
    if wanted.is_empty() {
        return None;
    }
    Some(best.map(|(_, form)| form).ok_or_else(|| Problem::not_acceptable(&wanted.join(", "))))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn form(accept: &'static str) -> Option<Form> {
        rows(&HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(accept))])).ok()
    }

    #[test]
    fn browsers_want_a_page() {
        let is_page =
            |accept: &'static str| is_page(&HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(accept))]));
        assert!(is_page("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"));
        assert!(is_page("text/html") && is_page("*/*;q=0.1, text/html;q=0.2") && is_page("text/*"));
        assert!(
            !is_page("*/*") && !is_page("application/json") && !is_page("text/html;q=0, */*") && !is_page("image/png")
        );
        assert!(!super::is_page(&HeaderMap::new()));
    }

    #[test]
    fn the_best_form_that_there_is() {
        assert_eq!(rows(&HeaderMap::new()).ok(), Some(Form::Array(Nulls::Kept)));
        assert_eq!(form(""), Some(Form::Array(Nulls::Kept)));
        assert_eq!(form("text/html,application/xhtml+xml,*/*;q=0.8"), Some(Form::Array(Nulls::Kept)));
        assert_eq!(form("application/vnd.pgrst.object+json"), Some(Form::Object(Nulls::Kept)));
        assert_eq!(form("application/vnd.pgrst.object"), Some(Form::Object(Nulls::Kept)));
        assert_eq!(form("application/vnd.pgrst.array"), Some(Form::Array(Nulls::Kept)));
        assert_eq!(form("application/json;q=0.5, application/vnd.pgrst.object+json"), Some(Form::Object(Nulls::Kept)));
        assert_eq!(form("application/vnd.pgrst.object+json;nulls=stripped"), Some(Form::Object(Nulls::Stripped)));
        assert_eq!(form("application/vnd.pgrst.array+json; nulls=stripped"), Some(Form::Array(Nulls::Stripped)));
        assert_eq!(form("application/vnd.pgrst.array+json;nulls=some"), None);
        assert_eq!(form("text/csv, */*;q=0.5"), Some(Form::Csv));
        assert_eq!(form("image/png"), None);
        assert_eq!(form("application/json;q=0"), None);
    }
}
