//! The derive macros of the data layer: `Entity`, `ColumnGroup` and `Enumeration`.
//!
//! They read a declaration, say what is wrong with it, and write calls of `mwallet_db::TableBuilder`; whatever can be
//! done when the program runs is done there. `docs/how-to/entity.md` lists the attributes.

mod attribute;
mod entity;
mod enumeration;
mod field;
mod foreign;
mod group;
mod kind;
mod known;
mod migrations;
mod naming;
mod structure;
mod stub;
#[cfg(test)]
mod ui_tests;

use proc_macro2::TokenStream;
use syn::DeriveInput;

/// Makes a struct with named fields one row of one table.
///
/// Beside the implementation of `mwallet_db::Entity`, the struct gets a constant for each of its columns
/// (`Order::MEMO`), of which filters and orders are made.
#[proc_macro_derive(Entity, attributes(entity))]
pub fn derive_entity(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    expand_entity(input.into()).into()
}

/// Makes a struct with named fields a group of columns that entities flatten into themselves.
///
/// Beside the implementation of `mwallet_db::ColumnGroup`, a trait named after the group with `Columns` behind it gives
/// the constants of the columns to every entity that has the group.
#[proc_macro_derive(ColumnGroup, attributes(entity))]
pub fn derive_column_group(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    expand_column_group(input.into()).into()
}

/// Makes an enum without fields the labels of a column.
///
/// A label is the variant's name in capitals (`PartlyDone` is `PARTLY_DONE`) unless `#[enumeration(label = "...")]`
/// gives another; its code is the number of the variant.
#[proc_macro_derive(Enumeration, attributes(enumeration))]
pub fn derive_enumeration(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    expand_enumeration(input.into()).into()
}

/// The migrations of a folder, as `mwallet_migrate::embedded` takes them: a program carries them in itself.
///
/// The folder is named from that of the crate: `migrations!("migrations")`. A migration that is added needs the crate
/// to be built anew, which `build.rs` sees to with `cargo::rerun-if-changed=migrations`.
#[proc_macro]
pub fn migrations(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let folder = syn::parse_macro_input!(input as syn::LitStr);
    migrations::expand(&folder).unwrap_or_else(syn::Error::into_compile_error).into()
}

// Outside of the compiler there is no `proc_macro`, so the work is done on `proc_macro2`, where tests can call it.

fn expand_entity(input: TokenStream) -> TokenStream {
    expand(input, entity::expand, stub::entity)
}

fn expand_column_group(input: TokenStream) -> TokenStream {
    expand(input, group::expand, stub::column_group)
}

fn expand_enumeration(input: TokenStream) -> TokenStream {
    expand(input, enumeration::expand, stub::enumeration)
}

type Expanded = syn::Result<TokenStream>;

/// Expands a declaration, or says what is wrong with it beside what stands in for it.
fn expand(
    input: TokenStream,
    macro_body: fn(&DeriveInput) -> Expanded,
    stub: fn(&DeriveInput) -> TokenStream,
) -> TokenStream {
    let input = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    macro_body(&input).unwrap_or_else(|error| {
        let mut tokens = error.into_compile_error();
        tokens.extend(stub(&input));
        tokens
    })
}
