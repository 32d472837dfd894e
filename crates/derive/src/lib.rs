//! The derive macros of the data layer: `Entity`, `ColumnGroup`, `Enumeration` and `FromRow`.
//!
//! They parse a declaration, report errors, and generate calls of `mwallet_db::TableBuilder`. Everything that can be
//! done at run time is done there. `docs/how-to/entity.md` lists the attributes.

mod attribute;
mod entity;
mod enumeration;
mod field;
mod foreign;
mod from_row;
mod group;
mod kind;
mod known;
mod migrations;
mod naming;
mod operations;
mod relation;
mod structure;
mod stub;
#[cfg(test)]
mod ui_tests;

use proc_macro2::TokenStream;
use syn::DeriveInput;

/// Makes a struct with named fields a row of a table.
///
/// The struct gets an implementation of `mwallet_db::Entity`, a constant for each column (`Order::MEMO`), for use in
/// filters and orders, and one for each row that it refers to (`Order::USER` for `user_id: Ref<User>`).
#[proc_macro_derive(Entity, attributes(entity))]
pub fn derive_entity(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    expand_entity(input.into()).into()
}

/// Makes a struct with named fields a group of columns that entities can flatten.
///
/// The struct gets an implementation of `mwallet_db::ColumnGroup`. A trait named after the group with the suffix
/// `Columns` provides the column constants to every entity that contains the group.
#[proc_macro_derive(ColumnGroup, attributes(entity))]
pub fn derive_column_group(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    expand_column_group(input.into()).into()
}

/// Makes an enum without fields the labels of a column.
///
/// A label is the variant's name in upper case (`PartlyDone` becomes `PARTLY_DONE`) unless `#[enumeration(label =
/// "...")]` sets another. Its code is the discriminant of the variant.
#[proc_macro_derive(Enumeration, attributes(enumeration))]
pub fn derive_enumeration(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    expand_enumeration(input.into()).into()
}

/// Makes a struct with named fields the form of a row: each field is read from the column of its name.
///
/// `#[from_row(column = "name")]` sets another name. Columns without a field are ignored.
#[proc_macro_derive(FromRow, attributes(from_row))]
pub fn derive_from_row(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    expand_from_row(input.into()).into()
}

/// Embeds the migrations of a folder in the program, in the form that `mwallet_migrate::embedded` takes.
///
/// The folder is relative to that of the crate: `migrations!("migrations")`. A new migration requires a rebuild of
/// the crate, so `build.rs` prints `cargo::rerun-if-changed=migrations`.
#[proc_macro]
pub fn migrations(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let folder = syn::parse_macro_input!(input as syn::LitStr);
    migrations::expand(&folder).unwrap_or_else(syn::Error::into_compile_error).into()
}

// `proc_macro` only works inside the compiler, so the code uses `proc_macro2`, which tests can call.

fn expand_entity(input: TokenStream) -> TokenStream {
    expand(input, entity::expand, stub::entity)
}

fn expand_column_group(input: TokenStream) -> TokenStream {
    expand(input, group::expand, stub::column_group)
}

fn expand_enumeration(input: TokenStream) -> TokenStream {
    expand(input, enumeration::expand, stub::enumeration)
}

fn expand_from_row(input: TokenStream) -> TokenStream {
    expand(input, from_row::expand, stub::from_row)
}

type Expanded = syn::Result<TokenStream>;

/// Expands a declaration, or reports its errors and adds a stub.
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
