//! Implements `#[derive(Entity)]`.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::{DeriveInput, Ident};

use crate::Expanded;
use crate::attribute::{Errors, Item, Known, find, items, optional_text, refuse_repeated, required_text};
use crate::field::{self, Field, Role};
use crate::known::{ABOVE_FIELD, ABOVE_STRUCT};
use crate::naming::{documentation, nearest, table_name};
use crate::operations;
use crate::structure::{self, Bodies};

const CHECK: &[Known] = &[
    Known { name: "name", form: "name = \"period\"" },
    Known { name: "constraint", form: "constraint = \"orders_period_check\"" },
    Known { name: "sql", form: "sql = \"start_at <= end_at\"" },
];

/// A unique constraint with an explicit name.
const NAMED: &[Known] =
    &[Known { name: "name", form: "name = \"by_user\"" }, Known { name: "columns", form: "columns(a, b)" }];

/// An index with an explicit name, possibly on expressions or some rows.
const NAMED_INDEX: &[Known] = &[
    Known { name: "name", form: "name = \"by_user\"" },
    Known { name: "columns", form: "columns(a, b)" },
    Known { name: "keys", form: "keys = \"lower(label)\"" },
    Known { name: "where", form: "where = \"state = 'OPEN'\"" },
    Known { name: "unique", form: "unique" },
];

const FOREIGN_KEY: &[Known] = &[
    Known { name: "columns", form: "columns(a, b)" },
    Known { name: "references", form: "references = \"table\"" },
    Known { name: "to", form: "to(c, d)" },
    Known { name: "on_delete", form: "on_delete = \"restrict\"" },
    Known { name: "on_update", form: "on_update = \"cascade\"" },
    Known { name: "name", form: "name = \"orders_user_fkey\"" },
    Known { name: "schema", form: "schema = \"sales\"" },
];

const KINDS: &[(&str, &str)] = &[
    ("table", "Table"),
    ("partitioned table", "Partitioned"),
    ("foreign table", "Foreign"),
    ("view", "View"),
    ("materialized view", "MaterializedView"),
];

/// Generates the implementation of `Entity`, the column constants and the groups.
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
        given.iter().filter_map(|item| constraint(item, &table, &fields, &mut errors)).collect();
    let spec = table_spec(&given, documentation(&input.attrs), &mut errors);
    errors.finish()?;

    let type_name = name.unraw().to_string();
    let constants = structure::constants(&fields, false);
    let operations = operations::functions(&input.vis);
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
                    let mut table = ::mwallet_db::TableBuilder::new(#table, #spec);
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
            #operations
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

/// Returns the `TableSpec` with the values that differ from its default.
fn table_spec(given: &[Item], documentation: Option<String>, errors: &mut Errors) -> TokenStream {
    let schema = quote!(::mwallet_db::schema);
    let mut parts = Vec::new();
    let comment = find(given, "comment").and_then(|item| errors.take(item.text()));
    if let Some(comment) = comment.or(documentation) {
        parts.push(quote!(comment: ::core::option::Option::Some(#comment)));
    }
    if let Some(name) = find(given, "schema").and_then(|item| errors.take(item.name_text())) {
        parts.push(quote!(schema: ::core::option::Option::Some(#name)));
    }
    if let Some(name) = find(given, "renamed_from").and_then(|item| errors.take(item.name_text())) {
        parts.push(quote!(renamed_from: ::core::option::Option::Some(#name)));
    }
    if let Some(kind) = find(given, "kind").and_then(|item| errors.take(item.choice(KINDS))) {
        let kind = Ident::new(kind, Span::call_site());
        parts.push(quote!(kind: #schema::TableKind::#kind));
    }
    match (find(given, "writes"), find(given, "read_only")) {
        (Some(_), Some(item)) => {
            errors.at(item, "`writes` says what may be written, `read_only` that nothing may: leave one out")
        }
        (Some(item), None) => {
            let allowed = errors.take(item.choices(&WRITES)).unwrap_or_default();
            let allowed = allowed.into_iter().map(|name| Ident::new(name, Span::call_site()));
            parts.push(quote!(writes: #schema::Updatability { #(#allowed: true,)* ..#schema::Updatability::NONE }));
        }
        (None, Some(item)) => {
            errors.take(item.flag());
            parts.push(quote!(writes: #schema::Updatability::NONE));
        }
        (None, None) => {}
    }
    if let Some(unanswered) = find(given, "unanswered").and_then(|item| errors.take(item.choices(&WRITES))) {
        let unanswered = unanswered.into_iter().map(|name| Ident::new(name, Span::call_site()));
        let all = quote!(#schema::Updatability { insert: true, update: true, delete: true });
        parts.push(quote!(answers: #schema::Updatability { #(#unanswered: false,)* ..#all }));
    }
    quote!(::mwallet_db::TableSpec { #(#parts,)* ..::core::default::Default::default() })
}

/// The writes that a table may allow.
const WRITES: [(&str, &str); 3] = [("insert", "insert"), ("update", "update"), ("delete", "delete")];

/// Returns the statement for an item above the struct.
fn constraint(item: &Item, table: &str, fields: &[Field], errors: &mut Errors) -> Option<TokenStream> {
    match item.name.to_string().as_str() {
        "key" => {
            let columns = columns(item, fields, errors)?;
            Some(quote!(table.key(&[#(#columns),*]);))
        }
        "unique" | "index" => {
            let method = &item.name;
            let (name, columns) = if item.holds_items() {
                let known = if item.name == "index" { NAMED_INDEX } else { NAMED };
                let inner = item.nested(known, errors)?;
                if let Some(keys) = find(&inner, "keys") {
                    return special_index(item, keys, &inner, errors);
                }
                for other in inner.iter().filter(|other| other.name == "where" || other.name == "unique") {
                    errors.at(&other.name, format!("`{}` stands beside `keys`: write the columns there", other.name));
                }
                let Some(listed) = find(&inner, "columns") else {
                    errors.add(item.wrong("`columns`"));
                    return None;
                };
                (optional_text(&inner, "name", errors), columns(listed, fields, errors)?)
            } else {
                (quote!(::core::option::Option::None), columns(item, fields, errors)?)
            };
            Some(quote!(table.#method(#name, &[#(#columns),*]);))
        }
        "check" => check(item, table, errors),
        "foreign_key" => foreign_key(item, fields, errors),
        _ => None,
    }
}

/// Returns an index on expressions or some rows.
fn special_index(item: &Item, keys: &Item, inner: &[Item], errors: &mut Errors) -> Option<TokenStream> {
    if let Some(columns) = find(inner, "columns") {
        errors.at(&columns.name, "`keys` says what is in the index: leave `columns` out");
    }
    let name = required_text(item, inner, "name", errors);
    let condition = optional_text(inner, "where", errors);
    let unique = find(inner, "unique").is_some_and(|unique| errors.take(unique.flag()).is_some());
    let (name, keys) = (name?, errors.take(keys.name_text())?);
    Some(quote!(table.special_index(#name, #unique, #keys, #condition);))
}

fn check(item: &Item, table: &str, errors: &mut Errors) -> Option<TokenStream> {
    let inner = item.nested(CHECK, errors)?;
    let name = match (find(&inner, "name"), find(&inner, "constraint")) {
        // The full name, as PostgreSQL would form it.
        (Some(name), None) => {
            let name = errors.take(name.name_text());
            name.map(|name| quote!(&::mwallet_db::schema::constraint_name(#table, &[#name], "check")))
        }
        (None, Some(whole)) => errors.take(whole.text()).map(ToTokens::into_token_stream),
        (Some(_), Some(whole)) => {
            errors.at(whole, "`constraint` is the whole name, and `name` the middle of it: leave one out");
            None
        }
        (None, None) => errors.take(Err(item.wrong("`name`"))),
    };
    let sql = required_text(item, &inner, "sql", errors);
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
    let to = find(&inner, "to")?;
    let others = errors.take(to.names_or_texts());
    let references = required_text(item, &inner, "references", errors)?;
    let (name, schema) = (optional_text(&inner, "name", errors), optional_text(&inner, "schema", errors));
    let mut action = |name: &str| match find(&inner, name) {
        Some(action) => Some(errors.take(field::action(action))?.to_token_stream()),
        None => Some(quote!(NoAction)),
    };
    let (on_delete, on_update) = (action("on_delete")?, action("on_update")?);
    let (own, others) = (own?, others?);
    if own.len() != others.len() {
        errors.at(to, format!("`columns` names {} and `to` names {}: they pair one by one", own.len(), others.len()));
    }
    let action = quote!(::mwallet_db::schema::ReferentialAction);
    Some(quote! {
        table.foreign_key(::mwallet_db::ForeignKeySpec {
            name: #name,
            columns: &[#(#own),*],
            schema: #schema,
            references: #references,
            to: &[#(#others),*],
            on_delete: #action::#on_delete,
            on_update: #action::#on_update,
        });
    })
}

/// Returns the columns for the fields that an item names. Columns of a group are not visible here; the table is
/// checked when it is built.
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
