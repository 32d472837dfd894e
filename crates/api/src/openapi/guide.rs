//! The introduction of the document: how to make requests, with the names of real tables, and how values are written.

use mwallet_db::schema::{ColumnType, DeclaredType, Table, Transfer};
use mwallet_query::column_parameter;

use super::{Described, names, parameters};

/// The introduction for a server with these tables.
pub(super) fn text(described: &[Described<'_>]) -> String {
    // A table with an enum makes the best examples.
    let is_telling = |described: &&Described<'_>| {
        described.table.columns.iter().any(|column| column.is_readable() && matches!(column.kind, ColumnType::Enum(_)))
    };
    let table = described.iter().filter(is_telling).chain(described).find_map(Example::choose);
    let rows: String = table.iter().flat_map(Example::rows).map(|(to, ask)| format!("| {to} | {ask} |\n")).collect();
    let tables: Vec<&Table> = described.iter().map(|described| described.table).collect();
    let requests = match rows.is_empty() {
        true => String::new(),
        false => format!("| to | request |\n|---|---|\n{rows}\n"),
    };
    format!(
        "Every table is a resource at `/rest/v1/{{table}}`, every row at `/rest/v1/{{table}}/{{identifier}}`. The\n\
         query language is that of PostgREST, so PostgREST clients work here.\n\n{requests}{}\n\n\
         Errors are `application/problem+json` with a stable `code`; for an invalid body, they list every error\n\
         in it.\n",
        forms(&tables)
    )
}

/// The names of one table, as written in a URL.
struct Example {
    path: String,
    /// A good column for an example, as a parameter and as a part of one, and its filter.
    parameter: String,
    column: String,
    filter: String,
    /// Another column.
    other: String,
    /// The columns that identify existing rows, if rows can be created.
    unique: Option<String>,
    /// Related rows of a table.
    related: Option<String>,
}

impl Example {
    fn choose(described: &Described<'_>) -> Option<Self> {
        let table = described.table;
        let column = parameters::example_column(table)?;
        let other = names::readable(table).filter(|other| other.name != column.name && other.nullable).last();
        Some(Self {
            path: names::path(table),
            parameter: column_parameter(&column.name).into(),
            column: names::quoted(&column.name),
            filter: described.examples.filter(column),
            other: names::quoted(&other.unwrap_or(column).name),
            unique: parameters::unique(table).filter(|_| table.writes.insert),
            related: described.related.first().map(|related| related.after_columns().to_string()),
        })
    }

    fn rows(&self) -> Vec<(&'static str, String)> {
        let Self { path, parameter, column, filter, other, unique, related } = self;
        let mut rows = vec![
            (
                "filter",
                format!(
                    "`{path}?{parameter}={filter}` (all parameters must match); `eq neq gt gte lt lte like ilike match \
                     imatch in is isdistinct cs cd`, each with an optional `not.` prefix"
                ),
            ),
            ("combine conditions", format!("`?or=({column}.{filter},and({column}.not.is.null,{other}.is.null))`")),
            ("choose columns", format!("`?select={column},other:{other}` (`alias:column`)")),
            ("order", format!("`?order={other}.desc.nullslast,{column}`")),
            (
                "get a page",
                "`?limit=25&offset=50`, or the header `Range: 50-74`; with `Prefer: count=exact` the response has the \
                 total number of rows"
                    .into(),
            ),
            ("get one object", "the path of the row, or `Accept: application/vnd.pgrst.object+json`".into()),
            ("get the written rows", "`Prefer: return=representation`".into()),
        ];
        if let Some(value) = filter.strip_prefix("eq.") {
            rows.insert(1, ("match one of several values", format!("`?{parameter}=in.({})`", names::quoted(value))));
        }
        if let Some(related) = related {
            rows.insert(rows.len() - 3, ("get related rows too", format!("`?select=*,{related}`")));
        }
        if let Some(unique) = unique {
            let ask = format!("`POST {path}?on_conflict={unique}` with `Prefer: resolution=merge-duplicates`");
            rows.push(("insert or update", ask));
            rows.push(("update or delete", "`PATCH` or `DELETE` with a filter, or on the path of a row".into()));
        }
        rows
    }
}

/// How values are written in bodies and responses, for the types that these tables use.
fn forms(tables: &[&Table]) -> String {
    let has =
        |is: fn(&ColumnType) -> bool| tables.iter().flat_map(|table| &table.columns).any(|column| is(&column.kind));
    let mut forms = vec![
        "Bodies may contain integers and booleans as strings.",
        "With `Prefer: numbers=string`, responses contain 64-bit integers and decimals as strings.",
    ];
    let mut tell = |is: fn(&ColumnType) -> bool, form| forms.extend(has(is).then_some(form));
    tell(|kind| matches!(kind, ColumnType::Decimal { .. }), "Decimals are strings with all their digits.");
    tell(
        |kind| {
            matches!(
                transfer(kind),
                Some(Transfer::Number { .. } | Transfer::SqliteDynamic(DeclaredType::Number { .. }))
            )
        },
        "Other numbers have all digits that the database has; bodies may contain them as strings.",
    );
    tell(
        |kind| *kind == ColumnType::Timestamp,
        "Times are RFC 3339 in UTC, or with the offset of the zone of `Prefer: timezone=America/Los_Angeles`.",
    );
    tell(
        |kind| {
            matches!(
                transfer(kind),
                Some(Transfer::TextRepr | Transfer::Json | Transfer::SqliteDynamic(DeclaredType::Time))
            )
        },
        "Dates, local times and other types of the database are strings in its own format.",
    );
    tell(|kind| matches!(kind, ColumnType::Enum(_)), "Enums are their labels.");
    forms.join("\n")
}

/// How values of a type that only the database knows are transferred.
fn transfer(kind: &ColumnType) -> Option<Transfer> {
    match kind {
        ColumnType::Native(native) => Some(native.transfer),
        _ => None,
    }
}
