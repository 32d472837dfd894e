//! Rows that a write returns together with related ones. They are read in the transaction of the write, by their keys:
//! what a statement returns of its own writes would show related rows as they were before it on PostgreSQL, and as they
//! are in the middle of it on SQLite.

use mwallet_schema::json::{Reader, SyntaxError, Token};

use crate::entity::DecodeError;
use crate::error::Result;
use crate::json_rows::JsonRows;
use crate::query::{Filter, Operand, Plan, PlanError, Projection, Query, ScopedTable};
use crate::session::Session;
use crate::statement::Format;

/// What a write returns of its rows.
#[derive(Clone, Copy)]
pub(super) struct Returned<'a> {
    pub(super) table: ScopedTable<'a>,
    pub(super) query: &'a Query,
}

impl Returned<'_> {
    /// Returns whether the rows are read again.
    pub(super) fn is_read_back(&self) -> bool {
        !self.query.related.is_empty()
    }

    /// Returns whether anything of the rows is returned.
    pub(super) fn returns_rows(&self) -> bool {
        self.is_read_back() || self.query.fields != Projection::Include(Vec::new())
    }

    /// Returns the columns that the statement of the write returns.
    pub(super) fn fields(&self) -> std::result::Result<Projection, PlanError> {
        if !self.is_read_back() {
            return Ok(self.query.fields.clone());
        }
        // All that is wrong with the query is found before anything is written.
        if Plan::select(self.table, self.query)?.is_grouped() {
            return Err(PlanError::AggregateOfWrite);
        }
        match self.table.table().primary_key.as_slice() {
            [] => Err(PlanError::RelatedOfWrite { table: self.table.table().name.clone() }),
            key => Ok(Projection::Include(key.to_vec())),
        }
    }

    /// Returns the query of the write itself: the rows, and the columns that its statement returns.
    pub(super) fn written(&self) -> std::result::Result<Query, PlanError> {
        let fields = self.fields()?;
        let query = Query { fields, ..self.query.clone() };
        Ok(if self.is_read_back() { Query { related: Vec::new(), order: Vec::new(), ..query } } else { query })
    }

    /// Reads the rows whose keys a write returned, in the order of the query or else by their key.
    pub(super) async fn read(&self, session: &mut Session, written: JsonRows) -> Result<JsonRows> {
        let (merged, affected) = (written.merged(), written.affected());
        let keys = keys(written, &self.table.table().primary_key)?;
        Ok(self.read_keys(session, keys).await?.with_merged(merged).with_affected(affected))
    }

    /// Reads the rows with these keys, in the order of the query or else by their key.
    pub(super) async fn read_keys(&self, session: &mut Session, keys: Vec<Vec<Operand>>) -> Result<JsonRows> {
        let filter = Filter::in_keys(self.table.table().primary_key.clone(), keys);
        let query = Query { identifier: None, filter: None, skip: 0, limit: None, ..self.query.clone() };
        let plan = Plan::select(self.table.within(&filter), &query)?.then_by_key();
        self.select(session, plan).await
    }

    /// Reads the rows that are about to be deleted.
    pub(super) async fn read_before(&self, session: &mut Session) -> Result<JsonRows> {
        self.select(session, Plan::select(self.table, self.query)?).await
    }

    async fn select(&self, session: &mut Session, plan: Plan<'_>) -> Result<JsonRows> {
        let statement = plan.statement_for(self.table, session.engine().dialect())?;
        Ok(session.run_as(statement, Format::Json(self.query.style)).await?.into_json())
    }
}

/// Returns the values of the key in each row, as texts.
pub(super) fn keys(rows: JsonRows, columns: &[String]) -> Result<Vec<Vec<Operand>>> {
    Ok(read_keys(rows, columns).map_err(|error| DecodeError::new("key", error.to_string()))?)
}

fn read_keys(rows: JsonRows, columns: &[String]) -> std::result::Result<Vec<Vec<Operand>>, SyntaxError> {
    let array = rows.into_array();
    let mut reader = Reader::new(&array)?;
    let mut keys = Vec::new();
    reader.value()?;
    while reader.item()? {
        reader.value()?;
        let mut key = Vec::with_capacity(columns.len());
        while reader.key()?.is_some() {
            key.push(Operand::Text(match reader.value()? {
                Token::String(text) => text.into_owned(),
                Token::Number(number) => number.to_owned(),
                Token::Bool(value) => value.to_string(),
                // No key is null, or of a type that JSON nests.
                Token::Null | Token::Array | Token::Object => String::new(),
            }));
        }
        keys.push(key);
    }
    Ok(keys)
}
