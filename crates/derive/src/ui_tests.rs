//! Tests the errors for invalid declarations: each file in `ui` has an expected output next to it.
//!
//! The macros run inside the test and nothing is compiled, so it is fast. Errors are shown as the compiler shows
//! them. `INSTA_UPDATE=always cargo test -p mwallet-derive` records the current output.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use proc_macro2::{LineColumn, Span, TokenStream};
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, DeriveInput, File, Item, ItemMacro, LitStr, Token};

macro_rules! cases {
    ($($name:ident),* $(,)?) => {
        $(
            #[test]
            fn $name() {
                check(stringify!($name));
            }
        )*

        #[test]
        fn every_file_is_tested() {
            let listed = BTreeSet::from([$(stringify!($name).to_owned()),*]);
            assert_eq!(names_of_files("rs"), listed, "the files `ui/*.rs`, and the cases listed");
            let left_over = &names_of_files("snap") - &listed;
            assert!(left_over.is_empty(), "these files `ui/*.snap` belong to no case: {left_over:?}");
        }
    };
}

cases!(
    wrong_attribute,
    wrong_columns,
    wrong_combination,
    wrong_default,
    wrong_foreign,
    wrong_from_row,
    wrong_shape,
    wrong_type,
    wrong_value
);

fn check(name: &str) {
    let path = format!("ui/{name}.rs");
    let source = fs::read_to_string(crate_directory().join(&path)).unwrap();
    let File { items, .. } = syn::parse_file(&source).unwrap();
    let errors: Vec<String> =
        items.into_iter().flat_map(errors_of).map(|error| error.rendered(&path, &source)).collect();
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(crate_directory().join("ui"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, errors.join("\n")));
}

fn crate_directory() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn names_of_files(extension: &str) -> BTreeSet<String> {
    let paths = fs::read_dir(crate_directory().join("ui")).unwrap().map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect()
}

/// Returns the errors for a declaration, expanded as the compiler would.
fn errors_of(item: Item) -> Vec<Refusal> {
    let mut declaration = match item {
        Item::Struct(item) => DeriveInput::from(item),
        Item::Enum(item) => DeriveInput::from(item),
        Item::Union(item) => DeriveInput::from(item),
        other => panic!("nothing to derive for: {}", other.to_token_stream()),
    };
    let derives: Vec<Attribute> =
        declaration.attrs.extract_if(.., |attribute| attribute.path().is_ident("derive")).collect();
    let macros = derives
        .iter()
        .flat_map(|derive| derive.parse_args_with(Punctuated::<syn::Path, Token![,]>::parse_terminated).unwrap());
    let expanded = macros.filter_map(|name| {
        let expand: fn(TokenStream) -> TokenStream = match name.require_ident().unwrap().to_string().as_str() {
            "Entity" => crate::expand_entity,
            "ColumnGroup" => crate::expand_column_group,
            "Enumeration" => crate::expand_enumeration,
            "FromRow" => crate::expand_from_row,
            _ => return None,
        };
        Some(expand(declaration.to_token_stream()))
    });
    let mut errors = Vec::new();
    for tokens in expanded {
        // A test of the data layer compiles the stub.
        let items = syn::parse2::<File>(tokens).unwrap().items;
        let refusals: Vec<ItemMacro> = items.into_iter().filter_map(call).collect();
        assert!(!refusals.is_empty(), "a macro accepted `{}`", declaration.ident);
        errors.extend(refusals.into_iter().map(refusal));
    }
    assert!(!errors.is_empty(), "none of our macros is derived for `{}`", declaration.ident);
    errors
}

/// A call of `compile_error!`.
struct Refusal {
    message: String,
    start: LineColumn,
    end: LineColumn,
}

fn call(item: Item) -> Option<ItemMacro> {
    match item {
        Item::Macro(item) => Some(item),
        _ => None,
    }
}

fn refusal(ItemMacro { mac, .. }: ItemMacro) -> Refusal {
    assert!(mac.path.segments.last().is_some_and(|word| word.ident == "compile_error"));
    let message: LitStr = mac.parse_body().unwrap();
    // The compiler reports the whole call, from its first word to its closing brace.
    let (first, last) = (mac.path.segments[0].span(), message.span());
    let somewhere = |span: Span| span.source_text().is_some();
    assert!(somewhere(first) && somewhere(last), "this points at no place: {}", message.value());
    Refusal { message: message.value(), start: first.start(), end: last.end() }
}

impl Refusal {
    fn rendered(&self, path: &str, source: &str) -> String {
        let Self { message, start, end } = self;
        let lines: Vec<&str> = source.lines().collect();
        let width = end.line.to_string().len();
        let message = message.replace('\n', "\n       ");
        let mut text = format!("error: {message}\n");
        let mut line = |line: String| writeln!(text, "{line}").unwrap();
        line(format!("{:width$}--> {path}:{}:{}", "", start.line, start.column + 1));
        line(format!("{:width$} |", ""));
        let numbered = (1..).zip(lines).skip(start.line - 1).take(end.line + 1 - start.line);
        if start.line == end.line {
            numbered.for_each(|(number, code)| line(format!("{number:width$} | {code}")));
            let carets = "^".repeat(end.column - start.column);
            line(format!("{:width$} | {:indent$}{carets}", "", "", indent = start.column));
        } else {
            for (number, code) in numbered {
                let edge = if number == start.line { '/' } else { '|' };
                line(format!("{number:width$} | {edge} {code}"));
            }
            line(format!("{:width$} | |{}^", "", "_".repeat(end.column)));
        }
        text
    }
}
