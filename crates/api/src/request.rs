//! A request about a table, parsed once into one value that all handlers share.

use std::borrow::Cow;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::HeaderName;
use axum::http::{HeaderValue, Method, request};
use axum::response::Response;
use bytes::Bytes;
use mwallet_db::crud::data_plane;
use mwallet_db::{JsonStyle, Numbers, Query, QueryArgs, ScopedTable};
use mwallet_query::{Action, Count, Preferences};

use crate::accept;
use crate::asker::Asker;
use crate::exposed::{ExposedTable, ExposedTables};
use crate::form::Form;
use crate::limits::Limits;
use crate::location::Target;
use crate::plan::PlanRequest;
use crate::problem::Problem;
use crate::state::AppState;
use crate::timing::{self, Stage, Stopwatch};
use crate::{body, errors, location, methods, nearest, params, profile};

const PREFER: HeaderName = HeaderName::from_static("prefer");
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// A request, with the parts of its path and headers that do not depend on the tables.
pub(crate) struct Incoming {
    pub(crate) parts: request::Parts,
    /// The target of its path.
    pub(crate) target: Target,
    /// The schema that it names, if any.
    pub(crate) schema: Option<String>,
    /// Its sender, and the tables that are there for them. Until they are known, that is nobody.
    pub(crate) asker: Arc<Asker>,
    /// What measures it, if it is about a table and the server sends the times.
    pub(crate) timing: Option<Stopwatch>,
    content: Option<Body>,
    json: Bytes,
}

impl Incoming {
    pub(crate) fn new(request: Request, asker: Arc<Asker>, timing: Option<Stopwatch>) -> Self {
        let (parts, content) = request.into_parts();
        let target = Target::parse(parts.uri.path());
        // A query is a read, whatever its method.
        let method = if target.is_query() { &Method::GET } else { &parts.method };
        let schema = profile::named(method, &parts.headers);
        let timing = timing.filter(|_| target.is_of_data_plane());
        Self { parts, target, schema, asker, timing, content: Some(content), json: Bytes::new() }
    }

    /// The request, for a handler that is not about a table.
    pub(crate) fn into_request(mut self) -> Request {
        self.parts.extensions.insert(self.asker);
        Request::from_parts(self.parts, self.content.unwrap_or_default())
    }

    /// Reads the body, which must be JSON. It is read once, even if the request is planned again.
    pub(crate) async fn json(&mut self, limits: &Limits) -> Result<Bytes, Problem> {
        if let Some(content) = self.content.take() {
            self.json = body::json(&self.parts.headers, content, limits).await?;
        }
        Ok(self.json.clone())
    }

    /// The exposed table that the path names.
    ///
    /// # Errors
    ///
    /// If there is no such schema or table.
    pub(crate) fn table<'t>(&self, tables: &'t ExposedTables) -> Result<&'t ExposedTable, Problem> {
        let path = self.parts.uri.path();
        let name = self.target.table(path).ok_or_else(|| Problem::unknown_path(path))?;
        let schema = profile::find(tables, self.schema.as_deref())?;
        let name = location::decode(name)?;
        match schema.get(&name) {
            Some(table) => Ok(table),
            None if name == "rpc" => Err(Problem::no_functions()),
            None => Err(Problem::unknown_table(&name, nearest::hint(schema, &name))),
        }
    }
}

/// A request about a table: everything but the body, parsed and checked against that table.
pub(crate) struct TableRequest<'t> {
    pub(crate) method: Method,
    pub(crate) table: &'t ExposedTable,
    /// Its sender.
    pub(crate) asker: &'t Asker,
    pub(crate) args: QueryArgs,
    pub(crate) preferences: Preferences,
    pub(crate) form: Form,
    /// The plan that the client wants instead of the rows of a read.
    pub(crate) plan: Option<PlanRequest>,
    /// What measures it, if anything.
    pub(crate) timing: Option<Stopwatch>,
    /// Whether a `+` is between digits of the URL, where it means a space.
    has_plus: bool,
}

impl<'t> TableRequest<'t> {
    /// Parses a request about this table.
    ///
    /// # Errors
    ///
    /// If the table does not allow the method, or if a parameter or header cannot be parsed; without `has_plans`, also if
    /// a plan is wanted.
    pub(crate) fn parse(
        table: &'t ExposedTable,
        asker: &'t Asker,
        incoming: &Incoming,
        has_plans: bool,
    ) -> Result<Self, Problem> {
        let Incoming { parts, target, .. } = incoming;
        let identifier = target.identifier(parts.uri.path());
        methods::require(table.whole().table(), identifier.is_some(), &parts.method)?;
        methods::require_permission(table.scoped(asker.scope()), &parts.method)?;
        let mut args = params::read(parts.uri.query(), table, asker.scope())?;
        if let Some(identifier) = identifier {
            args.query.identifier = Some(params::identifier(&location::decode(identifier)?)?);
        }
        let mut request = Self::new((table, asker), incoming, parts.method.clone(), args, has_plans)?;
        request.has_plus = parts.uri.query().is_some_and(params::has_plus);
        request.refuse_keywords()?;
        Ok(request)
    }

    /// Parses a request to read this table by the document in its body.
    ///
    /// # Errors
    ///
    /// If it is no such document, has parameters as well, or has a header that cannot be parsed.
    pub(crate) fn from_document(
        table: &'t ExposedTable,
        asker: &'t Asker,
        incoming: &Incoming,
        document: &[u8],
        has_plans: bool,
    ) -> Result<Self, Problem> {
        if incoming.parts.uri.query().is_some_and(|query| !query.is_empty()) {
            return Err(
                Problem::parameter("a query has its parameters in the body").hint("leave out what follows the ?")
            );
        }
        let args = QueryArgs::from_json(document, table.table());
        let args = args.map_err(|error| errors::about_table(error, table.table()))?;
        // The response is that of a GET.
        Self::new((table, asker), incoming, Method::GET, args, has_plans)
    }

    fn new(
        (table, asker): (&'t ExposedTable, &'t Asker),
        incoming: &Incoming,
        method: Method,
        mut args: QueryArgs,
        has_plans: bool,
    ) -> Result<Self, Problem> {
        let parts = &incoming.parts;
        let preferences = parts.headers.get_all(PREFER).iter().map(|value| value.to_str().unwrap_or("(not ASCII)"));
        let mut preferences = Preferences::parse(preferences)?;
        // What a write affects is counted anyway.
        let is_read = matches!(method, Method::GET | Method::HEAD);
        if !is_read {
            preferences.count = preferences.count.map(|_| Count::Exact);
        }
        let numbers = if preferences.numbers_as_strings { Numbers::Strings } else { Numbers::ByType };
        args.query.style = JsonStyle { numbers, zone: preferences.zone };
        // Plans tell of rows that the sender may not see.
        let has_plans = has_plans && asker.sees_everything();
        let accepted = accept::rows(&parts.headers, has_plans && is_read);
        let (form, plan) = accepted.map_err(|problem| match has_plans && accept::names_plan(&parts.headers) {
            true if !is_read => problem.hint("only reads have plans: GET and HEAD"),
            _ => problem,
        })?;
        let timing = incoming.timing.clone();
        Ok(Self { method, table, asker, args, preferences, form, plan, timing, has_plus: false })
    }

    /// The names of the columns of the response, where it writes them.
    ///
    /// # Errors
    ///
    /// If the parameters do not fit the table.
    pub(crate) fn names(&self) -> Result<Vec<String>, Problem> {
        match self.form {
            Form::Csv => Ok(data_plane::names(self.at(), self.query())?),
            Form::Array(_) | Form::Object(_) => Ok(Vec::new()),
        }
    }

    /// The table in the scope of the sender.
    pub(crate) fn at(&self) -> ScopedTable<'t> {
        self.table.scoped(self.asker.scope())
    }

    /// The most rows to return: the limit of the request, but no more than the server and its permissions allow.
    pub(crate) fn page(&self, state: &AppState) -> Option<u64> {
        [state.limits.page(self.query().limit), self.at().most_rows()].into_iter().flatten().min()
    }

    pub(crate) fn query(&self) -> &Query {
        &self.args.query
    }

    /// Enters a stage, if the request is measured.
    pub(crate) fn enter(&self, stage: Stage) {
        timing::enter(self.timing.as_ref(), stage);
    }

    /// Whether the path names one row.
    pub(crate) fn is_one(&self) -> bool {
        self.query().identifier.is_some()
    }

    pub(crate) fn is_head(&self) -> bool {
        self.method == Method::HEAD
    }

    /// Refuses keywords that are for other methods.
    fn refuse_keywords(&self) -> Result<(), Problem> {
        let QueryArgs { columns, on_conflict, .. } = &self.args;
        let takes_columns = matches!(self.method, Method::POST | Method::PATCH);
        let refused = match (columns, on_conflict) {
            (Some(_), _) if !takes_columns => "the parameter columns is for POST and PATCH only",
            (_, Some(_)) if self.method != Method::POST => "the parameter on_conflict is for POST only",
            _ => return Ok(()),
        };
        Err(Problem::parameter(refused))
    }

    /// Checks the columns that the request selects, then selects none.
    ///
    /// # Errors
    ///
    /// If the query does not match the table.
    pub(crate) fn select_nothing(&mut self) -> Result<(), Problem> {
        data_plane::check(self.at(), self.query()).map_err(|error| self.problem(error.into()))?;
        self.args.query.select_nothing();
        Ok(())
    }

    /// A problem from an error of the data layer, with the names of the table.
    pub(crate) fn problem(&self, error: mwallet_db::Error) -> Problem {
        let is_of_time = matches!(error.code(), "22P02" | "22007" | "22008" | "22009");
        let problem = errors::about_table(error, self.table.table());
        match is_of_time && self.has_plus {
            true => problem.hint("a + in a URL is a space; encode it as %2B"),
            false => problem,
        }
    }

    /// Lists the applied preferences in a header of the response.
    pub(crate) fn write_applied(&self, response: &mut Response) {
        let action = match self.method {
            Method::GET | Method::HEAD => Action::Read,
            Method::PATCH | Method::DELETE => Action::Change,
            _ => Action::Create,
        };
        // Preferences are ASCII, so they are always a valid header value.
        let applied = self.preferences.applied(action).and_then(|applied| match applied {
            Cow::Borrowed(applied) => Some(HeaderValue::from_static(applied)),
            Cow::Owned(applied) => HeaderValue::try_from(applied).ok(),
        });
        if let Some(applied) = applied {
            response.headers_mut().insert(PREFERENCE_APPLIED, applied);
        }
    }
}
