//! What permissions make of a request: which grants are about it, the statement that they come to, and what would allow
//! it. No rows are read.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::http::Method;
use mwallet_auth::{Principal, RoleGrants, Stated};
use mwallet_db::schema::Value;
use mwallet_db::{Dialect, Filter, Grant, Plan, PlanError, Statement, WriteAction, WriteGrant};

use crate::asker::Asker;
use crate::exposed::ExposedTable;
use crate::own_request::OwnRequest;
use crate::problem::Problem;
use crate::range;
use crate::request::{Incoming, TableRequest};
use crate::state::AppState;

/// What permissions make of a request.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The roles of its sender, with those that they include.
    pub roles: Vec<String>,
    /// What is known of its sender, for the filters of grants.
    pub values: Vec<(String, Value)>,
    /// Whether they see and do everything.
    pub sees_everything: bool,
    /// The table that it is about.
    pub table: String,
    /// What it does with rows.
    pub actions: Vec<&'static str>,
    /// The grants of these roles for such requests, and those by which written rows are seen.
    pub grants: Vec<ExplainedGrant>,
    /// The names and filters of all definitions.
    pub definitions: Vec<(String, String)>,
    /// The columns that only some of the rows show.
    pub masked: Vec<String>,
    /// The most rows of one answer.
    pub limit: Option<u64>,
    /// What a read asks each engine; or why it cannot.
    pub statements: Vec<(Dialect, Result<Statement, PlanError>)>,
    /// Why the request is refused.
    pub refusal: Option<Refusal>,
}

/// A grant that is about a request.
#[derive(Clone, Debug)]
pub struct ExplainedGrant {
    /// The role that has it.
    pub role: String,
    /// Its line in the file.
    pub line: u64,
    /// What it allows to do with rows.
    pub action: &'static str,
    /// Which rows it is about, as the file says it.
    pub rows: String,
    /// The columns.
    pub columns: Vec<String>,
    /// The columns that the server sets.
    pub set: Vec<String>,
    /// What must hold of a row after the write, as the file says it.
    pub check: Option<String>,
    /// What it asks for and is not known of the sender. Then it does not apply.
    pub unknown: Vec<String>,
}

/// Why a request is refused.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The status of the answer.
    pub status: u16,
    /// The code of the problem.
    pub code: String,
    /// What is wrong, as the sender is told.
    pub message: String,
    /// The roles with which the request would be allowed, and the lines of their grants.
    pub allowed_by: Vec<(String, Vec<u64>)>,
}

impl AppState {
    /// Explains what the permissions make of a request about a table, up to its body.
    ///
    /// # Errors
    ///
    /// If there is no such table at all, or if nobody can send such a request.
    pub fn explain(&self, principal: Arc<Principal>, request: OwnRequest<'_>) -> Result<Explanation, Problem> {
        let served = self.served();
        let incoming = Incoming::new(request.build()?, served.anybody(), None);
        if incoming.target.is_query() {
            let message =
                "the parameters of a query are in its body; explain the GET of the table with the same parameters";
            return Err(Problem::parameter(message));
        }
        // Whether it is a request about a table is the same for everybody.
        let whole = incoming.table(served.tables())?;
        self.plan(&served.anybody(), &incoming)?;
        let actions = actions(&incoming.parts.method);
        let (asker, permissions) = (served.asker(principal.clone())?, served.permissions());
        let named = served.roles(&principal);
        let roles: BTreeSet<&String> = named.iter().flat_map(|role| permissions.held_with(role)).collect();
        let mut explanation = Explanation {
            values: principal.values.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
            sees_everything: asker.sees_everything(),
            table: whole.table().name.clone(),
            actions: actions.iter().map(|action| action.name()).collect(),
            grants: Vec::new(),
            definitions: permissions.definitions().to_vec(),
            masked: Vec::new(),
            limit: None,
            statements: Vec::new(),
            refusal: None,
            roles: roles.into_iter().cloned().collect(),
        };
        let about = |role: &String| -> Vec<&RoleGrants> {
            let is_about = |grants: &&RoleGrants| grants.role == *role && grants.is_of(whole.whole().table());
            permissions.stated().iter().filter(is_about).collect()
        };
        for role in &explanation.roles {
            let explained = about(role).into_iter().flat_map(|grants| explained(grants, &actions, &asker, whole));
            explanation.grants.extend(explained);
        }
        match self.plan(&asker, &incoming) {
            Ok(planned) => {
                explanation.masked = planned.masked;
                explanation.limit = planned.limit;
                explanation.statements = planned.statements;
            }
            Err(problem) => {
                let is_other = |role: &&str| !explanation.roles.iter().any(|held| held == role);
                let allows = |role: &str| {
                    let more = served.asker_with(&principal, role).ok()?;
                    self.plan(&more, &incoming).ok()?;
                    let all = permissions.held_with(role).iter().flat_map(&about);
                    let lines = all.flat_map(|grants| explained(grants, &actions, &more, whole));
                    Some((role.to_owned(), lines.map(|grant| grant.line).collect()))
                };
                explanation.refusal = Some(Refusal {
                    status: problem.status().as_u16(),
                    code: problem.code().to_owned(),
                    message: problem.message().to_owned(),
                    allowed_by: permissions.roles().filter(is_other).filter_map(allows).collect(),
                });
            }
        }
        Ok(explanation)
    }

    /// Plans a request for somebody, as the server would.
    fn plan(&self, asker: &Arc<Asker>, incoming: &Incoming) -> Result<Planned, Problem> {
        let table = incoming.table(&asker.tables)?;
        let mut request = TableRequest::parse(table, asker, incoming, false)?;
        self.limits.apply(&mut request.args.query)?;
        let at = request.at();
        match incoming.parts.method {
            Method::PATCH => request.require_filter(self, "an update")?,
            Method::DELETE => request.require_filter(self, "a deletion")?,
            _ => {}
        }
        let mut planned = Planned { limit: at.most_rows(), ..Planned::default() };
        if !matches!(incoming.parts.method, Method::GET | Method::HEAD) {
            return Ok(planned);
        }
        planned.masked = at.masked_columns().into_iter().map(Into::into).collect();
        if !request.is_one() {
            range::narrow(&mut request.args.query, &incoming.parts.headers)?;
            request.args.query.limit = request.page(self);
        }
        let plan = Plan::select(at, request.query()).map_err(|error| request.problem(error.into()))?;
        let of = |dialect| (dialect, plan.clone().statement(dialect));
        planned.statements = [Dialect::Sqlite, Dialect::Postgres].map(of).into();
        Ok(planned)
    }
}

#[derive(Default)]
struct Planned {
    masked: Vec<String>,
    limit: Option<u64>,
    statements: Vec<(Dialect, Result<Statement, PlanError>)>,
}

/// What a request does with rows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Action {
    Read,
    Write(WriteAction),
}

impl Action {
    fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write(WriteAction::Create) => "create",
            Self::Write(WriteAction::Update) => "update",
            Self::Write(WriteAction::Delete) => "delete",
        }
    }
}

/// What a request does: the rows that it writes are read as well, if they are returned.
fn actions(method: &Method) -> Vec<Action> {
    use WriteAction::{Create, Delete, Update};
    match *method {
        Method::POST => vec![Action::Write(Create), Action::Read],
        Method::PUT => vec![Action::Write(Create), Action::Write(Update), Action::Read],
        Method::PATCH => vec![Action::Write(Update), Action::Read],
        Method::DELETE => vec![Action::Write(Delete), Action::Read],
        _ => vec![Action::Read],
    }
}

/// The grants of a role that are about some actions.
fn explained(grants: &RoleGrants, actions: &[Action], asker: &Asker, table: &ExposedTable) -> Vec<ExplainedGrant> {
    let unknown = |filters: &mut dyn Iterator<Item = &Filter>| {
        let mut unknown: Vec<String> = Vec::new();
        for filter in filters {
            filter.each_of_caller(&mut |name| {
                if !asker.knows(name) && !unknown.iter().any(|other| other == name) {
                    unknown.push(name.to_owned());
                }
            });
        }
        unknown
    };
    let whole = table.whole().table();
    let names = |contains: &dyn Fn(&str) -> bool| -> Vec<String> {
        whole.columns.iter().map(|column| &column.name).filter(|name| contains(name)).cloned().collect()
    };
    let read = |stated: &Stated<Grant>| ExplainedGrant {
        role: grants.role.clone(),
        line: stated.line,
        action: Action::Read.name(),
        rows: stated.rows.clone(),
        columns: names(&|name| stated.grant.columns.contains(name)),
        set: Vec::new(),
        check: None,
        unknown: unknown(&mut stated.grant.rows.iter()),
    };
    let write = |action: Action, stated: &Stated<WriteGrant>| ExplainedGrant {
        role: grants.role.clone(),
        line: stated.line,
        action: action.name(),
        rows: stated.rows.clone(),
        columns: names(&|name| stated.grant.columns.contains(name)),
        set: stated.grant.set.iter().map(|(column, _)| column.clone()).collect(),
        check: stated.check.clone(),
        unknown: unknown(&mut stated.grant.filters()),
    };
    let of = |action: &Action| -> Vec<ExplainedGrant> {
        match action {
            Action::Read => grants.read.iter().map(read).collect(),
            Action::Write(WriteAction::Create) => grants.create.iter().map(|one| write(*action, one)).collect(),
            Action::Write(WriteAction::Update) => grants.update.iter().map(|one| write(*action, one)).collect(),
            Action::Write(WriteAction::Delete) => grants.delete.iter().map(|one| write(*action, one)).collect(),
        }
    };
    actions.iter().flat_map(of).collect()
}
