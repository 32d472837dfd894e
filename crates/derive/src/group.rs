//! Implements `#[derive(ColumnGroup)]`.

use quote::{format_ident, quote};
use syn::DeriveInput;

use crate::Expanded;
use crate::attribute::{Errors, items};
use crate::field::Role;
use crate::known::ABOVE_STRUCT;
use crate::structure::{self, Bodies};

/// Generates the implementation of `ColumnGroup` and the trait with the column constants.
pub(crate) fn expand(input: &DeriveInput) -> Expanded {
    let mut errors = Errors::default();
    let fields = structure::fields(input, "a group of columns", &mut errors)?;
    let place = "above the struct of an entity: a group has no table of its own";
    items(&input.attrs, "entity", &[], (ABOVE_STRUCT, place), &mut errors);
    for group in fields.iter().filter(|field| matches!(field.role, Role::Group)) {
        errors.at(&group.ident, "a group cannot hold another: flatten each of them into the entity");
    }
    errors.finish()?;

    let (name, visibility) = (&input.ident, &input.vis);
    let columns = format_ident!("{name}Columns");
    let comment = format!("The columns of [`{name}`] as constants of every entity that has the group.");
    let constants = structure::constants(&fields, true);
    let Bodies { describe, read, write } = structure::bodies(&fields);
    Ok(quote! {
        #[automatically_derived]
        impl ::mwallet_db::ColumnGroup for #name {
            fn describe(table: &mut ::mwallet_db::TableBuilder) {
                #describe
            }

            fn read(
                cells: &mut ::mwallet_db::Cells,
            ) -> ::core::result::Result<Self, ::mwallet_db::DecodeError> {
                #read
            }

            fn write(&self, cells: &mut ::std::vec::Vec<::mwallet_db::Cell>) {
                #write
            }
        }

        #[doc = #comment]
        #[allow(dead_code, reason = "not every column is named in a query")]
        #visibility trait #columns: ::mwallet_db::HasGroup<#name> {
            #(#constants)*
        }

        #[automatically_derived]
        impl<E: ::mwallet_db::HasGroup<#name>> #columns for E {}
    })
}
