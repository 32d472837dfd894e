//! Implements `migrations!`, which embeds a folder of migrations.

use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;
use quote::quote;
use syn::LitStr;

/// The scripts of a migration, in the order of `mwallet_migrate::embedded`.
const FILES: [&str; 4] = ["up.postgres.sql", "up.sqlite.sql", "down.postgres.sql", "down.sqlite.sql"];

/// Generates an array of the migrations in a folder, relative to that of the crate.
pub(crate) fn expand(folder: &LitStr) -> syn::Result<TokenStream> {
    let wrong = |message: String| syn::Error::new(folder.span(), message);
    let home = std::env::var("CARGO_MANIFEST_DIR").map_err(|error| wrong(format!("CARGO_MANIFEST_DIR: {error}")))?;
    let place = Path::new(&home).join(folder.value());
    let entries = std::fs::read_dir(&place).map_err(|error| wrong(format!("{}: {error}", place.display())))?;
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| wrong(format!("{}: {error}", place.display())))?.path();
        if path.is_dir() {
            paths.push(path);
        }
    }
    paths.sort();
    let mut migrations = Vec::with_capacity(paths.len());
    for path in paths {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let files = FILES.map(|file| path.join(file).to_string_lossy().into_owned());
        if let Some(missing) = files.iter().find(|file| !Path::new(file).is_file()) {
            return Err(wrong(format!("{missing} is not there")));
        }
        let version = name.split_once('_').and_then(|(version, _)| version.parse::<u64>().ok());
        if version.is_none() {
            let message = format!("{name}: expected a version and a name, such as 20261124093000_add_memo");
            return Err(wrong(message));
        }
        // The compiler reads the files again when they change.
        migrations.push(quote!((#name, [#(::core::include_str!(#files)),*])));
    }
    Ok(quote!(&[#(#migrations),*]))
}
