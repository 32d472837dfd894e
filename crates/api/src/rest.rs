//! The handlers of the data plane. Each reads its request, calls one function of the data layer, and turns what comes
//! back into an answer.

use std::borrow::Cow;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{ALLOW, HeaderName, LOCATION};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, request};
use axum::response::Response;
use bytes::Bytes;
use mwallet_db::crud::client::{self, AllowedRows, Terms};
use mwallet_db::schema::{Access, Record, Schema};
use mwallet_db::{Fields, JsonRows, Numbers, OnConflict, Query, QueryArgs};
use mwallet_query::{Action, Preferences, Resolution, Return, TransactionEnd};

use crate::accept::{self, Form};
use crate::problem::Problem;
use crate::state::{AppState, Resource, Tables};
use crate::{body, columns, errors, location, methods, nearest, params, profile, range, request_id, rows};

const PREFER: HeaderName = HeaderName::from_static("prefer");
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// A request about a table as it came. It may be planned twice; its body is read once.
pub(crate) struct Incoming {
    parts: request::Parts,
    content: Option<Body>,
    json: Bytes,
}

impl Incoming {
    pub(crate) fn new(request: Request) -> Self {
        let (parts, content) = request.into_parts();
        Self { parts, content: Some(content), json: Bytes::new() }
    }

    pub(crate) fn method(&self) -> &Method {
        &self.parts.method
    }

    /// The body, which must be JSON.
    async fn json(&mut self, state: &AppState) -> Result<Bytes, Problem> {
        if let Some(content) = self.content.take() {
            self.json = body::json(&self.parts.headers, content, &state.limits).await?;
        }
        Ok(self.json.clone())
    }
}

/// A request about a table, held against it.
struct Call<'s> {
    method: Method,
    resource: &'s Resource,
    parameters: QueryArgs,
    preferences: Preferences,
    form: Form,
    /// Whether a `+` stands between digits of a URL, where it is a space.
    has_plus: bool,
}

impl<'s> Call<'s> {
    fn read(tables: &'s Tables, parts: &request::Parts) -> Result<Self, Problem> {
        let (resource, identifier) = target(tables, &parts.method, &parts.headers, &parts.uri)?;
        methods::require(resource.table(), identifier.is_some(), &parts.method)?;
        let mut parameters = params::read(parts.uri.query(), resource.table())?;
        if let Some(identifier) = identifier {
            parameters.query.identifier = Some(params::identifier(&params::decode(identifier)?)?);
        }
        let preferences = parts.headers.get_all(PREFER).iter().map(|value| value.to_str().unwrap_or("(not ASCII)"));
        let preferences = Preferences::parse(preferences)?;
        if preferences.numbers_as_strings {
            parameters.query.numbers = Numbers::Strings;
        }
        let form = accept::rows(&parts.headers)?;
        let has_plus = parts.uri.query().is_some_and(params::has_plus);
        Ok(Self { method: parts.method.clone(), resource, parameters, preferences, form, has_plus })
    }

    fn query(&self) -> &Query {
        &self.parameters.query
    }

    /// Whether the path names one row, which is there or is not.
    fn is_one(&self) -> bool {
        self.query().identifier.is_some()
    }

    /// Refuses words of the language that are for other methods.
    fn refuse_words(&self, refused: &[&str]) -> Result<(), Problem> {
        let words = [
            ("columns", &self.parameters.columns, "POST and PATCH"),
            ("on_conflict", &self.parameters.on_conflict, "POST"),
        ];
        match words.into_iter().find(|(word, value, _)| value.is_some() && refused.contains(word)) {
            Some((word, _, methods)) => Err(Problem::parameter(format!("the parameter {word} is for {methods} only"))),
            None => Ok(()),
        }
    }

    /// The columns that a write gives back, where it gives back what the client prefers.
    fn returned(&self) -> Fields {
        match self.preferences.returns {
            Some(Return::Representation) => self.query().fields.clone(),
            Some(Return::HeadersOnly) => Fields::Include(self.resource.table().primary_key.clone()),
            Some(Return::Minimal) | None => Fields::Include(Vec::new()),
        }
    }

    /// On which terms it writes.
    fn terms(&self) -> Terms {
        let allowed = match (self.form, self.is_one(), self.preferences.max_affected()) {
            (Form::Object, false, _) => AllowedRows::One,
            (_, _, Some(most)) => AllowedRows::AtMost(most),
            _ => AllowedRows::Any,
        };
        Terms { allowed, is_trial: self.preferences.tx == Some(TransactionEnd::RollBack) }
    }

    fn problem(&self, error: mwallet_db::Error) -> Problem {
        let is_of_time = matches!(error.code(), "22P02" | "22007" | "22008" | "22009");
        let problem = errors::of(error, self.resource.table());
        match is_of_time && self.has_plus {
            true => problem.hint("a + in a URL is a space; write %2B"),
            false => problem,
        }
    }

    /// Rows that were written, as the client prefers to see them.
    fn written(&self, status: StatusCode, rows: JsonRows) -> Response {
        request_id::count_rows(rows.rows());
        let mut response = match (self.preferences.returns, self.form, self.is_one()) {
            (Some(Return::Representation), Form::Object, _) => {
                rows::typed(Form::Object.media_type(), rows.into_objects())
            }
            (Some(Return::Representation), Form::Array, true) => rows::json(rows.into_objects()),
            (Some(Return::Representation), Form::Array, false) => rows::json(rows.into_array()),
            _ => Response::new(Body::empty()),
        };
        *response.status_mut() = status;
        self.tell_applied(&mut response);
        response
    }

    /// The status of a change, which has nothing to say unless its rows are wanted.
    fn changed_status(&self) -> StatusCode {
        match self.preferences.returns {
            Some(Return::Representation) => StatusCode::OK,
            _ => StatusCode::NO_CONTENT,
        }
    }

    fn tell_applied(&self, response: &mut Response) {
        let action = match self.method {
            Method::GET | Method::HEAD => Action::Read,
            Method::PATCH | Method::DELETE => Action::Change,
            _ => Action::Create,
        };
        // Preferences are ASCII, so they are always a value.
        let applied = self.preferences.applied(action).and_then(|applied| match applied {
            Cow::Borrowed(applied) => Some(HeaderValue::from_static(applied)),
            Cow::Owned(applied) => HeaderValue::try_from(applied).ok(),
        });
        if let Some(applied) = applied {
            response.headers_mut().insert(PREFERENCE_APPLIED, applied);
        }
    }
}

/// Reads rows: a page of them, or the one that the path names.
pub(crate) async fn read(state: &AppState, tables: &Tables, incoming: &mut Incoming) -> Result<Response, Problem> {
    let mut call = Call::read(tables, &incoming.parts)?;
    call.refuse_words(&["columns", "on_conflict"])?;
    let is_head = incoming.parts.method == Method::HEAD;
    if is_head {
        // What is wrong with the columns is wrong even if none is answered.
        client::check(&call.resource.relation, call.query()).map_err(|error| call.problem(error.into()))?;
        call.parameters.query.fields = Fields::Include(Vec::new());
    }
    if call.is_one() {
        let response = read_one(state, &call).await?;
        return Ok(if is_head { rows::headers_only(response) } else { response });
    }
    range::narrow(&mut call.parameters.query, &incoming.parts.headers)?;
    call.parameters.query.limit = state.limits.page(call.query().limit);
    let mut response = match call.form {
        Form::Array => read_page(state, &call).await?,
        Form::Object => read_only_row(state, &call).await?,
    };
    call.tell_applied(&mut response);
    Ok(if is_head { rows::headers_only(response) } else { response })
}

/// The row that the path names.
async fn read_one(state: &AppState, call: &Call<'_>) -> Result<Response, Problem> {
    let relation = &call.resource.relation;
    let found = client::retrieve(&state.engine, relation, call.query()).await.map_err(|error| call.problem(error))?;
    request_id::count_rows(found.rows());
    match found.rows() {
        0 => Err(Problem::no_row(&relation.table().name)),
        _ => Ok(rows::typed(call.form.media_type(), found.into_objects())),
    }
}

/// The one row that the parameters find; it is an error if there are more or none.
async fn read_only_row(state: &AppState, call: &Call<'_>) -> Result<Response, Problem> {
    // Of more than one, nobody wants to know how many.
    let limit = call.query().limit.unwrap_or(2).min(2);
    let query = call.query().clone().limit(limit);
    let relation = &call.resource.relation;
    let found = client::retrieve(&state.engine, relation, &query).await.map_err(|error| call.problem(error))?;
    request_id::count_rows(found.rows());
    match found.rows() {
        1 => {
            let total = call.total(state, Some(1)).await?;
            let (_, range) = range::of_page(query.skip, 1, total)?;
            let mut response = rows::typed(call.form.media_type(), found.into_objects());
            range::set(&mut response, range);
            Ok(response)
        }
        found => Err(Problem::not_one_row(found)),
    }
}

async fn read_page(state: &AppState, call: &Call<'_>) -> Result<Response, Problem> {
    let (query, relation) = (call.query(), &call.resource.relation);
    let is_page = query.limit.is_some_and(|limit| limit <= client::PAGE);
    // The range of an answer that comes in parts is told before its rows are read, so all rows are counted first.
    let counted = if is_page { None } else { call.total(state, None).await? };
    let batches = client::list(&state.engine, relation, query).await.map_err(|error| call.problem(error))?;
    let page = rows::array(batches, state.limits.stall_time).await?;
    let rows = match (page.rows, counted) {
        (Some(rows), _) => Some(rows),
        (None, Some(total)) => Some(total.saturating_sub(query.skip).min(query.limit.unwrap_or(u64::MAX))),
        (None, None) => None,
    };
    let mut response = page.response;
    if let Some(rows) = rows {
        let total = if is_page { call.total(state, Some(rows)).await? } else { counted };
        let (status, range) = range::of_page(query.skip, rows, total)?;
        *response.status_mut() = status;
        range::set(&mut response, range);
    }
    Ok(response)
}

impl Call<'_> {
    /// How many rows the filter finds, if the client wants to know. A page whose rows are here and that is not full knows
    /// it by itself.
    async fn total(&self, state: &AppState, rows: Option<u64>) -> Result<Option<u64>, Problem> {
        let query = self.query();
        if !self.preferences.count {
            return Ok(None);
        }
        let is_last = |rows: &u64| query.limit.is_none_or(|limit| *rows < limit) && (*rows > 0 || query.skip == 0);
        if let Some(rows) = rows.filter(is_last) {
            return Ok(Some(query.skip + rows));
        }
        let counted = client::count(&state.engine, &self.resource.relation, query).await;
        counted.map(Some).map_err(|error| self.problem(error))
    }
}

/// Creates rows.
pub(crate) async fn create(state: &AppState, tables: &Tables, incoming: &mut Incoming) -> Result<Response, Problem> {
    let call = Call::read(tables, &incoming.parts)?;
    call.refuse_rows()?;
    let json = incoming.json(state).await?;
    let records = call.new_rows(state, &json)?;
    let given = records.len() as u64;
    let relation = &call.resource.relation;
    let on_conflict = call.on_conflict();
    let answered = call.write_query();
    let created = client::create(&state.engine, relation, records, &on_conflict, &answered, call.terms()).await;
    let created = created.map_err(|error| call.problem(error))?;

    // Nothing new: all that was brought was there.
    let is_known = relation.table().answers.insert;
    let nothing_new = match given {
        // An upsert of nothing has nothing new either.
        0 => on_conflict != OnConflict::Refuse,
        _ => created.rows() == created.merged() && is_known,
    };
    let status = if nothing_new { StatusCode::OK } else { StatusCode::CREATED };
    let address = match call.preferences.returns {
        Some(Return::HeadersOnly | Return::Representation) if created.rows() == 1 => {
            location::of(relation.table(), created.objects())
        }
        _ => None,
    };
    let count = created.rows();
    let mut response = call.written(status, created);
    range::set(&mut response, range::of_none(count, call.preferences.count));
    if let Some(address) = address.and_then(|address| HeaderValue::from_str(&address).ok()) {
        response.headers_mut().insert(LOCATION, address);
    }
    Ok(response)
}

impl Call<'_> {
    /// Refuses what chooses among rows that exist.
    fn refuse_rows(&self) -> Result<(), Problem> {
        let query = self.query();
        let is_choice = query.filter.is_some() || query.skip > 0 || query.limit.is_some();
        match is_choice {
            true => Err(Problem::parameter("filters and pages are not taken where rows are created")
                .hint("POST takes select, order, columns and on_conflict")),
            false => Ok(()),
        }
    }

    /// Reads the rows of a body: one object, or an array of them.
    fn new_rows(&self, state: &AppState, json: &[u8]) -> Result<Vec<Record>, Problem> {
        let Resource { create, .. } = self.resource;
        let (sources, limit) = (state.engine.sources(), state.limits.body_rows);
        let Some(columns) = &self.parameters.columns else {
            let records = create.validate_many(json, sources, limit)?;
            return Ok(records.into_iter().map(|record| create.to_columns(record)).collect());
        };
        let missing_default = self.preferences.missing_default;
        let schema = columns::schema(create, self.resource.table(), columns, missing_default)?;
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

    /// Reads what a body changes: an object, or an array of one.
    fn changes(&self, state: &AppState, json: &[u8]) -> Result<Record, Problem> {
        let Resource { change, .. } = self.resource;
        let missing_default = self.preferences.missing_default;
        let columns = self.parameters.columns.as_deref();
        let narrowed = columns.map(|columns| columns::schema(change, self.resource.table(), columns, missing_default));
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
        let target = self.parameters.on_conflict.clone();
        match self.preferences.resolution {
            None => OnConflict::Refuse,
            Some(Resolution::Ignore) => OnConflict::Ignore { target },
            // The columns to change are those that the rows give.
            Some(Resolution::Merge) => OnConflict::Merge { target, columns: Vec::new() },
        }
    }
}

/// Puts a row in its place.
pub(crate) async fn replace(state: &AppState, tables: &Tables, incoming: &mut Incoming) -> Result<Response, Problem> {
    let call = Call::read(tables, &incoming.parts)?;
    call.refuse_words(&["columns", "on_conflict"])?;
    if call.query().skip > 0 || call.query().limit.is_some() {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "PGRST114", "a page is not taken where a row is put"));
    }
    let json = incoming.json(state).await?;
    let Resource { relation, create, .. } = call.resource;
    let place = client::place(relation, call.query()).map_err(|error| call.problem(error.into()))?;
    // The place says what the body may leave out.
    let named: Vec<&str> = place.iter().map(|(column, _)| column).collect();
    let record = create.without_need_of(&named).validate_many(&json, state.engine.sources(), 1)?.pop();
    let record = record.ok_or_else(|| Problem::body("the body has no row, where one is put"))?;
    check_place(create, &record, &place, state)?;
    let record = create.to_columns(record);
    let replaced = client::replace(&state.engine, relation, &call.write_query(), record, call.terms()).await;
    let replaced = replaced.map_err(|error| call.problem(error))?;
    match (replaced.rows.rows(), replaced.created) {
        (0, _) => Err(Problem::no_row(&relation.table().name)
            .hint("the server numbers rows; to create one, name it by its slug or uuid, or POST it")),
        (_, true) => Ok(call.written(StatusCode::CREATED, replaced.rows)),
        (_, false) => Ok(call.written(call.changed_status(), replaced.rows)),
    }
}

/// Holds the names of a place against the rules of their fields, as if they stood in the body.
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
pub(crate) async fn update(state: &AppState, tables: &Tables, incoming: &mut Incoming) -> Result<Response, Problem> {
    let call = Call::read(tables, &incoming.parts)?;
    call.refuse_words(&["on_conflict"])?;
    let json = incoming.json(state).await?;
    let Resource { relation, .. } = call.resource;
    let changes = call.changes(state, &json)?;
    call.require_filter(state, "an update")?;
    let query = call.write_query();
    // As in PostgREST, an object without members changes nothing, and that is no mistake.
    let changed = match changes.is_empty() && !call.is_one() {
        true => JsonRows::default(),
        false => client::update(&state.engine, relation, &query, changes, call.terms())
            .await
            .map_err(|error| call.problem(error))?,
    };
    let range = range::of_change(changed.rows(), call.preferences.count);
    call.changed(changed, range, relation.table().answers.update)
}

/// Deletes rows.
pub(crate) async fn delete(state: &AppState, tables: &Tables, incoming: &mut Incoming) -> Result<Response, Problem> {
    let call = Call::read(tables, &incoming.parts)?;
    call.refuse_words(&["columns", "on_conflict"])?;
    call.require_filter(state, "a deletion")?;
    let query = call.write_query();
    let deleted = client::delete(&state.engine, &call.resource.relation, &query, call.terms()).await;
    let deleted = deleted.map_err(|error| call.problem(error))?;
    let range = range::of_none(deleted.rows(), call.preferences.count);
    call.changed(deleted, range, call.resource.table().answers.delete)
}

impl Call<'_> {
    fn require_filter(&self, state: &AppState, operation: &'static str) -> Result<(), Problem> {
        match state.limits.allow_unfiltered {
            true => Ok(()),
            false => Ok(self.query().require_filter(operation)?),
        }
    }

    /// The rows to write, with the columns to give back.
    fn write_query(&self) -> Query {
        Query { fields: self.returned(), ..self.query().clone() }
    }

    /// The answer to a change, of rows or of the one that the path names. Where `is_known` is false, nobody knows how many it
    /// concerned.
    fn changed(&self, rows: JsonRows, range: HeaderValue, is_known: bool) -> Result<Response, Problem> {
        if !is_known {
            return Ok(self.written(self.changed_status(), rows));
        }
        if self.is_one() {
            return match rows.rows() {
                0 => Err(Problem::no_row(&self.resource.table().name)),
                _ => Ok(self.written(self.changed_status(), rows)),
            };
        }
        let mut response = self.written(self.changed_status(), rows);
        range::set(&mut response, range);
        Ok(response)
    }
}

/// Says what is taken here.
pub(crate) fn options(tables: &Tables, Incoming { parts, .. }: &Incoming) -> Result<Response, Problem> {
    let (resource, identifier) = target(tables, &parts.method, &parts.headers, &parts.uri)?;
    let methods = methods::allowed(resource.table(), identifier.is_some());
    let mut response = Response::new(Body::empty());
    // The names of methods are always a value.
    let methods = HeaderValue::from_str(&methods).unwrap_or(HeaderValue::from_static("GET, HEAD, OPTIONS"));
    response.headers_mut().insert(ALLOW, methods);
    Ok(response)
}

/// Leads from the address of a table with a slash at its end to that without. `None` where it is no such address.
///
/// # Errors
///
/// Where there is no such table.
pub(crate) fn redirect(state: &AppState, tables: &Tables, request: &Request) -> Result<Option<Response>, Problem> {
    let (method, uri) = (request.method(), request.uri());
    let Some(path) = location::without_slash(uri.path()) else { return Ok(None) };
    // The identifier that belongs behind the slash may have been empty, and every row must not be meant by that.
    let is_unfiltered = matches!(*method, Method::PATCH | Method::DELETE) && uri.query().is_none_or(str::is_empty);
    if is_unfiltered && state.limits.allow_unfiltered {
        return Ok(None);
    }
    served(tables, method, request.headers(), location::place(path).map_or("", |(name, _)| name))?;
    Ok(location::redirect(path, uri.query()))
}

/// Refuses a method that no table takes.
pub(crate) fn refuse(tables: &Tables, Incoming { parts, .. }: &Incoming) -> Problem {
    match target(tables, &parts.method, &parts.headers, &parts.uri) {
        Ok((resource, identifier)) => methods::refuse(resource.table(), identifier.is_some(), &parts.method),
        Err(problem) => problem,
    }
}

/// The table that a request names, and what follows it as it is written.
fn target<'t, 'u>(
    tables: &'t Tables,
    method: &Method,
    headers: &HeaderMap,
    uri: &'u Uri,
) -> Result<(&'t Resource, Option<&'u str>), Problem> {
    let (name, identifier) = location::place(uri.path()).ok_or_else(|| Problem::unknown_path(uri.path()))?;
    Ok((served(tables, method, headers, name)?, identifier))
}

/// The table of a name as it is written in a path.
fn served<'t>(tables: &'t Tables, method: &Method, headers: &HeaderMap, name: &str) -> Result<&'t Resource, Problem> {
    let profile = profile::of(tables, method, headers)?;
    let name = params::decode(name)?;
    match profile.get(&name) {
        Some(resource) => Ok(resource),
        None if name == "rpc" => Err(Problem::no_functions()),
        None => Err(Problem::unknown_table(&name, nearest::hint(profile, &name))),
    }
}
