//! `#[derive(Entity)]`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::{DeriveInput, Ident};

use crate::Expanded;
use crate::attribute::{Errors, Item, Known, find, items, refuse_repeated};
use crate::field::{self, Field, Role};
use crate::known::{ABOVE_FIELD, ABOVE_STRUCT};
use crate::structure::{self, Bodies};
use crate::words::{documentation, nearest, table_name};

const CHECK: &[Known] =
    &[Known { name: "name", form: "name = \"period\"" }, Known { name: "sql", form: "sql = \"start_at <= end_at\"" }];

const FOREIGN_KEY: &[Known] = &[
    Known { name: "columns", form: "columns(a, b)" },
    Known { name: "references", form: "references = \"table\"" },
    Known { name: "to", form: "to(c, d)" },
    Known { name: "on_delete", form: "on_delete = \"restrict\"" },
];

/// Writes the implementation of `Entity`, the constants of the columns, and which groups it has.
pub(crate) fn expand(input: &DeriveInput) -> Expanded {
    let mut errors = Errors::default();
    let fields = structure::fields(input, "an entity", &mut errors)?;
    refuse_repeated_groups(&fields, &mut errors);
    let given = items(&input.attrs, "entity", ABOVE_STRUCT, (ABOVE_FIELD, "above a field"), &mut errors);
    refuse_repeated(&given, &["unique", "index", "check", "foreign_key"], &mut errors);
    refuse_second_key(&given, &fields, &mut errors);
    let name = &input.ident;
    let table = find(&given, "table").and_then(|item| errors.take(item.name_text()));
    let table = table.unwrap_or_else(|| table_name(name));
    let constraints: Vec<TokenStream> =
        given.iter().filter_map(|item| constraint(item, &fields, &mut errors)).collect();
    errors.finish()?;

    let comment = optional(documentation(&input.attrs));
    let type_name = name.unraw().to_string();
    let constants = fields.iter().filter_map(|field| field.constant(false));
    let groups = fields.iter().filter(|field| matches!(field.role, Role::Group)).map(|field| &field.kind);
    let Bodies { describe, read, write } = structure::bodies(&fields);
    Ok(quote! {
        #[automatically_derived]
        impl ::mwallet_db::Entity for #name {
            const TABLE: &'static str = #table;

            fn description() -> &'static ::mwallet_db::EntityDescription {
                static DESCRIPTION: ::std::sync::OnceLock<::mwallet_db::EntityDescription> =
                    ::std::sync::OnceLock::new();
                DESCRIPTION.get_or_init(|| {
                    let mut table = ::mwallet_db::TableBuilder::new(#table, #comment);
                    #describe
                    #(#constraints)*
                    table.finish(#type_name)
                })
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

        #[allow(dead_code, reason = "not every column is named in a query")]
        impl #name {
            #(#constants)*
        }

        #(
            #[automatically_derived]
            impl ::mwallet_db::HasGroup<#groups> for #name {}
        )*
    })
}

fn refuse_repeated_groups(fields: &[Field], errors: &mut Errors) {
    let groups: Vec<&Field> = fields.iter().filter(|field| matches!(field.role, Role::Group)).collect();
    for (position, group) in groups.iter().enumerate() {
        if groups[..position].iter().any(|earlier| earlier.kind == group.kind) {
            errors.at(
                &group.kind,
                "this group is flattened twice, and its columns would have one name each: leave one out",
            );
        }
    }
}

fn refuse_second_key(given: &[Item], fields: &[Field], errors: &mut Errors) {
    let mut keys = fields.iter().filter(|field| matches!(field.role, Role::Column { is_key: true, .. }));
    let first = keys.next();
    if let (Some(first), Some(second)) = (first, keys.next()) {
        let message = format!(
            "a table has one key: for a key of several columns write `#[entity(key({}, {}))]` above the struct",
            first.ident, second.ident
        );
        errors.at(&second.ident, message);
    }
    if let (Some(field), Some(item)) = (first, find(given, "key")) {
        errors.at(item, format!("a table has one key, and `{}` is it already: leave one out", field.ident));
    }
}

/// The statement of an item above the struct.
fn constraint(item: &Item, fields: &[Field], errors: &mut Errors) -> Option<TokenStream> {
    match item.name.to_string().as_str() {
        "key" | "unique" | "index" => {
            let (method, columns) = (&item.name, columns(item, fields, errors)?);
            Some(quote!(table.#method(&[#(#columns),*]);))
        }
        "check" => check(item, errors),
        "foreign_key" => foreign_key(item, fields, errors),
        _ => None,
    }
}

fn check(item: &Item, errors: &mut Errors) -> Option<TokenStream> {
    let inner = item.nested(CHECK, errors)?;
    let mut text = |name: &str| match find(&inner, name) {
        Some(part) => errors.take(part.name_text()),
        None => errors.take(Err(item.wrong(&format!("`{name}`")))),
    };
    let (name, sql) = (text("name"), text("sql"));
    let (name, sql) = (name?, sql?);
    Some(quote!(table.check(#name, #sql);))
}

fn foreign_key(item: &Item, fields: &[Field], errors: &mut Errors) -> Option<TokenStream> {
    let inner = item.nested(FOREIGN_KEY, errors)?;
    for required in ["columns", "references", "to"] {
        if find(&inner, required).is_none() {
            errors.add(item.wrong(&format!("`{required}`")));
            return None;
        }
    }
    let own = columns(find(&inner, "columns")?, fields, errors);
    let references = errors.take(find(&inner, "references")?.name_text());
    let to = find(&inner, "to")?;
    let others = errors.take(to.names());
    let action = match find(&inner, "on_delete") {
        Some(action) => errors.take(field::action(action))?.to_token_stream(),
        None => quote!(NoAction),
    };
    let (own, references, others) = (own?, references?, others?);
    if own.len() != others.len() {
        errors.at(to, format!("`columns` names {} and `to` names {}: they pair one by one", own.len(), others.len()));
    }
    let others = others.iter().map(|name| name.unraw().to_string());
    Some(quote! {
        table.foreign_key(
            &[#(#own),*], #references, &[#(#others),*], ::mwallet_db::schema::Action::#action,
        );
    })
}

/// The columns that an item names by their fields. Those of a group are not visible here; the table is held against
/// itself when it is made.
fn columns(item: &Item, fields: &[Field], errors: &mut Errors) -> Option<Vec<String>> {
    let idents = errors.take(item.names())?;
    let mut columns: Vec<String> = Vec::with_capacity(idents.len());
    for ident in idents {
        match column(&ident, fields) {
            Ok(name) if columns.contains(&name) => errors.at(&ident, format!("`{ident}` is named twice")),
            Ok(name) => columns.push(name),
            Err(message) => errors.at(&ident, message),
        }
    }
    Some(columns)
}

fn column(ident: &Ident, fields: &[Field]) -> Result<String, String> {
    let own = fields.iter().find(|field| field.ident == *ident);
    match own.map(|field| &field.role) {
        Some(Role::Column { name, .. }) => return Ok(name.clone()),
        Some(Role::Group) => return Err(format!("`{ident}` is a group: write the names of its columns")),
        None => {}
    }
    let name = ident.unraw().to_string();
    let is_column = |field: &Field| matches!(&field.role, Role::Column { name: column, .. } if *column == name);
    let has_group = fields.iter().any(|field| matches!(field.role, Role::Group));
    if has_group || fields.iter().any(is_column) {
        return Ok(name);
    }
    let names: Vec<String> = fields.iter().map(|field| field.ident.to_string()).collect();
    let guess = nearest(&name, names.iter().map(String::as_str)).map(|near| format!(", did you mean `{near}`?"));
    let guess = guess.unwrap_or_default();
    Err(format!("there is no field `{name}`{guess}\nthe fields are: {}", names.join(", ")))
}

fn optional(text: Option<String>) -> TokenStream {
    match text {
        Some(text) => quote!(::core::option::Option::Some(#text)),
        None => quote!(::core::option::Option::None),
    }
}
