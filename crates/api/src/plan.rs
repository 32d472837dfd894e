//! The execution plan of a read as a response: what a client asks for, and the media type that it gets.

use axum::http::HeaderValue;
use mwallet_db::crud::data_plane::{ExplainFormat, ExplainOption};
use mwallet_db::schema::shortened;

use crate::form::Form;
use crate::problem::Problem;

/// PostgREST's media types for the plan of a read.
pub(crate) const PLAN_JSON: &str = "application/vnd.pgrst.plan+json";
pub(crate) const PLAN_TEXT: &str = "application/vnd.pgrst.plan+text";

/// A plan that a client wants instead of rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PlanRequest {
    pub(crate) format: ExplainFormat,
    /// In their order, each once.
    pub(crate) options: Vec<ExplainOption>,
}

impl PlanRequest {
    /// Parses the options, such as `analyze|verbose`.
    ///
    /// # Errors
    ///
    /// If there is no such option.
    pub(crate) fn parse(format: ExplainFormat, options: &str) -> Result<Self, Problem> {
        let names: Vec<&str> = options.split('|').map(str::trim).filter(|name| !name.is_empty()).collect();
        let is_known = |name: &str| ExplainOption::ALL.iter().any(|option| option.name() == name);
        if let Some(unknown) = names.iter().find(|name| !is_known(name)) {
            let all = ExplainOption::ALL.map(ExplainOption::name).join(", ");
            return Err(Problem::parameter(format!("plans have no option {}", shortened(unknown)))
                .hint(format!("the options of the media type are {all}, separated by |")));
        }
        let options = ExplainOption::ALL.into_iter().filter(|option| names.contains(&option.name())).collect();
        Ok(Self { format, options })
    }

    /// The media type of the plan of rows in a form.
    pub(crate) fn media_type(&self, form: Form) -> HeaderValue {
        let name = match self.format {
            ExplainFormat::Json => PLAN_JSON,
            ExplainFormat::Text => PLAN_TEXT,
        };
        let of_rows = form.media_type();
        let of_rows = of_rows.to_str().unwrap_or_default().trim_end_matches("; charset=utf-8");
        let options: Vec<&str> = self.options.iter().map(|option| option.name()).collect();
        let options = if options.is_empty() { String::new() } else { format!("; options={}", options.join("|")) };
        // Names of media types and options are always a valid header value.
        HeaderValue::try_from(format!("{name}; for=\"{of_rows}\"{options}; charset=utf-8"))
            .unwrap_or(HeaderValue::from_static(name))
    }
}
