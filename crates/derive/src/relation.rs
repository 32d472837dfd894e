//! Generates the constants for the relations of an entity or a group.

use std::collections::HashSet;

use heck::ToShoutySnakeCase;
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::{Type, Visibility};

use crate::kind::{Kind, written};
use crate::naming::shouting;

/// A field that is a column: its name, its type and its visibility.
pub(crate) type ColumnField<'f> = (&'f Ident, &'f Type, Option<&'f Visibility>);

/// Returns a constant for each column that refers to a row, unless a column has its name.
pub(crate) fn constants(columns: &[ColumnField<'_>]) -> Vec<TokenStream> {
    let taken: HashSet<String> = columns.iter().map(|(field, ..)| shouting(field)).collect();
    let relations = columns.iter().filter_map(|column| {
        let name = name(column.0, column.1)?;
        (!taken.contains(&name)).then(|| constant(&name, *column))
    });
    relations.collect()
}

/// Returns the name of the relation to the row that a field refers to: `USER` for `user_id: Ref<User>`. Other fields
/// than references, and names that do not end in `_id`, have none.
fn name(field: &Ident, kind: &Type) -> Option<String> {
    let field = field.unraw().to_string();
    let name = field.strip_suffix("_id").filter(|name| !name.is_empty())?;
    (written(kind).kind == Kind::Reference).then(|| name.to_shouty_snake_case())
}

/// Returns the constant, made from that of the column.
fn constant(name: &str, (field, kind, visibility): ColumnField<'_>) -> TokenStream {
    let relation = Ident::new(name, field.span());
    let column = Ident::new(&shouting(field), field.span());
    let comment = format!("The relation to the row that `{}` refers to.", field.unraw());
    quote! {
        #[doc = #comment]
        #visibility const #relation: ::mwallet_db::ToOne<Self, <#kind as ::mwallet_db::Reference>::Target> =
            ::mwallet_db::Attribute::<Self, #kind>::relation(Self::#column);
    }
}
