//! Finds where source writes double quotes around something that is only known at run time, as a quoted name of SQL is.
//!
//! Such a text is put together: from a literal that begins or ends with a quote, or from one with a quote next to an
//! interpolation. Tests and attributes, and so documentation, are ignored.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::Lit;

/// A file by its path in the repository, and the value of a literal in it.
pub(crate) type Found = (String, String);

/// Returns the literals below a folder of the repository that quote something.
pub(crate) fn quoting(root: &Path, folder: &str) -> BTreeSet<Found> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(root.join(folder)).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{folder}/{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            found.extend(quoting(root, &name));
        } else if name.ends_with(".rs") && !name.ends_with("/tests.rs") {
            let tokens = fs::read_to_string(&path).unwrap().parse().unwrap();
            found.extend(literals(tokens).into_iter().map(|literal| (name.clone(), literal)));
        }
    }
    found
}

/// Returns the values of the literals that quote something.
pub(crate) fn literals(tokens: TokenStream) -> Vec<String> {
    let mut found = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    // Whether the item that begins here is a test.
    let mut is_test = false;
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(sign) if sign.as_char() == '#' => {
                tokens.next_if(|token| matches!(token, TokenTree::Punct(sign) if sign.as_char() == '!'));
                if let Some(TokenTree::Group(attribute)) = tokens.next() {
                    is_test |= attribute.stream().to_string().replace(' ', "") == "cfg(test)";
                }
            }
            TokenTree::Punct(sign) if sign.as_char() == ';' => is_test = false,
            TokenTree::Group(group) if is_test => is_test = group.delimiter() != Delimiter::Brace,
            TokenTree::Group(group) => found.extend(literals(group.stream())),
            TokenTree::Literal(literal) if !is_test => found.extend(text(literal).filter(|text| quotes(text))),
            _ => {}
        }
    }
    found
}

/// Returns the text of a literal, if it has one.
fn text(literal: proc_macro2::Literal) -> Option<String> {
    let bytes = match Lit::new(literal) {
        Lit::Str(text) => return Some(text.value()),
        Lit::Char(c) => return Some(c.value().into()),
        Lit::ByteStr(bytes) => bytes.value(),
        Lit::Byte(byte) => vec![byte.value()],
        Lit::CStr(text) => text.value().into_bytes(),
        _ => return None,
    };
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn quotes(text: &str) -> bool {
    text.starts_with('"') || text.ends_with('"') || text.contains("\"{") || text.contains("}\"")
}
