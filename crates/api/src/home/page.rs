//! The home page as HTML. It is self-contained: its style is inline, and it loads and runs nothing.

use std::fmt::{self, Display, Write};
use std::sync::LazyLock;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use html_escape::encode_quoted_attribute as escape;
use mwallet_db::Dialect;
use mwallet_db::crud::data_plane::RowCount;
use mwallet_db::schema::TableKind;
use sha2::{Digest, Sha256};

use super::{Listed, database};
use crate::endpoint::{Endpoint, Link};
use crate::location;
use crate::related::Related;

/// How many related tables are named before the others are folded away.
const SHOWN: usize = 8;

const STYLE: &str = include_str!("page.css");

/// The content security policy: the page may only use its own style. Its icon is an empty `data:` URL.
pub(super) fn policy() -> &'static str {
    static POLICY: LazyLock<String> = LazyLock::new(|| {
        let hash = BASE64_STANDARD.encode(Sha256::digest(STYLE));
        format!(
            "default-src 'none'; style-src 'sha256-{hash}'; img-src data:; base-uri 'none'; form-action 'none'; \
             frame-ancestors 'none'"
        )
    });
    &POLICY
}

/// Writes the page.
pub(super) fn write(dialect: Dialect, endpoints: &[Endpoint], listed: &[Listed<'_>]) -> String {
    let rows: String = listed.iter().map(Row).map(|row| row.to_string()).collect();
    let links: String = endpoints.iter().filter_map(LinkTo::new).map(|link| link.to_string()).collect();
    let what = match listed {
        [_] => "one table".to_owned(),
        _ => format!("{} tables", Thousands(listed.len() as u64)),
    };
    format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>mWallet</title>
<link rel="icon" href="data:,">
<style>{STYLE}</style>
</head>
<body>
<header>
<h1>mWallet <small>{version}</small></h1>
<p>This server has {what} of a {database} database. Each is at <code>{rest}{{table}}</code>, with the query language of
PostgREST, so PostgREST clients work with it.</p>
<nav aria-label="This server">
<a href="/docs"><strong>Docs</strong> <span>read them, and try requests</span></a>
{links}<a href="{rest}"><strong>OpenAPI</strong> <span>the docs for programs</span></a>
<a href="/readyz"><strong>Health</strong> <span>the state of the database</span></a>
</nav>
</header>
<main>
<table>
<thead><tr><th scope="col">Table</th><th scope="col">Rows</th><th scope="col">Example queries</th></tr></thead>
<tbody>
{rows}</tbody>
</table>
</main>
<footer><p><a href="/livez">/livez</a> checks the server, <a href="/readyz">/readyz</a> also checks its database. Row
counts over 100,000 are estimates. Queries after “with” also return related rows.</p></footer>
</body>
</html>
"#,
        version = env!("CARGO_PKG_VERSION"),
        database = database(dialect),
        rest = location::REST,
    )
}

/// The link to an endpoint.
struct LinkTo {
    path: &'static str,
    link: Link,
}

impl LinkTo {
    fn new(endpoint: &Endpoint) -> Option<Self> {
        Some(Self { path: endpoint.path(), link: endpoint.link? })
    }
}

impl Display for LinkTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, note) = (escape(self.link.name), escape(self.link.note));
        writeln!(f, "<a href=\"{}\"><strong>{name}</strong> <span>{note}</span></a>", escape(self.path))
    }
}

/// A table as a row of the page.
struct Row<'l, 't>(&'l Listed<'t>);

impl Display for Row<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(listed) = self;
        let table = listed.table;
        let name = listed.full_name();
        let name = escape(&name);
        f.write_str("<tr><th scope=\"row\">")?;
        match listed.accept_profile {
            // The documentation page shows the first schema only.
            None => write!(f, "<a href=\"/docs#/{}\">{name}</a>", location::encode(&table.name))?,
            Some(_) => write!(f, "{name}")?,
        }
        if table.kind != TableKind::Table {
            write!(f, " <i>{}</i>", table.kind.name())?;
        }
        if let Some(comment) = &table.comment {
            write!(f, "<p>{}</p>", escape(comment))?;
        }
        write!(f, "</th><td>{}</td><td>", Rows(listed.rows))?;
        let query = listed.query();
        match listed.accept_profile {
            None => write!(f, "<a href=\"{query}\"><code>{query}</code></a>")?,
            // A link cannot set a header.
            Some(schema) => write!(f, "<code>GET {query}\nAccept-Profile: {}</code>", escape(schema))?,
        }
        writeln!(f, "{}</td></tr>", With(listed))
    }
}

/// The related tables of a table, each with a query.
struct With<'l, 't>(&'l Listed<'t>);

impl Display for With<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let related = self.0.related;
        // One more takes no more space than the line that says so.
        let shown = if related.len() > SHOWN + 1 { SHOWN } else { related.len() };
        let (shown, folded) = related.split_at(shown);
        if shown.is_empty() {
            return Ok(());
        }
        f.write_str("<div>with ")?;
        self.write(f, shown)?;
        if !folded.is_empty() {
            write!(f, "<details><summary>and {} more</summary>", Thousands(folded.len() as u64))?;
            self.write(f, folded)?;
            f.write_str("</details>")?;
        }
        f.write_str("</div>")
    }
}

impl With<'_, '_> {
    fn write(&self, f: &mut fmt::Formatter<'_>, related: &[Related]) -> fmt::Result {
        for (at, related) in related.iter().enumerate() {
            if at > 0 {
                f.write_str(", ")?;
            }
            let embed = &related.embed;
            let name =
                embed.hint.as_ref().map_or_else(|| embed.relation.clone(), |hint| format!("{}!{hint}", embed.relation));
            let name = escape(&name);
            match self.0.accept_profile {
                None => write!(f, "<a href=\"{}\">{name}</a>", escape(&self.0.query_with(related)))?,
                Some(_) => write!(f, "{name}")?,
            }
        }
        Ok(())
    }
}

/// A number of rows, for people.
struct Rows(Option<RowCount>);

impl Display for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(RowCount::Exact(rows)) => write!(f, "{}", Thousands(rows)),
            // An estimate is not more precise than three digits.
            Some(RowCount::About(rows)) => {
                let unit = 10_u64.pow(rows.max(1).ilog10().saturating_sub(2));
                let round_up = u64::from(rows % unit >= unit.div_ceil(2));
                write!(f, "about {}", Thousands((rows / unit + round_up) * unit))
            }
            Some(RowCount::MoreThan(rows)) => write!(f, "more than {}", Thousands(rows)),
            None => f.write_str("<span title=\"Counting the rows timed out\">not counted</span>"),
        }
    }
}

/// A number with commas between its thousands.
struct Thousands(u64);

impl Display for Thousands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                f.write_char(',')?;
            }
            f.write_char(digit)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_by_people() {
        for (rows, text) in [
            (RowCount::Exact(0), "0"),
            (RowCount::Exact(999), "999"),
            (RowCount::Exact(100_000), "100,000"),
            (RowCount::MoreThan(100_000), "more than 100,000"),
            (RowCount::About(100_001), "about 100,000"),
            (RowCount::About(1_235_000), "about 1,240,000"),
            (RowCount::About(u64::MAX), "about 18,400,000,000,000,000,000"),
        ] {
            assert_eq!(Rows(Some(rows)).to_string(), text);
        }
        assert!(Rows(None).to_string().contains("not counted"));
    }
}
