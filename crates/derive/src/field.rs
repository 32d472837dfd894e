//! Parses a field of an entity or group, and generates the call that adds its column.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Expr, Ident, Lit, Type, Visibility};

use crate::attribute::{Errors, Item, find, items, literal, refuse_repeated};
use crate::foreign;
use crate::kind::{Kind, Written, instead_of, written};
use crate::known::{ABOVE_FIELD, ABOVE_STRUCT};
use crate::naming::{documentation, shouting};
use crate::relation::ColumnField;

/// Pairs of attributes that contradict each other, and why.
const CONTRADICTIONS: &[(&str, &str, &str)] = &[
    ("key", "identity", "`identity` is the key already: leave `key` out"),
    ("key", "unique", "a key is unique already: leave `unique` out"),
    ("key", "index", "a key has an index already: leave `index` out"),
    ("identity", "unique", "`identity` is the key, which is unique already: leave `unique` out"),
    ("identity", "index", "`identity` is the key, which has an index already: leave `index` out"),
    ("identity", "default", "the database numbers an `identity`: leave `default` out"),
    ("identity", "generate", "the database numbers an `identity`: leave `generate` out"),
    ("unique", "index", "a unique column has an index already: leave `index` out"),
    ("default", "generate", "a column has a constant `default` or a value that mWallet makes: leave one out"),
    ("default", "default_sql", "a column has one default: leave one out"),
    ("generate", "default_sql", "mWallet makes the value, or the database does: leave one out"),
    ("identity", "default_sql", "the database numbers an `identity`: leave `default_sql` out"),
    ("declared", "native", "`declared` is for SQLite and `native` for PostgreSQL: leave one out"),
    ("declared", "max", "the limits stand in what is declared: leave `max` out"),
    ("native", "max", "the limits stand in the name of the type: leave `max` out"),
    ("at_least", "above", "a range has one lower end: leave one out"),
    ("at_most", "below", "a range has one upper end: leave one out"),
    ("max", "max_length", "`max` is the longest already: leave `max_length` out"),
    ("immutable", "on_update", "an `immutable` column is not changed by updates: leave `on_update` out"),
    ("read_only", "write_only", "a column that clients neither read nor write is of no use to them: leave one out"),
];

/// The kinds of value that attributes apply to.
const KINDS: &[(&str, &[Kind], &str)] = &[
    ("identity", &[Kind::Integer], "a whole number"),
    ("max", &[Kind::Text, Kind::Bytes], "the length of text or bytes; for numbers write `at_most`"),
    ("min_length", &[Kind::Text, Kind::Bytes], "the length of text or bytes; for numbers write `at_least`"),
    ("pattern", &[Kind::Text], "text"),
    ("precision", &[Kind::Decimal], "a decimal"),
    ("scale", &[Kind::Decimal], "a decimal"),
    ("at_least", &[Kind::Integer, Kind::Decimal], "numbers; for the length of text write `min_length`"),
    ("at_most", &[Kind::Integer, Kind::Decimal], "numbers; for the length of text write `max`"),
    ("above", &[Kind::Integer, Kind::Decimal], "numbers; for the length of text write `min_length`"),
    ("below", &[Kind::Integer, Kind::Decimal], "numbers; for the length of text write `max`"),
    ("max_length", &[Kind::Text, Kind::Bytes], "the length of text or bytes; for numbers write `at_most`"),
    ("on_delete", &[Kind::Reference], "a reference: `Ref<Entity>` or `Option<Ref<Entity>>`"),
];

/// The role of a field.
pub(crate) enum Role {
    /// A column.
    Column {
        /// Its name.
        name: String,
        /// Whether `key` or `identity` makes it the primary key.
        is_key: bool,
        /// Its `FieldSpec`.
        spec: TokenStream,
    },
    /// The columns of a group.
    Group,
}

/// A field without errors.
pub(crate) struct Field {
    /// Its name in the struct.
    pub(crate) ident: Ident,
    visibility: Visibility,
    /// Its type.
    pub(crate) kind: Type,
    comment: Option<String>,
    /// Its role.
    pub(crate) role: Role,
}

/// Parses a field. If there are errors, adds them to `errors` and returns `None`.
pub(crate) fn read(field: &syn::Field, errors: &mut Errors) -> Option<Field> {
    let ident = field.ident.clone()?;
    let mut own = Errors::default();
    let given =
        items(&field.attrs, "entity", ABOVE_FIELD, (ABOVE_STRUCT, "above the struct, not above a field"), &mut own);
    refuse_repeated(&given, &[], &mut own);
    let comment =
        find(&given, "comment").and_then(|item| own.take(item.text())).or_else(|| documentation(&field.attrs));

    let role = if let Some(flatten) = find(&given, "flatten") {
        own.take(flatten.flag());
        for other in given.iter().filter(|item| item.name != "flatten") {
            let name = &other.name;
            own.at(name, format!("`flatten` stands alone: write `{name}` in the group, above the field it is for"));
        }
        Role::Group
    } else {
        column(&ident, &field.ty, &given, comment.as_deref(), &mut own)
    };
    match own.finish() {
        Ok(()) => Some(Field { ident, visibility: field.vis.clone(), kind: field.ty.clone(), comment, role }),
        Err(error) => {
            errors.add(error);
            None
        }
    }
}

fn column(ident: &Ident, kind: &Type, given: &[Item], comment: Option<&str>, errors: &mut Errors) -> Role {
    let held = written(kind);
    if let Some(advice) = instead_of(kind) {
        errors.at(kind, advice);
    }
    for (first, second, reason) in CONTRADICTIONS {
        if let (Some(_), Some(second)) = (find(given, first), find(given, second)) {
            errors.at(&second.name, reason);
        }
    }
    for (name, kinds, purpose) in KINDS {
        if let Some(item) = find(given, name)
            && held.kind != Kind::Other
            && !kinds.contains(&held.kind)
        {
            errors.at(&item.name, format!("`{name}` is for {purpose}; this field is {}", held.kind.name()));
        }
    }

    let name = find(given, "column").and_then(|item| errors.take(item.name_text()));
    let is_key = find(given, "key").or_else(|| find(given, "identity")).is_some();
    let spec = spec(kind, &held, given, comment, errors);
    Role::Column { name: name.unwrap_or_else(|| ident.unraw().to_string()), is_key, spec }
}

/// Returns the `FieldSpec` with the values that differ from its default.
fn spec(kind: &Type, held: &Written, given: &[Item], comment: Option<&str>, errors: &mut Errors) -> TokenStream {
    let schema = quote!(::mwallet_db::schema);
    let mut parts = Vec::new();
    if let Some(comment) = comment {
        parts.push(quote!(comment: ::core::option::Option::Some(#comment)));
    }
    let limits = limits(given, errors);
    if !limits.is_empty() {
        let default = quote!(::core::default::Default::default());
        parts.push(quote!(limits: ::mwallet_db::TypeLimits { #(#limits,)* ..#default }));
    }
    for flag in ["key", "unique", "index", "identity", "immutable"] {
        if let Some(item) = find(given, flag) {
            errors.take(item.flag());
            let name = &item.name;
            parts.push(quote!(#name: true));
        }
    }
    if let Some(item) = find(given, "identity")
        && !held.auto
    {
        errors.at(&item.name, "the database numbers an `identity`: the field's type must be `Auto<i64>`");
    }
    if let Some(value) = find(given, "default").and_then(|item| errors.take(default(kind, held, item))) {
        parts.push(quote!(default: ::core::option::Option::Some(#value)));
    }
    if let Some(variant) = find(given, "generate").and_then(|item| errors.take(generator(held.kind, item))) {
        parts.push(quote!(generate: ::core::option::Option::Some(#schema::ValueGenerator::#variant)));
    }
    if let Some(variant) = find(given, "on_update").and_then(|item| errors.take(on_update(held.kind, item))) {
        parts.push(quote!(on_update: ::core::option::Option::Some(#schema::OnUpdate::#variant)));
    }
    for (flag, variant) in [("read_only", quote!(ReadOnly)), ("write_only", quote!(WriteOnly))] {
        if let Some(item) = find(given, flag) {
            errors.take(item.flag());
            parts.push(quote!(access: #schema::Access::#variant));
        }
    }
    if let Some(variant) = find(given, "on_delete").and_then(|item| errors.take(action(item))) {
        parts.push(quote!(on_delete: #schema::ReferentialAction::#variant));
    }
    let ends =
        [("at_least", quote!(min)), ("at_most", quote!(max)), ("above", quote!(above)), ("below", quote!(below))];
    for (attribute, part) in ends {
        if let Some(text) = find(given, attribute).and_then(|item| errors.take(item.number())) {
            parts.push(quote!(#part: ::core::option::Option::Some(#text)));
        }
    }
    for (attribute, part) in [("min_length", quote!(min_length)), ("max_length", quote!(max_length))] {
        if let Some(length) = find(given, attribute).and_then(|item| errors.take(item.count(0))) {
            parts.push(quote!(#part: ::core::option::Option::Some(#length)));
        }
    }
    if let Some(pattern) = find(given, "pattern").and_then(|item| errors.take(item.text())) {
        parts.push(quote!(pattern: ::core::option::Option::Some(#pattern)));
    }
    if let Some(name) = find(given, "renamed_from").and_then(|item| errors.take(item.name_text())) {
        parts.push(quote!(renamed_from: ::core::option::Option::Some(#name)));
    }
    parts.extend(foreign::parts(given, errors));
    quote!(::mwallet_db::FieldSpec { #(#parts,)* ..::core::default::Default::default() })
}

fn limits(given: &[Item], errors: &mut Errors) -> Vec<TokenStream> {
    let mut count = |name: &str, least| {
        let item = find(given, name)?;
        Some((item, errors.take(item.count(least))?))
    };
    let (max, precision, scale) = (count("max", 1), count("precision", 1), count("scale", 0));
    let shortest = count("min_length", 0);
    if let (Some((_, max)), Some((item, shortest))) = (max, shortest)
        && shortest > max
    {
        errors.at(item, format!("no text has at least {shortest} and at most {max} characters"));
    }
    if let (Some((_, precision)), Some((item, scale))) = (precision, scale)
        && scale > precision
    {
        errors.at(item, format!("{scale} of {precision} digits cannot stand after the point: raise `precision`"));
    }
    if let (Some((item, _)), None) | (None, Some((item, _))) = (precision, scale) {
        errors.at(&item.name, "`precision` and `scale` stand together: write `precision = 38, scale = 18`");
    }
    let parts = [("max", max), ("precision", precision), ("scale", scale)];
    let parts = parts.into_iter().filter_map(|(name, limit)| limit.map(|(_, limit)| (name, limit)));
    parts
        .map(|(name, limit)| {
            let name = Ident::new(name, Span::call_site());
            quote!(#name: ::core::option::Option::Some(#limit))
        })
        .collect()
}

/// Returns the cell of a default. It goes through the column's plain type, so that `default = 1` works for
/// `Auto<i64>` and `default = "x"` for `String`, and a value of a wrong type does not compile.
fn default(kind: &Type, held: &Written, item: &Item) -> syn::Result<TokenStream> {
    // Everything has the span of the attribute, so that type errors are reported there.
    let spanned = |place: Span| {
        let place = Span::call_site().located_at(place);
        (place, quote_spanned!(place=> <#kind as ::mwallet_db::ColumnValue>::Plain))
    };
    let Some(expression) = item.expression()? else {
        let (place, plain) = spanned(item.name.span());
        return Ok(cell(&quote_spanned!(place=> <#plain as ::core::default::Default>::default())));
    };
    let (place, plain) = spanned(expression.span());
    let value = match (held.kind, literal(expression)) {
        (kind, Some((_, literal))) if !takes_literal(kind, literal) => {
            return Err(wrong_default(kind, item));
        }
        (Kind::Decimal, Some((_, Lit::Str(_) | Lit::Float(_)))) => {
            let text = item.number().map_err(|_| wrong_default(Kind::Decimal, item))?;
            let read = quote! {
                match <#plain as ::core::str::FromStr>::from_str(#text) {
                    ::core::result::Result::Ok(number) => number,
                    ::core::result::Result::Err(error) => ::core::panic!("{error}"),
                }
            };
            return Ok(cell(&read));
        }
        (_, Some((negative, Lit::Int(number)))) => integer(held, negative, number, expression),
        _ => expression.to_token_stream(),
    };
    Ok(cell(&quote_spanned!(place=> <#plain as ::core::convert::From<_>>::from(#value))))
}

/// Returns whether a literal can be the default of a column. The compiler checks other expressions.
fn takes_literal(kind: Kind, literal: &Lit) -> bool {
    match kind {
        Kind::Integer | Kind::Reference => matches!(literal, Lit::Int(_)),
        Kind::Decimal => matches!(literal, Lit::Int(_) | Lit::Float(_) | Lit::Str(_)),
        Kind::Text => matches!(literal, Lit::Str(_)),
        Kind::Boolean => matches!(literal, Lit::Bool(_)),
        Kind::Bytes => matches!(literal, Lit::ByteStr(_)),
        Kind::Time | Kind::Uuid | Kind::Json => false,
        Kind::Other => true,
    }
}

fn wrong_default(kind: Kind, item: &Item) -> syn::Error {
    syn::Error::new_spanned(item, format!("the default of {} is {}", kind.name(), default_form(kind)))
}

/// Returns the syntax of a default.
fn default_form(kind: Kind) -> &'static str {
    match kind {
        Kind::Integer => "a number without a point: write `default = 0`",
        Kind::Reference => "an id: write `default = 1`",
        Kind::Decimal => "a number: write `default = \"0.25\"`",
        Kind::Text => "a string: write `default = \"text\"`",
        Kind::Boolean => "`default = true` or `default = false`",
        Kind::Bytes => "a string of bytes: write `default = b\"text\"`",
        Kind::Time => "an expression: write `generate = \"now\"` for the time of writing",
        Kind::Uuid => "an expression: write `generate = \"uuid_v7\"` for a new one each time",
        Kind::Json | Kind::Other => "an expression of its type",
    }
}

fn cell(plain: &TokenStream) -> TokenStream {
    quote!(::mwallet_db::Cell::Value(::core::convert::Into::into(#plain)))
}

/// Adds the type suffix to an integer, which the compiler would otherwise infer as `i32`.
fn integer(held: &Written, negative: bool, number: &syn::LitInt, expression: &Expr) -> TokenStream {
    match &held.word {
        Some(word) if held.kind == Kind::Integer && number.suffix().is_empty() => {
            let sign = negative.then(|| quote!(-));
            let number = syn::LitInt::new(&format!("{}{word}", number.base10_digits()), number.span());
            quote!(#sign #number)
        }
        _ => expression.to_token_stream(),
    }
}

fn generator(kind: Kind, item: &Item) -> syn::Result<TokenStream> {
    if let Some(prefix) = item.text().ok().as_deref().and_then(|text| text.strip_prefix("reference ")) {
        let is_prefix = (1..=16).contains(&prefix.len()) && prefix.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !is_prefix {
            let message = "a reference begins with 1 to 16 letters and digits, as in `generate = \"reference INV\"`";
            return Err(syn::Error::new_spanned(item.value_tokens(), message));
        }
        let variant = fits(kind, Kind::Text, item, "Reference")?;
        return Ok(quote!(#variant(#prefix)));
    }
    let (variant, expected) = item.choice(&[
        ("uuid_v7", ("UuidV7", Kind::Uuid)),
        ("slug", ("Slug", Kind::Text)),
        ("reference PREFIX", ("Reference", Kind::Text)),
        ("now", ("Now", Kind::Time)),
    ])?;
    fits(kind, expected, item, variant).map(|variant| quote!(#variant))
}

fn on_update(kind: Kind, item: &Item) -> syn::Result<Ident> {
    let choices = [("now", ("Now", Kind::Time)), ("increment", ("Increment", Kind::Integer))];
    let (variant, expected) = item.choice(&choices)?;
    fits(kind, expected, item, variant)
}

fn fits(kind: Kind, expected: Kind, item: &Item, variant: &str) -> syn::Result<Ident> {
    if kind == expected || kind == Kind::Other {
        Ok(Ident::new(variant, Span::call_site()))
    } else {
        let message = format!("this makes {}, and the field is {}", expected.name(), kind.name());
        Err(syn::Error::new_spanned(item, message))
    }
}

/// Returns the variant of `ReferentialAction`.
pub(crate) fn action(item: &Item) -> syn::Result<Ident> {
    let variant = item.choice(&[
        ("restrict", "Restrict"),
        ("cascade", "Cascade"),
        ("set_null", "SetNull"),
        ("set_default", "SetDefault"),
        ("no_action", "NoAction"),
    ])?;
    Ok(Ident::new(variant, Span::call_site()))
}

impl Field {
    /// Returns the statement that adds the field to a `TableBuilder` named `table`.
    pub(crate) fn describe(&self) -> TokenStream {
        let kind = &self.kind;
        match &self.role {
            Role::Group => quote!(table.group::<#kind>();),
            Role::Column { name, spec, .. } => quote!(table.field::<#kind>(#name, #spec);),
        }
    }

    /// Returns the part of a struct literal that reads the field from `cells`.
    pub(crate) fn read(&self) -> TokenStream {
        let (ident, kind) = (&self.ident, &self.kind);
        match self.role {
            Role::Group => quote!(#ident: <#kind as ::mwallet_db::ColumnGroup>::read(cells)?),
            Role::Column { .. } => quote!(#ident: cells.take()?),
        }
    }

    /// Returns the statement that appends the field to `cells`.
    pub(crate) fn write(&self) -> TokenStream {
        let ident = &self.ident;
        match self.role {
            Role::Group => quote!(::mwallet_db::ColumnGroup::write(&self.#ident, cells);),
            Role::Column { .. } => quote!(cells.push(::mwallet_db::ColumnValue::to_cell(&self.#ident));),
        }
    }

    /// Returns the constant that names the column in queries.
    pub(crate) fn constant(&self, of_trait: bool) -> Option<TokenStream> {
        let Role::Column { name, .. } = &self.role else { return None };
        let (ident, kind, visibility) = self.as_column(of_trait)?;
        let constant = Ident::new(&shouting(ident), ident.span());
        let comment = self.comment.clone().unwrap_or_else(|| format!("The column `{name}`."));
        Some(quote! {
            #[doc = #comment]
            #visibility const #constant: ::mwallet_db::Attribute<Self, #kind> = ::mwallet_db::Attribute::new(#name);
        })
    }

    /// Returns the field if it is a column. Constants of a trait have no visibility of their own.
    pub(crate) fn as_column(&self, of_trait: bool) -> Option<ColumnField<'_>> {
        let visibility = (!of_trait).then_some(&self.visibility);
        matches!(self.role, Role::Column { .. }).then_some((&self.ident, &self.kind, visibility))
    }
}
