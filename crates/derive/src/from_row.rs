//! Implements `#[derive(FromRow)]`.

use quote::quote;
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Fields};

use crate::Expanded;
use crate::attribute::{Errors, Known, find, items, refuse_repeated};

const ABOVE_FIELD: &[Known] = &[Known { name: "column", form: "column = \"name\"" }];

/// Generates the implementation of `FromRow`.
pub(crate) fn expand(input: &DeriveInput) -> Expanded {
    let name = &input.ident;
    let refuse = |message: &str| Err(syn::Error::new_spanned(name, message));
    if !input.generics.params.is_empty() {
        let message = "the columns of a row have types that are known: write a struct without parameters";
        return Err(syn::Error::new_spanned(&input.generics, message));
    }
    let Data::Struct(data) = &input.data else { return refuse("a row is a struct with a field for each column") };
    let Fields::Named(named) = &data.fields else {
        return refuse("the fields are named after columns: for values in order, use a tuple such as `(String, i64)`");
    };
    if named.named.is_empty() {
        return refuse("a row needs at least one column");
    }
    let mut errors = Errors::default();
    let elsewhere = (ABOVE_FIELD, "above a field");
    items(&input.attrs, "from_row", &[], elsewhere, &mut errors);
    let mut reads = Vec::new();
    for field in &named.named {
        let Some(ident) = &field.ident else { continue };
        let given = items(&field.attrs, "from_row", ABOVE_FIELD, (&[], ""), &mut errors);
        refuse_repeated(&given, &[], &mut errors);
        let column = find(&given, "column").and_then(|item| errors.take(item.name_text()));
        let column = column.unwrap_or_else(|| ident.unraw().to_string());
        reads.push(quote!(#ident: row.take(#column)?));
    }
    errors.finish()?;
    Ok(quote! {
        #[automatically_derived]
        impl ::mwallet_db::FromRow for #name {
            fn from_row(
                mut row: ::mwallet_db::Row,
            ) -> ::core::result::Result<Self, ::mwallet_db::DecodeError> {
                ::core::result::Result::Ok(Self { #(#reads,)* })
            }
        }
    })
}
