//! Related rows of other tables: `select=title,director:directors(last_name)`.

use crate::{Filter, Order, SelectItem};

/// Related rows to return with each row.
///
/// The items in parentheses are those of the related rows. Parameters whose names start with the embed's name filter,
/// order and page them.
///
/// ```
/// use mwallet_query::{Comparison, Filter, Join, Parameters, SelectItem};
///
/// let select = ("select", "title,director:directors!inner(last_name,films(*))");
/// let parameters = [select, ("director.last_name", "eq.Varda"), ("director.films.limit", "3")];
/// let parameters = Parameters::parse(parameters, &|name| name == "title")?;
///
/// let SelectItem::Embed(director) = &parameters.select[1] else { unreachable!() };
/// assert_eq!((director.name(), director.relation.as_str()), ("director", "directors"));
/// assert_eq!(director.join, Some(Join::Inner));
/// assert_eq!(director.filters, [Filter::compare("last_name", Comparison::Eq, "Varda")]);
/// let SelectItem::Embed(films) = &director.select[1] else { unreachable!() };
/// assert_eq!((films.select.as_slice(), films.limit), (&[SelectItem::Star][..], Some(3)));
/// # Ok::<(), mwallet_query::ParseError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Embed {
    /// What is related: a table, a view, a foreign key or a column with a foreign key.
    pub relation: String,
    /// Its name in the response and in parameters, if it differs. A spread has none.
    pub alias: Option<String>,
    /// Which of several relationships is meant: `directors!films_director_fkey(*)`.
    pub hint: Option<String>,
    /// How rows without related rows are treated; as by [`Join::Left`] if it is `None`.
    pub join: Option<Join>,
    /// Whether the items become columns of the outer row: `...directors(last_name)`.
    pub is_spread: bool,
    /// What to return of the related rows; nothing of them if it is empty.
    pub select: Vec<SelectItem>,
    /// The conditions on related rows, all of which must hold.
    pub filters: Vec<Filter>,
    /// The columns to order related rows by.
    pub order: Vec<Order>,
    /// The maximum number of related rows for each outer row.
    pub limit: Option<u64>,
    /// The number of related rows to skip for each outer row.
    pub offset: Option<u64>,
}

/// How rows without related rows are treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// They are left out: `!inner`.
    Inner,
    /// They are kept: `!left`.
    Left,
}

/// The words after `!` that are no hint.
pub(crate) const JOINS: [(&str, Join); 2] = [("inner", Join::Inner), ("left", Join::Left)];

impl Embed {
    /// Returns the name by which parameters address the embed: its alias, or what is related.
    pub fn name(&self) -> &str {
        self.alias.as_deref().unwrap_or(&self.relation)
    }
}
