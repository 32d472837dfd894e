//! Network addresses of the server and of users.

use mwallet_db::schema::Decimal;
use mwallet_db::{ColumnGroup, Entity, Key, Name, Timestamps};

use crate::Owner;

/// The columns of an address on a network, whosever it is.
#[derive(Clone, Debug, PartialEq, ColumnGroup)]
pub struct NetworkAddress {
    /// The address as the network writes it.
    #[entity(max = 128, min_length = 1, index)]
    pub address: String,
    /// The network the address is on.
    #[entity(max = 32, min_length = 1)]
    pub network: String,
    /// Whether this is the address to use where none was chosen.
    #[entity(default = false)]
    pub is_default: bool,
    /// What the address held when it was last looked at.
    #[entity(precision = 38, scale = 18, default = 0)]
    pub address_balance: Decimal,
    /// A short name for the address.
    #[entity(max = 50)]
    pub label: Option<String>,
    /// What the address is for.
    pub description: Option<String>,
}

/// An address that the server itself uses.
#[derive(Clone, Debug, PartialEq, Entity)]
pub struct CryptoAddress {
    /// The number of the row.
    #[entity(flatten)]
    pub key: Key,
    /// The names of the row.
    #[entity(flatten)]
    pub names: Name,
    /// The address.
    #[entity(flatten)]
    pub address: NetworkAddress,
    /// When the row was made and changed.
    #[entity(flatten)]
    pub timestamps: Timestamps,
}

/// An address of a user, with the account behind it where there is one.
#[derive(Clone, Debug, PartialEq, Entity)]
pub struct UserAddress {
    /// The number of the row.
    #[entity(flatten)]
    pub key: Key,
    /// The names of the row.
    #[entity(flatten)]
    pub names: Name,
    /// Whose the address is.
    #[entity(flatten)]
    pub owner: Owner,
    /// The address.
    #[entity(flatten)]
    pub address: NetworkAddress,
    /// The number of the account that the address belongs to.
    #[entity(max = 64)]
    pub account_number: Option<String>,
    /// The key of the account: taken, and never answered.
    #[entity(write_only)]
    pub account_key: Option<Vec<u8>>,
    /// When the row was made and changed.
    #[entity(flatten)]
    pub timestamps: Timestamps,
}
