//! Writes: handlers that create, put, change and delete rows.

use axum::body::Body;
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use mwallet_db::crud::data_plane::{self, AllowedRows, Terms};
use mwallet_db::schema::{Access, Record, Schema};
use mwallet_db::{JsonRows, OnConflict, Projection, Query};
use mwallet_query::{Resolution, Return, TransactionEnd};

use crate::exposed::ExposedTable;
use crate::problem::Problem;
use crate::request::{Incoming, TableRequest};
use crate::state::AppState;
use crate::timing::Stage;
use crate::{columns, location, range, request_id, rows};

impl TableRequest<'_> {
    /// The columns that a write returns, by the preferences of the client.
    fn returned(&self) -> Projection {
        match self.preferences.returns {
            Some(Return::Representation) => self.query().fields.clone(),
            Some(Return::HeadersOnly) => Projection::Include(self.table.table().primary_key.clone()),
            Some(Return::Minimal) | None => Projection::Include(Vec::new()),
        }
    }

    /// The options of the write.
    fn terms(&self) -> Terms {
        let allowed = match (self.form.is_object(), self.is_one(), self.preferences.max_affected()) {
            (true, false, _) => AllowedRows::One,
            (_, _, Some(most)) => AllowedRows::AtMost(most),
            _ => AllowedRows::Any,
        };
        let is_trial = self.preferences.tx == Some(TransactionEnd::RollBack);
        Terms { allowed, is_trial, returns_all: self.form.is_object() || self.is_one() }
    }

    /// Responds with written rows, by the preferences of the client.
    fn written(&self, status: StatusCode, rows: JsonRows) -> Result<Response, Problem> {
        self.enter(Stage::Response);
        request_id::count_rows(rows.rows());
        let mut response = match (self.preferences.returns, self.is_one()) {
            (Some(Return::Representation), true) => rows::one(self.form, &self.names()?, rows)?,
            (Some(Return::Representation), false) => rows::all(self.form, &self.names()?, rows)?,
            _ => Response::new(Body::empty()),
        };
        *response.status_mut() = status;
        self.write_applied(&mut response);
        Ok(response)
    }

    /// The status of a change, which has no body unless the client asked for the rows.
    fn changed_status(&self) -> StatusCode {
        match self.preferences.returns {
            Some(Return::Representation) => StatusCode::OK,
            _ => StatusCode::NO_CONTENT,
        }
    }
}

/// Creates rows.
pub(crate) async fn create(
    state: &AppState,
    request: &TableRequest<'_>,
    incoming: &mut Incoming,
) -> Result<Response, Problem> {
    request.refuse_rows()?;
    let json = incoming.json(&state.limits).await?;
    let records = request.new_rows(state, &json)?;
    let given = records.len() as u64;
    let table = request.at();
    let on_conflict = request.on_conflict();
    request.enter(Stage::Plan);
    let answered = request.write_query();
    let created = data_plane::create(&state.engine, table, records, &on_conflict, &answered, request.terms()).await;
    let created = created.map_err(|error| request.problem(error))?;
    request.enter(Stage::Response);

    // No row was created: all of them existed.
    let is_known = table.table().answers.insert;
    let nothing_new = match given {
        // An upsert of no rows creates none either.
        0 => on_conflict != OnConflict::Error,
        _ => created.affected() == created.merged() && is_known,
    };
    let status = if nothing_new { StatusCode::OK } else { StatusCode::CREATED };
    let address = match request.preferences.returns {
        Some(Return::HeadersOnly | Return::Representation) if (created.rows(), created.affected()) == (1, 1) => {
            location::row_address(request.table.table(), created.objects())
        }
        _ => None,
    };
    let count = created.affected();
    let mut response = request.written(status, created)?;
    range::set(&mut response, range::of_none(count, request.preferences.count.is_some()));
    if let Some(address) = address.and_then(|address| HeaderValue::from_str(&address).ok()) {
        response.headers_mut().insert(LOCATION, address);
    }
    Ok(response)
}

impl TableRequest<'_> {
    /// Refuses parameters that choose among existing rows.
    fn refuse_rows(&self) -> Result<(), Problem> {
        let query = self.query();
        let is_choice = query.filter.is_some() || query.skip > 0 || query.limit.is_some();
        match is_choice {
            true => Err(Problem::parameter("POST does not allow filters and pages")
                .hint("POST allows select, order, columns and on_conflict")),
            false => Ok(()),
        }
    }

    /// Parses the rows of a body: one object, or an array of objects.
    fn new_rows(&self, state: &AppState, json: &[u8]) -> Result<Vec<Record>, Problem> {
        let ExposedTable { create, .. } = self.table;
        let (sources, limit) = (state.engine.sources(), state.limits.body_rows);
        let Some(columns) = &self.args.columns else {
            let records = create.validate_many(json, sources, limit)?;
            return Ok(records.into_iter().map(|record| create.to_columns(record)).collect());
        };
        let missing_default = self.preferences.missing_default;
        let schema = columns::schema(create, self.table.table(), columns, missing_default)?;
        let records = schema.validate_many(json, sources, limit)?;
        let records = records.into_iter().map(|record| {
            let mut record = schema.to_columns(record);
            if !missing_default {
                columns::fill_nulls(&mut record, &schema);
            }
            record
        });
        Ok(records.collect())
    }

    /// Parses the changes in a body: one object, or an array with one object.
    fn changes(&self, state: &AppState, json: &[u8]) -> Result<Record, Problem> {
        let ExposedTable { change, .. } = self.table;
        let missing_default = self.preferences.missing_default;
        let columns = self.args.columns.as_deref();
        let narrowed = columns.map(|columns| columns::schema(change, self.table.table(), columns, missing_default));
        let narrowed = narrowed.transpose()?;
        let schema = narrowed.as_ref().unwrap_or(change);
        let Some(record) = schema.validate_many(json, state.engine.sources(), 1)?.pop() else {
            return Ok(Record::new());
        };
        let mut record = schema.to_columns(record);
        if narrowed.is_some() && !missing_default {
            columns::fill_nulls(&mut record, schema);
        }
        Ok(record)
    }

    fn on_conflict(&self) -> OnConflict {
        let target = self.args.on_conflict.clone();
        match self.preferences.resolution {
            None => OnConflict::Error,
            Some(Resolution::Ignore) => OnConflict::Ignore { target },
            // The columns to change are those in the rows.
            Some(Resolution::Merge) => OnConflict::Merge { target, columns: Vec::new() },
        }
    }
}

/// Puts a row: replaces or creates it.
pub(crate) async fn replace(
    state: &AppState,
    request: &TableRequest<'_>,
    incoming: &mut Incoming,
) -> Result<Response, Problem> {
    if request.query().skip > 0 || request.query().limit.is_some() {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "PGRST114", "PUT does not allow limit and offset"));
    }
    let json = incoming.json(&state.limits).await?;
    let ExposedTable { create, .. } = request.table;
    let table = request.at();
    let place = data_plane::place(table, request.query()).map_err(|error| request.problem(error.into()))?;
    // The URL has the values that the body may omit.
    let named: Vec<&str> = place.iter().map(|(column, _)| column).collect();
    let record = create.without_need_of(&named).validate_many(&json, state.engine.sources(), 1)?.pop();
    let record = record.ok_or_else(|| Problem::body("the body has no row; expected one"))?;
    check_place(create, &record, &place, state)?;
    let record = create.to_columns(record);
    request.enter(Stage::Plan);
    // There is one row also where filters name it.
    let terms = Terms { returns_all: true, ..request.terms() };
    let replaced = data_plane::replace(&state.engine, table, &request.write_query(), record, terms).await;
    let replaced = replaced.map_err(|error| request.problem(error))?;
    match (replaced.rows.rows(), replaced.created) {
        // It was not written, since it would not have been returned.
        (0, _) if replaced.rows.affected() > 0 => Err(Problem::no_row(&table.table().name)),
        (0, _) => Err(Problem::no_row(&table.table().name)
            .hint("the server assigns IDs; to create a row, use its slug or uuid in the path, or POST it")),
        (_, true) => request.written(StatusCode::CREATED, replaced.rows),
        (_, false) => request.written(request.changed_status(), replaced.rows),
    }
}

/// Checks the values in the URL against the rules of their fields, as if they were in the body.
fn check_place(create: &Schema, record: &Record, place: &Record, state: &AppState) -> Result<(), Problem> {
    let mut whole = record.clone();
    for (column, value) in place.iter() {
        let field = create.field_of_column(column).filter(|field| field.access != Access::ReadOnly);
        if let Some(field) = field.filter(|field| !record.was_given(&field.name)) {
            whole.set(&field.name, value.clone());
        }
    }
    create.validate_record(whole, state.engine.sources())?;
    Ok(())
}

/// Changes rows.
pub(crate) async fn update(
    state: &AppState,
    request: &TableRequest<'_>,
    incoming: &mut Incoming,
) -> Result<Response, Problem> {
    let json = incoming.json(&state.limits).await?;
    let table = request.at();
    let changes = request.changes(state, &json)?;
    request.require_filter(state, "an update")?;
    request.enter(Stage::Plan);
    let query = request.write_query();
    // As in PostgREST, an empty object changes nothing, and is not an error.
    let changed = match changes.is_empty() && !request.is_one() {
        true => JsonRows::default(),
        false => data_plane::update(&state.engine, table, &query, changes, request.terms())
            .await
            .map_err(|error| request.problem(error))?,
    };
    let range = range::of_change(changed.affected(), request.preferences.count.is_some());
    request.changed(changed, range, table.table().answers.update)
}

/// Deletes rows.
pub(crate) async fn delete(state: &AppState, request: &TableRequest<'_>) -> Result<Response, Problem> {
    request.require_filter(state, "a deletion")?;
    request.enter(Stage::Plan);
    let query = request.write_query();
    let deleted = data_plane::delete(&state.engine, request.at(), &query, request.terms()).await;
    let deleted = deleted.map_err(|error| request.problem(error))?;
    let range = range::of_none(deleted.affected(), request.preferences.count.is_some());
    request.changed(deleted, range, request.table.table().answers.delete)
}

impl TableRequest<'_> {
    pub(crate) fn require_filter(&self, state: &AppState, operation: &'static str) -> Result<(), Problem> {
        match state.limits.allow_unfiltered {
            true => Ok(()),
            false => Ok(self.query().require_filter(operation)?),
        }
    }

    /// The rows to write, with the columns to return.
    fn write_query(&self) -> Query {
        let query = Query { fields: self.returned(), ..self.query().clone() };
        match self.preferences.returns {
            Some(Return::Representation) => query,
            // Nobody sees related rows.
            _ => Query { related: Vec::new(), ..query },
        }
    }

    /// The response to a change of rows, or of the one that the path names. If `is_known` is false, the number of
    /// changed rows is unknown.
    fn changed(&self, rows: JsonRows, range: HeaderValue, is_known: bool) -> Result<Response, Problem> {
        if !is_known {
            return self.written(self.changed_status(), rows);
        }
        if self.is_one() {
            return match rows.rows() {
                0 => Err(Problem::no_row(&self.table.table().name)),
                _ => self.written(self.changed_status(), rows),
            };
        }
        let mut response = self.written(self.changed_status(), rows)?;
        range::set(&mut response, range);
        Ok(response)
    }
}
