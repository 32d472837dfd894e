//! Successful responses: rows in their media types, and their headers.

use serde_json::{Map, Value, json};

use super::{Components, Described, problems, reference, schemas};
use crate::accept::{ARRAY, OBJECT};

const KIND: &str = "responses";

/// The rows of a response.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Rows {
    /// An array, or one object if the request accepts nothing else.
    Many,
    /// One object, by its identifier.
    One,
    /// None: the response to a HEAD request.
    None,
}

/// Headers of responses.
pub(super) const APPLIED: &str = "Preference-Applied";
pub(super) const RANGE: &str = "Content-Range";
const LOCATION: &str = "Location";

/// Inserts the headers of responses, which are the same for every table.
pub(super) fn insert(components: &mut Components) {
    let header = |description: &str, required: bool, schema: Value| {
        json!({
            "description": description, "required": required, "schema": schema,
        })
    };
    let range = "The first and the last row of the response, counted from 0, and the total number of rows: `0-24/200`. \
                 `*` means that there are no rows, or that they were not counted. The header is missing from a \
                 streamed response whose rows were not counted.";
    let pattern = "^(?:[0-9]+-[0-9]+|\\*)/(?:[0-9]+|\\*)$";
    let ranges = json!({ "type": "string", "pattern": pattern, "examples": ["0-24/*", "0-24/200", "*/0"] });
    components.insert("headers", "ContentRange", header(range, false, ranges));
    let location = json!({ "type": "string", "format": "uri-reference", "examples": ["/rest/v1/orders/1"] });
    components.insert("headers", "Location", header("The path of the created row.", false, location));
    let applied = json!({ "type": "string", "examples": ["return=representation"] });
    components.insert("headers", "PreferenceApplied", header("The preferences that were applied.", false, applied));
    let allow = json!({ "type": "string", "examples": ["GET,HEAD,POST"] });
    components.insert("headers", "Allow", header("The allowed methods.", true, allow));
    let codings = json!({ "type": "string", "examples": ["gzip, identity"] });
    let text = "The supported content codings, if that of the body is not supported.";
    components.insert("headers", "AcceptEncoding", header(text, false, codings));
    let retry = json!({ "type": "integer", "minimum": 0, "examples": [1] });
    components.insert("headers", "RetryAfter", header("The number of seconds to wait before a retry.", false, retry));
}

/// The responses of an operation: its own by status, then the problems.
pub(super) fn all(own: impl IntoIterator<Item = (u16, Value)>, problems: &[&[u16]]) -> Value {
    let own = own.into_iter().map(|(status, response)| (status.to_string(), response));
    let mut responses: Map<String, Value> = own.collect();
    responses.extend(problems::responses(&problems.concat()));
    // These operations use the database.
    if problems.contains(&problems::ALWAYS) {
        responses.extend([problems::raised()]);
    }
    Value::Object(responses)
}

/// Inserts the responses of one table that have a body.
pub(super) fn insert_of_table(components: &mut Components, described: &Described<'_>) {
    for (ending, rows, description, headers) in [
        ("rows", Rows::Many, "Rows.", &[RANGE, APPLIED][..]),
        ("row", Rows::One, "One row.", &[APPLIED]),
        ("written", Rows::Many, "The written rows.", &[LOCATION, RANGE, APPLIED]),
        ("written_row", Rows::One, "The written row.", &[LOCATION, APPLIED]),
    ] {
        let mut response = bare(description, headers);
        if let Value::Object(response) = &mut response {
            response.insert("content".into(), content(described, rows));
        }
        components.insert(KIND, format!("{}.{ending}", described.key), response);
    }
}

/// A response with rows that were read.
pub(super) fn read(described: &Described<'_>, rows: Rows, description: &str) -> Value {
    match rows {
        Rows::Many => of_table(described, "rows", description),
        Rows::One => of_table(described, "row", description),
        Rows::None => bare(description, &[APPLIED]),
    }
}

/// A response with rows that were written, whose body may be empty.
pub(super) fn written(described: &Described<'_>, rows: Rows, description: &str) -> Value {
    let ending = if rows == Rows::Many { "written" } else { "written_row" };
    of_table(described, ending, description)
}

/// A reference to a response of the table, with its own description.
fn of_table(described: &Described<'_>, ending: &str, description: &str) -> Value {
    let mut response = described.reference(KIND, ending);
    response["description"] = description.into();
    response
}

/// A response without a body.
pub(super) fn bare(description: &str, headers: &[&str]) -> Value {
    let headers: Map<String, Value> = headers.iter().map(|name| ((*name).to_owned(), header(name))).collect();
    json!({ "description": description, "headers": headers })
}

/// A JSON response with a schema and an example.
pub(super) fn json_of(description: &str, schema: Value, example: Option<Value>) -> Value {
    let mut content = json!({ "schema": schema });
    if let (Value::Object(content), Some(example)) = (&mut content, example) {
        content.insert("example".into(), example);
    }
    json!({ "description": description, "content": { "application/json": content } })
}

fn content(described: &Described<'_>, rows: Rows) -> Value {
    let one = json!({ "schema": schemas::answered(described), "examples": schemas::example(described, "row") });
    let first = match rows {
        Rows::Many => json!({
            "schema": { "type": "array", "items": schemas::answered(described) },
            "examples": schemas::example(described, "rows"),
        }),
        Rows::One | Rows::None => one.clone(),
    };
    let csv = json!({ "schema": { "type": "string", "description": "A line of names, and a line for each row." } });
    let mut content = json!({ "application/json": first, OBJECT: one, "text/csv": csv });
    if let Rows::Many = rows {
        // With `nulls=stripped`; otherwise it is another name of `application/json`.
        content[ARRAY] = json!({ "schema": { "type": "array", "items": schemas::answered(described) } });
    }
    content
}

/// A reference to a header, by its name in the response.
fn header(name: &str) -> Value {
    reference("headers", &name.replace('-', ""))
}
