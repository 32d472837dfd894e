//! Parses `select=id,remark:memo`.

use crate::ParseError;
use crate::lexer::Lexer;

const PARAMETER: &str = "select";

/// One item of `select`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SelectItem {
    /// `*`: every column.
    Star,
    /// One column.
    Column {
        /// The column.
        name: String,
        /// Its name in the response, if it differs.
        alias: Option<String>,
    },
}

pub(crate) fn parse(value: &str, is_column: &dyn Fn(&str) -> bool) -> Result<Vec<SelectItem>, ParseError> {
    let mut lexer = Lexer::new(PARAMETER, value);
    let mut items = Vec::new();
    while !lexer.is_at_end() {
        if !items.is_empty() {
            lexer.expect(",")?;
        }
        lexer.skip_spaces();
        items.push(item(&mut lexer, is_column)?);
    }
    Ok(items)
}

fn item(lexer: &mut Lexer<'_>, is_column: &dyn Fn(&str) -> bool) -> Result<SelectItem, ParseError> {
    // An item that is exactly the name of a column needs no quotes, whatever characters it contains.
    let whole = lexer.rest().split(',').next().unwrap_or_default();
    if is_column(whole) {
        lexer.take(whole);
        return Ok(SelectItem::Column { name: whole.into(), alias: None });
    }
    if lexer.take("*") {
        lexer.skip_spaces();
        return Ok(SelectItem::Star);
    }
    let ends = [',', ':', '(', ')', '!'];
    let first = lexer.name(&ends)?;
    let (name, alias) = match lexer.next_is(':') && !lexer.rest().starts_with("::") {
        true => {
            lexer.take(":");
            (lexer.name(&ends)?, Some(first))
        }
        false => (first, None),
    };
    let unsupported = match lexer.rest() {
        rest if rest.starts_with("::") => Some("casts are"),
        rest if rest.starts_with(['(', '!']) => Some("rows of other tables and functions are"),
        _ if name.contains("->") && !is_column(&name) => Some("paths into JSON are"),
        _ => None,
    };
    if let Some(unsupported) = unsupported {
        return Err(ParseError::syntax(PARAMETER, format!("{unsupported} not supported yet")));
    }
    if name.is_empty() {
        return Err(lexer.error("expected a column"));
    }
    Ok(SelectItem::Column { name, alias })
}
