//! Parses the attributes for columns of existing databases.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::Lit;

use crate::attribute::{Errors, Item, Known, find, optional_text, required_text};

const NATIVE: &[Known] = &[
    Known { name: "name", form: "name = \"inet\"" },
    Known { name: "transfer", form: "transfer = \"literal\"" },
    Known { name: "comparison_type", form: "comparison_type = \"text\"" },
];

const BASE: &[Known] = &[
    Known { name: "table", form: "table = \"orders\"" },
    Known { name: "column", form: "column = \"id\"" },
    Known { name: "schema", form: "schema = \"sales\"" },
];

const TRANSFERS: &[(&str, &str)] = &[("text", "Text"), ("number", "Number"), ("literal", "TextRepr"), ("json", "Json")];

/// Returns the parts of the `FieldSpec`.
pub(crate) fn parts(given: &[Item], errors: &mut Errors) -> Vec<TokenStream> {
    let some = quote!(::core::option::Option::Some);
    let mut parts = Vec::new();
    // The declared type of a SQLite column may be empty.
    if let Some(written) = find(given, "declared").and_then(|item| errors.take(item.text())) {
        parts.push(quote!(native: #some(::mwallet_db::NativeSpec::DeclaredType(#written))));
    }
    if let Some(native) = find(given, "native").and_then(|item| native(item, errors)) {
        parts.push(quote!(native: #some(#native)));
    }
    if let Some(expression) = find(given, "default_sql").and_then(|item| errors.take(item.name_text())) {
        parts.push(quote!(default_sql: #some(#expression)));
    }
    if let Some(values) = find(given, "one_of").and_then(|item| one_of(item, errors)) {
        parts.push(quote!(one_of: ::std::vec![#(#values),*]));
    }
    if let Some(base) = find(given, "base").and_then(|item| base(item, errors)) {
        parts.push(quote!(base: #some(#base)));
    }
    parts
}

fn native(item: &Item, errors: &mut Errors) -> Option<TokenStream> {
    let inner = item.nested(NATIVE, errors)?;
    let name = required_text(item, &inner, "name", errors)?;
    let Some(transfer) = find(&inner, "transfer") else {
        errors.add(item.wrong("`transfer`"));
        return None;
    };
    let transfer = Ident::new(errors.take(transfer.choice(TRANSFERS))?, Span::call_site());
    let comparison_type = optional_text(&inner, "comparison_type", errors);
    Some(quote! {
        ::mwallet_db::NativeSpec::Postgres {
            name: #name,
            comparison_type: #comparison_type,
            transfer: ::mwallet_db::NativeTransfer::#transfer,
        }
    })
}

fn one_of(item: &Item, errors: &mut Errors) -> Option<Vec<TokenStream>> {
    let value = quote!(::mwallet_db::schema::Value);
    let literals = errors.take(item.literals())?;
    let values = literals.into_iter().map(|(negative, literal)| match literal {
        Lit::Str(text) => Some(quote!(#value::from(#text))),
        Lit::Bool(truth) => Some(quote!(#value::from(#truth))),
        Lit::Int(number) if number.suffix().is_empty() => {
            let sign = negative.then(|| quote!(-));
            let number = syn::LitInt::new(&format!("{}i64", number.base10_digits()), number.span());
            Some(quote!(#value::from(#sign #number)))
        }
        _ => None,
    });
    let values: Option<Vec<TokenStream>> = values.collect();
    if values.is_none() {
        errors.add(item.wrong("strings, whole numbers, `true` and `false`"));
    }
    values
}

fn base(item: &Item, errors: &mut Errors) -> Option<TokenStream> {
    let inner = item.nested(BASE, errors)?;
    let (table, column) =
        (required_text(item, &inner, "table", errors)?, required_text(item, &inner, "column", errors)?);
    let schema = optional_text(&inner, "schema", errors);
    Some(quote!((#schema, #table, #column)))
}
