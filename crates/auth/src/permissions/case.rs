//! The tests of a permissions file: requests, and what they must answer.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::file::{Assurance, CaseSpec};
use super::{Mistake, Role, resolve};

/// A request, and what it must answer.
#[derive(Clone, Debug)]
pub struct Case {
    /// The line where its request is, from 1.
    pub line: u64,
    /// Who asks.
    pub who: Supposed,
    /// The method.
    pub method: String,
    /// The path with its parameters.
    pub path: String,
    /// The body, as JSON.
    pub body: Option<Value>,
    /// The header `Prefer`.
    pub prefer: Option<String>,
    /// The status of the answer. Without anything expected, that of a success.
    pub status: Option<u16>,
    /// The code of the problem.
    pub code: Option<String>,
    /// How many rows are in the answer.
    pub rows: Option<u64>,
    /// The answer.
    pub answer: Option<Value>,
}

/// Somebody who is supposed to ask: without a user, a role or claims, nobody in particular.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Supposed {
    /// A user of the database, by username, slug or `rsid`.
    pub user: Option<String>,
    /// The role that their token names.
    pub role: Option<String>,
    /// How surely they have shown who they are: `aal1` or `aal2`.
    pub assurance: Option<String>,
    /// What their token says beyond that.
    pub claims: Map<String, Value>,
}

const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

impl Case {
    pub(super) fn resolve(spec: CaseSpec, roles: &BTreeMap<String, Role>) -> Result<Self, Mistake> {
        let CaseSpec { request, user, role, aal, claims, body, prefer, status, code, rows, answer } = spec;
        role.as_ref().map(|role| resolve::find_role(roles, role)).transpose()?;
        let split = request.value.split_once(' ').map(|(method, path)| (method, path.trim()));
        let of_form = split.filter(|(method, path)| METHODS.contains(method) && path.starts_with('/'));
        let (method, path) = of_form.ok_or_else(|| {
            let message = "a request is a method and a path, such as GET /rest/v1/orders?id=eq.1";
            Mistake::at(request.referenced, message)
        })?;
        // Whatever a test writes is rolled back.
        if prefer.as_ref().is_some_and(|prefer| prefer.replace(' ', "").contains("tx=")) {
            return Err(Mistake::at(request.referenced, "tests are rolled back; leave tx out of prefer"));
        }
        let assurance = aal.map(|aal| if aal == Assurance::Aal2 { "aal2" } else { "aal1" }.to_owned());
        let who = Supposed { user, role: role.map(|role| role.value), assurance, claims };
        let (line, method, path) = (request.referenced.line(), method.to_owned(), path.to_owned());
        Ok(Self { line, who, method, path, body, prefer, status, code, rows, answer })
    }
}
