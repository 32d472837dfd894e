//! Answers that say what is wrong: their one shape, and one response for each status with examples of its codes.

use mwallet_db::schema::FailureKind;
use serde_json::{Map, Value, json};

use super::{Components, reference};

/// A status, what it means, and examples: a code, a message and a hint.
struct Status {
    status: u16,
    /// The key of the component, and what the status is called.
    key: &'static str,
    title: &'static str,
    description: &'static str,
    examples: &'static [(&'static str, &'static str, Option<&'static str>)],
}

const STATUSES: &[Status] = &[
    Status {
        status: 400,
        key: "BadRequest",
        title: "Bad Request",
        description: "The request cannot be read, or does not fit the table.",
        examples: &[
            ("PGRST100", "asset: expected operator.value", Some("write asset=eq.value")),
            ("PGRST102", "the body cannot be read: expected a value at line 1 column 2", Some("send JSON in UTF-8")),
            (
                "PGRST122",
                "the preferences return=all are not understood",
                Some("leave handling=strict out to have them ignored"),
            ),
            ("PGRST204", "orders has no column assset", Some("the columns are asset, start")),
            ("42703", "orders has no column assset", Some("the columns are id, asset, start")),
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
        description: "The server was called by a name that is not its own, a page of another site would change something, or \
                      the database does not let the server do so.",
        examples: &[(
            "42501",
            "pages of other sites may not change anything here",
            Some("whoever runs the server may allow the origin of the page: mwallet serve --cors ORIGIN"),
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
        description: "The method is not taken here; `Allow` lists those that are.",
        examples: &[("PGRST117", "TRACE is not taken here", None), ("25006", "the database is only read", None)],
    },
    Status {
        status: 406,
        key: "NotAcceptable",
        title: "Not Acceptable",
        description: "The answer cannot be what the request accepts: one object where there is not exactly one row, or a \
                      media type that is not spoken here.",
        examples: &[
            ("PGRST116", "one row is wanted, and there are more", None),
            ("PGRST107", "there is no text/csv here, but application/json", None),
            ("PGRST106", "there is no schema private here", Some("these are served: public, sales")),
        ],
    },
    Status {
        status: 408,
        key: "RequestTimeout",
        title: "Request Timeout",
        description: "The body did not come in time.",
        examples: &[("57014", "the body did not come in time", None)],
    },
    Status {
        status: 409,
        key: "Conflict",
        title: "Conflict",
        description: "The row collides with another one, or with what somebody else did at the same time.",
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
        description: "The body is larger than the server takes, as it is sent or as it is unpacked.",
        examples: &[("54000", "the body is larger than 1048576 bytes", None)],
    },
    Status {
        status: 415,
        key: "UnsupportedMediaType",
        title: "Unsupported Media Type",
        description: "The body is not JSON in UTF-8, its type is not said, or its `Content-Encoding` is not read here; \
                      `Accept-Encoding` says which are then.",
        examples: &[(
            "PGRST107",
            "the body is text/plain, where application/json is taken",
            Some("send the header Content-Type: application/json"),
        )],
    },
    Status {
        status: 416,
        key: "RangeNotSatisfiable",
        title: "Range Not Satisfiable",
        description: "The page begins behind the last row, or the header `Range` ends before it begins.",
        examples: &[
            ("PGRST103", "the page begins behind the last row", None),
            ("PGRST103", "the range ends before it begins", None),
        ],
    },
    Status {
        status: 500,
        key: "InternalServerError",
        title: "Internal Server Error",
        description: "The server or its database failed; what happened stands in its log alone. The code is that of the database, \
                      where it gave one.",
        examples: &[
            ("XX000", "the server failed; its log says why", None),
            ("54000", "the database failed; the log of the server says why", None),
        ],
    },
    Status {
        status: 503,
        key: "ServiceUnavailable",
        title: "Service Unavailable",
        description: "The server or its database is busy, away or out of room for now; `Retry-After` says when to try again.",
        examples: &[
            ("53300", "the database is busy", None),
            ("08006", "the database cannot be reached", None),
            (
                "53100",
                "the database has no room left to write",
                Some("whoever runs the server must make room on its disk"),
            ),
        ],
    },
    Status {
        status: 504,
        key: "GatewayTimeout",
        title: "Gateway Timeout",
        description: "The request took longer than it may, and was given up.",
        examples: &[("57014", "the request took longer than it may", None)],
    },
];

/// The status of bodies that break rules, whose problem lists every failure.
const INVALID: (u16, &str) = (422, "UnprocessableContent");

/// The problems of other statuses: what the owner of the database put into it may choose one.
const RAISED: &str = "Raised";

/// What every request can be answered with.
pub(super) const ALWAYS: &[u16] = &[400, 403, 500, 503, 504];
/// What only requests with a body are answered with.
pub(super) const BODY: &[u16] = &[408, 413, 415, 422];

/// The shape of problems, and a response for each status.
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
            503 => json!({ "Retry-After": reference("headers", "RetryAfter") }),
            _ => json!({}),
        };
        components.insert("responses", *key, response(description, examples.collect(), headers));
    }
    let description = "The body breaks rules; `errors` lists every failure. `code` is the SQLSTATE of the first.";
    let examples = Map::from_iter([("23502".to_owned(), json!({ "summary": "Two failures", "value": invalid() }))]);
    components.insert("responses", INVALID.1, response(description, examples, json!({})));
    let description = "What a trigger or a function of the database raised, with its own code and words: `PT402` is answered with \
                       402, and other codes as PostgREST answers them.";
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
    // A rule of the table that only the database holds a row against.
    let kinds: Vec<&str> = FailureKind::ALL.iter().map(|kind| kind.name()).chain(["check", "immutable"]).collect();
    json!({
        "title": "Problem",
        "description": "What is wrong, as RFC 9457 has it, with PostgREST's members beside.",
        "type": "object",
        "required": ["type", "title", "status", "detail", "code", "message", "details", "hint"],
        "properties": {
            "type": text("`about:blank`: the title is that of the status, and `code` tells problems apart."),
            "title": text("What the status is called."),
            "status": { "type": "integer", "minimum": 400, "maximum": 599, "description": "The status of the answer." },
            "detail": text("What is wrong, for people."),
            "code": {
                "type": "string", "pattern": "^(?:[0-9A-Z]{5}|PGRST[0-9A-Z]{3})$",
                "description": "A SQLSTATE or a code of PostgREST. It never changes its meaning.",
            },
            "message": text("The same as `detail`."),
            "details": { "type": ["string", "null"], "description": "More about it, where there is more to say." },
            "hint": { "type": ["string", "null"], "description": "What to do about it." },
            "errors": {
                "type": "array",
                "description": "Every failure of a body that is not valid.",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "required": ["loc", "msg", "type"],
                    "additionalProperties": false,
                    "properties": {
                        "loc": {
                            "type": "string", "pattern": "^(?:/.*)?$",
                            "description": "A JSON Pointer to the place, such as `/asset`, or `/0/asset` in an array; \
                                            empty for the whole body.",
                        },
                        "msg": text("What is wrong there, for people."),
                        "type": { "enum": kinds, "description": "What is wrong there, for programs." },
                    },
                },
            },
        },
    })
}
