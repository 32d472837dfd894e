//! The permissions of a server: its file, or what is in the program for mWallet's own tables.

use std::path::Path;

use mwallet_api::ExposedTables;
use mwallet_auth::Permissions;
use mwallet_db::Catalog;

use crate::failure::{Failure, Result};

/// What is said instead of the name of a file.
const OF_PROGRAM: &str = "the permissions of the program";

/// Reads the permissions for some tables. Without a file there are those in the program for mWallet's own tables, and
/// none for others.
pub(crate) fn read(file: Option<&Path>, tables: &ExposedTables, is_own: bool) -> Result<Permissions> {
    let none = Catalog::new([]);
    let catalog = tables.catalog().unwrap_or(&none);
    let text = match file {
        Some(path) => {
            let text = std::fs::read_to_string(path);
            text.map_err(|error| Failure::caused(&format!("cannot read {}", path.display()), &error))?
        }
        None if is_own => mwallet_models::PERMISSIONS.to_owned(),
        None => return Ok(Permissions::default()),
    };
    Permissions::parse(&text, catalog).map_err(|mistake| {
        Failure::new(mistake.to_string())
            .within(&name(file))
            .code("invalid_permissions")
            .hint("correct the file; docs/permissions.md explains it")
    })
}

/// What the permissions are called in messages.
pub(crate) fn name(file: Option<&Path>) -> String {
    file.map_or_else(|| OF_PROGRAM.to_owned(), |path| path.display().to_string())
}
