//! The entities of mWallet and the questions asked of them.
//!
//! Each file declares the entities of one topic; the list below registers them. It knows no SQL dialect and no HTTP.

use std::sync::OnceLock;

use mwallet_db::Entity;
use mwallet_db::schema::Table;
use mwallet_migrate::{Migration, embedded};

mod owner;
pub mod questions;

pub use owner::{Owner, OwnerColumns};

/// Declares the files of entities, re-exports what they hold, and lists the tables.
macro_rules! entities {
    ($($file:ident: $($entity:ident),+;)*) => {
        $(
            mod $file;
            pub use $file::*;
        )*

        /// The tables of all entities, each after those it refers to.
        pub fn tables() -> Vec<&'static Table> {
            vec![$($(<$entity as Entity>::table()),+),*]
        }
    };
}

/// The migrations that make the tables, in their order.
///
/// # Panics
///
/// Where two of them have one version: the first test that asks for them says so.
pub fn migrations() -> &'static [Migration] {
    static MADE: OnceLock<Vec<Migration>> = OnceLock::new();
    MADE.get_or_init(|| match embedded(mwallet_migrate::migrations!("../../migrations")) {
        Ok(migrations) => migrations,
        Err(error) => panic!("{error}"),
    })
}

// One line for each file: its name, then its entities. A new entity is a file and a line here.
entities! {
    user: Organization, User, Group, UserGroup;
    notice: AppNotice, NoticeRecipient;
    asset: Asset, Wallet;
    address: CryptoAddress, UserAddress;
    order: Order;
    transaction: Transaction, TransactionKey;
}
