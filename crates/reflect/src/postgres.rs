//! Reads the catalogue of PostgreSQL.

mod apart;
mod columns;
mod constraints;
mod dependents;
mod indexes;
mod parts;
mod relations;
mod script;
mod views;

use std::collections::HashSet;

use mwallet_schema::{ColumnType, Table, Value};

use super::{Finding, ReflectOptions, Reflection};
use mwallet_db::{Error, Result, Session, Sql};

pub(super) use script::script;

/// The schema that is reflected by default.
pub const DEFAULT_SCHEMA: &str = "public";

/// The intermediate result, as one kind of object after the other is read.
struct Work {
    /// The schemas to reflect.
    schemas: Vec<String>,
    /// The tables with their OIDs, sorted by OID.
    tables: Vec<(i64, Table)>,
    /// Columns with byte-order collation, by table and name.
    in_order_of_bytes: HashSet<(i64, String)>,
    found: Reflection,
}

impl Work {
    /// Starts with these schemas, or with `public` if there are none.
    fn new(schemas: &[String]) -> Self {
        let schemas = if schemas.is_empty() { vec![DEFAULT_SCHEMA.into()] } else { schemas.to_vec() };
        Self { schemas, tables: Vec::new(), in_order_of_bytes: HashSet::new(), found: Reflection::default() }
    }

    /// Returns a query in which `$1` is the list of schemas.
    fn question(&self, text: &'static str) -> Sql {
        let schemas = self.schemas.iter().map(|schema| Value::Text(schema.clone())).collect();
        Sql::new(text).bind_as(Value::List(schemas), ColumnType::Text { max: None })
    }

    /// Returns the table with this OID, if it is reflected.
    fn table(&mut self, oid: i64) -> Option<&mut Table> {
        let at = self.tables.binary_search_by_key(&oid, |(oid, _)| *oid).ok()?;
        Some(&mut self.tables[at].1)
    }
}

pub(super) async fn reflect(session: &mut Session, options: &ReflectOptions) -> Result<Reflection> {
    let mut work = Work::new(&options.schemas);
    check_schemas(session, &work).await?;
    // Times in checks are printed in the time zone of the session.
    super::row_reader::ask(session, Sql::new("SELECT set_config('timezone', 'UTC', true)"), "t").await?;
    relations::read(session, &mut work).await?;
    columns::read(session, &mut work).await?;
    constraints::read(session, &mut work).await?;
    indexes::read(session, &mut work).await?;
    views::read(session, &mut work).await?;
    dependents::read(session, &mut work).await?;
    parts::read(session, &mut work).await?;
    apart::read(session, &mut work).await?;

    let Work { schemas, tables, mut found, .. } = work;
    let order = |schema: &Option<String>| schemas.iter().position(|name| Some(name) == schema.as_ref());
    found.tables = tables.into_iter().map(|(_, table)| table).collect();
    found.tables.sort_by(|a, b| (order(&a.schema), &a.name).cmp(&(order(&b.schema), &b.name)));
    let key = |finding: &Finding| {
        let Finding { schema, table, construct, name, .. } = finding;
        (order(schema), table.clone(), *construct, name.clone())
    };
    found.findings.sort_by_cached_key(key);
    Ok(found)
}

/// Rejects missing schemas, since an empty result would hide the mistake.
async fn check_schemas(session: &mut Session, work: &Work) -> Result<()> {
    let sql =
        work.question("SELECT name FROM unnest($1::text[]) AS name WHERE to_regnamespace(quote_ident(name)) IS NULL");
    match super::row_reader::ask(session, sql, "t").await?.first_mut() {
        None => Ok(()),
        Some(missing) => Err(Error::Config(format!("there is no schema {}", missing.text()?))),
    }
}
