//! Generates stubs for invalid declarations.
//!
//! Without a stub, every use of the entity elsewhere would be an error too and hide the relevant one. It never runs,
//! since a program with an invalid declaration does not compile.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Data, DeriveInput, Field, GenericParam, Generics, Ident, Meta, parse_quote};

use crate::naming::shouting;
use crate::operations;
use crate::relation::{self, ColumnField};

/// Returns the stub for `#[derive(Entity)]`.
pub(crate) fn entity(input: &DeriveInput) -> TokenStream {
    let Some(generics) = bound(&input.generics) else { return TokenStream::new() };
    let (of, arguments, bounds) = generics.split_for_impl();
    let name = &input.ident;
    let constants = constants(input, true);
    let operations = operations::functions(&input.vis);
    let groups = fields(input).filter(|field| is_group(field)).map(|field| &field.ty);
    quote! {
        #[automatically_derived]
        impl #of ::mwallet_db::Entity for #name #arguments #bounds {
            const TABLE: &'static str = "";

            fn description() -> &'static ::mwallet_db::EntityDescription {
                ::core::unreachable!()
            }

            fn read(_: &mut ::mwallet_db::Cells) -> ::core::result::Result<Self, ::mwallet_db::DecodeError> {
                ::core::unreachable!()
            }

            fn write(&self, _: &mut ::std::vec::Vec<::mwallet_db::Cell>) {}
        }

        #[allow(dead_code, reason = "not every column is named in a query")]
        impl #of #name #arguments #bounds {
            #constants
            #operations
        }

        #(
            #[automatically_derived]
            impl #of ::mwallet_db::HasGroup<#groups> for #name #arguments #bounds {}
        )*
    }
}

/// Returns the stub for `#[derive(ColumnGroup)]`.
pub(crate) fn column_group(input: &DeriveInput) -> TokenStream {
    // The columns of a generic group's trait are unknown.
    if !input.generics.params.is_empty() {
        return TokenStream::new();
    }
    let (name, visibility) = (&input.ident, &input.vis);
    let trait_name = format_ident!("{name}Columns");
    let constants = constants(input, false);
    quote! {
        #[automatically_derived]
        impl ::mwallet_db::ColumnGroup for #name {
            fn describe(_: &mut ::mwallet_db::TableBuilder) {}

            fn read(_: &mut ::mwallet_db::Cells) -> ::core::result::Result<Self, ::mwallet_db::DecodeError> {
                ::core::unreachable!()
            }

            fn write(&self, _: &mut ::std::vec::Vec<::mwallet_db::Cell>) {}
        }

        #[allow(dead_code, missing_docs, reason = "it stands in for another")]
        #visibility trait #trait_name: ::mwallet_db::HasGroup<#name> {
            #constants
        }

        #[automatically_derived]
        impl<E: ::mwallet_db::HasGroup<#name>> #trait_name for E {}
    }
}

/// Returns the stub for `#[derive(FromRow)]`.
pub(crate) fn from_row(input: &DeriveInput) -> TokenStream {
    let (of, arguments, bounds) = input.generics.split_for_impl();
    let name = &input.ident;
    quote! {
        #[automatically_derived]
        impl #of ::mwallet_db::FromRow for #name #arguments #bounds {
            fn from_row(_: ::mwallet_db::Row) -> ::core::result::Result<Self, ::mwallet_db::DecodeError> {
                ::core::unreachable!()
            }
        }
    }
}

/// Returns the stub for `#[derive(Enumeration)]`.
pub(crate) fn enumeration(input: &DeriveInput) -> TokenStream {
    let Some(generics) = bound(&input.generics) else { return TokenStream::new() };
    let (of, arguments, bounds) = generics.split_for_impl();
    let name = &input.ident;
    let schema = quote!(::mwallet_db::schema);
    // Other types are seldom `Copy`, which an enumeration must be.
    let labels = matches!(input.data, Data::Enum(_)).then(|| {
        quote! {
            #[automatically_derived]
            impl #of ::mwallet_db::Enumeration for #name #arguments #bounds {
                fn enum_type() -> ::std::sync::Arc<#schema::EnumType> {
                    ::core::unreachable!()
                }

                fn label(self) -> &'static str {
                    ""
                }

                fn from_label(_: &str) -> ::core::option::Option<Self> {
                    ::core::option::Option::None
                }
            }
        }
    });
    quote! {
        #labels

        #[automatically_derived]
        impl #of ::mwallet_db::ColumnValue for #name #arguments #bounds {
            type Plain = Self;

            fn column_type(_: ::mwallet_db::TypeLimits) -> #schema::ColumnType {
                ::core::unreachable!()
            }

            fn from_cell(_: ::mwallet_db::Cell) -> ::core::result::Result<Self, ::std::string::String> {
                ::core::unreachable!()
            }

            fn to_cell(&self) -> ::mwallet_db::Cell {
                ::core::unreachable!()
            }
        }

        #[automatically_derived]
        impl #of ::core::convert::From<#name #arguments> for #schema::Value #bounds {
            fn from(_: #name #arguments) -> Self {
                ::core::unreachable!()
            }
        }
    }
}

/// Returns the generics of a type with the bounds of a row; `None` if it borrows, which rows never do.
fn bound(generics: &Generics) -> Option<Generics> {
    let mut generics = generics.clone();
    for parameter in &mut generics.params {
        match parameter {
            GenericParam::Lifetime(_) => return None,
            GenericParam::Type(parameter) => {
                parameter.bounds.push(parse_quote!(::core::marker::Send));
                parameter.bounds.push(parse_quote!(::core::marker::Sync));
                parameter.bounds.push(parse_quote!('static));
            }
            GenericParam::Const(_) => {}
        }
    }
    Some(generics)
}

/// Returns the named fields.
fn fields(input: &DeriveInput) -> impl Iterator<Item = &Field> {
    let fields = match &input.data {
        Data::Struct(data) => Some(&data.fields),
        Data::Enum(_) | Data::Union(_) => None,
    };
    fields.into_iter().flatten().filter(|field| field.ident.is_some())
}

fn columns(input: &DeriveInput) -> impl Iterator<Item = &Field> {
    fields(input).filter(|field| !is_group(field))
}

/// Returns whether a field is a group, as far as its attributes can be parsed.
fn is_group(field: &Field) -> bool {
    let mut lists = field.attrs.iter().filter_map(|attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("entity") => Some(list.tokens.clone()),
        _ => None,
    });
    lists.any(|tokens| tokens.into_iter().any(|token| token.to_string() == "flatten"))
}

/// Returns the constants of the columns, whatever their types, and of the relations.
fn constants(input: &DeriveInput, is_inherent: bool) -> TokenStream {
    let columns =
        columns(input).filter_map(|field| Some((field.ident.as_ref()?, &field.ty, is_inherent.then_some(&field.vis))));
    let columns: Vec<ColumnField<'_>> = columns.collect();
    let relations = relation::constants(&columns);
    let columns = columns.iter().map(|(ident, kind, visibility)| {
        let constant = Ident::new(&shouting(ident), ident.span());
        quote! {
            #[allow(missing_docs, reason = "it stands in for another")]
            #visibility const #constant: ::mwallet_db::Attribute<Self, #kind> = ::mwallet_db::Attribute::new("");
        }
    });
    quote!(#(#columns)* #(#relations)*)
}
