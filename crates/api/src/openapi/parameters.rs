//! Parameters: a filter for each column, and the keywords of the query language.

use mwallet_db::schema::{Access, Column, ColumnDefault, ColumnType, Table};
use mwallet_query::column_parameter;
use serde_json::{Value, json};

use super::{Components, Described, names, reference, related};

const KIND: &str = "parameters";

/// Inserts the parameters in headers, which are the same for every table.
pub(super) fn insert(components: &mut Components) {
    let prefer = |words: &[(&str, &str)]| {
        let lines: String = words.iter().map(|(word, does)| format!("- `{word}`: {does}\n")).collect();
        let examples: Vec<_> = words.iter().map(|(word, _)| *word).collect();
        json!({
            "name": "Prefer", "in": "header",
            "description": format!("Preferences for the response, separated by commas.\n{lines}"),
            "schema": { "type": "string", "examples": examples },
        })
    };
    let handling = [
        ("handling=strict", "an unknown preference is an error"),
        ("handling=lenient", "unknown preferences are ignored (the default)"),
    ];
    let returned =
        [("return=representation", "the body has the written rows"), ("return=minimal", "no body (the default)")];
    let located = [("return=headers-only", "no body, but the path of the row in `Location`")];
    let missing = [("missing=default", "a column of `columns` that a row lacks gets its default instead of null")];
    let most = [("max-affected=10", "with `handling=strict`: a change that affects more rows than this is refused")];
    let tx = [("tx=rollback", "a dry run: the response is that of the change, which is rolled back")];
    let resolution = [
        ("resolution=merge-duplicates", "a row that exists already is changed"),
        ("resolution=ignore-duplicates", "a row that exists already is left as it is"),
    ];
    let count = [("count=exact", "the total number of rows, in `Content-Range`; the status is 206 if there are more")];
    let numbers =
        [("numbers=string", "64-bit integers and decimals are strings, so that clients do not round them to doubles")];
    let zone = ("timezone=America/Los_Angeles", "times have the offset of this zone of the IANA database, not UTC's");
    let values = [&numbers[..], &[zone]].concat();
    components.insert(KIND, "PreferRead", prefer(&[&count[..], &values, &handling].concat()));
    components.insert(KIND, "PreferOne", prefer(&[&values[..], &handling].concat()));
    let create = [&returned[..], &located, &resolution, &missing, &count, &values, &tx, &handling].concat();
    components.insert(KIND, "PreferCreate", prefer(&create));
    components.insert(KIND, "PreferWrite", prefer(&[&returned[..], &values, &tx, &handling].concat()));
    components.insert(KIND, "PreferChange", prefer(&[&returned[..], &count, &most, &values, &tx, &handling].concat()));
    let header = |name: &str, description: &str, example: &str| {
        json!({
            "name": name, "in": "header", "description": description,
            "schema": { "type": "string", "examples": [example] },
        })
    };
    let range = "The first and the last row of a page, counted from 0; an alternative to `offset` and `limit`.";
    components.insert(KIND, "Range", header("Range", range, "0-24"));
    components.insert(KIND, "RangeUnit", header("Range-Unit", "The unit of the range: `items`.", "items"));
}

/// The keywords of the query language: the name, the description and an example.
const WORDS: &[(&str, &str, &str)] = &[
    ("select", "The columns to return, separated by commas; `alias:column` renames one.", "{column}"),
    (
        "order",
        "The columns to order by, separated by commas, each with `.asc` or `.desc` and `.nullsfirst` or `.nullslast`.",
        "{column}.desc.nullslast",
    ),
    ("limit", "The most rows to return; the default is all rows.", "25"),
    ("offset", "The number of rows to skip.", "50"),
    ("skip", "An alias of `offset`.", "50"),
    ("and", "Conditions that must all be true; they can be nested.", "({filter},{other}.not.is.null)"),
    ("or", "Conditions of which at least one must be true; they can be nested.", "({filter},{other}.is.null)"),
    ("not.and", "Conditions of which at least one must be false.", "({filter},{other}.not.is.null)"),
    ("not.or", "Conditions that must all be false.", "({filter},{other}.is.null)"),
    ("columns", "The columns to take from the body, separated by commas; other columns are ignored.", "{column}"),
    (
        "on_conflict",
        "The columns of the key or unique constraint that identifies existing rows; the default is the primary key. \
         See `resolution` of `Prefer`.",
        "{unique}",
    ),
];

/// The keywords that combine filters, and those that choose columns and a page.
pub(super) const LOGIC: &[&str] = &["and", "or", "not.and", "not.or"];
pub(super) const PAGE: &[&str] = &["select", "order", "limit", "offset", "skip"];

/// Inserts the parameters of one table.
pub(super) fn insert_of_table(components: &mut Components, described: &Described<'_>) {
    let table = described.table;
    for column in names::readable(table) {
        components.insert(KIND, format!("{}.{}", described.key, names::key(&column.name)), filter(described, column));
    }
    let Some(column) = example_column(table) else { return };
    let other = names::readable(table).filter(|column| column.nullable).last().unwrap_or(column);
    let unique = unique(table).unwrap_or_else(|| names::quoted(&column.name));
    let (name, other) = (names::quoted(&column.name), names::quoted(&other.name));
    let filter = format!("{name}.{}", described.examples.filter(column));
    let filled = |example: &str| {
        let places = [("{column}", &name), ("{filter}", &filter), ("{other}", &other), ("{unique}", &unique)];
        places.iter().fold(example.to_owned(), |text, (place, value)| text.replace(place, value))
    };
    for (word, description, example) in WORDS {
        let example = filled(example);
        let schema = match *word {
            "limit" | "offset" | "skip" => {
                json!({ "type": "integer", "minimum": 0, "examples": [number(&example)] })
            }
            _ => json!({ "type": "string", "examples": [example] }),
        };
        let mut description = format!("{description} Example: `{example}`.");
        if *word == "select" && !described.related.is_empty() {
            let related: Vec<String> = described.related.iter().map(related::line).collect();
            description.push_str("\n\nRelated rows: ");
            description.push_str(&related.join(", "));
            description.push('.');
        }
        let json = json!({ "name": word, "in": "query", "description": description, "schema": schema });
        components.insert(KIND, word_key(described, word), json);
    }
}

/// References to the filters of all columns.
pub(super) fn filters(described: &Described<'_>) -> impl Iterator<Item = Value> {
    names::readable(described.table).map(|column| described.reference(KIND, &names::key(&column.name)))
}

/// References to keywords of the query language.
pub(super) fn words(described: &Described<'_>, words: &[&str]) -> impl Iterator<Item = Value> {
    let has_columns = example_column(described.table).is_some();
    words.iter().filter(move |_| has_columns).map(|name| reference(KIND, &word_key(described, name)))
}

/// References to parameters in headers.
pub(super) fn headers(keys: &[&str]) -> impl Iterator<Item = Value> {
    keys.iter().map(|key| reference(KIND, key))
}

/// The filters that identify the row of a `PUT`: each column of the key, equal to a value.
pub(super) fn key_filters(described: &Described<'_>) -> impl Iterator<Item = Value> {
    let table = described.table;
    table.primary_key.iter().filter_map(|name| names::readable_column(table, name)).map(move |column| {
        json!({
            "name": column_parameter(&column.name), "in": "query", "required": true,
            "description": "The key of the row; a key in the body must be the same.",
            "schema": { "type": "string", "pattern": "^eq\\." },
            "example": described.examples.filter(column),
        })
    })
}

/// The key of a keyword. The keys of columns contain no dot, so `select` cannot collide with a column of that name.
fn word_key(described: &Described<'_>, word: &str) -> String {
    format!("{}.query.{word}", described.key)
}

/// The column for examples: preferably an enum, else the key, which nearly every table has.
pub(super) fn example_column(table: &Table) -> Option<&Column> {
    let is_telling = |column: &&Column| matches!(column.kind, ColumnType::Enum(_));
    let key = || table.primary_key.first().and_then(|name| names::readable_column(table, name));
    names::readable(table).filter(is_telling).last().or_else(key).or_else(|| names::readable(table).next())
}

/// Columns that identify existing rows: those that clients must set, or else those that they can set.
pub(super) fn unique(table: &Table) -> Option<String> {
    let column = |name: &String| names::readable_column(table, name);
    let is_taken = |name: &String| column(name).is_some_and(|column| column.access != Access::ReadOnly);
    let is_made = |name: &String| {
        column(name).is_some_and(|column| matches!(column.default, Some(ColumnDefault::AppGenerated(_))))
    };
    let keys = || table.uniques.iter().map(|unique| &unique.columns).chain([&table.primary_key]);
    let mut taken = keys().filter(|columns| !columns.is_empty() && columns.iter().all(is_taken));
    let given = taken.clone().find(|columns| !columns.iter().any(is_made));
    // Among the columns that the server can generate, a name that people choose comes last.
    let columns = given.or_else(|| taken.next_back())?;
    Some(columns.iter().map(|name| names::quoted(name)).collect::<Vec<_>>().join(","))
}

fn number(text: &str) -> Value {
    text.parse::<u64>().map_or(Value::Null, Value::from)
}

fn filter(described: &Described<'_>, column: &Column) -> Value {
    let comment = column.comment.as_ref().map(|comment| format!("{comment}\n\n")).unwrap_or_default();
    let mut examples = vec![described.examples.filter(column)];
    if let (ColumnType::Text { .. } | ColumnType::Enum(_), Some(value)) =
        (&column.kind, described.examples.in_path(column))
    {
        examples.push(format!("eq(any).{{{value}}}"));
    }
    // Swagger UI shows descriptions, but not the examples of a schema.
    let operators = operators(&column.kind).join(" ");
    let filter = format!("`{}`; operators `{operators}`, each with an optional `not.` prefix", examples[0]);
    json!({
        "name": column_parameter(&column.name), "in": "query",
        "description": format!("{comment}Filter by {}: {filter}.", column.kind.name()),
        "schema": { "type": "string", "examples": examples },
    })
}

/// The operators for a type.
fn operators(kind: &ColumnType) -> Vec<&'static str> {
    if *kind == ColumnType::Json {
        return vec!["eq", "neq", "in", "is", "isdistinct", "cs", "cd"];
    }
    let mut operators = vec!["eq", "neq", "gt", "gte", "lt", "lte", "in", "is", "isdistinct"];
    if matches!(kind, ColumnType::Text { .. } | ColumnType::Enum(_)) {
        operators.extend(["like", "ilike", "match", "imatch"]);
    }
    operators
}
