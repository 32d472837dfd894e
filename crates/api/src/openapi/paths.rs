//! The operations of a table: on its rows, and on one row by its identifier.

use axum::http::Method;
use mwallet_db::schema::Table;
use serde_json::{Map, Value, json};

use super::names::{self, Identifiers};
use super::parameters::{self, LOGIC, PAGE};
use super::problems::{ALWAYS, BODY, READ_BODY};
use super::responses::{self, APPLIED, RANGE, Rows};
use super::{Described, queries, schemas};
use crate::methods;

/// The paths of a table: its own, that of its rows if they have identifiers, and that of queries.
pub(super) fn of_table(described: &Described<'_>) -> Vec<(String, Value)> {
    let path = names::path(described.table);
    let one = Identifiers::from_table(described.table)
        .map(|identifiers| (format!("{path}/{{identifier}}"), row_path(described, &identifiers)));
    let query = (names::query_path(described.table), query_path(described));
    std::iter::once((path, table_path(described))).chain(one).chain([query]).collect()
}

/// The parts of an operation.
struct Operation<'d> {
    described: &'d Described<'d>,
    /// The suffix of the `operationId`.
    id: &'static str,
    summary: String,
    description: &'static str,
    parameters: Vec<Value>,
    body: Option<Value>,
    responses: Value,
}

impl Operation<'_> {
    fn json(self) -> Value {
        let mut json = Map::new();
        json.insert("operationId".into(), format!("{}.{}", self.described.key, self.id).into());
        json.insert("tags".into(), json!([self.described.table.name]));
        json.insert("summary".into(), self.summary.into());
        if !self.description.is_empty() {
            json.insert("description".into(), self.description.into());
        }
        json.insert("parameters".into(), self.parameters.into());
        if let Some(body) = self.body {
            json.insert("requestBody".into(), body);
        }
        json.insert("responses".into(), self.responses);
        Value::Object(json)
    }
}

fn table_path(described: &Described<'_>) -> Value {
    let words = &described.words;
    let mut path = Map::new();
    path.insert("get".into(), list(described, Rows::Many, "list", format!("List {words}")));
    path.insert("head".into(), list(described, Rows::None, "list_head", format!("List {words}, without the body")));
    if methods::is_allowed(described.table, false, &Method::POST) {
        path.insert("post".into(), create(described));
    }
    if is_replaceable(described.table) {
        path.insert("put".into(), replace(described, Rows::Many));
    }
    changes(described, Rows::Many, &mut path);
    path.insert("options".into(), options(described, "options", format!("List the methods for {words}")));
    Value::Object(path)
}

/// The operation that lists the allowed methods in a header.
fn options(described: &Described<'_>, id: &'static str, summary: String) -> Value {
    let allow = |description| responses::bare(description, &["Allow"]);
    let responses = [(200, allow("The allowed methods.")), (204, allow("The allowed methods."))];
    let responses = responses::all(responses, &[&[400, 403, 500, 504]]);
    Operation { described, id, summary, description: "", parameters: Vec::new(), body: None, responses }.json()
}

fn row_path(described: &Described<'_>, identifiers: &Identifiers<'_>) -> Value {
    let mut path = Map::new();
    path.insert("parameters".into(), json!([identifier(described, identifiers)]));
    path.insert("get".into(), retrieve(described, Rows::One));
    path.insert("head".into(), retrieve(described, Rows::None));
    if is_replaceable(described.table) {
        path.insert("put".into(), replace(described, Rows::One));
    }
    changes(described, Rows::One, &mut path);
    let summary = format!("List the methods for one of {}", described.words);
    path.insert("options".into(), options(described, "options_one", summary));
    Value::Object(path)
}

fn query_path(described: &Described<'_>) -> Value {
    let summary = format!("List the methods for queries of {}", described.words);
    json!({ "post": query(described), "options": options(described, "options_query", summary) })
}

/// The read by a document in the body.
fn query(described: &Described<'_>) -> Value {
    Operation {
        described,
        id: "query",
        summary: format!("List {} by a query in the body", described.words),
        description: "The body has the parameters of a GET as JSON, so that no program has to build the text of a query \
                      from what people type.",
        parameters: parameters::headers(&["PreferRead", "Range", "RangeUnit"]).collect(),
        body: Some(queries::body()),
        responses: responses::all(listed(described, Rows::Many), &[ALWAYS, &[300, 405, 406, 416], READ_BODY]),
    }
    .json()
}

/// The operations that change existing rows.
fn changes(described: &Described<'_>, rows: Rows, path: &mut Map<String, Value>) {
    if methods::is_allowed(described.table, matches!(rows, Rows::One), &Method::PATCH) {
        path.insert("patch".into(), change(described, rows, &UPDATE));
    }
    if methods::is_allowed(described.table, matches!(rows, Rows::One), &Method::DELETE) {
        path.insert("delete".into(), change(described, rows, &DELETE));
    }
}

/// Whether a row can be put, by a key that clients can see.
fn is_replaceable(table: &Table) -> bool {
    methods::is_allowed(table, true, &Method::PUT)
        && table.primary_key.iter().all(|name| names::readable_column(table, name).is_some())
}

/// The parameter that identifies a row in a path.
fn identifier(described: &Described<'_>, identifiers: &Identifiers<'_>) -> Value {
    let Identifiers { id, uuid, slug, composite } = identifiers;
    let mut ways = Vec::new();
    let mut examples = Map::new();
    for (name, what, column) in
        [("id", "digits are", id), ("uuid", "a UUID is", uuid), ("slug", "any other text is", slug)]
    {
        if let Some(column) = column {
            ways.push(format!("{what} the `{}`", column.name));
            if let Some(example) =
                described.examples.in_path(column).filter(|_| column.name == name || examples.is_empty())
            {
                examples.insert(column.name.clone(), json!({ "value": example }));
            }
        }
    }
    if !composite.is_empty() {
        let names: Vec<_> = composite.iter().map(|column| column.name.as_str()).collect();
        ways.push(format!("comma-separated values are the `{}`", names.join("`, `")));
        let parts = composite.iter().map(|column| described.examples.in_path(column)).collect::<Option<Vec<_>>>();
        if let Some(parts) = parts {
            examples.insert("key".into(), json!({ "value": parts.join(",") }));
        }
    }
    json!({
        "name": "identifier", "in": "path", "required": true,
        "description": format!("The identifier of the row: {}.", ways.join("; ")),
        "schema": { "type": "string", "minLength": 1 },
        "examples": examples,
    })
}

fn list(described: &Described<'_>, rows: Rows, id: &'static str, summary: String) -> Value {
    let mut parameters: Vec<Value> = parameters::filters(described).collect();
    parameters.extend(parameters::words(described, LOGIC));
    parameters.extend(parameters::words(described, PAGE));
    parameters.extend(parameters::headers(&["PreferRead", "Range", "RangeUnit"]));
    Operation {
        described,
        id,
        summary,
        description: "",
        parameters,
        body: None,
        responses: responses::all(listed(described, rows), &[ALWAYS, &[300, 406, 416]]),
    }
    .json()
}

/// The successful responses to a list.
fn listed(described: &Described<'_>, rows: Rows) -> [(u16, Value); 2] {
    let answer = |description| match rows {
        Rows::None => responses::bare(description, &[RANGE, APPLIED]),
        Rows::Many | Rows::One => responses::read(described, rows, description),
    };
    let whole = answer("The rows. With `count=exact`, they are all rows that match.");
    let part = answer("A page of the rows; there are more. This requires `count=exact`.");
    [(200, whole), (206, part)]
}

fn retrieve(described: &Described<'_>, rows: Rows) -> Value {
    let words = &described.words;
    let (id, summary) = match rows {
        Rows::None => ("retrieve_head", format!("Get one of {words}, without the body")),
        Rows::Many | Rows::One => ("retrieve", format!("Get one of {words}")),
    };
    let found = responses::read(described, rows, "The row.");
    Operation {
        described,
        id,
        summary,
        description: "",
        parameters: choice(described, "PreferOne"),
        body: None,
        responses: responses::all([(200, found)], &[ALWAYS, &[300, 404, 406]]),
    }
    .json()
}

fn create(described: &Described<'_>) -> Value {
    let mut parameters: Vec<Value> = parameters::words(described, &["select", "columns", "on_conflict"]).collect();
    parameters.extend(parameters::headers(&["PreferCreate"]));
    let made = "Created. The response has a body only with `Prefer: return=representation`; with that, and with \
                `return=headers-only`, it has a `Location` if one row was created.";
    let kept = "No row was created: every row existed already, and was changed or left as it is. The response has a \
                body only with `Prefer: return=representation`.";
    let new = || schemas::reference(described, schemas::NEW);
    let schema = json!({ "anyOf": [new(), { "type": "array", "items": new() }] });
    Operation {
        described,
        id: "create",
        summary: format!("Create {}", described.words),
        description: "The body is one object, or an array of objects. Either all rows are created or none.",
        parameters,
        body: Some(body(described, schema, schemas::NEW)),
        responses: responses::all(
            [
                (200, responses::written(described, Rows::Many, kept)),
                (201, responses::written(described, Rows::Many, made)),
            ],
            &[ALWAYS, &[300, 405, 406, 409], BODY],
        ),
    }
    .json()
}

fn replace(described: &Described<'_>, rows: Rows) -> Value {
    let (id, mut parameters): (_, Vec<Value>) = match rows {
        Rows::Many => ("put", parameters::key_filters(described).collect()),
        Rows::One | Rows::None => ("put_one", Vec::new()),
    };
    parameters.extend(choice(described, "PreferWrite"));
    Operation {
        described,
        id,
        summary: format!("Put one of {}: replace it, or create it", described.words),
        description: "The body is the complete object; missing columns get their defaults. A key that bodies cannot \
                      set is taken from the URL.",
        parameters,
        body: Some(body(described, schemas::reference(described, schemas::NEW), schemas::WHOLE)),
        responses: responses::all(
            [
                (200, responses::written(described, rows, "Replaced.")),
                (201, responses::written(described, rows, "Created.")),
                (204, responses::bare("Replaced.", &[APPLIED])),
            ],
            &[ALWAYS, &[300, 404, 405, 406, 409], BODY],
        ),
    }
    .json()
}

/// An operation that changes existing rows.
struct Change {
    /// The suffixes of the `operationId`, for many rows and for one.
    ids: (&'static str, &'static str),
    verb: &'static str,
    /// The descriptions of the response, without and with rows.
    done: (&'static str, &'static str),
    /// The description of the operation on many rows.
    many: &'static str,
    takes_body: bool,
}

const UPDATE: Change = Change {
    ids: ("update", "update_one"),
    verb: "Update",
    done: ("Changed.", "Changed, with the new values."),
    many: "Changes every row that matches the filter; a request without a filter is refused (21000).",
    takes_body: true,
};

const DELETE: Change = Change {
    ids: ("delete", "delete_one"),
    verb: "Delete",
    done: ("Deleted.", "Deleted, with the last values."),
    many: "Deletes every row that matches the filter; a request without a filter is refused (21000).",
    takes_body: false,
};

fn change(described: &Described<'_>, rows: Rows, change: &Change) -> Value {
    let Change { ids, verb, done, many, takes_body } = change;
    let words = &described.words;
    let (id, summary, description, missing): (_, _, _, &[u16]) = match rows {
        Rows::Many => (ids.0, format!("{verb} {words}"), *many, &[]),
        Rows::One | Rows::None => (ids.1, format!("{verb} one of {words}"), "", &[404]),
    };
    let filters = || parameters::filters(described).chain(parameters::words(described, LOGIC));
    let filters = (rows == Rows::Many).then(filters).into_iter().flatten();
    let counting = takes_body.then(|| parameters::words(described, &["columns"])).into_iter().flatten();
    let parameters = filters.chain(counting).chain(choice(described, "PreferChange")).collect();
    let content = || body(described, schemas::reference(described, schemas::CHANGE), schemas::CHANGE);
    Operation {
        described,
        id,
        summary,
        description,
        parameters,
        body: takes_body.then(content),
        responses: responses::all(
            [(200, responses::written(described, rows, done.1)), (204, responses::bare(done.0, touched(rows)))],
            &[ALWAYS, missing, &[300, 405, 406, 409], if *takes_body { BODY } else { &[] }],
        ),
    }
    .json()
}

/// The headers of a response to a change, without a body.
fn touched(rows: Rows) -> &'static [&'static str] {
    if rows == Rows::Many { &[RANGE, APPLIED] } else { &[APPLIED] }
}

/// The parameters that choose what a response contains.
fn choice(described: &Described<'_>, prefer: &'static str) -> Vec<Value> {
    parameters::words(described, &["select"]).chain(parameters::headers(&[prefer])).collect()
}

fn body(described: &Described<'_>, schema: Value, example: &str) -> Value {
    let content = json!({ "schema": schema, "examples": schemas::example(described, example) });
    json!({ "required": true, "content": { "application/json": content } })
}
