//! Implements `#[derive(Enumeration)]`.

use quote::quote;
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Fields, Ident, Lit, Variant};

use crate::Expanded;
use crate::attribute::{Errors, Known, find, items, literal, refuse_repeated};
use crate::naming::{documentation, shouting};

const KNOWN: &[Known] = &[
    Known { name: "label", form: "label = \"OPEN\"" },
    Known { name: "renamed_from", form: "renamed_from = \"OPENED\"" },
];

struct Label<'a> {
    variant: &'a Ident,
    name: String,
    code: i64,
    comment: Option<String>,
    renamed_from: Option<String>,
}

/// Generates the implementations of `Enumeration` and `ColumnValue`, and the conversion to a `Value`.
pub(crate) fn expand(input: &DeriveInput) -> Expanded {
    let mut errors = Errors::default();
    items(&input.attrs, "enumeration", &[], (KNOWN, "above a variant"), &mut errors);
    let labels = labels(input, &mut errors)?;
    errors.finish()?;

    let name = &input.ident;
    let type_name = name.unraw().to_string();
    let variants: Vec<&Ident> = labels.iter().map(|label| label.variant).collect();
    let names: Vec<&str> = labels.iter().map(|label| label.name.as_str()).collect();
    let codes = labels.iter().map(|label| label.code);
    let text = |text: &Option<String>| match text {
        Some(text) => quote!(::core::option::Option::Some(#text.into())),
        None => quote!(::core::option::Option::None),
    };
    let comments = labels.iter().map(|label| text(&label.comment));
    let old_names = labels.iter().map(|label| text(&label.renamed_from));
    let schema = quote!(::mwallet_db::schema);
    let result = quote!(::core::result::Result);
    Ok(quote! {
        #[automatically_derived]
        impl ::mwallet_db::Enumeration for #name {
            fn enum_type() -> ::std::sync::Arc<#schema::EnumType> {
                static TYPE: ::std::sync::OnceLock<::std::sync::Arc<#schema::EnumType>> =
                    ::std::sync::OnceLock::new();
                let made = TYPE.get_or_init(|| ::std::sync::Arc::new(#schema::EnumType {
                    name: #type_name.into(),
                    labels: ::std::vec![
                        #(#schema::EnumLabel {
                            name: #names.into(),
                            code: #codes,
                            comment: #comments,
                            renamed_from: #old_names,
                        },)*
                    ],
                }));
                ::std::sync::Arc::clone(made)
            }

            fn label(self) -> &'static str {
                match self {
                    #(Self::#variants => #names,)*
                }
            }

            fn from_label(label: &str) -> ::core::option::Option<Self> {
                match label {
                    #(#names => ::core::option::Option::Some(Self::#variants),)*
                    _ => ::core::option::Option::None,
                }
            }
        }

        #[automatically_derived]
        impl ::mwallet_db::ColumnValue for #name {
            type Plain = Self;

            fn column_type(_limits: ::mwallet_db::TypeLimits) -> #schema::ColumnType {
                #schema::ColumnType::Enum(<Self as ::mwallet_db::Enumeration>::enum_type())
            }

            fn from_cell(cell: ::mwallet_db::Cell) -> #result<Self, ::std::string::String> {
                let label = <::std::string::String as ::mwallet_db::ColumnValue>::from_cell(cell)?;
                <Self as ::mwallet_db::Enumeration>::from_label(&label).ok_or_else(|| {
                    let labels = <Self as ::mwallet_db::Enumeration>::enum_type().names();
                    ::std::format!("{label:?} is none of {labels}")
                })
            }

            fn to_cell(&self) -> ::mwallet_db::Cell {
                ::mwallet_db::Cell::Value((*self).into())
            }
        }

        #[automatically_derived]
        impl ::core::convert::From<#name> for #schema::Value {
            fn from(variant: #name) -> Self {
                Self::Text(::mwallet_db::Enumeration::label(variant).into())
            }
        }
    })
}

fn labels<'a>(input: &'a DeriveInput, errors: &mut Errors) -> syn::Result<Vec<Label<'a>>> {
    let name = &input.ident;
    let refuse = |message: &str| Err(syn::Error::new_spanned(name, message));
    let Data::Enum(data) = &input.data else {
        return refuse(
            "`Enumeration` is for an enum whose variants are the values of a column; a table is an `Entity`",
        );
    };
    if !input.generics.params.is_empty() {
        let message = "the labels of a column are fixed: leave the generics out";
        return Err(syn::Error::new_spanned(&input.generics, message));
    }
    if data.variants.is_empty() {
        return refuse("an enumeration needs at least one variant");
    }
    let mut labels: Vec<Label<'a>> = Vec::with_capacity(data.variants.len());
    let mut next = 0;
    for variant in &data.variants {
        let label = label(variant, next, errors);
        next = label.code.wrapping_add(1);
        if let Some(earlier) = labels.iter().find(|earlier| earlier.name == label.name) {
            let message =
                format!("`{}` has the label \"{}\" already: give this one another", earlier.variant, label.name);
            errors.at(variant, message);
        }
        labels.push(label);
    }
    Ok(labels)
}

fn label<'a>(variant: &'a Variant, next: i64, errors: &mut Errors) -> Label<'a> {
    if !matches!(variant.fields, Fields::Unit) {
        errors.at(&variant.fields, "a label has no fields: keep them in columns of their own");
    }
    let given = items(&variant.attrs, "enumeration", KNOWN, (&[], ""), errors);
    refuse_repeated(&given, &[], errors);
    let name = find(&given, "label").and_then(|item| errors.take(item.name_text()));
    let code = match &variant.discriminant {
        None => next,
        Some((_, expression)) => match literal(expression) {
            Some((negative, Lit::Int(number))) => {
                let sign = if negative { "-" } else { "" };
                let code = format!("{sign}{}", number.base10_digits()).parse();
                code.unwrap_or_else(|_| {
                    errors.at(expression, "a code is a number of 64 bits with a sign");
                    next
                })
            }
            _ => {
                errors.at(expression, "write the code as a number: the macro cannot work it out");
                next
            }
        },
    };
    Label {
        variant: &variant.ident,
        name: name.unwrap_or_else(|| shouting(&variant.ident)),
        code,
        comment: documentation(&variant.attrs),
        renamed_from: find(&given, "renamed_from").and_then(|item| errors.take(item.name_text())),
    }
}
