//! `mwallet permissions test`: runs the tests of a permissions file.

use clap::Args;
use mwallet_api::{App, OwnRequest};
use mwallet_auth::{Authority, Case};
use mwallet_db::schema::{shortened, visible};
use serde_json::{Value, json};

use super::{FileOptions, described};
use crate::failure::{Failure, Result};
use crate::output;
use crate::settings::Settings;

const EXAMPLES: &str = "The tests are in the permissions file:

  tests:
    - { as: ada, request: \"GET /rest/v1/orders?select=id\", rows: 3 }
    - { request: GET /rest/v1/users, status: 404 }
    - as: ada
      request: POST /rest/v1/orders
      body: { asset: BITCOIN, start: 2030-01-01T00:00:00Z, user_id: 2 }
      status: 403
      code: \"42501\"

Without as, nobody in particular asks. Also: role, aal, claims, prefer, and answer, which is the JSON of the whole \
answer. Without status and code, the request must succeed.";

/// The options of `mwallet permissions test`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Options {
    #[command(flatten)]
    file: FileOptions,
}

pub(super) async fn run(settings: &Settings, Options { file }: Options) -> Result<()> {
    let engine = file.engine(settings)?;
    let (state, authority) = file.server(settings, &engine).await?;
    let cases = state.cases();
    if cases.is_empty() {
        return Err(Failure::new(format!("{} has no tests", file.name())).hint("see mwallet permissions test --help"));
    }
    let app = App::new(state);
    let (mut lines, mut results, mut failed) = (Vec::new(), Vec::new(), 0);
    for case in &cases {
        let wrong = wrong(&app, &authority, case).await;
        let asked = format!("{} {}, as {}", case.method, case.path, described(&case.who));
        lines.push(match &wrong {
            None => format!("ok      line {}: {}", case.line, visible(&asked)),
            Some(wrong) => format!("FAILED  line {}: {}\n        {}", case.line, visible(&asked), visible(wrong)),
        });
        failed += usize::from(wrong.is_some());
        results.push(json!({ "line": case.line, "request": asked, "passed": wrong.is_none(), "wrong": wrong }));
    }
    engine.close().await;
    lines.push(format!("{} passed, {failed} failed", cases.len() - failed));
    let json = json!({ "passed": cases.len() - failed, "failed": failed, "tests": results });
    output::answer(&settings.output, lines.join("\n"), &json)?;
    match failed {
        0 => Ok(()),
        _ => {
            let found = format!("{} of {}", output::counted(failed, "test failed", "tests failed"), file.name());
            Err(Failure::new(found).code("tests_failed"))
        }
    }
}

/// Runs a test. Returns what is wrong with the answer.
async fn wrong(app: &App, authority: &Authority, case: &Case) -> Option<String> {
    let principal = match authority.suppose(&case.who).await {
        Ok(principal) => principal,
        Err(error) => return Some(error.to_string()),
    };
    // Whatever is written is rolled back.
    let prefer = match &case.prefer {
        Some(prefer) => format!("tx=rollback, {prefer}"),
        None => "tx=rollback, return=representation".to_owned(),
    };
    let body = case.body.as_ref().map(Value::to_string);
    let request = OwnRequest { method: &case.method, path: &case.path, prefer: Some(&prefer), body: body.as_deref() };
    let (status, answer) = match app.ask(principal, request).await {
        Ok(answer) => answer,
        Err(problem) => return Some(problem.message().to_owned()),
    };
    let text = String::from_utf8_lossy(&answer);
    let json: Option<Value> = serde_json::from_slice(&answer).ok();
    let told = || format!("{status} {}", shortened(&text));
    let is_expected = match (case.status, &case.code) {
        (Some(expected), _) => status.as_u16() == expected,
        (None, Some(_)) => true,
        (None, None) => status.is_success(),
    };
    if !is_expected {
        let expected = case.status.map_or_else(|| "a success".to_owned(), |status| status.to_string());
        return Some(format!("expected {expected}, and the answer is {}", told()));
    }
    if let Some(code) = &case.code
        && json.as_ref().and_then(|json| json.get("code")?.as_str()) != Some(code)
    {
        return Some(format!("expected the code {code}, and the answer is {}", told()));
    }
    if let Some(rows) = case.rows {
        let found = match &json {
            Some(Value::Array(rows)) => rows.len() as u64,
            Some(Value::Object(_)) if status.is_success() => 1,
            _ => 0,
        };
        if found != rows {
            let expected = output::counted(usize::try_from(rows).unwrap_or(usize::MAX), "row", "rows");
            return Some(format!("expected {expected}, and there are {found}: {}", told()));
        }
    }
    match &case.answer {
        Some(expected) if json.as_ref() != Some(expected) => {
            Some(format!("expected {expected}, and the answer is {}", told()))
        }
        _ => None,
    }
}
