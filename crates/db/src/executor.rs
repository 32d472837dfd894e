//! Where operations run: on an engine or in a session.

use crate::Dialect;
use crate::engine::Engine;
use crate::error::Result;
use crate::session::Session;
use crate::statement::{Format, Output, Statement};
use crate::stream::Batches;

/// Where operations run: on an engine, with one transaction per operation, or in a session.
///
/// Every operation takes one, so that a function of yours can pass on what it is given:
///
/// ```
/// # use mwallet_db::{Entity, Executor, Key, Result};
/// # #[derive(Clone, Debug, Entity)]
/// # struct Coin { #[entity(flatten)] key: Key, name: String }
/// async fn coins(executor: impl Into<Executor<'_>>) -> Result<Vec<Coin>> {
///     Coin::find().order(Coin::NAME.asc()).all(executor).await
/// }
/// # async fn example(engine: mwallet_db::Engine) -> Result<()> {
/// coins(&engine).await?;
/// let mut session = engine.sessions().begin().await?;
/// coins(&mut session).await?;
/// # Ok(())
/// # }
/// ```
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
    /// Returns the same for another operation, so that a function of yours can call several.
    pub fn reborrow(&mut self) -> Executor<'_> {
        match self {
            Self::Engine(engine) => Executor::Engine(engine),
            Self::Session(session) => Executor::Session(session),
        }
    }

    pub(crate) fn engine(&self) -> Engine {
        match self {
            Self::Engine(engine) => (*engine).clone(),
            Self::Session(session) => session.engine().clone(),
        }
    }

    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Engine(engine) => engine.dialect(),
            Self::Session(session) => session.engine().dialect(),
        }
    }

    pub(crate) async fn read(self, statement: Statement) -> Result<Output> {
        match self {
            Self::Engine(engine) => engine.read(statement, Format::Values).await,
            Self::Session(session) => session.run_statement(statement).await,
        }
    }

    pub(crate) async fn write(self, statements: Vec<Statement>) -> Result<Vec<Output>> {
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

    /// Runs a statement that may only read, in its own transaction if it is not in one.
    pub(crate) async fn read_only(self, statement: Statement) -> Result<Output> {
        match self {
            Self::Engine(engine) => engine.read_only(statement, Format::Values).await,
            Self::Session(session) => session.run_statement(statement).await,
        }
    }
}

impl<'d> Executor<'d> {
    pub(crate) async fn stream(self, statement: Statement) -> Result<Batches<'d>> {
        match self {
            Self::Engine(engine) => engine.stream(statement, Format::Values).await,
            Self::Session(session) => session.stream(statement, Format::Values).await,
        }
    }
}
