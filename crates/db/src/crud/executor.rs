//! Where operations run: on an engine or in a session.

use crate::engine::Engine;
use crate::error::Result;
use crate::session::Session;
use crate::statement::{Format, Output, Statement};

/// Where operations run: on an engine, with one transaction per operation, or in a session.
pub enum Executor<'d> {
    /// Each operation runs in its own transaction.
    Engine(&'d Engine),
    /// Operations run in the session's transaction.
    Session(&'d mut Session),
}

impl<'d> From<&'d Engine> for Executor<'d> {
    fn from(engine: &'d Engine) -> Self {
        Self::Engine(engine)
    }
}

impl<'d> From<&'d mut Session> for Executor<'d> {
    fn from(session: &'d mut Session) -> Self {
        Self::Session(session)
    }
}

impl Executor<'_> {
    pub(super) fn engine(&self) -> Engine {
        match self {
            Self::Engine(engine) => (*engine).clone(),
            Self::Session(session) => session.engine().clone(),
        }
    }

    pub(super) async fn read(self, statement: Statement, format: Format) -> Result<Output> {
        match self {
            Self::Engine(engine) => engine.read(statement, format).await,
            Self::Session(session) => session.run_as(statement, format).await,
        }
    }

    pub(super) async fn write(self, statements: Vec<Statement>) -> Result<Vec<Output>> {
        match self {
            Self::Engine(engine) => engine.write(statements, Format::Values).await,
            Self::Session(session) => {
                let mut outputs = Vec::with_capacity(statements.len());
                for statement in statements {
                    outputs.push(session.run_statement(statement).await?);
                }
                Ok(outputs)
            }
        }
    }
}
