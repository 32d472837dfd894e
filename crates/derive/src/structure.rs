//! Parses the struct of an entity or a group.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Fields};

use crate::attribute::Errors;
use crate::field::{self, Field, Role};
use crate::relation::{self, ColumnField};

/// Returns the fields of the struct.
///
/// # Errors
///
/// Returns an error if the type is not a struct with named fields, or is generic. `what` names the intended result.
pub(crate) fn fields(input: &DeriveInput, what: &str, errors: &mut Errors) -> syn::Result<Vec<Field>> {
    let name = &input.ident;
    if !input.generics.params.is_empty() {
        let message = format!("{what} is one table's columns and cannot be generic: write a struct for each type");
        return Err(syn::Error::new_spanned(&input.generics, message));
    }
    let refuse = |message: String| Err(syn::Error::new_spanned(name, message));
    let data = match &input.data {
        Data::Struct(data) => data,
        Data::Enum(_) => {
            return refuse(format!(
                "{what} is a struct with a field for each column\n\
                 for an enum whose variants are the values of a column, derive `Enumeration`"
            ));
        }
        Data::Union(_) => return refuse(format!("{what} is a struct with a field for each column")),
    };
    let Fields::Named(named) = &data.fields else {
        return refuse(format!("{what} needs names for its columns: write `struct {name} {{ column: Type }}`"));
    };
    if named.named.is_empty() {
        return refuse(format!("{what} needs at least one column: write `struct {name} {{ column: Type }}`"));
    }
    let fields: Vec<Field> = named.named.iter().filter_map(|field| field::read(field, errors)).collect();
    refuse_shared_names(&fields, errors);
    Ok(fields)
}

fn refuse_shared_names(fields: &[Field], errors: &mut Errors) {
    for (position, field) in fields.iter().enumerate() {
        let Role::Column { name, .. } = &field.role else { continue };
        let taken = |other: &&Field| matches!(&other.role, Role::Column { name: earlier, .. } if earlier == name);
        if let Some(other) = fields[..position].iter().find(taken) {
            errors
                .at(&field.ident, format!("`{}` has the column `{name}` already: give this one another", other.ident));
        }
    }
}

/// Returns the constants of the columns, and those of the relations.
pub(crate) fn constants(fields: &[Field], of_trait: bool) -> Vec<TokenStream> {
    let columns: Vec<ColumnField<'_>> = fields.iter().filter_map(|field| field.as_column(of_trait)).collect();
    fields.iter().filter_map(|field| field.constant(of_trait)).chain(relation::constants(&columns)).collect()
}

/// The generated bodies that entities and groups share: a struct literal that reads, and statements that write and
/// describe.
pub(crate) struct Bodies {
    pub(crate) describe: TokenStream,
    pub(crate) read: TokenStream,
    pub(crate) write: TokenStream,
}

/// Generates the bodies.
pub(crate) fn bodies(fields: &[Field]) -> Bodies {
    let describe = fields.iter().map(Field::describe);
    let read = fields.iter().map(Field::read);
    let write = fields.iter().map(Field::write);
    Bodies {
        describe: quote!(#(#describe)*),
        read: quote!(::core::result::Result::Ok(Self { #(#read,)* })),
        write: quote!(#(#write)*),
    }
}
