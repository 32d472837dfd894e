//! The attribute `#[both_engines]`. Use it through `mwallet-testkit`, which documents it.

use proc_macro::TokenStream;
use quote::quote;
use syn::{Error, ItemFn, parse_macro_input};

/// Turns an `async fn` that takes a `TestDb` into one test for each engine: `name::sqlite` and `name::postgres`.
#[proc_macro_attribute]
pub fn both_engines(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let case = parse_macro_input!(item as ItemFn);
    expand(&arguments.into(), case).unwrap_or_else(Error::into_compile_error).into()
}

fn expand(arguments: &proc_macro2::TokenStream, mut case: ItemFn) -> syn::Result<proc_macro2::TokenStream> {
    if !arguments.is_empty() {
        return Err(Error::new_spanned(arguments, "`both_engines` takes no arguments"));
    }
    if case.sig.asyncness.is_none() || case.sig.inputs.len() != 1 {
        let message = "a case for both engines is an `async fn` that takes a `TestDb`";
        return Err(Error::new_spanned(&case.sig, message));
    }
    let name = std::mem::replace(&mut case.sig.ident, syn::Ident::new("case", proc_macro2::Span::call_site()));
    // Attributes of the case, such as `#[ignore]`, apply to both tests.
    let attributes = std::mem::take(&mut case.attrs);
    Ok(quote! {
        #[cfg(test)]
        mod #name {
            #[allow(unused_imports, reason = "a case may need nothing of what is around it")]
            use super::*;

            #case

            #(#attributes)*
            #[test]
            fn sqlite() {
                ::mwallet_testkit::run(::mwallet_testkit::Dialect::Sqlite, case);
            }

            #(#attributes)*
            #[test]
            fn postgres() {
                ::mwallet_testkit::run(::mwallet_testkit::Dialect::Postgres, case);
            }
        }
    })
}
