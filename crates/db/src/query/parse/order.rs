//! Orders: `start.desc.nullslast,id`.

use mwallet_schema::Table;

use super::lexer::Lexer;
use super::{ParseError, bounds, is_readable};
use crate::query::{Direction, Nulls, Order, PlanError};

const HINT: &str = "write order=column.desc.nullslast,other";

pub(super) fn orders(parameter: &str, value: &str, table: &Table) -> Result<Vec<Order>, PlanError> {
    let mut lexer = Lexer::new(parameter, value);
    let mut orders = Vec::new();
    loop {
        orders.push(one(&mut lexer, table)?);
        bounds::hold(parameter, "columns", orders.len(), bounds::ORDER)?;
        if lexer.is_at_end() {
            return Ok(orders);
        }
        lexer.expect(",").map_err(|error| error.hint(HINT))?;
    }
}

fn one(lexer: &mut Lexer<'_>, table: &Table) -> Result<Order, ParseError> {
    let column = column(lexer, table)?;
    if column.is_empty() {
        return Err(lexer.error("expected a column").hint(HINT));
    }
    let mut order = Order { column, direction: Direction::Ascending, nulls: None };
    let (mut direction_said, mut wrong) = (false, None);
    while lexer.next_is('.') && wrong.is_none() {
        let before = lexer.error("expected .asc, .desc, .nullsfirst or .nullslast").hint(HINT);
        lexer.take(".");
        match lexer.until(&['.', ',']).trim_end_matches(' ') {
            "asc" if !direction_said && order.nulls.is_none() => direction_said = true,
            "desc" if !direction_said && order.nulls.is_none() => {
                (order.direction, direction_said) = (Direction::Descending, true);
            }
            "nullsfirst" if order.nulls.is_none() => order.nulls = Some(Nulls::First),
            "nullslast" if order.nulls.is_none() => order.nulls = Some(Nulls::Last),
            _ => wrong = Some(before),
        }
    }
    wrong.map_or(Ok(order), Err)
}

/// A name of a column: in quotes, or up to a point. One that has points itself is found without quotes too.
fn column(lexer: &mut Lexer<'_>, table: &Table) -> Result<String, ParseError> {
    lexer.spaces();
    if !lexer.next_is('"') {
        let item = lexer.rest().split(',').next().unwrap_or_default();
        let ends = item.rmatch_indices('.').map(|(at, _)| at);
        let is_dotted = |name: &&str| name.contains('.') && is_readable(table, name);
        let dotted = [item.len()].into_iter().chain(ends).map(|end| &item[..end]).find(is_dotted);
        if let Some(name) = dotted {
            lexer.take(name);
            return Ok(name.into());
        }
    }
    lexer.name(&['.', ','])
}
