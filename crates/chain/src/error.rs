//! Why a block is refused.

use std::error::Error;

use crate::Network;

/// Why a block is refused.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct BlockError {
    message: String,
    help: Option<Help>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// What helps where a block is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Help {
    /// An advice.
    Advice(&'static str),
    /// To read it as a block of one of these networks, which it is of.
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

    /// What helps.
    pub fn help(&self) -> Option<&Help> {
        self.help.as_ref()
    }
}
