//! Columns to answer, each by a name of the client's choice: `id,remark:memo`.

use mwallet_schema::{Table, shortened};

use super::lexer::Lexer;
use super::{ParseError, bounds, is_readable};
use crate::query::{Fields, PlanError, Selected};

const PARAMETER: &str = "select";

pub(super) fn fields(value: &str, table: &Table) -> Result<Fields, PlanError> {
    if matches!(value, "*" | "") {
        return Ok(Fields::All);
    }
    let mut lexer = Lexer::new(PARAMETER, value);
    let mut selected: Vec<Selected> = Vec::new();
    let most = bounds::columns(table);
    while !lexer.is_at_end() {
        if !selected.is_empty() {
            lexer.expect(",")?;
        }
        lexer.spaces();
        for column in item(&mut lexer, table)? {
            match selected.iter().find(|earlier| earlier.name == column.name) {
                // `*,id` names a column twice and means it once.
                Some(earlier) if earlier.column == column.column => {}
                Some(_) => {
                    let message = format!("two columns would be named {}", shortened(&column.name));
                    let error = ParseError::new(PARAMETER, message).hint("name one of them: select=other:column");
                    return Err(error.into());
                }
                None => selected.push(column),
            }
            bounds::hold(PARAMETER, "columns", selected.len(), most)?;
        }
    }
    Ok(Fields::Select(selected))
}

fn item(lexer: &mut Lexer<'_>, table: &Table) -> Result<Vec<Selected>, ParseError> {
    let ends = [',', ':', '(', ')', '!'];
    // A column of an odd name needs no quotes where nothing else is meant.
    let whole = lexer.rest().split(',').next().unwrap_or_default();
    if is_readable(table, whole) {
        lexer.take(whole);
        return Ok(vec![Selected { column: whole.into(), name: whole.into() }]);
    }
    if lexer.take("*") {
        lexer.spaces();
        let columns = table.columns.iter().filter(|column| column.is_readable());
        return Ok(columns.map(|c| Selected { column: c.name.clone(), name: c.name.clone() }).collect());
    }
    let first = lexer.name(&ends)?;
    let is_alias = lexer.next_is(':') && !lexer.rest().starts_with("::");
    let (name, column) = if is_alias {
        lexer.take(":");
        (Some(first), lexer.name(&ends)?)
    } else {
        (None, first)
    };
    let missing = match lexer.rest() {
        rest if rest.starts_with("::") => Some("casts are"),
        rest if rest.starts_with(['(', '!']) => Some("rows of other tables and functions are"),
        _ if column.contains("->") && !is_readable(table, &column) => Some("paths into JSON are"),
        _ => None,
    };
    if let Some(missing) = missing {
        return Err(ParseError::new(PARAMETER, format!("{missing} not there yet")));
    }
    if column.is_empty() {
        return Err(lexer.error("expected a column"));
    }
    Ok(vec![Selected { name: name.unwrap_or_else(|| column.clone()), column }])
}
