//! Parses `order=start.desc.nullslast,director(last_name)`.

use crate::lexer::Lexer;
use crate::{Field, ParseError, field, limits};

const HINT: &str = "write order=column.desc.nullslast,other";
const RELATION_HINT: &str = "write order=table(column).desc, with one column in the parentheses";

/// A field to order by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The name or alias of the embed that has the field: `order=director(last_name)`. `None` for the table itself.
    pub relation: Option<String>,
    /// The field.
    pub field: Field,
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
    let (relation, field) = field(lexer, is_column)?;
    let (mut direction, mut nulls) = (None, None);
    while lexer.next_is('.') {
        let begin = lexer.position();
        lexer.take(".");
        match lexer.until(&['.', ',']).trim_end_matches(' ') {
            "asc" if direction.is_none() && nulls.is_none() => direction = Some(Direction::Ascending),
            "desc" if direction.is_none() && nulls.is_none() => direction = Some(Direction::Descending),
            "nullsfirst" if nulls.is_none() => nulls = Some(Nulls::First),
            "nullslast" if nulls.is_none() => nulls = Some(Nulls::Last),
            _ => {
                let expected = "expected .asc, .desc, .nullsfirst or .nullslast";
                return Err(lexer.error_at(begin, expected).hint(HINT));
            }
        }
    }
    Ok(Order { relation, field, direction: direction.unwrap_or(Direction::Ascending), nulls })
}

/// Parses a field and the embed that has it, if it is not the table's own.
fn field(lexer: &mut Lexer<'_>, is_column: &dyn Fn(&str) -> bool) -> Result<(Option<String>, Field), ParseError> {
    lexer.skip_spaces();
    if let Some(name) = own_column(lexer.rest(), is_column) {
        lexer.take(name);
        return Ok((None, name.into()));
    }
    let first = field::parse(lexer, &['.', ',', '(', ')'])?;
    if first.column.is_empty() {
        return Err(lexer.error("expected a column").hint(HINT));
    }
    if !first.path.is_empty() || !lexer.take("(") {
        return Ok((None, first));
    }
    let field = field::parse(lexer, &[',', '(', ')'])?;
    if field.column.is_empty() {
        return Err(lexer.error("expected a column").hint(RELATION_HINT));
    }
    lexer.expect(")").map_err(|error| error.hint(RELATION_HINT))?;
    lexer.skip_spaces();
    Ok((Some(first.column), field))
}

/// Finds a known column that needs no quotes although its name has a delimiter. `.desc` and `.nullslast` may follow it.
fn own_column<'a>(text: &'a str, is_column: &dyn Fn(&str) -> bool) -> Option<&'a str> {
    let item = text.split(',').next().unwrap_or_default();
    let ends = item.rmatch_indices('.').map(|(at, _)| at).take(2);
    let mut candidates = [item.len()].into_iter().chain(ends).map(|end| &item[..end]);
    candidates.find(|name| name.contains(['.', '(', ')']) && !name.starts_with('"') && is_column(name))
}
