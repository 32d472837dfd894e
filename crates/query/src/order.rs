//! Parses `order=start.desc.nullslast,id`.

use crate::lexer::Lexer;
use crate::{ParseError, limits};

const HINT: &str = "write order=column.desc.nullslast,other";

/// A column to order by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The column.
    pub column: String,
    /// The direction.
    pub direction: Direction,
    /// The position of nulls. By default, as in PostgreSQL, last if ascending and first if descending.
    pub nulls: Option<Nulls>,
}

/// The direction of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the smallest to the largest.
    Ascending,
    /// From the largest to the smallest.
    Descending,
}

/// The position of nulls in an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nulls {
    /// Before every value.
    First,
    /// After every value.
    Last,
}

pub(crate) fn parse(parameter: &str, value: &str, is_column: &dyn Fn(&str) -> bool) -> Result<Vec<Order>, ParseError> {
    let mut lexer = Lexer::new(parameter, value);
    let mut orders = Vec::new();
    loop {
        orders.push(order(&mut lexer, is_column)?);
        limits::check(parameter, "columns", orders.len(), limits::MAX_ORDER)?;
        if lexer.is_at_end() {
            return Ok(orders);
        }
        lexer.expect(",").map_err(|error| error.hint(HINT))?;
    }
}

fn order(lexer: &mut Lexer<'_>, is_column: &dyn Fn(&str) -> bool) -> Result<Order, ParseError> {
    let column = column(lexer, is_column)?;
    if column.is_empty() {
        return Err(lexer.error("expected a column").hint(HINT));
    }
    let (mut direction, mut nulls) = (None, None);
    while lexer.next_is('.') {
        let error = lexer.error("expected .asc, .desc, .nullsfirst or .nullslast").hint(HINT);
        lexer.take(".");
        match lexer.until(&['.', ',']).trim_end_matches(' ') {
            "asc" if direction.is_none() && nulls.is_none() => direction = Some(Direction::Ascending),
            "desc" if direction.is_none() && nulls.is_none() => direction = Some(Direction::Descending),
            "nullsfirst" if nulls.is_none() => nulls = Some(Nulls::First),
            "nullslast" if nulls.is_none() => nulls = Some(Nulls::Last),
            _ => return Err(error),
        }
    }
    Ok(Order { column, direction: direction.unwrap_or(Direction::Ascending), nulls })
}

/// Parses a column: quoted, or up to a dot. A known column with dots in its name needs no quotes.
fn column(lexer: &mut Lexer<'_>, is_column: &dyn Fn(&str) -> bool) -> Result<String, ParseError> {
    lexer.skip_spaces();
    if !lexer.next_is('"') {
        let item = lexer.rest().split(',').next().unwrap_or_default();
        let ends = item.rmatch_indices('.').map(|(at, _)| at);
        let candidates = [item.len()].into_iter().chain(ends).map(|end| &item[..end]);
        if let Some(name) = candidates.filter(|name| name.contains('.')).find(|name| is_column(name)) {
            lexer.take(name);
            return Ok(name.into());
        }
    }
    lexer.name(&['.', ','])
}
