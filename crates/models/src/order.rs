//! Orders: offers to buy or sell.

use mwallet_db::schema::Timestamp;
use mwallet_db::{Entity, Enumeration, Key, Name, Timestamps};

use crate::Owner;

/// How an order stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enumeration)]
pub enum OrderType {
    /// Nobody satisfied any of it yet.
    #[default]
    Open = 0,
    /// It was withdrawn, or its time ran out.
    Closed = -1,
    /// All of it was satisfied.
    Satisfied = 1,
    /// A part of it was satisfied.
    Partial = 2,
}

/// What an order is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enumeration)]
pub enum AssetType {
    /// Bitcoin.
    #[default]
    Bitcoin = 2,
    /// Dash.
    Dash = 3,
    /// Dogecoin.
    Dogecoin = 5,
    /// Litecoin.
    Litecoin = 7,
    /// The Nigerian Naira.
    Naira = -1,
}

/// Somebody's interest to buy or sell.
#[derive(Clone, Debug, PartialEq, Entity)]
pub struct Order {
    /// The number of the row.
    #[entity(flatten)]
    pub key: Key,
    /// The names of the row.
    #[entity(flatten)]
    pub names: Name,
    /// Who posted the order.
    #[entity(flatten)]
    pub owner: Owner,
    /// How the order stands.
    #[entity(default)]
    pub order_type: OrderType,
    /// What the order is for.
    #[entity(default)]
    pub asset: AssetType,
    /// When the order begins to count.
    pub start: Timestamp,
    /// When the order is expected to be satisfied.
    pub expected_end: Option<Timestamp>,
    /// A remark of the owner.
    #[entity(max = 128)]
    pub memo: Option<String>,
    /// When the row was made and changed.
    #[entity(flatten)]
    pub timestamps: Timestamps,
}
