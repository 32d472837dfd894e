//! The entities of mWallet, and queries across them.
//!
//! Each file declares the entities of one topic; the list below registers them. This crate knows no SQL dialect and
//! no HTTP.

use std::sync::OnceLock;

use mwallet_db::Entity;
use mwallet_db::schema::Table;
use mwallet_migrate::{Migration, embedded};

mod owner;
pub mod questions;

pub use owner::{Owner, OwnerColumns};

/// Declares entity files, re-exports their content, and lists the tables.
macro_rules! entities {
    ($(#[$doc:meta])* pub fn $tables:ident; $($file:ident: $($entity:ident),+;)*) => {
        $(
            mod $file;
            pub use $file::*;
        )*

        $(#[$doc])*
        pub fn $tables() -> Vec<&'static Table> {
            vec![$($(<$entity as Entity>::table()),+),*]
        }
    };
}

/// Returns the tables of all entities, each after those it references: those that can be served, and then those that
/// only the program reads and writes.
pub fn all_tables() -> Vec<&'static Table> {
    let mut all = tables();
    all.extend(internal_tables());
    all
}

/// The permissions for the tables that can be served, where no other file is given.
pub const PERMISSIONS: &str = include_str!("../permissions.yml");

/// Returns the migrations that create the tables, in order.
///
/// # Panics
///
/// Panics if two of them have the same version; the first test that needs them finds it.
pub fn migrations() -> &'static [Migration] {
    static MADE: OnceLock<Vec<Migration>> = OnceLock::new();
    MADE.get_or_init(|| match embedded(mwallet_migrate::migrations!("../../migrations")) {
        Ok(migrations) => migrations,
        Err(error) => panic!("{error}"),
    })
}

// One line for each file: its name, then its entities. A new entity needs a file and a line here.
entities! {
    /// Returns the tables that can be served, each after those it references.
    pub fn tables;

    user: Organization, User, Group, UserGroup;
    notice: AppNotice, NoticeRecipient;
    asset: Asset, Wallet;
    address: CryptoAddress, UserAddress;
    order: Order;
    transaction: Transaction, TransactionKey;
}

entities! {
    /// Returns the tables that no request reads or writes.
    pub fn internal_tables;

    key: ApiKey, SigningKey;
}
