//! The questions that are asked of several tables at once: `/v1/...`.

use axum::extract::{Request, State};
use axum::http::Uri;
use axum::response::Response;
use mwallet_db::crud::client;
use mwallet_db::schema::{ColumnType, Table, Timestamp, Value, shortened};
use mwallet_db::{Entity, PlanError};
use mwallet_models::{Transaction, questions};

use crate::openapi::Question;
use crate::problem::Problem;
use crate::state::AppState;
use crate::{accept, params, range, request_id, rows};

/// What a question is asked with, apart from what it is about.
#[derive(Debug, Default)]
struct Asked {
    network: Option<String>,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
    skip: Option<u64>,
    limit: Option<u64>,
}

/// The questions whose tables are served: those of mWallet, not others that have their names.
pub(crate) fn served(tables: &[&Table]) -> Vec<Question> {
    let known = mwallet_models::tables();
    let is_served = |name: &&str| tables.iter().any(|table| table.name == *name && known.contains(table));
    Question::ALL.into_iter().filter(|question| question.tables.iter().all(is_served)).collect()
}

/// The notices of the user whose slug or `rsid` stands in the path.
pub(crate) async fn notices(State(state): State<AppState>, request: Request) -> Result<Response, Problem> {
    let asked = Asked::read(request.uri(), false)?;
    accept::json_only(request.headers())?;
    let path = request.uri().path();
    let identifier = path.strip_prefix("/v1/users/").and_then(|rest| rest.strip_suffix("/notices")).unwrap_or_default();
    let identifier = text("identifier", &params::decode(identifier)?)?;
    let skip = asked.skip.unwrap_or(0);
    let sql = questions::notices_of_user_sql(&identifier, asked.start, asked.end, skip, state.limits.page(asked.limit));
    let found = client::select(&state.engine, sql).await?;
    let count = found.rows();
    request_id::count_rows(count);
    let mut response = rows::json(found.into_array());
    range::set(&mut response, range::header(skip, count, None));
    Ok(response)
}

/// The transactions of a network that were mined in a period.
pub(crate) async fn transactions(State(state): State<AppState>, request: Request) -> Result<Response, Problem> {
    let asked = Asked::read(request.uri(), true)?;
    accept::json_only(request.headers())?;
    let network = asked
        .network
        .ok_or_else(|| Problem::parameter("network: is required").hint("write /v1/transactions?network=bitcoin"))?;
    let (skip, limit) = (asked.skip.unwrap_or(0), state.limits.page(asked.limit));
    let query = questions::transactions_mined_query(&network, asked.start, asked.end, skip, limit);
    let tables = state.tables();
    let resource = tables.first().get(Transaction::TABLE);
    let resource = resource.ok_or_else(|| Problem::unknown_table(Transaction::TABLE, None))?;
    let batches = client::list(&state.engine, &resource.relation, &query).await?;
    let page = rows::array(batches, state.limits.stall_time).await?;
    let mut response = page.response;
    if let Some(rows) = page.rows {
        range::set(&mut response, range::header(skip, rows, None));
    }
    Ok(response)
}

impl Asked {
    fn read(uri: &Uri, takes_network: bool) -> Result<Self, Problem> {
        let mut asked = Self::default();
        for (name, value) in params::pairs(uri.query().unwrap_or_default())? {
            let is_new = match name.as_str() {
                "network" if takes_network => asked.network.replace(text(&name, &value)?).is_none(),
                "start" => asked.start.replace(time(&name, &value)?).is_none(),
                "end" => asked.end.replace(time(&name, &value)?).is_none(),
                "skip" | "offset" => asked.skip.replace(params::rows(&name, &value)?).is_none(),
                "limit" => asked.limit.replace(params::rows(&name, &value)?).is_none(),
                _ => {
                    let network = if takes_network { "network, " } else { "" };
                    return Err(Problem::parameter(format!("the parameter {} is not taken here", shortened(&name)))
                        .hint(format!("there are {network}start, end, skip and limit")));
                }
            };
            if !is_new {
                return Err(Problem::parameter(format!("{name}: is given twice")));
            }
        }
        Ok(asked)
    }
}

fn text(name: &str, value: &str) -> Result<String, Problem> {
    match Value::parse(&ColumnType::Text { max: None }, value) {
        Ok(_) => Ok(value.into()),
        Err(error) => Err(PlanError::Value { column: name.into(), error }.into()),
    }
}

fn time(name: &str, value: &str) -> Result<Timestamp, Problem> {
    match Value::parse(&ColumnType::Timestamp, value) {
        Ok(Value::Timestamp(time)) => Ok(time),
        Ok(_) => Err(Problem::internal()),
        Err(error) => Err(PlanError::Value { column: name.into(), error }.into()),
    }
}
