//! The format that a client accepts: the `Accept` header.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT;
use mwallet_db::crud::data_plane::ExplainFormat;

use crate::form::{Form, Nulls};
use crate::plan::{PLAN_JSON, PLAN_TEXT, PlanRequest};
use crate::problem::Problem;

/// PostgREST's media type for one row without an array around it.
pub(crate) const OBJECT: &str = "application/vnd.pgrst.object+json";
/// PostgREST's media type for an array of rows, which says the same as JSON unless nulls are left out.
pub(crate) const ARRAY: &str = "application/vnd.pgrst.array+json";

/// The form in which the client accepts rows, and the plan that it wants instead of rows in that form, if it does.
///
/// # Errors
///
/// If the server supports no form that the client accepts, or if there is no such plan.
pub(crate) fn rows(headers: &HeaderMap, has_plans: bool) -> Result<(Form, Option<PlanRequest>), Problem> {
    let chosen = choose(headers, |range| match range.plan().filter(|_| has_plans) {
        Some(format) => Some((planned_form(range.planned)?, Some((format, range.options)))),
        None => Some((form(&range.name, range.nulls)?, None)),
    });
    let (form, plan) = chosen.unwrap_or(Ok((Form::Array(Nulls::Kept), None)))?;
    let plan = plan.map(|(format, options)| PlanRequest::parse(format, options)).transpose()?;
    Ok((form, plan))
}

/// Whether the client accepts a plan, so that it can be told where there are some.
pub(crate) fn names_plan(headers: &HeaderMap) -> bool {
    matches!(choose(headers, |range| range.plan()), Some(Ok(_)))
}

/// The form of rows in a media type.
fn form(name: &str, nulls: Nulls) -> Option<Form> {
    match (name, nulls) {
        ("application/json" | "application/*" | "*/*", Nulls::Kept) => Some(Form::Array(nulls)),
        (ARRAY | "application/vnd.pgrst.array", _) => Some(Form::Array(nulls)),
        (OBJECT | "application/vnd.pgrst.object", _) => Some(Form::Object(nulls)),
        ("text/csv", Nulls::Kept) => Some(Form::Csv),
        _ => None,
    }
}

/// The form of the rows whose plan is wanted: the media type in the parameter `for`, by default JSON.
fn planned_form(media_type: &str) -> Option<Form> {
    if media_type.is_empty() {
        return Some(Form::Array(Nulls::Kept));
    }
    let range = MediaRange::parse(media_type);
    form(&range.name, range.nulls).filter(|_| range.is_understood)
}

/// Whether the client prefers a page to JSON, as browsers do. Clients that accept neither get JSON.
pub(crate) fn is_page(headers: &HeaderMap) -> bool {
    let wanted = choose(headers, |range| match range.name.as_str() {
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
    let is_json = |name: &str| matches!(name, "application/json" | "application/*" | "*/*");
    choose(headers, |range| is_json(&range.name).then_some(())).unwrap_or(Ok(()))
}

/// A media type that the client accepts, with its parameters.
struct MediaRange<'h> {
    name: String,
    quality: f32,
    nulls: Nulls,
    /// Of a plan: the media type of its rows, and its options.
    planned: &'h str,
    options: &'h str,
    /// Whether all parameters are known. Any other makes it a different form, which is not supported.
    is_understood: bool,
}

impl<'h> MediaRange<'h> {
    fn parse(text: &'h str) -> Self {
        let mut parts = split(text, ';').map(str::trim);
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        let mut range = Self { name, quality: 1.0, nulls: Nulls::Kept, planned: "", options: "", is_understood: true };
        let is_plan = range.plan().is_some();
        // PostgREST's client for JavaScript ends its plans with a semicolon.
        for parameter in parts.filter(|parameter| !parameter.is_empty()) {
            let (key, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            match (key.to_ascii_lowercase().as_str(), value) {
                ("q", value) => range.quality = value.parse().unwrap_or(0.0),
                ("charset", _) => {}
                ("nulls", "stripped") => range.nulls = Nulls::Stripped,
                ("for", value) if is_plan => range.planned = value.trim_matches('"'),
                ("options", value) if is_plan => range.options = value.trim_matches('"'),
                _ => range.is_understood = false,
            }
        }
        range
    }

    /// The format of the plan that it is, if it is one.
    fn plan(&self) -> Option<ExplainFormat> {
        match self.name.as_str() {
            PLAN_JSON => Some(ExplainFormat::Json),
            PLAN_TEXT | "application/vnd.pgrst.plan" => Some(ExplainFormat::Text),
            _ => None,
        }
    }
}

/// The parts of a header between separators that are not in quotes.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    text.split(move |next| {
        is_quoted ^= next == '"';
        next == separator && !is_quoted
    })
}

/// The form of the best media range that has one; `None` without an `Accept` header.
fn choose<'h, T>(headers: &'h HeaderMap, form: impl Fn(&MediaRange<'h>) -> Option<T>) -> Option<Result<T, Problem>> {
    let mut asked = headers.get_all(ACCEPT).iter().peekable();
    asked.peek()?;
    let mut best: Option<(f32, T)> = None;
    let mut wanted = Vec::new();
    for text in asked.flat_map(|value| split(value.to_str().unwrap_or_default(), ',')) {
        let range = MediaRange::parse(text);
        if range.name.is_empty() {
            continue;
        }
        wanted.push(text.trim());
        if let Some(form) = form(&range).filter(|_| range.is_understood && range.quality > 0.0)
            && best.as_ref().is_none_or(|(best, _)| range.quality > *best)
        {
            best = Some((range.quality, form));
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
        accepted(accept, false).ok().map(|(form, _)| form)
    }

    fn accepted(accept: &'static str, has_plans: bool) -> Result<(Form, Option<PlanRequest>), Problem> {
        rows(&HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(accept))]), has_plans)
    }

    #[test]
    fn plans_are_for_a_form_of_rows() {
        use mwallet_db::crud::data_plane::{ExplainFormat::*, ExplainOption::*};
        let plan = |accept| {
            let (form, plan) = accepted(accept, true).ok()?;
            plan.map(|plan| (form, plan.format, plan.options))
        };
        let array = Form::Array(Nulls::Kept);
        for (accept, form, format, options) in [
            ("application/vnd.pgrst.plan", array, Text, vec![]),
            ("application/vnd.pgrst.plan+text; options=", array, Text, vec![]),
            (
                r#"application/vnd.pgrst.plan+json; for="application/json"; options=buffers|analyze;"#,
                array,
                Json,
                vec![Analyze, Buffers],
            ),
            (r#"application/vnd.pgrst.plan+json;for="text/csv""#, Form::Csv, Json, vec![]),
            (
                r#"application/vnd.pgrst.plan+json; for="application/vnd.pgrst.object+json;nulls=stripped"; options=wal"#,
                Form::Object(Nulls::Stripped),
                Json,
                vec![Wal],
            ),
            ("application/json;q=0.5, application/vnd.pgrst.plan+json", array, Json, vec![]),
        ] {
            assert_eq!(plan(accept), Some((form, format, options)), "{accept}");
            assert!(accepted(accept, false).is_ok_and(|(_, plan)| plan.is_none()) == accept.contains(", "), "{accept}");
        }
        for accept in [
            r#"application/vnd.pgrst.plan+json; for="image/png""#,
            r#"application/vnd.pgrst.plan+json; for="application/json;x=y""#,
            "application/vnd.pgrst.plan+json; nothing=known",
            "application/vnd.pgrst.plan+xml",
            "application/json; options=analyze",
        ] {
            assert_eq!(accepted(accept, true).unwrap_err().status().as_u16(), 406, "{accept}");
        }
        let unknown = accepted("application/vnd.pgrst.plan+json; options=analyze|costs", true).unwrap_err();
        assert_eq!(unknown.status().as_u16(), 400);
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
        assert_eq!(rows(&HeaderMap::new(), true).ok().unwrap(), (Form::Array(Nulls::Kept), None));
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
