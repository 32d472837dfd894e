//! The execution plans of reads, if the server responds with them.

use serde_json::{Value, json};

use super::{Components, Described};
use crate::plan::{PLAN_JSON, PLAN_TEXT};

/// Adds the media types of plans to the responses with rows that were read.
pub(super) fn insert(described: &[Described<'_>], components: &mut Components) {
    let text = "The steps of the plan, as the database describes them. On SQLite, `Node Type` is a sentence.";
    let node = json!({
        "type": "object", "required": ["Node Type"], "description": text,
        "properties": {
            "Node Type": { "type": "string" },
            "Plans": { "type": "array", "items": { "type": "object", "required": ["Node Type"] } },
        },
    });
    let plan = json!({ "type": "object", "required": ["Plan"], "properties": { "Plan": node } });
    let plans = json!({ "schema": { "type": "array", "minItems": 1, "maxItems": 1, "items": plan } });
    let lines = json!({ "schema": { "type": "string", "description": "The same as lines." } });
    let responses = components.kinds.get_mut("responses").and_then(Value::as_object_mut);
    let Some(responses) = responses else { return };
    for key in
        described.iter().flat_map(|described| ["rows", "row"].map(|ending| format!("{}.{ending}", described.key)))
    {
        if let Some(content) = responses.get_mut(&key).and_then(|response| response["content"].as_object_mut()) {
            content.insert(PLAN_JSON.into(), plans.clone());
            content.insert(PLAN_TEXT.into(), lines.clone());
        }
    }
}
