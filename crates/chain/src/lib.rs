//! Parses blocks as nodes print them ([`Block::parse`]), and checks that they belong to a network ([`check`]).
//!
//! A block does not name its network. Its addresses identify it by their prefix, and its header by its proof of work,
//! if that is the hash that identifies the block. No node is queried.

mod address;
mod block;
mod error;
mod header;

use std::fmt;

pub use block::{Block, BlockTransaction, Header};
pub use error::{BlockError, Help};
use sha2::{Digest, Sha256};

/// A network whose blocks can be imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// Bitcoin.
    Bitcoin,
    /// Litecoin.
    Litecoin,
    /// Dogecoin.
    Dogecoin,
    /// Dash.
    Dash,
}

impl Network {
    /// All networks.
    pub const ALL: [Self; 4] = [Self::Bitcoin, Self::Litecoin, Self::Dogecoin, Self::Dash];

    /// Returns the name as it is stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bitcoin => "bitcoin",
            Self::Litecoin => "litecoin",
            Self::Dogecoin => "dogecoin",
            Self::Dash => "dash",
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Rejects a block that belongs to another network, was altered, or does not reveal its network.
///
/// # Errors
///
/// Returns the reason for the rejection.
pub fn check(block: &Block, network: Network) -> Result<(), BlockError> {
    let addresses = address::check(block, network)?;
    header::check_transactions(block)?;
    let has_header = header::check(block, network)?;
    match addresses > 0 || has_header {
        true => Ok(()),
        false => Err(BlockError::new(format!(
            "nothing tells whether the block is of {network}: its outputs have no addresses, and its header is not \
             whole"
        ))
        .advice(
            "ask the node with: getblock HASH 2, which gives version, previousblockhash, merkleroot, time, bits \
                 and nonce",
        )),
    }
}

/// Returns an error for a block of another network.
fn other(network: Network, why: &str) -> BlockError {
    BlockError::new(format!("the block is not of {network}: {why}"))
}

/// Computes double SHA-256, by which all of these networks identify transactions, and most identify blocks.
fn double_sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(Sha256::digest(bytes)).into()
}

/// Parses a printed hash, whose bytes are reversed; `None` if it is invalid.
fn read_hash(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (at, byte) in bytes.iter_mut().rev().enumerate() {
        *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).ok()?;
    }
    Some(bytes)
}

/// Prints a hash.
fn print_hash(bytes: [u8; 32]) -> String {
    bytes.iter().rev().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
