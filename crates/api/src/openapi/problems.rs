//! Error responses: their common schema, and one response for each status with examples of its codes.

use mwallet_db::schema::FailureKind;
use serde_json::{Map, Value, json};

use super::{Components, reference};

/// A status, its meaning, and examples: a code, a message and a hint.
struct Status {
    status: u16,
    /// The key of the component.
    key: &'static str,
    title: &'static str,
    description: &'static str,
    examples: &'static [(&'static str, &'static str, Option<&'static str>)],
}

const STATUSES: &[Status] = &[
    Status {
        status: 300,
        key: "MultipleChoices",
        title: "Multiple Choices",
        description: "Several relationships lead to the related rows that `select` names; `details` lists them, and \
                      `hint` says how to name one.",
        examples: &[(
            "PGRST201",
            "orders has several relationships to users",
            Some(
                "Try changing 'users' to one of the following: 'users!orders_buyer_fkey', 'users!orders_seller_fkey'.",
            ),
        )],
    },
    Status {
        status: 400,
        key: "BadRequest",
        title: "Bad Request",
        description: "The request cannot be parsed, or does not match the table.",
        examples: &[
            ("PGRST100", "asset: expected operator.value", Some("write asset=eq.value")),
            ("PGRST102", "cannot parse the body: expected a value at line 1 column 2", Some("send JSON in UTF-8")),
            ("PGRST122", "unknown preferences: return=all", Some("without handling=strict they are ignored")),
            ("PGRST204", "orders has no column assset", Some("the columns are asset, start")),
            ("42703", "orders has no column assset", Some("did you mean asset?")),
            ("PGRST200", "orders has no relationship to user", Some("Perhaps you meant 'users' instead of 'user'.")),
            (
                "PGRST108",
                "users is not among the related rows of this request",
                Some("Verify that 'users' is included in the 'select' query parameter."),
            ),
            ("PGRST118", "rows of users cannot be ordered by orders: each can have several of them", None),
            ("PGRST120", "users: related rows can only be tested for being there", None),
            ("22P02", "asset: expected one of BITCOIN, DASH", None),
            ("22003", "id: the number is beyond 64 bits", None),
            ("42883", "meta is of type json, which cannot be ordered by", None),
            ("42P10", "no key and no unique constraint of orders has the columns memo", None),
            ("21000", "an update without a filter or an identifier is refused", None),
            ("P0001", "an order that is closed stays as it is", Some("open another one")),
            ("54001", "select: at most 200 columns are allowed", None),
        ],
    },
    Status {
        status: 403,
        key: "Forbidden",
        title: "Forbidden",
        description: "The server was called by a name that is not its own, a page of another site tried to change \
                      data, or the database denies the server permission.",
        examples: &[(
            "42501",
            "pages of other sites may not change data here",
            Some("the operator of the server can allow the origin of the page: mwallet serve --cors ORIGIN"),
        )],
    },
    Status {
        status: 404,
        key: "NotFound",
        title: "Not Found",
        description: "There is no such row, or no such table.",
        examples: &[
            ("PGRST116", "there is no such row in orders", None),
            ("PGRST205", "there is no table ordres", Some("Perhaps you meant the table 'public.orders'")),
        ],
    },
    Status {
        status: 405,
        key: "MethodNotAllowed",
        title: "Method Not Allowed",
        description: "The method is not allowed; `Allow` lists the methods that are.",
        examples: &[("PGRST117", "method TRACE is not allowed", None), ("25006", "the database is only read", None)],
    },
    Status {
        status: 406,
        key: "NotAcceptable",
        title: "Not Acceptable",
        description: "The server cannot send what the request accepts: one object if there is not exactly one row, or \
                      an unsupported media type.",
        examples: &[
            ("PGRST116", "expected exactly one row, found more", None),
            ("PGRST107", "the response cannot be text/csv; application/json is available", None),
            ("PGRST106", "there is no schema private", Some("the schemas are public, sales")),
        ],
    },
    Status {
        status: 408,
        key: "RequestTimeout",
        title: "Request Timeout",
        description: "The body did not arrive in time.",
        examples: &[("57014", "the body did not arrive in time", None)],
    },
    Status {
        status: 409,
        key: "Conflict",
        title: "Conflict",
        description: "The row conflicts with another row, or with a concurrent change.",
        examples: &[
            ("23505", "a row with this network and tranx_id exists already", None),
            ("23503", "the row refers to one that does not exist, or is referred to", None),
            ("23P01", "conflicting key value violates exclusion constraint \"bookings_room_during_excl\"", None),
            ("40001", "somebody else changed the same rows", Some("send the request again")),
        ],
    },
    Status {
        status: 413,
        key: "ContentTooLarge",
        title: "Payload Too Large",
        description: "The body, as sent or after decompression, is larger than the server allows.",
        examples: &[("54000", "the body is larger than 1048576 bytes", None)],
    },
    Status {
        status: 415,
        key: "UnsupportedMediaType",
        title: "Unsupported Media Type",
        description: "The body is not JSON in UTF-8, the `Content-Type` is missing, or the `Content-Encoding` is not \
                      supported, in which case `Accept-Encoding` lists those that are.",
        examples: &[(
            "PGRST107",
            "the body is text/plain; expected application/json",
            Some("send the header Content-Type: application/json"),
        )],
    },
    Status {
        status: 416,
        key: "RangeNotSatisfiable",
        title: "Range Not Satisfiable",
        description: "The offset is past the last row, or the `Range` header ends before it starts.",
        examples: &[
            ("PGRST103", "the offset is past the last row", None),
            ("PGRST103", "the range ends before it starts", None),
        ],
    },
    Status {
        status: 429,
        key: "TooManyRequests",
        title: "Too Many Requests",
        description: "The caller has used up what they may ask; `Retry-After` says when to try again.",
        examples: &[
            ("53400", "too many requests: 600 in 60s are allowed", Some("send the request again in 3 s")),
            ("53400", "too many requests at once: 20 are allowed", Some("send the request again in 1 s")),
        ],
    },
    Status {
        status: 500,
        key: "InternalServerError",
        title: "Internal Server Error",
        description: "The server or its database failed; only the log of the server has the cause. The code is that of \
                      the database, if it gave one.",
        examples: &[
            ("XX000", "internal error; see the log of the server", None),
            ("54000", "the database failed; see the log of the server", None),
        ],
    },
    Status {
        status: 503,
        key: "ServiceUnavailable",
        title: "Service Unavailable",
        description: "The server or its database is busy, unreachable or out of disk space; `Retry-After` says when to \
                      try again.",
        examples: &[
            ("53300", "the database is busy", None),
            ("08006", "the database cannot be reached", None),
            (
                "53100",
                "the disk of the database is full",
                Some("the operator of the server must free space on its disk"),
            ),
        ],
    },
    Status {
        status: 504,
        key: "GatewayTimeout",
        title: "Gateway Timeout",
        description: "The request timed out and was cancelled.",
        examples: &[("57014", "the request timed out", None)],
    },
];

/// The status of invalid bodies, whose problem lists every error.
const INVALID: (u16, &str) = (422, "UnprocessableContent");

/// The problems of other statuses, which triggers and functions of the database can choose.
const RAISED: &str = "Raised";

/// The statuses that every request can fail with.
pub(super) const ALWAYS: &[u16] = &[400, 403, 429, 500, 503, 504];
/// The statuses that only requests with a body can fail with.
pub(super) const BODY: &[u16] = &[408, 413, 415, 422];
/// The statuses that only requests with a query in their body can fail with.
pub(super) const READ_BODY: &[u16] = &[408, 413, 415];

/// Inserts the schema of problems, and a response for each status.
pub(super) fn insert(components: &mut Components) {
    components.insert("schemas", "Problem", schema());
    for Status { status, key, title, description, examples } in STATUSES {
        let examples = examples.iter().map(|(code, message, hint)| {
            let value = json!({
                "type": "about:blank", "title": title, "status": status, "detail": message,
                "code": code, "message": message, "details": null, "hint": hint,
            });
            ((*code).to_owned(), json!({ "summary": message, "value": value }))
        });
        let headers = match status {
            405 => json!({ "Allow": reference("headers", "Allow") }),
            415 => json!({ "Accept-Encoding": reference("headers", "AcceptEncoding") }),
            429 | 503 => json!({ "Retry-After": reference("headers", "RetryAfter") }),
            _ => json!({}),
        };
        components.insert("responses", *key, response(description, examples.collect(), headers));
    }
    let description = "The body is invalid; `errors` lists every error. `code` is the SQLSTATE of the first.";
    let examples = Map::from_iter([("23502".to_owned(), json!({ "summary": "Two errors", "value": invalid() }))]);
    components.insert("responses", INVALID.1, response(description, examples, json!({})));
    let description = "A trigger or a function of the database raised an error, with its own code and message: `PT402` \
                       becomes the status 402, and other codes become the same statuses as in PostgREST.";
    components.insert("responses", RAISED, response(description, Map::new(), json!({})));
}

/// A reference to the response of any other status.
pub(super) fn raised() -> (String, Value) {
    ("default".into(), reference("responses", RAISED))
}

/// References to the responses of these statuses, in their order.
pub(super) fn responses(statuses: &[u16]) -> impl Iterator<Item = (String, Value)> {
    let mut known: Vec<_> = STATUSES.iter().map(|known| (known.status, known.key)).chain([INVALID]).collect();
    known.retain(|(status, _)| statuses.contains(status));
    known.sort_unstable();
    known.into_iter().map(|(status, key)| (status.to_string(), reference("responses", key)))
}

fn response(description: &str, examples: Map<String, Value>, headers: Value) -> Value {
    let content = json!({ "schema": reference("schemas", "Problem"), "examples": examples });
    json!({
        "description": description,
        "headers": headers,
        "content": { "application/problem+json": content },
    })
}

fn invalid() -> Value {
    let message = "/asset: expected one of BITCOIN, DASH; and 1 more";
    let error = |loc: &str, msg: &str, kind: FailureKind| json!({ "loc": loc, "msg": msg, "type": kind.name() });
    json!({
        "type": "about:blank", "title": "Unprocessable Entity", "status": 422, "detail": message,
        "code": FailureKind::NotALabel.sqlstate(), "message": message, "details": null, "hint": null,
        "errors": [
            error("/asset", "expected one of BITCOIN, DASH", FailureKind::NotALabel),
            error("/start", "is required", FailureKind::Missing),
        ],
    })
}

fn schema() -> Value {
    let text = |description: &str| json!({ "type": "string", "description": description });
    // The last two are checked by the database only.
    let kinds: Vec<&str> = FailureKind::ALL.iter().map(|kind| kind.name()).chain(["check", "immutable"]).collect();
    json!({
        "title": "Problem",
        "description": "An error in the format of RFC 9457, with PostgREST's members.",
        "type": "object",
        "required": ["type", "title", "status", "detail", "code", "message", "details", "hint"],
        "properties": {
            "type": text("`about:blank`: the title is that of the status, and `code` identifies the problem."),
            "title": text("The name of the status."),
            "status": {
                "type": "integer", "minimum": 300, "maximum": 599, "description": "The status of the response.",
            },
            "detail": text("The error, for people."),
            "code": {
                "type": "string", "pattern": "^(?:[0-9A-Z]{5}|PGRST[0-9A-Z]{3})$",
                "description": "A SQLSTATE or a code of PostgREST. It never changes its meaning.",
            },
            "message": text("The same as `detail`."),
            "details": {
                "type": ["string", "array", "null"],
                "items": {
                    "type": "object",
                    "properties": {
                        "cardinality": text("How many rows are on each end, such as `many-to-one`."),
                        "embedding": text("The two tables."),
                        "relationship": text("The foreign key and its columns."),
                    },
                },
                "description": "Details of the error, if there are any. With 300, each relationship.",
            },
            "hint": { "type": ["string", "null"], "description": "How to fix it." },
            "errors": {
                "type": "array",
                "description": "Every error in an invalid body.",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "required": ["loc", "msg", "type"],
                    "additionalProperties": false,
                    "properties": {
                        "loc": {
                            "type": "string", "pattern": "^(?:/.*)?$",
                            "description": "A JSON Pointer to the invalid value, such as `/asset`, or `/0/asset` in an \
                                            array; empty for the whole body.",
                        },
                        "msg": text("The error, for people."),
                        "type": { "enum": kinds, "description": "The kind of error, for programs." },
                    },
                },
            },
        },
    })
}
