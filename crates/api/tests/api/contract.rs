//! Holds answers against the document that the same server gives of itself: path, operation, status, headers, media
//! type, schema. An answer that the document does not describe is a fault of one of the two.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, OnceLock};

use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use jsonschema::Validator;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::support::Answer;

/// What a server promises, and the validators of it that were needed so far: to make one is slow.
pub(crate) struct Contract {
    document: Value,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

/// What was asked.
pub(crate) struct Asked {
    method: Method,
    path: String,
    query: String,
    preferences: Vec<String>,
    /// Whether it is a browser that asks, for a page of another site, what it may send.
    is_preflight: bool,
}

impl Asked {
    pub(crate) fn of(parts: &Parts) -> Self {
        Self {
            method: parts.method.clone(),
            path: parts.uri.path().into(),
            query: parts.uri.query().unwrap_or_default().into(),
            preferences: preferences(&parts.headers),
            is_preflight: parts.headers.contains_key("access-control-request-method"),
        }
    }

    /// Whether the parameter is there. A column of its name would make it a filter, and hold the rows less strictly.
    fn has_parameter(&self, name: &str) -> bool {
        self.query.split('&').any(|parameter| parameter.split('=').next() == Some(name))
    }

    /// Whether `select` has more than columns and related rows under their own names.
    fn is_computed(&self) -> bool {
        let query = percent_decode_str(&self.query).decode_utf8_lossy();
        self.is_query() || ["::", "->", "()"].iter().any(|sign| query.contains(sign))
    }

    fn prefers(&self, preference: &str) -> bool {
        self.preferences.iter().any(|given| given == preference)
    }

    /// Whether a document in the body says what is read. It is not known here.
    fn is_query(&self) -> bool {
        self.path.starts_with("/v1/query/")
    }

    /// Whether rows are answered only to those who ask for them.
    fn is_write(&self) -> bool {
        !self.is_query() && !matches!(self.method, Method::GET | Method::HEAD | Method::OPTIONS)
    }
}

fn preferences(headers: &HeaderMap) -> Vec<String> {
    let lines = headers.get_all("prefer").iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(|preference| preference.trim().to_owned()).collect()
}

type Checked<T = ()> = Result<T, String>;

impl Contract {
    /// The contract of a document; one for each that occurs in this program.
    pub(crate) fn of(document: &str) -> Arc<Self> {
        static KNOWN: OnceLock<Mutex<HashMap<u64, Arc<Contract>>>> = OnceLock::new();
        let mut hasher = DefaultHasher::new();
        document.hash(&mut hasher);
        let mut known = KNOWN.get_or_init(Mutex::default).lock().unwrap();
        let contract = known.entry(hasher.finish()).or_insert_with(|| {
            let document = serde_json::from_str(document).unwrap();
            Arc::new(Self { document, validators: Mutex::default() })
        });
        Arc::clone(contract)
    }

    /// Stops the test where an answer is not as the document says.
    pub(crate) fn hold(&self, asked: &Asked, answer: &Answer) {
        if let Err(message) = self.check(asked, answer) {
            let Asked { method, path, query, .. } = asked;
            let Answer { status, headers, text } = answer;
            let text: String = text.chars().take(2_000).collect();
            panic!(
                "{method} {path}?{query} is not answered as its document says: {message}\n{status} {headers:?}\n{text}"
            );
        }
    }

    fn check(&self, asked: &Asked, answer: &Answer) -> Checked {
        // What browsers do with pages is not a part of what programs are promised.
        if asked.is_preflight || matches!(asked.path.as_str(), "/docs" | "/rest/v1") || asked.path.starts_with("/docs/")
        {
            return Ok(());
        }
        // Nor is what leads to an address that is nearly the one that was asked.
        if answer.status == StatusCode::PERMANENT_REDIRECT {
            let leads = asked.path.strip_suffix('/').is_some_and(|path| {
                let query = if asked.query.is_empty() { String::new() } else { format!("?{}", asked.query) };
                answer.header("location") == Some(&format!("{path}{query}")) && self.path(path).is_some()
            });
            return if leads { Ok(()) } else { Err("it leads elsewhere".into()) };
        }
        let Some((template, item)) = self.path(&asked.path) else {
            return self.refusal(asked, answer).map_err(|error| format!("there is no such path, and {error}"));
        };
        let method = asked.method.as_str().to_lowercase();
        let described = match item.get(&method) {
            // Whoever answers a GET answers a HEAD.
            None if method == "head" => item.get("get"),
            described => described,
        };
        let Some(operation) = described else {
            return self.refusal(asked, answer).map_err(|error| format!("there is no such operation, and {error}"));
        };
        let responses = operation["responses"].as_object().ok_or("an operation has no responses")?;
        let status = answer.status.as_str();
        // Any other status is one that the owner of the database chose, by a code.
        let is_chosen =
            || ["PT", "42P01", "42883", "23"].iter().any(|code| answer.text.contains(&format!("\"code\":\"{code}")));
        let Some(response) = responses.get(status).or_else(|| responses.get("default").filter(|_| is_chosen())) else {
            let described: Vec<_> = responses.keys().map(String::as_str).collect();
            return Err(format!("{status} is not described; {} are", described.join(", ")));
        };
        let response = self.resolved(response)?;
        self.headers(response, answer)?;
        self.body(&format!("{method} {template} {status}"), response, asked, answer)
    }

    /// An answer to what the document does not have: a problem of the common shape.
    fn refusal(&self, asked: &Asked, answer: &Answer) -> Checked {
        if !answer.status.is_client_error() && !answer.status.is_server_error() {
            return Err(format!("it is answered with {}", answer.status));
        }
        if answer.status.as_u16() == 405 && answer.header("allow").is_none() {
            return Err("what is allowed instead is not said".into());
        }
        let schema = json!({ "$ref": "#/components/schemas/Problem" });
        let content = json!({ "content": { "application/problem+json": { "schema": schema } } });
        self.body("refusal", &content, asked, answer)
    }

    /// The path item that a path belongs to, with its template.
    fn path(&self, path: &str) -> Option<(&str, &Value)> {
        let segments = decoded(path)?;
        let fits = |template: &str| {
            let wanted: Vec<&str> = template.split('/').collect();
            wanted.len() == segments.len()
                && wanted.iter().zip(&segments).all(|(wanted, found)| match wanted.starts_with('{') {
                    true => !found.is_empty(),
                    false => percent_decode_str(wanted).decode_utf8().is_ok_and(|wanted| wanted == found.as_str()),
                })
        };
        let paths = self.document["paths"].as_object()?;
        paths.iter().find(|(template, _)| fits(template)).map(|(template, item)| (template.as_str(), item))
    }

    fn resolved<'v>(&'v self, value: &'v Value) -> Checked<&'v Value> {
        match value.get("$ref").and_then(Value::as_str) {
            Some(reference) => {
                let found = self.document.pointer(reference.trim_start_matches('#'));
                found.ok_or_else(|| format!("{reference} leads nowhere"))
            }
            None => Ok(value),
        }
    }

    fn headers(&self, response: &Value, answer: &Answer) -> Checked {
        for (name, header) in response["headers"].as_object().into_iter().flatten() {
            let header = self.resolved(header)?;
            let Some(value) = answer.header(name) else {
                if header["required"] == true {
                    return Err(format!("the header {name} is missing"));
                }
                continue;
            };
            let value = match header["schema"]["type"].as_str() {
                Some("integer") => value.parse::<i64>().map(Value::from).map_err(|_| format!("{name} is no number"))?,
                _ => Value::from(value),
            };
            let schema = &header["schema"];
            self.validate(&format!("header {name} {schema}"), schema, false, &value)
                .map_err(|error| format!("the header {name}: {error}"))?;
        }
        Ok(())
    }

    fn body(&self, key: &str, response: &Value, asked: &Asked, answer: &Answer) -> Checked {
        if asked.method == Method::HEAD {
            return if answer.text.is_empty() { Ok(()) } else { Err("a HEAD is answered with a body".into()) };
        }
        let Some(content) = response.get("content") else {
            return if answer.text.is_empty() { Ok(()) } else { Err("a body is not described".into()) };
        };
        let is_wanted = !asked.is_write() || !answer.status.is_success() || asked.prefers("return=representation");
        if !is_wanted && !answer.text.is_empty() {
            return Err("nobody asked for the body".into());
        }
        if !is_wanted {
            return Ok(());
        }
        let media_type = answer.header("content-type").unwrap_or_default();
        let media_type = media_type.split(';').next().unwrap_or_default().trim();
        let Some(described) = content.get(media_type) else {
            return Err(format!("the media type {media_type:?} is not described"));
        };
        if !media_type.ends_with("json") {
            return if answer.text.is_empty() { Err("there is no body".into()) } else { Ok(()) };
        }
        let body: Value =
            serde_json::from_str(&answer.text).map_err(|error| format!("the body is no JSON: {error}"))?;
        let is_whole = !asked.is_query() && !asked.has_parameter("select");
        let schema = if is_whole { whole(&described["schema"]) } else { described["schema"].clone() };
        let is_computed = asked.is_computed();
        self.validate(&format!("{key} {media_type} {is_whole} {is_computed}"), &schema, is_computed, &body)
    }

    fn validate(&self, key: &str, schema: &Value, is_computed: bool, value: &Value) -> Checked {
        let known = self.validators.lock().unwrap().get(key).cloned();
        let validator = match known {
            Some(validator) => validator,
            None => {
                let mut root = schema.clone();
                let schemas = &self.document["components"]["schemas"];
                let schemas = if is_computed { schemas.clone() } else { uncomputed(schemas) };
                root["components"] = json!({ "schemas": schemas });
                let options = jsonschema::options().with_draft(jsonschema::Draft::Draft202012);
                let validator = options.should_validate_formats(true).build(&root);
                let validator = Arc::new(validator.map_err(|error| format!("the schema is none: {error}"))?);
                self.validators.lock().unwrap().insert(key.to_owned(), Arc::clone(&validator));
                validator
            }
        };
        validator.validate(value).map_err(|error| format!("at {:?}: {error}", error.instance_path().as_str()))
    }
}

/// The same schemas, where rows are those of their tables: nobody computed values.
fn uncomputed(schemas: &Value) -> Value {
    let mut schemas = schemas.clone();
    let computed = json!({ "$ref": "#/components/schemas/Computed" });
    for schema in schemas.as_object_mut().into_iter().flat_map(serde_json::Map::values_mut) {
        if let Some(either) = schema.get_mut("anyOf").and_then(Value::as_array_mut) {
            either.retain(|one| *one != computed);
        }
    }
    schemas
}

/// The parts of a path as text; nothing where they are none.
fn decoded(path: &str) -> Option<Vec<String>> {
    let is_broken = |rest: &str| !rest.as_bytes().get(..2).is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit));
    if path.split('%').skip(1).any(is_broken) {
        return None;
    }
    path.split('/').map(|part| Some(percent_decode_str(part).decode_utf8().ok()?.into_owned())).collect()
}

/// The same schema, where every row has all of its columns and no other: nobody chose some of them.
fn whole(schema: &Value) -> Value {
    match schema {
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| match (name.as_str(), value) {
                ("$ref", Value::String(reference)) => {
                    (name.clone(), reference.strip_suffix(".answer").unwrap_or(reference).into())
                }
                _ => (name.clone(), whole(value)),
            });
            Value::Object(members.collect())
        }
        Value::Array(items) => items.iter().map(whole).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn contract() -> Arc<Contract> {
        Contract::of(&mwallet_api::Document::new(mwallet_models::tables()).json().unwrap().to_string())
    }

    /// What the contract says to an answer: nothing, where all is well.
    fn said(request: &str, status: u16, headers: &[(&str, &str)], text: &str) -> String {
        let (method, uri) = request.split_once(' ').unwrap();
        let request = Request::builder().method(method).uri(uri).header("prefer", "return=representation");
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let mut answered = HeaderMap::new();
        for (name, value) in headers {
            answered.insert(axum::http::HeaderName::try_from(*name).unwrap(), value.parse().unwrap());
        }
        let answer = Answer { status: StatusCode::from_u16(status).unwrap(), headers: answered, text: text.to_owned() };
        contract().check(&Asked::of(&parts), &answer).err().unwrap_or_default()
    }

    const JSON: (&str, &str) = ("content-type", "application/json");
    const PROBLEM: (&str, &str) = ("content-type", "application/problem+json");
    const RANGE: (&str, &str) = ("content-range", "0-0/*");

    fn row() -> Value {
        json!({ "user_id": 1, "group_id": 2 })
    }

    fn problem(status: u16) -> String {
        json!({
            "type": "about:blank", "title": "t", "status": status, "detail": "d", "code": "PGRST125", "message": "d",
            "details": null, "hint": null,
        })
        .to_string()
    }

    #[test]
    fn what_is_described_passes() {
        let rows = json!([row()]).to_string();
        assert_eq!(said("GET /rest/v1/user_groups?user_id=eq.1", 200, &[JSON, RANGE], &rows), "");
        assert_eq!(said("GET /rest/v1/user_groups/1,2", 200, &[JSON], &row().to_string()), "");
        assert_eq!(said("HEAD /rest/v1/user_groups", 200, &[JSON, RANGE], ""), "");
        assert_eq!(said("GET /rest/v1/user_groups?select=x:user_id", 200, &[JSON, RANGE], r#"[{"x":1}]"#), "");
        assert_eq!(said("DELETE /rest/v1/user_groups/1,2", 204, &[], ""), "");
        assert_eq!(said("GET /rest/v1/nothing", 404, &[PROBLEM], &problem(404)), "");
        assert_eq!(said("GET /rest/v1/%ff", 400, &[PROBLEM], &problem(400)), "");
        assert_eq!(said("TRACE /rest/v1/orders", 405, &[PROBLEM, ("allow", "GET")], &problem(405)), "");
    }

    #[test]
    fn what_is_not_described_is_told() {
        let rows = json!([row()]).to_string();
        let list = "GET /rest/v1/user_groups";
        for (request, status, headers, text, part) in [
            (list, 201, &[JSON, RANGE][..], rows.as_str(), "201 is not described; 200, 206, 300, 400"),
            (list, 200, &[("content-type", "text/plain"), RANGE], &rows, "text/plain"),
            (list, 200, &[JSON, ("content-range", "all")], &rows, "Content-Range"),
            (list, 200, &[JSON, RANGE], r#"[{"user_id":1}]"#, "at \"/0\""),
            (list, 200, &[JSON, RANGE], r#"[{"user_id":1,"group_id":2,"secret":3}]"#, "secret"),
            (list, 200, &[JSON, RANGE], "[", "no JSON"),
            ("GET /rest/v1/user_groups?select=user_id", 200, &[JSON, RANGE], r#"[{"user_id":"1"}]"#, "at \"/0"),
            ("HEAD /rest/v1/user_groups", 200, &[JSON, RANGE], &rows, "HEAD"),
            ("DELETE /rest/v1/user_groups/1,2", 204, &[JSON], "{}", "not described"),
            ("GET /rest/v1/nothing", 200, &[JSON], "[]", "no such path"),
            ("GET /rest/v1/nothing", 404, &[JSON], &problem(404), "media type"),
            ("TRACE /rest/v1/orders", 405, &[PROBLEM], &problem(405), "allowed instead"),
            (list, 400, &[PROBLEM], r#"{"status":400}"#, "required"),
        ] {
            let said = said(request, status, headers, text);
            assert!(said.contains(part), "{request} {status}: {said}");
        }
    }
}
