//! Tradable assets, and the wallets that hold them.

use mwallet_db::{Entity, Enumeration, Key, Name, Ref, Timestamps};

use crate::Owner;

/// What sort of asset it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enumeration)]
pub enum AssetKind {
    /// The coin of a chain of its own.
    #[default]
    Coin = 0,
    /// A token on the chain of another coin.
    Token = 1,
    /// The money of a state.
    Fiat = 2,
}

/// Something that can be traded: a coin, a token or a currency.
#[derive(Clone, Debug, PartialEq, Entity)]
pub struct Asset {
    /// The number of the row.
    #[entity(flatten)]
    pub key: Key,
    /// The names of the row.
    #[entity(flatten)]
    pub names: Name,
    /// The code that markets use, such as `BTC` or `NGN`.
    #[entity(max = 32, min_length = 1, unique)]
    pub code: String,
    /// What the asset is called, such as `Bitcoin`.
    #[entity(max = 64, min_length = 1)]
    pub name: String,
    /// The sign before or behind an amount.
    #[entity(max = 16)]
    pub symbol: Option<String>,
    /// The network the asset moves on; a currency has none.
    #[entity(max = 32)]
    pub network: Option<String>,
    /// How many digits stand after the point of an amount: 8 for Bitcoin, 2 for Naira.
    #[entity(at_least = 0, at_most = 36)]
    pub decimals: i16,
    /// What sort of asset it is.
    #[entity(default)]
    pub kind: AssetKind,
    /// How many blocks must confirm a transaction before it counts.
    #[entity(default = 1, at_least = 0)]
    pub min_confirmations: i32,
    /// Whether the asset can be traded now.
    #[entity(default = true)]
    pub is_active: bool,
    /// When the row was made and changed.
    #[entity(flatten)]
    pub timestamps: Timestamps,
}

/// A place where an owner keeps an asset.
#[derive(Clone, Debug, PartialEq, Entity)]
pub struct Wallet {
    /// The number of the row.
    #[entity(flatten)]
    pub key: Key,
    /// The names of the row.
    #[entity(flatten)]
    pub names: Name,
    /// Whose the wallet is.
    #[entity(flatten)]
    pub owner: Owner,
    /// The asset it holds.
    #[entity(on_delete = "restrict", index)]
    pub asset_id: Ref<Asset>,
    /// What the owner calls it.
    #[entity(max = 50)]
    pub label: Option<String>,
    /// Whether what it holds waits for the end of a trade.
    #[entity(default = false)]
    pub is_escrow: bool,
    /// When the row was made and changed.
    #[entity(flatten)]
    pub timestamps: Timestamps,
}
