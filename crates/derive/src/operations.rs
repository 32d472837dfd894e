//! Generates the functions by which an entity is queried and written.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Visibility;

/// Returns the functions, as visible as the entity itself.
pub(crate) fn functions(visibility: &Visibility) -> TokenStream {
    let db = quote!(::mwallet_db);
    let result =
        quote!(impl ::core::future::Future<Output = #db::Result<::std::vec::Vec<Self>>> + ::core::marker::Send);
    quote! {
        /// Begins a query on the rows.
        #visibility fn find() -> #db::Find<Self> {
            #db::Find::new()
        }

        /// Begins a query on the row with a primary key, which is a tuple if it has several columns.
        #visibility fn by_key(key: impl #db::KeyValues) -> #db::Find<Self> {
            #db::Find::by_key(key)
        }

        /// Inserts the row and returns it with its key and defaults.
        #visibility fn create<'d>(
            self,
            executor: impl ::core::convert::Into<#db::Executor<'d>>,
        ) -> impl ::core::future::Future<Output = #db::Result<Self>> + ::core::marker::Send {
            #db::typed::create(executor.into(), self)
        }

        /// Inserts all rows or none, and returns them in the given order.
        #visibility fn create_many<'d>(
            executor: impl ::core::convert::Into<#db::Executor<'d>>,
            rows: impl ::core::iter::IntoIterator<Item = Self>,
        ) -> #result {
            #db::typed::create_many(executor.into(), rows.into_iter().collect())
        }

        /// Inserts the rows that do not conflict with a unique constraint, and returns those that were inserted.
        #visibility fn insert_ignore<'d>(
            executor: impl ::core::convert::Into<#db::Executor<'d>>,
            rows: impl ::core::iter::IntoIterator<Item = Self>,
        ) -> #result {
            #db::typed::insert_ignore(executor.into(), rows.into_iter().collect())
        }
    }
}
