//! Transactions on networks, and the keys that sign them.

use mwallet_db::schema::Timestamp;
use mwallet_db::{Auto, Entity, Json, Key, Name, Ref, Timestamps};

use crate::{Order, Owner};

/// A transaction of a network, which may be the settlement of an order.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(unique(network, tranx_id), index(network, mined_at))]
pub struct Transaction {
    /// The number of the row.
    #[entity(flatten)]
    pub key: Key,
    /// The names of the row.
    #[entity(flatten)]
    pub names: Name,
    /// The order that the transaction settles.
    #[entity(on_delete = "restrict", index)]
    pub order_id: Option<Ref<Order>>,
    /// The network the transaction is on.
    #[entity(max = 32, min_length = 1)]
    pub network: String,
    /// The reference that people read to each other.
    #[entity(max = 256, min_length = 1, generate = "reference TX", index)]
    pub tranx_ref: Auto<String>,
    /// The transaction's identifier on its network.
    #[entity(max = 256, min_length = 1)]
    pub tranx_id: String,
    /// Where the value comes from, as the node wrote it.
    pub inputs: String,
    /// Where the value goes, as the node wrote it.
    pub outputs: String,
    /// How many blocks confirm the transaction.
    #[entity(default = 0, at_least = 0)]
    pub confirmations: i32,
    /// When the block with the transaction was mined.
    pub mined_at: Option<Timestamp>,
    /// The public key that signed the transaction.
    pub pubkey: Option<Vec<u8>>,
    /// Whatever else is known: block, height, size.
    pub meta: Option<Json>,
    /// When the row was made and changed.
    #[entity(flatten)]
    pub timestamps: Timestamps,
}

/// A public key that an owner signs transactions with for a time.
#[derive(Clone, Debug, PartialEq, Entity)]
pub struct TransactionKey {
    /// The number of the row.
    #[entity(flatten)]
    pub key: Key,
    /// The names of the row.
    #[entity(flatten)]
    pub names: Name,
    /// Whose the key is.
    #[entity(flatten)]
    pub owner: Owner,
    /// The signature that proves who holds the key.
    pub signature: Vec<u8>,
    /// The public key.
    pub pubkey: Vec<u8>,
    /// When the key begins to count.
    pub start: Timestamp,
    /// When the key ends to count; never, where it is null.
    pub end: Option<Timestamp>,
    /// When the row was made and changed.
    #[entity(flatten)]
    pub timestamps: Timestamps,
}
