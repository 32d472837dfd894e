//! The error for a rejected block.

use std::error::Error;

use crate::Network;

/// Why a block is rejected.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct BlockError {
    message: String,
    help: Option<Help>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// Help for a rejected block.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Help {
    /// General advice.
    Advice(&'static str),
    /// Import it as a block of one of these networks, to which it belongs.
    ReadAs(Vec<Network>),
}

impl BlockError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None, source: None }
    }

    pub(crate) fn caused(message: impl Into<String>, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { source: Some(source.into()), ..Self::new(message) }
    }

    pub(crate) fn advice(self, advice: &'static str) -> Self {
        Self { help: Some(Help::Advice(advice)), ..self }
    }

    pub(crate) fn read_as(self, networks: Vec<Network>) -> Self {
        Self { help: Some(Help::ReadAs(networks)), ..self }
    }

    /// Returns help, if there is any.
    pub fn help(&self) -> Option<&Help> {
        self.help.as_ref()
    }
}
