//! A driver that records statements instead of running them.

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::{RowSource, Transaction};
use crate::error::{Error, Result};
use crate::notifications::Notifications;
use crate::options::SessionOptions;
use crate::statement::{Format, Output, Statement};
use crate::usage::Usage;

/// The recorded statements.
#[derive(Default)]
pub(crate) struct Mock {
    statements: Mutex<Vec<String>>,
}

impl Mock {
    /// Returns the SQL of the recorded statements.
    pub(crate) fn statements(&self) -> Vec<String> {
        self.statements.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep(&self, sql: String) {
        self.statements.lock().unwrap_or_else(PoisonError::into_inner).push(sql);
    }

    pub(super) async fn write(&self, statements: Vec<Statement>, format: Format) -> Result<Vec<Output>> {
        statements.iter().for_each(|statement| self.keep(statement.sql.to_string()));
        Ok(statements.iter().map(|_| Output::empty(format)).collect())
    }

    pub(super) async fn read(&self, statement: Statement, format: Format) -> Result<Output> {
        self.keep(statement.sql.to_string());
        Ok(Output::empty(format))
    }

    pub(super) fn usage(&self) -> Usage {
        Usage::default()
    }

    pub(super) fn read_refuses_writes(&self) -> bool {
        true
    }

    pub(super) async fn run_script(&self, sql: &str) -> Result<()> {
        self.keep(sql.to_owned());
        Ok(())
    }

    pub(super) async fn stream(&self, statement: Statement, format: Format) -> Result<RowSource<'static>> {
        self.read(statement, format).await.map(RowSource::gathered)
    }

    pub(super) async fn counted_stream(
        &self,
        count: Statement,
        statement: Statement,
        format: Format,
    ) -> Result<(Output, RowSource<'static>)> {
        Ok((self.read(count, Format::Values).await?, self.stream(statement, format).await?))
    }

    pub(super) async fn ping(&self) -> Result<()> {
        self.read(Statement::ping(), Format::Values).await.map(drop)
    }

    pub(super) async fn warm_up(&self) -> Result<()> {
        Ok(())
    }

    pub(super) fn most_files(&self) -> usize {
        0
    }

    pub(super) fn listen(&self, _: &'static str) -> Option<Notifications> {
        None
    }

    pub(super) fn file(&self) -> Option<&Path> {
        None
    }

    pub(super) async fn close(&self) {}

    pub(super) async fn lease(&self, _: &SessionOptions, _: Duration) -> Result<Transaction> {
        Err(Error::Config("a mock engine has no sessions".into()))
    }
}
