//! Parses the items of an attribute (`max = 128`, `unique`, `index(a, b)`) and reports errors.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Attribute, Error, Expr, ExprLit, ExprUnary, Ident, Lit, Meta, Token, UnOp, parenthesized};

use crate::naming::nearest;

/// The errors found so far. All are reported, not only the first.
#[derive(Default)]
pub(crate) struct Errors(Option<Error>);

impl Errors {
    /// Adds an error at a place in the source.
    pub(crate) fn at(&mut self, place: impl ToTokens, message: impl std::fmt::Display) {
        self.add(Error::new_spanned(place, message));
    }

    /// Adds an error.
    pub(crate) fn add(&mut self, error: Error) {
        match &mut self.0 {
            Some(all) => all.combine(error),
            None => self.0 = Some(error),
        }
    }

    /// Returns the value of a result, or adds its error.
    pub(crate) fn take<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.add(error)).ok()
    }

    /// Returns all errors, if there are any.
    pub(crate) fn finish(self) -> syn::Result<()> {
        self.0.map_or(Ok(()), Err)
    }
}

/// An item that an attribute may contain.
pub(crate) struct Known {
    /// Its name.
    pub(crate) name: &'static str,
    /// Its syntax.
    pub(crate) form: &'static str,
}

/// An item of an attribute.
pub(crate) struct Item {
    /// The name before `=` or the parentheses.
    pub(crate) name: Ident,
    form: &'static str,
    value: ItemValue,
}

enum ItemValue {
    Nothing,
    /// An equals sign without a value.
    Missing,
    Assigned(Box<Expr>),
    List(TokenStream),
}

impl Parse for Item {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = input.call(Ident::parse_any)?;
        let value = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            if input.is_empty() || input.peek(Token![,]) {
                ItemValue::Missing
            } else {
                ItemValue::Assigned(Box::new(input.parse()?))
            }
        } else if input.peek(syn::token::Paren) {
            let content;
            parenthesized!(content in input);
            ItemValue::List(content.parse()?)
        } else {
            ItemValue::Nothing
        };
        Ok(Self { name, form: "", value })
    }
}

/// A name that is an identifier or a string.
struct NameOrText(String);

impl Parse for NameOrText {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(syn::LitStr) {
            return Ok(Self(input.parse::<syn::LitStr>()?.value()));
        }
        Ok(Self(input.call(Ident::parse_any)?.unraw().to_string()))
    }
}

impl ToTokens for Item {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.name.to_tokens(tokens);
        match &self.value {
            ItemValue::Assigned(expression) => expression.to_tokens(tokens),
            ItemValue::List(list) => list.to_tokens(tokens),
            ItemValue::Nothing | ItemValue::Missing => {}
        }
    }
}

/// Returns the items of all attributes with that name, without unknown ones.
///
/// `elsewhere` has the items that belong to another place, and the name of that place.
pub(crate) fn items(
    attributes: &[Attribute],
    name: &str,
    known: &[Known],
    elsewhere: (&[Known], &str),
    errors: &mut Errors,
) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident(name)) {
        let Meta::List(list) = &attribute.meta else {
            let example = known.first().map_or("", |known| known.form);
            errors.at(attribute, format!("`#[{name}]` holds items in parentheses: write `#[{name}({example})]`"));
            continue;
        };
        let parsed = list.parse_args_with(Punctuated::<Item, Token![,]>::parse_terminated);
        for item in errors.take(parsed).into_iter().flatten() {
            match known.iter().find(|known| item.name == known.name) {
                Some(known) => items.push(Item { form: known.form, ..item }),
                None => errors.at(&item.name, unknown(&item.name.to_string(), known, elsewhere)),
            }
        }
    }
    items
}

fn unknown(name: &str, known: &[Known], (others, place): (&[Known], &str)) -> String {
    if others.iter().any(|other| other.name == name) {
        return format!("`{name}` belongs {place}");
    }
    let names: Vec<&str> = known.iter().map(|known| known.name).collect();
    let guess =
        nearest(name, names.iter().copied()).map(|near| format!(", did you mean `{near}`?")).unwrap_or_default();
    format!("there is no attribute `{name}`{guess}\nknown here: {}", names.join(", "))
}

/// Reports repeated items.
pub(crate) fn refuse_repeated(items: &[Item], may_repeat: &[&str], errors: &mut Errors) {
    for (position, item) in items.iter().enumerate() {
        let before = items[..position].iter().any(|earlier| earlier.name == item.name);
        if before && may_repeat.iter().all(|name| item.name != name) {
            errors.at(&item.name, format!("`{}` stands here twice: leave one out", item.name));
        }
    }
}

impl Item {
    /// Returns an error unless the item is only a name.
    pub(crate) fn flag(&self) -> syn::Result<()> {
        match self.value {
            ItemValue::Nothing => Ok(()),
            _ => Err(Error::new_spanned(self, format!("`{0}` takes no value: write `{0}` alone", self.name))),
        }
    }

    /// Returns the value after `=`; `None` if there is only a name.
    pub(crate) fn expression(&self) -> syn::Result<Option<&Expr>> {
        match &self.value {
            ItemValue::Nothing => Ok(None),
            ItemValue::Assigned(expression) => Ok(Some(expression)),
            ItemValue::Missing | ItemValue::List(_) => Err(self.wrong("a value")),
        }
    }

    /// Returns a string.
    pub(crate) fn text(&self) -> syn::Result<String> {
        match self.literal() {
            Some((false, Lit::Str(text))) => Ok(text.value()),
            _ => Err(self.wrong("a string")),
        }
    }

    /// Returns a string that must not be empty.
    pub(crate) fn name_text(&self) -> syn::Result<String> {
        let text = self.text()?;
        if text.is_empty() { Err(self.wrong("a name")) } else { Ok(text) }
    }

    /// Returns an integer of at least `least`.
    pub(crate) fn count(&self, least: u32) -> syn::Result<u32> {
        let expected = if least == 0 { "a whole number" } else { "a whole number above 0" };
        match self.literal() {
            Some((false, Lit::Int(number))) if number.suffix().is_empty() => {
                let number = number.base10_parse::<u32>().ok().filter(|number| *number >= least);
                number.ok_or_else(|| self.wrong(expected))
            }
            _ => Err(self.wrong(expected)),
        }
    }

    /// Returns the text of a number, given as a number or as a string.
    pub(crate) fn number(&self) -> syn::Result<String> {
        let text = match self.literal() {
            Some((false, Lit::Str(text))) => text.value(),
            Some((negative, Lit::Int(number))) if number.suffix().is_empty() => {
                signed(negative, number.base10_digits())
            }
            Some((negative, Lit::Float(number))) if number.suffix().is_empty() => {
                signed(negative, number.base10_digits())
            }
            _ => return Err(self.wrong("a number")),
        };
        let digits = text.strip_prefix('-').unwrap_or(&text);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if all_digits(whole) && all_digits(fraction) { Ok(text) } else { Err(self.wrong("a number")) }
    }

    /// Returns the value for one of several words.
    pub(crate) fn choice<T: Copy>(&self, choices: &[(&str, T)]) -> syn::Result<T> {
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        let text = self.text().map_err(|_| self.wrong(&format!("one of \"{}\"", names.join("\", \""))))?;
        if let Some((_, value)) = choices.iter().find(|(name, _)| *name == text) {
            return Ok(*value);
        }
        let guess = nearest(&text, names.iter().copied()).map(|near| format!(", did you mean \"{near}\"?"));
        let message = format!("`{}` is one of \"{}\"{}", self.name, names.join("\", \""), guess.unwrap_or_default());
        Err(Error::new_spanned(self.value_tokens(), message))
    }

    /// Returns the names in parentheses.
    pub(crate) fn names(&self) -> syn::Result<Vec<Ident>> {
        let parser = Punctuated::<Ident, Token![,]>::parse_terminated;
        match &self.value {
            ItemValue::List(list) => match parser.parse2(list.clone()) {
                Ok(names) if !names.is_empty() => Ok(names.into_iter().collect()),
                _ => Err(self.wrong("names of fields in parentheses")),
            },
            _ => Err(self.wrong("names of fields in parentheses")),
        }
    }

    /// Returns the names in parentheses, given as identifiers or strings.
    pub(crate) fn names_or_texts(&self) -> syn::Result<Vec<String>> {
        let parser = Punctuated::<NameOrText, Token![,]>::parse_terminated;
        match &self.value {
            ItemValue::List(list) => match parser.parse2(list.clone()) {
                Ok(names) if !names.is_empty() => Ok(names.into_iter().map(|name| name.0).collect()),
                _ => Err(self.wrong("names of columns in parentheses")),
            },
            _ => Err(self.wrong("names of columns in parentheses")),
        }
    }

    /// Returns the values for the words in parentheses.
    pub(crate) fn choices<T: Copy>(&self, choices: &[(&str, T)]) -> syn::Result<Vec<T>> {
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        self.names()?
            .iter()
            .map(|given| match choices.iter().find(|(name, _)| given == name) {
                Some((_, value)) => Ok(*value),
                None => Err(Error::new_spanned(given, format!("`{}` takes `{}`", self.name, names.join("`, `")))),
            })
            .collect()
    }

    /// Returns the literals in parentheses, each with whether it is negative.
    pub(crate) fn literals(&self) -> syn::Result<Vec<(bool, Lit)>> {
        let wrong = || self.wrong("values in parentheses");
        let ItemValue::List(list) = &self.value else { return Err(wrong()) };
        let parser = Punctuated::<Expr, Token![,]>::parse_terminated;
        let expressions = parser.parse2(list.clone()).map_err(|_| wrong())?;
        let literals = expressions.iter().map(|expression| {
            literal(expression).map(|(negative, literal)| (negative, literal.clone())).ok_or_else(wrong)
        });
        literals.collect()
    }

    /// Returns whether the parentheses contain items with values, such as `name = "x"`.
    pub(crate) fn holds_items(&self) -> bool {
        matches!(&self.value, ItemValue::List(list) if self.names().is_err() && !list.is_empty())
    }

    /// Returns the items in parentheses.
    pub(crate) fn nested(&self, known: &[Known], errors: &mut Errors) -> Option<Vec<Item>> {
        let ItemValue::List(list) = &self.value else {
            errors.add(self.wrong("items in parentheses"));
            return None;
        };
        let parsed = errors.take(Punctuated::<Item, Token![,]>::parse_terminated.parse2(list.clone()))?;
        let mut items = Vec::new();
        for item in parsed {
            match known.iter().find(|known| item.name == known.name) {
                Some(known) => items.push(Item { form: known.form, ..item }),
                None => errors.at(&item.name, unknown(&item.name.to_string(), known, (&[], ""))),
            }
        }
        refuse_repeated(&items, &[], errors);
        Some(items)
    }

    /// Returns an error that another kind of value was expected.
    pub(crate) fn wrong(&self, expected: &str) -> Error {
        Error::new_spanned(self, format!("`{}` takes {expected}: write `{}`", self.name, self.form))
    }

    /// Returns the literal after `=`, and whether it is negative.
    fn literal(&self) -> Option<(bool, &Lit)> {
        let ItemValue::Assigned(expression) = &self.value else { return None };
        literal(expression)
    }

    pub(crate) fn value_tokens(&self) -> TokenStream {
        match &self.value {
            ItemValue::Assigned(expression) => expression.to_token_stream(),
            _ => self.name.to_token_stream(),
        }
    }
}

/// Returns the literal of an expression, and whether it is negative.
pub(crate) fn literal(expression: &Expr) -> Option<(bool, &Lit)> {
    match expression {
        Expr::Lit(ExprLit { lit, .. }) => Some((false, lit)),
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => match &**expr {
            Expr::Lit(ExprLit { lit, .. }) => Some((true, lit)),
            _ => None,
        },
        _ => None,
    }
}

fn signed(negative: bool, digits: &str) -> String {
    if negative { format!("-{digits}") } else { digits.to_owned() }
}

/// Returns the item with that name.
pub(crate) fn find<'a>(items: &'a [Item], name: &str) -> Option<&'a Item> {
    items.iter().find(|item| item.name == name)
}

/// Returns the text of a required nested item.
pub(crate) fn required_text(item: &Item, inner: &[Item], name: &str, errors: &mut Errors) -> Option<String> {
    match find(inner, name) {
        Some(part) => errors.take(part.name_text()),
        None => errors.take(Err(item.wrong(&format!("`{name}`")))),
    }
}

/// Returns the text of a nested item as an `Option` in the generated code.
pub(crate) fn optional_text(inner: &[Item], name: &str, errors: &mut Errors) -> TokenStream {
    match find(inner, name).and_then(|item| errors.take(item.name_text())) {
        Some(text) => quote!(::core::option::Option::Some(#text)),
        None => quote!(::core::option::Option::None),
    }
}
