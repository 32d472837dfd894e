//! Parses `select=id,remark:memo,director:directors(last_name)`.

use crate::embed::JOINS;
use crate::lexer::Lexer;
use crate::limits::{self, MAX_DEPTH, MAX_ITEMS};
use crate::names::named;
use crate::value::{FUNCTIONS, TYPES, TYPES_HINT};
use crate::{AggregateFunction, Aggregated, CastType, Embed, Field, ParseError, SelectValue, field};

const PARAMETER: &str = "select";

const HINT: &str = "write select=alias:table!hint!inner(column,other)";

/// One item of `select`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SelectItem {
    /// `*`: every column.
    Star,
    /// One value.
    Value(SelectValue),
    /// Related rows.
    Embed(Embed),
}

pub(crate) fn parse(value: &str, is_column: &dyn Fn(&str) -> bool) -> Result<Vec<SelectItem>, ParseError> {
    let mut parser = Parser { lexer: Lexer::new(PARAMETER, value), items: 0 };
    let mut items = Vec::new();
    while !parser.lexer.is_at_end() {
        if !items.is_empty() {
            parser.lexer.expect(",")?;
        }
        parser.lexer.skip_spaces();
        // An item that is exactly the name of a column needs no quotes, whatever characters it contains.
        let whole = parser.lexer.rest().split(',').next().unwrap_or_default();
        if is_column(whole) {
            parser.count()?;
            parser.lexer.take(whole);
            items.push(SelectItem::Value(SelectValue::field(whole)));
        } else {
            items.push(parser.item(MAX_DEPTH)?);
        }
    }
    Ok(items)
}

/// Splits `price.sum` and `count`, whose parentheses follow, into what is aggregated, if not rows, and the function.
pub(crate) fn split_aggregate(name: &str) -> Option<(Option<&str>, AggregateFunction)> {
    match name.rsplit_once('.') {
        Some((field, function)) => named(&FUNCTIONS, function).map(|function| (Some(field), function)),
        None => (name == AggregateFunction::Count.name()).then_some((None, AggregateFunction::Count)),
    }
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    /// The number of items so far, on all levels.
    items: usize,
}

impl Parser<'_> {
    fn count(&mut self) -> Result<(), ParseError> {
        self.items += 1;
        limits::check(PARAMETER, "items", self.items, MAX_ITEMS)
    }

    /// Parses an item, which may contain embeds of `depth` levels.
    fn item(&mut self, depth: usize) -> Result<SelectItem, ParseError> {
        self.count()?;
        if self.lexer.take("*") {
            self.lexer.skip_spaces();
            return Ok(SelectItem::Star);
        }
        let is_spread = self.lexer.take("...");
        let mut begin = self.lexer.position();
        let (mut name, mut is_quoted) = self.name()?;
        let mut alias = None;
        if self.lexer.next_is(':') && !self.lexer.rest().starts_with("::") {
            if name.is_empty() && !is_quoted {
                return Err(self.lexer.error("expected a name"));
            }
            self.lexer.take(":");
            self.lexer.skip_spaces();
            if is_spread || self.lexer.rest().starts_with("...") {
                let error = ParseError::syntax(PARAMETER, "a spread has no alias, since its columns become the row's");
                return Err(error.hint("write select=...table(alias:column)"));
            }
            alias = Some(name);
            begin = self.lexer.position();
            (name, is_quoted) = self.name()?;
        }
        let is_call = self.lexer.next_is('(') && !is_quoted && !is_spread;
        if let Some((column, function)) = is_call.then(|| split_aggregate(&name)).flatten() {
            if column == Some("") {
                return Err(self.lexer.error_at(begin, "expected a column"));
            }
            self.end_call()?;
            let aggregate = Some(Aggregated { function, cast: self.cast()? });
            return Ok(SelectItem::Value(SelectValue { field: column.map(Into::into), cast: None, aggregate, alias }));
        }
        match is_spread || self.lexer.rest().starts_with(['(', '!']) {
            true if name.is_empty() => Err(self.lexer.error("expected a table").hint(HINT)),
            true => self.embed(name, alias, is_spread, depth).map(SelectItem::Embed),
            false if name.is_empty() => Err(self.lexer.error("expected a column")),
            false => self.value(name, alias).map(SelectItem::Value),
        }
    }

    /// Parses what follows the column of a value.
    fn value(&mut self, column: String, alias: Option<String>) -> Result<SelectValue, ParseError> {
        let path = field::parse_path(&mut self.lexer)?;
        let cast = self.cast()?;
        let mut aggregate = None;
        if self.lexer.next_is('.') {
            let begin = self.lexer.position();
            self.lexer.take(".");
            let word = self.lexer.until(&['(', ',', ')', ':']);
            let unknown = || self.lexer.error_at(begin, "expected .avg(), .count(), .max(), .min() or .sum()");
            let function = named(&FUNCTIONS, word).ok_or_else(unknown)?;
            self.end_call()?;
            aggregate = Some(Aggregated { function, cast: self.cast()? });
        }
        Ok(SelectValue { field: Some(Field { column, path }), cast, aggregate, alias })
    }

    /// Parses the parentheses of a function, which takes nothing.
    fn end_call(&mut self) -> Result<(), ParseError> {
        self.lexer.expect("()").map_err(|error| error.hint("write column.sum(), with nothing in the parentheses"))?;
        self.lexer.skip_spaces();
        Ok(())
    }

    /// Parses a cast, if one follows.
    fn cast(&mut self) -> Result<Option<CastType>, ParseError> {
        if !self.lexer.take("::") {
            return Ok(None);
        }
        let begin = self.lexer.position();
        let word = self.lexer.until(&[',', ')', '.', '(']).trim_end_matches(' ');
        let unknown = || self.lexer.error_at(begin, "expected a type").hint(TYPES_HINT);
        named(&TYPES, word).map(Some).ok_or_else(unknown)
    }

    /// Parses what follows the name of an embed.
    fn embed(
        &mut self,
        relation: String,
        alias: Option<String>,
        is_spread: bool,
        depth: usize,
    ) -> Result<Embed, ParseError> {
        let depth = depth.checked_sub(1).ok_or(ParseError::TooDeep)?;
        let (mut hint, mut join) = (None, None);
        while self.lexer.next_is('!') {
            let begin = self.lexer.position();
            self.lexer.take("!");
            let (word, is_quoted) = self.name()?;
            let found = JOINS.into_iter().find(|(name, _)| !is_quoted && *name == word);
            let expected = match found {
                _ if word.is_empty() => return Err(self.lexer.error("expected inner, left or a hint").hint(HINT)),
                Some((_, found)) if join.is_none() => {
                    join = Some(found);
                    continue;
                }
                None if hint.is_none() => {
                    hint = Some(word);
                    continue;
                }
                Some(_) => "expected only one of !inner and !left,",
                None => "expected only one hint,",
            };
            return Err(self.lexer.error_at(begin, expected).hint(HINT));
        }
        self.lexer.expect("(").map_err(|error| error.hint(HINT))?;
        let select = self.items_in_parentheses(depth)?;
        let (filters, order, limit, offset) = Default::default();
        Ok(Embed { relation, alias, hint, join, is_spread, select, filters, order, limit, offset })
    }

    /// Parses the items up to the closing parenthesis. The opening one has been consumed.
    fn items_in_parentheses(&mut self, depth: usize) -> Result<Vec<SelectItem>, ParseError> {
        let mut items = Vec::new();
        self.lexer.skip_spaces();
        if !self.lexer.take(")") {
            loop {
                self.lexer.skip_spaces();
                items.push(self.item(depth)?);
                if self.lexer.take(")") {
                    break;
                }
                self.lexer.expect(",").map_err(|_| self.lexer.error("expected a comma or )"))?;
            }
        }
        self.lexer.skip_spaces();
        Ok(items)
    }

    /// Parses a name. Also returns whether it is quoted.
    fn name(&mut self) -> Result<(String, bool), ParseError> {
        self.lexer.skip_spaces();
        let is_quoted = self.lexer.next_is('"');
        Ok((self.lexer.name_before_arrow(&[',', ':', '(', ')', '!'])?, is_quoted))
    }
}
