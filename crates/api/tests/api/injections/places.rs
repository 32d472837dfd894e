//! Every place of a request where a client's text goes.

use axum::body::Body;
use axum::http::{HeaderValue, Request};
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};

/// A text of a client.
#[derive(Clone, Copy)]
pub(super) struct Text<'t>(pub(super) &'t [u8]);

impl Text<'_> {
    /// Encodes it for a URL.
    pub(super) fn url(self) -> String {
        percent_encode(self.0, NON_ALPHANUMERIC).to_string()
    }

    /// Encodes it in double quotes of the query language, as a name or value of any characters.
    fn quoted(self) -> String {
        let escaped = self.0.iter().flat_map(|byte| match byte {
            b'"' | b'\\' => vec![b'\\', *byte],
            byte => vec![*byte],
        });
        format!("%22{}%22", percent_encode(&escaped.collect::<Vec<_>>(), NON_ALPHANUMERIC))
    }

    /// Writes it as a string of JSON. What is not UTF-8 stays as it is.
    fn json(self) -> Vec<u8> {
        let escaped = self.0.iter().flat_map(|byte| match byte {
            b'"' | b'\\' => vec![b'\\', *byte],
            0..0x20 => format!("\\u{byte:04x}").into_bytes(),
            byte => vec![*byte],
        });
        [b'"'].into_iter().chain(escaped).chain([b'"']).collect()
    }
}

/// What is sent with a text in one place.
pub(super) struct Sent {
    method: &'static str,
    url: String,
    header: Option<(&'static str, Vec<u8>)>,
    body: Vec<u8>,
}

impl Sent {
    fn get(url: String) -> Self {
        Self { method: "GET", url: format!("/rest/v1/{url}"), header: None, body: Vec::new() }
    }

    fn with_header(name: &'static str, text: Text<'_>) -> Self {
        Self { header: Some((name, text.0.into())), ..Self::get("notes?select=id,text".into()) }
    }

    /// A read of notes by a document.
    fn query(body: Vec<u8>) -> Self {
        Self { method: "POST", url: "/v1/query/notes".into(), header: None, body }
    }

    fn write(method: &'static str, url: String, body: impl Into<Vec<u8>>) -> Self {
        Self { method, body: body.into(), ..Self::get(url) }
    }

    /// Returns the request, or `None` if no client can send it.
    pub(super) fn request(&self) -> Option<Request<Body>> {
        let mut request = Request::builder().method(self.method).uri(&self.url);
        if !self.body.is_empty() && self.header.as_ref().is_none_or(|(name, _)| *name != "content-type") {
            request = request.header("content-type", "application/json");
        }
        if let Some((name, value)) = &self.header {
            request = request.header(*name, HeaderValue::from_bytes(value).ok()?);
        }
        request.body(Body::from(self.body.clone())).ok()
    }
}

/// A place, and what is sent with a text there.
pub(super) type Place = (&'static str, fn(Text<'_>) -> Sent);

/// A place of a URL with a text in a query of notes, encoded.
macro_rules! query {
    ($name:literal, $before:literal, $after:literal) => {
        ($name, |text| Sent::get(["notes?", $before, &text.url(), $after].concat()))
    };
}

/// The same in double quotes of the query language.
macro_rules! quoted {
    ($name:literal, $before:literal, $after:literal) => {
        ($name, |text| Sent::get(["notes?", $before, &text.quoted(), $after].concat()))
    };
}

/// The places, but for those of values that a write stores.
pub(super) const PLACES: &[Place] = &[
    ("the table in the path", |text| Sent::get(text.url())),
    ("the table, not encoded", |text| Sent::get(String::from_utf8_lossy(text.0).replace(' ', "%20"))),
    ("the identifier", |text| Sent::get(format!("notes/{}", text.url()))),
    ("the identifier of a composite key", |text| Sent::get(format!("likes/1,{}", text.url()))),
    ("a parameter", |text| Sent::get(format!("notes?{}=eq.1", text.url()))),
    ("a parameter in quotes", |text| Sent::get(format!("notes?{}=eq.1", text.quoted()))),
    ("a filter, not encoded", |text| {
        Sent::get(format!("notes?text=eq.{}", String::from_utf8_lossy(text.0).replace(' ', "+")))
    }),
    query!("an operator", "text=", ""),
    query!("the value of a text", "text=eq.", ""),
    query!("the value of an integer", "id=eq.", ""),
    query!("the value of a decimal", "amount=gt.", ""),
    query!("the value of a date", "day=eq.", ""),
    query!("the value of another column that needs quotes", "a%22b%27=neq.", ""),
    query!("a value of is", "text=is.", ""),
    query!("a value of isdistinct", "text=isdistinct.", ""),
    query!("a pattern", "text=like.", ""),
    query!("a pattern of any case", "text=not.ilike.", ""),
    query!("a list", "text=in.(", ")"),
    quoted!("a list in quotes", "text=in.(", ",x)"),
    quoted!("a list of integers", "id=in.(1,", ")"),
    quoted!("a list of dates", "day=in.(", ")"),
    query!("an array", "text=eq(any).{", "}"),
    quoted!("an array in quotes", "text=like(all).{", "}"),
    query!("a group", "or=(", ")"),
    query!("a column of a group", "and=(", ".eq.1)"),
    quoted!("a column in quotes of a group", "or=(", ".eq.1,id.eq.1)"),
    quoted!("a value of a group", "not.or=(id.eq.1,text.eq.", ")"),
    query!("a selected column", "select=", ""),
    quoted!("a selected column in quotes", "select=id,", ""),
    query!("a step into JSON", "select=data-%3E", ""),
    quoted!("a step in quotes into JSON", "select=id,data-%3Ea-%3E%3E", ""),
    quoted!("a step in quotes of a filter", "data-%3E", "=eq.1"),
    query!("JSON to compare with", "data-%3Ea=eq.", ""),
    quoted!("a step in quotes of an order", "order=data-%3E", ".desc"),
    query!("a type", "select=text::", ""),
    query!("a function", "select=id.", "()"),
    query!("an alias", "select=", ":text"),
    quoted!("an alias in quotes", "select=id,", ":text"),
    query!("related rows", "select=", "(*)"),
    quoted!("related rows in quotes", "select=", "(*)"),
    quoted!("an alias of related rows", "select=", ":author_id(name)"),
    query!("a hint", "select=people!", "(*)"),
    quoted!("a hint in quotes", "select=people!", "(*)"),
    query!("a spread", "select=id,...", "(*)"),
    quoted!("an alias in a spread", "select=id,...author_id(", ":name)"),
    query!("a column of related rows", "select=author_id(", ")"),
    quoted!("a column in quotes of related rows", "select=author_id(", ")"),
    query!("a filter of related rows", "select=author_id(name)&author_id.", "=eq.1"),
    quoted!("a filter in quotes of related rows", "select=author_id(name)&author_id.", "=eq.1"),
    query!("a filter of rows that are not related", "select=author_id(name)&", ".name=eq.1"),
    query!("a value of related rows", "select=author_id!inner(name)&author_id.name=eq.", ""),
    query!("a pattern of related rows", "select=id,author_id!inner()&author_id.name=like.", ""),
    query!("an order", "order=", ""),
    quoted!("an order in quotes", "order=", ".desc"),
    query!("a direction", "order=id.", ""),
    query!("an order by related rows", "select=author_id(name)&order=", "(name)"),
    quoted!("an order by a column of related rows", "select=author_id(name)&order=author_id(", ")"),
    query!("an order of related rows", "select=author_id(name)&author_id.order=", ""),
    query!("a limit", "limit=", ""),
    query!("an offset", "limit=1&offset=", ""),
    query!("a limit of related rows", "select=author_id(name)&author_id.limit=", ""),
    query!("columns of a read", "columns=", ""),
    ("Prefer", |text| Sent::with_header("prefer", text)),
    ("Prefer, strictly", |text| {
        Sent::with_header("prefer", Text(&[b"handling=strict,max-affected=", text.0].concat()))
    }),
    ("Accept", |text| Sent::with_header("accept", text)),
    ("Accept-Profile", |text| Sent::with_header("accept-profile", text)),
    ("Range", |text| Sent::with_header("range", text)),
    ("the end of Range", |text| Sent::with_header("range", Text(&[b"0-", text.0].concat()))),
    ("Range-Unit", |text| Sent { header: Some(("range-unit", text.0.into())), ..Sent::get("notes?limit=1".into()) }),
    ("Content-Profile", |text| Sent {
        header: Some(("content-profile", text.0.into())),
        ..Sent::write("POST", "notes".into(), "{\"id\": \"x\"}")
    }),
    ("Content-Type", |text| Sent {
        header: Some(("content-type", text.0.into())),
        ..Sent::write("POST", "notes".into(), "{\"id\": \"x\"}")
    }),
    ("on_conflict", |text| Sent::write("POST", format!("notes?on_conflict={}", text.url()), "{\"id\": 1}")),
    ("on_conflict in quotes", |text| {
        Sent::write("POST", format!("notes?on_conflict={}", text.quoted()), "{\"id\": 1, \"text\": \"x\"}")
    }),
    ("columns", |text| Sent::write("POST", format!("notes?columns={}", text.url()), "{\"id\": 1}")),
    ("columns in quotes", |text| Sent::write("PATCH", format!("notes?id=eq.0&columns={}", text.quoted()), "{}")),
    ("a key of a body", |text| {
        Sent::write("POST", "notes".into(), [b"{\"id\": 77, ", &*text.json(), b": 1}"].concat())
    }),
    ("a key of a change", |text| Sent::write("PATCH", "notes?id=eq.1".into(), [b"{", &*text.json(), b": 1}"].concat())),
    ("an integer of a body", |text| Sent::write("POST", "notes".into(), [b"{\"id\": ", &*text.json(), b"}"].concat())),
    ("a date of a body", |text| {
        Sent::write("PATCH", "notes?id=eq.0".into(), [b"{\"day\": ", &*text.json(), b"}"].concat())
    }),
    ("a body", |text| Sent::write("POST", "notes".into(), text.0)),
    ("the filter of a change", |text| Sent::write("PATCH", format!("notes?text=eq.{}", text.url()), "{\"amount\": 5}")),
    ("what a change returns", |text| {
        Sent::write("PATCH", format!("notes?id=eq.0&select={}", text.url()), "{\"amount\": 5}")
    }),
    ("the filter of a deletion", |text| Sent::write("DELETE", format!("notes?text=eq.{}", text.url()), "")),
    ("a parameter of a deletion", |text| Sent::write("DELETE", format!("notes?{}=eq.1", text.url()), "")),
    ("a deleted row", |text| Sent::write("DELETE", format!("notes/{}", text.url()), "")),
    ("a replaced row", |text| Sent::write("PUT", format!("notes/{}", text.url()), "{\"text\": \"x\"}")),
    ("a query as a document", |text| Sent::query(text.0.into())),
    ("a column of a document", |text| Sent::query([b"{\"select\": [", &*text.json(), b"]}"].concat())),
    ("an alias of a document", |text| {
        Sent::query([b"{\"select\": [{\"column\": \"id\", \"alias\": ", &*text.json(), b"}]}"].concat())
    }),
    ("related rows of a document", |text| {
        Sent::query([b"{\"select\": [{\"related\": ", &*text.json(), b"}]}"].concat())
    }),
    ("an operator of a document", |text| {
        let before = b"{\"where\": [{\"column\": \"text\", \"value\": 1, \"op\": ";
        Sent::query([before, &*text.json(), b"}]}"].concat())
    }),
    ("a value of a document", |text| {
        let before = b"{\"where\": [{\"column\": \"text\", \"op\": \"eq\", \"value\": ";
        Sent::query([before, &*text.json(), b"}]}"].concat())
    }),
    ("an order of a document", |text| Sent::query([b"{\"order\": [", &*text.json(), b"]}"].concat())),
    ("the path of a function", |text| Sent::write("POST", format!("rpc/{}", text.url()), "{}")),
];

/// The places of values that a write stores, in the note 77.
pub(super) const STORED: &[Place] = &[
    ("a value of a body", |text| {
        Sent::write("POST", "notes".into(), [b"{\"id\": 77, \"text\": ", &*text.json(), b"}"].concat())
    }),
    ("one of several values of a body", |text| {
        let body = [b"[{\"id\": 78, \"text\": \"x\"}, {\"id\": 77, \"text\": ", &*text.json(), b"}]"].concat();
        Sent::write("POST", "notes".into(), body)
    }),
    ("a value of an upsert", |text| Sent {
        header: Some(("prefer", b"resolution=merge-duplicates,return=representation".into())),
        ..Sent::write("POST", "notes".into(), [b"{\"id\": 77, \"text\": ", &*text.json(), b"}"].concat())
    }),
];
