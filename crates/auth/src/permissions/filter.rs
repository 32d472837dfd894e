//! The filters of a permissions file: those of the data plane, with operands of the caller, `exists(table, filter)` and
//! the names of definitions.
//!
//! ```text
//! user_id=eq.{auth.id}
//! and(mine,state.in.(OPEN,PARTIAL))
//! exists(members, and(group_id.eq.{row.group_id},user_id.eq.{auth.id}))
//! ```

use std::collections::BTreeMap;

use mwallet_db::{Filter, Operand};
use mwallet_query::Parameters;
use mwallet_schema::nearest;

use super::mistake::did_you_mean;

/// What is known of a caller, by the names that filters have for it. `auth.app.` begins any others.
const OPERANDS: [&str; 5] = ["auth.id", "auth.uid", "auth.rsid", "auth.aal", NOW];
/// The time of the request.
pub(super) const NOW: &str = "now";
/// What a token says of its holder beyond that: `auth.app.department`.
const OF_APP: &str = "auth.app.";
/// A column of the row that `exists` is about: `row.id`.
const OF_ROW: &str = "row.";
/// How deep filters may be nested.
const MAX_DEPTH: usize = 32;

/// Reads a filter. The definitions are those that come before it.
pub(super) fn parse(text: &str, definitions: &BTreeMap<String, Filter>) -> Result<Filter, String> {
    let parts = split(text, '&')?;
    let mut all = parts.iter().map(|part| condition(part, definitions, MAX_DEPTH)).collect::<Result<Vec<_>, _>>()?;
    Ok(if all.len() == 1 { all.remove(0) } else { Filter::And(all) })
}

fn condition(text: &str, definitions: &BTreeMap<String, Filter>, depth: usize) -> Result<Filter, String> {
    let depth = depth.checked_sub(1).ok_or_else(|| format!("a filter has at most {MAX_DEPTH} levels"))?;
    let text = text.trim();
    let all = |inner: &str| {
        split(inner, ',')?.iter().map(|part| condition(part, definitions, depth)).collect::<Result<Vec<_>, String>>()
    };
    if let Some(inner) = within(text, "and") {
        return all(inner).map(Filter::And);
    }
    if let Some(inner) = within(text, "or") {
        return all(inner).map(Filter::Or);
    }
    if let Some(inner) = within(text, "exists") {
        let (table, filter) = inner.split_once(',').ok_or("write exists(table, filter)")?;
        let filter = Box::new(condition(filter, definitions, depth)?);
        // The name may be that of a schema too: whoever knows the tables finds out.
        return Ok(Filter::ExistsIn { schema: None, table: table.trim().into(), filter });
    }
    if let Some(rest) = text.strip_prefix("not.") {
        return condition(rest, definitions, depth).map(|filter| !filter);
    }
    if text.is_empty() {
        return Err("a filter is missing here; what is not named is closed, and `all` is every row".into());
    }
    if text.chars().all(|character| character.is_alphanumeric() || character == '_') {
        let unknown = || {
            let meant = did_you_mean(definitions.keys().map(String::as_str), text);
            format!("there is no definition {text} before this{meant}")
        };
        return definitions.get(text).cloned().ok_or_else(unknown);
    }
    comparison(text)
}

/// Reads a single comparison: `state=eq.OPEN` as in a URL, or `state.eq.OPEN` as in a group.
fn comparison(text: &str) -> Result<Filter, String> {
    let is_column = |_: &str| true;
    let equals = text.find('=').filter(|equals| text.find('.').is_none_or(|dot| *equals < dot));
    let parsed = match equals {
        Some(equals) => Parameters::parse([(&text[..equals], &text[equals + 1..])], &is_column),
        None => Parameters::parse([("and", format!("({text})"))], &is_column),
    };
    let filters = parsed.map_err(|error| error.to_string())?.filters;
    let mut filters: Vec<Filter> = filters.into_iter().map(Filter::from).collect();
    // A comparison in the form of a group is a group of one.
    if let [Filter::And(group)] = &mut filters[..] {
        filters = std::mem::take(group);
    }
    match <[Filter; 1]>::try_from(filters) {
        Ok([filter]) => with_operands(filter),
        Err(_) => Err(format!("{text} is no filter; write column=eq.value")),
    }
}

/// Puts what is known of the caller, and columns of the row, in the place of operands in braces.
fn with_operands(filter: Filter) -> Result<Filter, String> {
    let each = |all: Vec<Filter>| all.into_iter().map(with_operands).collect::<Result<Vec<_>, _>>();
    let operands = |all: Vec<Operand>| all.into_iter().map(operand).collect::<Result<Vec<_>, _>>();
    Ok(match filter {
        Filter::Compare { field, comparison, operand: value } => {
            Filter::Compare { field, comparison, operand: operand(value)? }
        }
        Filter::In { field, values } => Filter::In { field, values: operands(values)? },
        Filter::Between { field, low, high } => Filter::Between { field, low: operand(low)?, high: operand(high)? },
        Filter::Relate { field, relation, operand: value } => {
            Filter::Relate { field, relation, operand: operand(value)? }
        }
        Filter::Like { ref pattern, .. }
        | Filter::Regex { ref pattern, .. }
        | Filter::Search { text: ref pattern, .. }
            if pattern.starts_with('{') || has_operand(pattern) =>
        {
            return Err(format!("{pattern} can be compared, but is no pattern"));
        }
        Filter::And(all) => Filter::And(each(all)?),
        Filter::Or(all) => Filter::Or(each(all)?),
        Filter::Not(one) => !with_operands(*one)?,
        other => other,
    })
}

/// Puts what is known of the caller, or a column of the row, in the place of an operand in braces.
pub(super) fn operand(operand: Operand) -> Result<Operand, String> {
    let Operand::Text(text) = operand else { return Ok(operand) };
    let name = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).filter(|name| !name.contains(['{', '}']));
    let Some(name) = name else {
        return match has_operand(&text) {
            // It would be compared as it is written, and nobody means that.
            true => Err(format!("{text}: what is in braces is a whole value, with nothing before or after it")),
            false => Ok(Operand::Text(text)),
        };
    };
    if let Some(column) = name.strip_prefix(OF_ROW) {
        return Ok(Operand::Row(column.into()));
    }
    if OPERANDS.contains(&name) || name.strip_prefix(OF_APP).is_some_and(|key| !key.is_empty()) {
        return Ok(Operand::Caller(name.into()));
    }
    let meant = nearest(OPERANDS, name).map(|meant| format!("; did you mean {{{meant}}}?")).unwrap_or_default();
    Err(match name.starts_with("auth.user_metadata") {
        true => format!("{{{name}}} is what users say of themselves, so it decides nothing"),
        false => format!("nothing is known of a caller by the name {{{name}}}{meant}"),
    })
}

/// Returns whether an operand in braces is somewhere in a text.
fn has_operand(text: &str) -> bool {
    text.contains(&format!("{{{NOW}}}")) || ["{auth.", "{row."].iter().any(|begin| text.contains(begin))
}

/// Returns what is within the brackets of a word, if the text is that.
fn within<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    text.strip_prefix(word)?.trim_start().strip_prefix('(')?.strip_suffix(')')
}

/// Splits a text where a separator is in no brackets and no quotes.
fn split(text: &str, separator: char) -> Result<Vec<&str>, String> {
    let (mut parts, mut begin, mut open, mut is_quoted, mut is_escaped) = (Vec::new(), 0, 0_usize, false, false);
    for (at, character) in text.char_indices() {
        match character {
            _ if std::mem::take(&mut is_escaped) => {}
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            _ if is_quoted => {}
            '(' | '{' => open += 1,
            ')' | '}' => open = open.checked_sub(1).ok_or_else(|| format!("a bracket too many: {character}"))?,
            _ if character == separator && open == 0 => {
                parts.push(&text[begin..at]);
                begin = at + character.len_utf8();
            }
            _ => {}
        }
    }
    if open > 0 || is_quoted {
        return Err("a bracket or a quote is not closed".into());
    }
    parts.push(&text[begin..]);
    Ok(parts)
}
