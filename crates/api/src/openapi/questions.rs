//! Questions: operations that are no table, but ask some of them and answer the rows of one.

use serde_json::{Map, Value, json};

use super::problems::ALWAYS;
use super::responses::{self, RANGE};
use super::{Components, names, reference};

/// An operation that asks tables something that the query language has no words for.
///
/// It answers whole rows of its first table.
#[derive(Clone, Debug)]
pub struct Question {
    /// The path, such as `/v1/users/{identifier}/notices`.
    pub path: &'static str,
    /// What tells it apart from all other operations.
    pub id: &'static str,
    /// What it answers, in a line.
    pub summary: &'static str,
    /// The rest.
    pub description: &'static str,
    /// The tables it asks; the first is the one whose rows it answers.
    pub tables: &'static [&'static str],
    /// What it must be told, in the path or as a query, and an example of it.
    pub required: &'static [Parameter],
}

/// What a question must be told.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// The name.
    pub name: &'static str,
    /// What it means.
    pub description: &'static str,
    /// A value of it.
    pub example: &'static str,
}

impl Question {
    /// The notices of a user.
    pub const NOTICES_OF_USER: Self = Self {
        path: "/v1/users/{identifier}/notices",
        id: "questions.notices_of_user",
        summary: "List the notices of a user",
        description: "The notices whose own period lies within the one that is asked for, the newest first. Nobody's notices \
                      are none.",
        tables: &["app_notices", "notice_recipients", "users"],
        required: &[Parameter {
            name: "identifier",
            description: "The user's slug or `rsid`; where one user's slug is another's `rsid`, the slug counts.",
            example: "ada",
        }],
    };

    /// The transactions of a network that were mined in a period.
    pub const TRANSACTIONS_MINED: Self = Self {
        path: "/v1/transactions",
        id: "questions.transactions_mined",
        summary: "List the transactions that were mined in a period",
        description: "The transactions of one network, the newest first.",
        tables: &["transactions"],
        required: &[Parameter { name: "network", description: "The network.", example: "bitcoin" }],
    };

    /// The questions of mWallet.
    pub const ALL: [Self; 2] = [Self::NOTICES_OF_USER, Self::TRANSACTIONS_MINED];

    /// The operation of its path.
    pub(super) fn path_item(&self, components: &Components) -> Value {
        let table = self.tables.first().copied().unwrap_or_default();
        let key = names::key(table);
        let rows = json!({ "type": "array", "items": reference("schemas", &key) });
        let example = Some(format!("{key}.rows")).filter(|example| components.has("examples", example));
        let examples: Map<_, _> = example.iter().map(|key| ("rows".to_owned(), reference("examples", key))).collect();
        let content = json!({ "schema": rows, "examples": examples });
        let mut found = responses::bare("The rows.", &[RANGE]);
        found["content"] = json!({ "application/json": content });
        json!({ "get": {
            "operationId": self.id,
            "tags": [table],
            "summary": self.summary,
            "description": self.description,
            "parameters": self.parameters(),
            "responses": responses::all([(200, found)], &[ALWAYS, &[406]]),
        } })
    }

    fn parameters(&self) -> Vec<Value> {
        let query = |name: &str, description: &str, schema: Value| {
            json!({
                "name": name, "in": "query", "description": description, "schema": schema,
            })
        };
        let time = || json!({ "type": "string", "examples": ["2030-01-01T00:00:00Z", "1893456000"] });
        let count = |example: u64| json!({ "type": "integer", "minimum": 0, "examples": [example] });
        let required = self.required.iter().map(|parameter| {
            let place = if self.path.contains(&format!("{{{}}}", parameter.name)) { "path" } else { "query" };
            json!({
                "name": parameter.name, "in": place, "required": true, "description": parameter.description,
                "schema": { "type": "string" }, "example": parameter.example,
            })
        });
        let period = "as RFC 3339 or in seconds since 1970. It belongs to the period.";
        let page = [
            query("start", &format!("When the period begins, {period}"), time()),
            query("end", &format!("When the period ends, {period}"), time()),
            query("skip", "How many rows to leave out first.", count(50)),
            query("offset", "Another name of `skip`.", count(50)),
            query("limit", "The most rows to answer; all where it is not given.", count(25)),
        ];
        required.chain(page).collect()
    }
}
