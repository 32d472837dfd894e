//! The paths about the server itself.

use serde_json::{Map, Value, json};

use super::{MEDIA_TYPE, responses};

/// The tag of these paths.
pub(super) const TAG: &str = "server";

pub(super) fn tag() -> Value {
    json!({ "name": TAG, "description": "The status of the server, and what it serves." })
}

/// The paths, in their order.
pub(super) fn paths() -> Map<String, Value> {
    let mut paths = Map::new();
    let schema = json!({ "type": "object", "required": ["openapi", "info", "paths"] });
    let content = json!({ "schema": schema });
    let found = json!({
        "description": "This document.",
        "content": { "application/json": content, MEDIA_TYPE: content },
    });
    let text = "The OpenAPI document of all tables; `/docs` shows it as a page.";
    paths.insert("/rest/v1/".into(), path("document", "Get this document", text, &[(200, found)], &[403, 500, 504]));

    let home = json!({
        "description": "The tables.",
        "content": { "application/json": { "schema": home() }, "text/html": { "schema": { "type": "string" } } },
    });
    let text = "The tables with their numbers of rows, which are counted up to 100,000 and estimated beyond, and are a \
                few seconds old. Browsers get a page.";
    paths.insert("/".into(), path("home", "List the tables", text, &[(200, home)], &[403, 500, 504]));

    let alive = responses::json_of("The process is running.", status("alive"), Some(json!({ "status": "alive" })));
    let text = "This does not check the database.";
    let summary = "Check whether the server is alive";
    paths.insert("/livez".into(), path("alive", summary, text, &[(200, alive)], &[403, 500]));

    let example = json!({ "status": "ready" });
    let ready = responses::json_of("The server can handle requests.", status("ready"), Some(example));
    let text = "This checks the database.";
    let errors = &[403, 500, 503, 504];
    paths.insert("/readyz".into(), path("ready", "Check whether the server is ready", text, &[(200, ready)], errors));
    paths
}

fn path(id: &str, summary: &str, description: &str, own: &[(u16, Value)], errors: &[u16]) -> Value {
    json!({ "get": {
        "operationId": format!("{TAG}.{id}"),
        "tags": [TAG],
        "summary": summary,
        "description": description,
        "responses": responses::all(own.iter().cloned(), &[errors]),
    } })
}

/// The schema of the home page.
fn home() -> Value {
    let text = json!({ "type": "string" });
    let number = json!({ "type": "integer", "minimum": 0 });
    let one_of = |name: &str| json!({ "type": "object", "required": [name], "properties": { name: number } });
    let rows = json!({
        "description": "The number of rows: exact, estimated, or a lower bound; null if counting timed out.",
        "oneOf": [one_of("exact"), one_of("about"), one_of("more_than"), { "type": "null" }],
    });
    let related = json!({
        "type": "object",
        "required": ["table", "select", "query"],
        "properties": {
            "table": text,
            "select": { "type": "string", "description": "What `select` says for the related rows." },
            "query": { "type": "string", "description": "The path of the table's first rows with related ones." },
        },
    });
    let table = json!({
        "type": "object",
        "required": ["name", "kind", "rows", "first_query", "related", "accept_profile"],
        "properties": {
            "name": text,
            "kind": text,
            "rows": rows,
            "first_query": { "type": "string", "description": "The path of the table's first rows." },
            "related": {
                "type": "array",
                "description": "The tables whose rows can be returned with its own.",
                "items": related,
            },
            "accept_profile": {
                "type": ["string", "null"],
                "description": "The value for the `Accept-Profile` header, if the schema is not the first.",
            },
        },
    });
    json!({
        "type": "object",
        "required": ["name", "version", "database", "docs", "openapi", "alive", "ready", "links", "tables"],
        "properties": {
            "name": text, "version": text, "database": text, "docs": text, "openapi": text, "alive": text,
            "ready": text, "links": { "type": "object", "additionalProperties": text },
            "tables": { "type": "array", "items": table },
        },
    })
}

fn status(word: &str) -> Value {
    json!({
        "type": "object", "required": ["status"], "additionalProperties": false,
        "properties": { "status": { "const": word } },
    })
}
