//! Who may see and do what: the permissions file, and what it grants a caller.
//!
//! Nothing here knows HTTP, or any table of mWallet.

mod permissions;

pub use permissions::{Group, Holder, Mistake, Permissions};
