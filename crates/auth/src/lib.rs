//! Who may see and do what: the permissions file, what it grants a caller, and who calls, by keys and tokens.
//!
//! Nothing here knows HTTP.

pub mod api_key;
mod authority;
mod issue;
mod permissions;
mod store;
mod token;

pub use authority::{Authority, Credentials, Identity, Principal, Refused, Trust};
pub use issue::{IssueError, Issued, issue, rotate};
pub use permissions::{
    Case, Group, Holder, Limit, Lint, Mistake, Permissions, Rate, RoleGrants, Stated, Supposed, Warning, looks_secret,
};
pub use token::{Claims, KeyError, RoleClaim, SigningKey, TokenError, VerifyingKey};
