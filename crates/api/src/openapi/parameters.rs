//! Parameters: a filter for each column, and the words of the query language beside them.

use mwallet_db::schema::{Access, Column, ColumnDefault, ColumnType, Table};
use mwallet_query::column_parameter;
use serde_json::{Value, json};

use super::{Components, Described, names, reference};

const KIND: &str = "parameters";

/// Parameters in the header of a request, the same for every table.
pub(super) fn insert(components: &mut Components) {
    let prefer = |words: &[(&str, &str)]| {
        let lines: String = words.iter().map(|(word, does)| format!("- `{word}`: {does}\n")).collect();
        let examples: Vec<_> = words.iter().map(|(word, _)| *word).collect();
        json!({
            "name": "Prefer", "in": "header",
            "description": format!("What the answer should be like, separated by commas.\n{lines}"),
            "schema": { "type": "string", "examples": examples },
        })
    };
    let handling = [
        ("handling=strict", "a preference that is not known is an error"),
        ("handling=lenient", "a preference that is not known is passed over, which is the default"),
    ];
    let returned =
        [("return=representation", "the rows as they are now"), ("return=minimal", "no body, which is the default")];
    let located = [("return=headers-only", "no body, and the path of the row in `Location`")];
    let missing = [("missing=default", "what `columns` names and a row lacks takes its default instead of null")];
    let most = [("max-affected=10", "with `handling=strict`: a change that concerns more rows than these is refused")];
    let tx = [("tx=rollback", "what would come of it is answered, and nothing is kept")];
    let resolution = [
        ("resolution=merge-duplicates", "a row that exists already is changed"),
        ("resolution=ignore-duplicates", "a row that exists already is left as it is"),
    ];
    let count =
        [("count=exact", "how many rows there are in all, in `Content-Range`; 206 where this is a part of them")];
    let numbers =
        [("numbers=string", "64-bit integers and decimals are strings, so that no client makes doubles of them")];
    components.insert(KIND, "PreferRead", prefer(&[&count[..], &numbers, &handling].concat()));
    components.insert(KIND, "PreferOne", prefer(&[&numbers[..], &handling].concat()));
    let create = [&returned[..], &located, &resolution, &missing, &count, &numbers, &tx, &handling].concat();
    components.insert(KIND, "PreferCreate", prefer(&create));
    components.insert(KIND, "PreferWrite", prefer(&[&returned[..], &numbers, &tx, &handling].concat()));
    components.insert(KIND, "PreferChange", prefer(&[&returned[..], &count, &most, &numbers, &tx, &handling].concat()));
    let header = |name: &str, description: &str, example: &str| {
        json!({
            "name": name, "in": "header", "description": description,
            "schema": { "type": "string", "examples": [example] },
        })
    };
    let range = "The first and the last row of a page, counted from 0; another way to say `offset` and `limit`.";
    components.insert(KIND, "Range", header("Range", range, "0-24"));
    components.insert(KIND, "RangeUnit", header("Range-Unit", "What a range counts: `items`.", "items"));
}

/// The words of the query language, by the keys of their components.
const WORDS: &[(&str, &str, &str)] = &[
    (
        "select",
        "The columns to answer, separated by commas; `alias:column` answers one under another name.",
        "{column}",
    ),
    (
        "order",
        "The columns to order by, separated by commas, each with `.asc` or `.desc` and `.nullsfirst` or `.nullslast`.",
        "{column}.desc.nullslast",
    ),
    ("limit", "The most rows to answer; all where it is not given, none where it is 0.", "25"),
    ("offset", "How many rows to leave out first.", "50"),
    ("skip", "Another name of `offset`.", "50"),
    ("and", "Conditions of which all must hold; they may be nested.", "({filter},{other}.not.is.null)"),
    ("or", "Conditions of which one must hold; they may be nested.", "({filter},{other}.is.null)"),
    ("not.and", "Conditions of which not all must hold.", "({filter},{other}.not.is.null)"),
    ("not.or", "Conditions of which none must hold.", "({filter},{other}.is.null)"),
    ("columns", "The columns to take from the body, separated by commas; the others stay unread.", "{column}"),
    (
        "on_conflict",
        "The columns of the key or unique constraint by which a row is known to exist already; the primary key where it \
         is not given. See `resolution` of `Prefer`.",
        "{unique}",
    ),
];

/// What the filters of a table are joined by, and what pages and columns are chosen by.
pub(super) const LOGIC: &[&str] = &["and", "or", "not.and", "not.or"];
pub(super) const PAGE: &[&str] = &["select", "order", "limit", "offset", "skip"];

/// The parameters of one table.
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
        let description = format!("{description} Such as `{example}`.");
        let json = json!({ "name": word, "in": "query", "description": description, "schema": schema });
        components.insert(KIND, word_key(described, word), json);
    }
}

/// References to the filters of all columns.
pub(super) fn filters(described: &Described<'_>) -> impl Iterator<Item = Value> {
    names::readable(described.table).map(|column| described.reference(KIND, &names::key(&column.name)))
}

/// References to words of the query language.
pub(super) fn words(described: &Described<'_>, words: &[&str]) -> impl Iterator<Item = Value> {
    let has_columns = example_column(described.table).is_some();
    words.iter().filter(move |_| has_columns).map(|name| reference(KIND, &word_key(described, name)))
}

/// References to parameters in the header.
pub(super) fn headers(keys: &[&str]) -> impl Iterator<Item = Value> {
    keys.iter().map(|key| reference(KIND, key))
}

/// The filters by which a `PUT` names its row: each column of the key, equal to a value.
pub(super) fn key_filters(described: &Described<'_>) -> impl Iterator<Item = Value> {
    let table = described.table;
    table.primary_key.iter().filter_map(|name| names::readable_column(table, name)).map(move |column| {
        json!({
            "name": column_parameter(&column.name), "in": "query", "required": true,
            "description": "The key of the row; where the body has it too, it is the same.",
            "schema": { "type": "string", "pattern": "^eq\\." },
            "example": described.examples.filter(column),
        })
    })
}

/// Column names have no point in their keys, so that `select` and a column of that name stay apart.
fn word_key(described: &Described<'_>, word: &str) -> String {
    format!("{}.query.{word}", described.key)
}

/// A column that examples are about: an enum says most, the key is there nearly always.
pub(super) fn example_column(table: &Table) -> Option<&Column> {
    let is_telling = |column: &&Column| matches!(column.kind, ColumnType::Enum(_));
    let key = || table.primary_key.first().and_then(|name| names::readable_column(table, name));
    names::readable(table).filter(is_telling).last().or_else(key).or_else(|| names::readable(table).next())
}

/// Columns by which a row is known to exist already: those that clients must give, or else those that they may.
pub(super) fn unique(table: &Table) -> Option<String> {
    let column = |name: &String| names::readable_column(table, name);
    let is_taken = |name: &String| column(name).is_some_and(|column| column.access != Access::ReadOnly);
    let is_made = |name: &String| {
        column(name).is_some_and(|column| matches!(column.default, Some(ColumnDefault::AppGenerated(_))))
    };
    let keys = || table.uniques.iter().map(|unique| &unique.columns).chain([&table.primary_key]);
    let mut taken = keys().filter(|columns| !columns.is_empty() && columns.iter().all(is_taken));
    let given = taken.clone().find(|columns| !columns.iter().any(is_made));
    // Of what the server makes where it is not given, a name that people choose comes last.
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
    // Pages show what a description says, and not what a schema gives as examples.
    let operators = operators(&column.kind).join(" ");
    let filter = format!("`{}`; operators `{operators}`, and `not.` before any", examples[0]);
    json!({
        "name": column_parameter(&column.name), "in": "query",
        "description": format!("{comment}Filter by {}: {filter}.", column.kind.name()),
        "schema": { "type": "string", "examples": examples },
    })
}

/// The operators that go with a type.
fn operators(kind: &ColumnType) -> Vec<&'static str> {
    if *kind == ColumnType::Json {
        return vec!["eq", "neq", "in", "is", "isdistinct"];
    }
    let mut operators = vec!["eq", "neq", "gt", "gte", "lt", "lte", "in", "is", "isdistinct"];
    if matches!(kind, ColumnType::Text { .. } | ColumnType::Enum(_)) {
        operators.extend(["like", "ilike"]);
    }
    operators
}
