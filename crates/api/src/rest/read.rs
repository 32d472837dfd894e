//! Reads: a page of rows, the only row that matches a filter, or the row that the path names.

use axum::http::HeaderMap;
use axum::response::Response;
use mwallet_db::crud::data_plane;

use crate::accept::Form;
use crate::problem::Problem;
use crate::request::TableRequest;
use crate::state::AppState;
use crate::{range, request_id, rows};

/// Reads a page of rows, or the row that the path names.
pub(crate) async fn read(
    state: &AppState,
    request: &mut TableRequest<'_>,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    if request.is_head() {
        request.select_nothing()?;
    }
    let response = match request.is_one() {
        true => read_one(state, request).await?,
        false => {
            range::narrow(&mut request.args.query, headers)?;
            request.args.query.limit = state.limits.page(request.query().limit);
            let mut response = match request.form {
                Form::Array => read_page(state, request).await?,
                Form::Object => read_only_row(state, request).await?,
            };
            request.write_applied(&mut response);
            response
        }
    };
    Ok(if request.is_head() { rows::headers_only(response) } else { response })
}

/// The row that the path names.
async fn read_one(state: &AppState, request: &TableRequest<'_>) -> Result<Response, Problem> {
    let relation = &request.table.relation;
    let found =
        data_plane::retrieve(&state.engine, relation, request.query()).await.map_err(|error| request.problem(error))?;
    request_id::count_rows(found.rows());
    match found.rows() {
        0 => Err(Problem::no_row(&relation.table().name)),
        _ => Ok(rows::typed(request.form.media_type(), found.into_objects())),
    }
}

/// The only row that matches the parameters; it is an error if there are none or several.
async fn read_only_row(state: &AppState, request: &TableRequest<'_>) -> Result<Response, Problem> {
    // Two rows are enough to know that there is more than one.
    let limit = request.query().limit.unwrap_or(2).min(2);
    let query = request.query().clone().limit(limit);
    let relation = &request.table.relation;
    let found = data_plane::retrieve(&state.engine, relation, &query).await.map_err(|error| request.problem(error))?;
    request_id::count_rows(found.rows());
    match found.rows() {
        1 => {
            let total = request.total(state, Some(1)).await?;
            let (_, range) = range::of_page(query.skip, 1, total)?;
            let mut response = rows::typed(request.form.media_type(), found.into_objects());
            range::set(&mut response, range);
            Ok(response)
        }
        found => Err(Problem::not_one_row(found)),
    }
}

async fn read_page(state: &AppState, request: &TableRequest<'_>) -> Result<Response, Problem> {
    let (query, relation) = (request.query(), &request.table.relation);
    let is_page = query.limit.is_some_and(|limit| limit <= data_plane::PAGE);
    // A streamed response sends its range before its rows are read, so all rows are counted first.
    let counted = if is_page { None } else { request.total(state, None).await? };
    let batches = data_plane::list(&state.engine, relation, query).await.map_err(|error| request.problem(error))?;
    let page = rows::array(batches, state.limits.write_timeout).await?;
    let rows = match (page.rows, counted) {
        (Some(rows), _) => Some(rows),
        (None, Some(total)) => Some(total.saturating_sub(query.skip).min(query.limit.unwrap_or(u64::MAX))),
        (None, None) => None,
    };
    let mut response = page.response;
    if let Some(rows) = rows {
        let total = if is_page { request.total(state, Some(rows)).await? } else { counted };
        let (status, range) = range::of_page(query.skip, rows, total)?;
        *response.status_mut() = status;
        range::set(&mut response, range);
    }
    Ok(response)
}

impl TableRequest<'_> {
    /// The number of rows that match the filter, if the client asked for it. A page that is not full needs no count.
    async fn total(&self, state: &AppState, rows: Option<u64>) -> Result<Option<u64>, Problem> {
        let query = self.query();
        if !self.preferences.count {
            return Ok(None);
        }
        let is_last = |rows: &u64| query.limit.is_none_or(|limit| *rows < limit) && (*rows > 0 || query.skip == 0);
        if let Some(rows) = rows.filter(is_last) {
            return Ok(Some(query.skip + rows));
        }
        let counted = data_plane::count(&state.engine, &self.table.relation, query).await;
        counted.map(Some).map_err(|error| self.problem(error))
    }
}
