//! Parses `select=id,remark:memo,director:directors(last_name)`.

use crate::embed::JOINS;
use crate::lexer::Lexer;
use crate::limits::{self, MAX_DEPTH, MAX_ITEMS};
use crate::{Embed, ParseError};

const PARAMETER: &str = "select";

const HINT: &str = "write select=alias:table!hint!inner(column,other)";

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
            items.push(SelectItem::Column { name: whole.into(), alias: None });
        } else {
            items.push(parser.item(is_column, MAX_DEPTH)?);
        }
    }
    Ok(items)
}

/// Returns whether a function of this name, or of this column, aggregates rows: `count()`, `price.sum()`.
pub(crate) fn is_aggregate(name: &str) -> bool {
    let function = name.rsplit_once('.').map(|(_, function)| function);
    name == "count" || function.is_some_and(|function| ["sum", "avg", "count", "max", "min"].contains(&function))
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
    fn item(&mut self, is_column: &dyn Fn(&str) -> bool, depth: usize) -> Result<SelectItem, ParseError> {
        self.count()?;
        if self.lexer.take("*") {
            self.lexer.skip_spaces();
            return Ok(SelectItem::Star);
        }
        let is_spread = self.lexer.take("...");
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
            (name, is_quoted) = self.name()?;
        }
        let is_embed = is_spread || self.lexer.rest().starts_with(['(', '!']);
        let unsupported = match self.lexer.rest() {
            rest if rest.starts_with("::") => Some("casts are"),
            _ if is_quoted => None,
            _ if is_embed && is_aggregate(&name) => Some("aggregate functions are"),
            _ if name.contains("->") && !is_column(&name) => Some("paths into JSON are"),
            _ => None,
        };
        if let Some(unsupported) = unsupported {
            return Err(ParseError::syntax(PARAMETER, format!("{unsupported} not supported yet")));
        }
        match is_embed {
            true if name.is_empty() => Err(self.lexer.error("expected a table").hint(HINT)),
            true => self.embed(name, alias, is_spread, depth).map(SelectItem::Embed),
            false if name.is_empty() => Err(self.lexer.error("expected a column")),
            false => Ok(SelectItem::Column { name, alias }),
        }
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
                items.push(self.item(&|_| false, depth)?);
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
        Ok((self.lexer.name(&[',', ':', '(', ')', '!'])?, is_quoted))
    }
}
