//! Filters: `asset=eq.BITCOIN`, `or=(id.lt.5,memo.is.null)`.

use crate::lexer::Lexer;
use crate::limits::MAX_DEPTH;
use crate::names::named;
use crate::{Field, ParseError, field};

/// A condition on rows, as the client wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// A condition on one field: `asset=not.eq.BITCOIN`, `data->>city=eq.Ikeja`.
    Field {
        /// The field.
        field: Field,
        /// Whether the condition is negated.
        negated: bool,
        /// The operator and its value.
        operation: Operation,
    },
    /// A group of conditions: `not.or=(id.lt.5,memo.is.null)`.
    Group {
        /// Whether all or any of them must hold.
        junction: Junction,
        /// Whether the group is negated.
        negated: bool,
        /// The conditions, at least one.
        filters: Vec<Filter>,
    },
}

/// How the conditions of a group combine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Junction {
    /// All must hold.
    And,
    /// Any must hold.
    Or,
}

/// A test of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// It matches a value: `eq.5`.
    Match {
        /// How it is matched.
        matcher: Matcher,
        /// The value to match.
        value: String,
    },
    /// It matches any or all of several values: `eq(any).{5,6}`.
    MatchMany {
        /// How each value is matched.
        matcher: Matcher,
        /// Whether it must match any or all of them.
        quantifier: Quantifier,
        /// The values; `None` is null.
        values: Vec<Option<String>>,
    },
    /// It equals one of several values: `in.(5,6)`.
    In(Vec<String>),
    /// It is null, true, false or unknown: `is.null`.
    Is(Is),
    /// It differs from a value, where null counts as a value: `isdistinct.5`.
    IsDistinct(String),
    /// It relates to a value as sets or ranges do: `cs.{5,6}`.
    Relate {
        /// The relation.
        relation: SetRelation,
        /// The other set or range, or JSON.
        value: String,
    },
    /// Its words match a search: `fts(english).fat&cat`.
    Search {
        /// The form of the search.
        form: SearchForm,
        /// The language of the words. By default, that of the database.
        language: Option<String>,
        /// The search.
        value: String,
    },
}

/// How a set or range relates to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetRelation {
    /// It contains the other.
    Contains,
    /// The other contains it.
    ContainedIn,
    /// They have elements in common.
    Overlaps,
    /// It ends before the other begins.
    Before,
    /// It begins after the other ends.
    After,
    /// It does not end after the other.
    NotEndingAfter,
    /// It does not begin before the other.
    NotBeginningBefore,
    /// One ends where the other begins.
    AdjacentTo,
}

/// The form in which words are searched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchForm {
    /// Words with operators: `fat & (cat | rat)`.
    Query,
    /// Words, all of which must be there.
    Plain,
    /// Words next to each other.
    Phrase,
    /// What people type into a search box: `"fat cat" or rat -dog`.
    Web,
}

/// How a column is matched with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matcher {
    /// By a comparison.
    Compare(Comparison),
    /// By a pattern, in which `%` or `*` is any text and `_` any character.
    Like,
    /// By a pattern, ignoring case.
    ILike,
    /// By a regular expression.
    Regex,
    /// By a regular expression, ignoring case.
    IRegex,
}

/// A comparison of two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Equal.
    Eq,
    /// Not equal.
    Neq,
    /// Greater.
    Gt,
    /// Greater or equal.
    Gte,
    /// Less.
    Lt,
    /// Less or equal.
    Lte,
}

/// How many of the values must match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantifier {
    /// At least one.
    Any,
    /// All.
    All,
}

/// A state of a column that can be tested for. The result is never unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Is {
    /// Null.
    Null,
    /// True.
    True,
    /// False.
    False,
    /// Neither true nor false: a boolean that is null.
    Unknown,
}

impl Filter {
    /// Returns a filter that compares a column with a value.
    pub fn compare(field: impl Into<Field>, comparison: Comparison, value: impl Into<String>) -> Self {
        let operation = Operation::Match { matcher: Matcher::Compare(comparison), value: value.into() };
        Self::Field { field: field.into(), negated: false, operation }
    }

    /// Returns the negated filter.
    pub fn negate(mut self) -> Self {
        let (Self::Field { negated, .. } | Self::Group { negated, .. }) = &mut self;
        *negated = !*negated;
        self
    }
}

pub(crate) const OPERATORS_HINT: &str = "the operators are eq, neq, gt, gte, lt, lte, like, ilike, match, imatch, in, is, \
    isdistinct, cs, cd, ov, sl, sr, nxr, nxl, adj, fts, plfts, phfts and wfts; not. before one negates it";

/// The operators that match a column with a value.
pub(crate) const MATCHERS: [(&str, Matcher); 10] = [
    ("eq", Matcher::Compare(Comparison::Eq)),
    ("neq", Matcher::Compare(Comparison::Neq)),
    ("gt", Matcher::Compare(Comparison::Gt)),
    ("gte", Matcher::Compare(Comparison::Gte)),
    ("lt", Matcher::Compare(Comparison::Lt)),
    ("lte", Matcher::Compare(Comparison::Lte)),
    ("like", Matcher::Like),
    ("ilike", Matcher::ILike),
    ("match", Matcher::Regex),
    ("imatch", Matcher::IRegex),
];

/// The relations of sets and ranges.
pub(crate) const RELATIONS: [(&str, SetRelation); 8] = [
    ("cs", SetRelation::Contains),
    ("cd", SetRelation::ContainedIn),
    ("ov", SetRelation::Overlaps),
    ("sl", SetRelation::Before),
    ("sr", SetRelation::After),
    ("nxr", SetRelation::NotEndingAfter),
    ("nxl", SetRelation::NotBeginningBefore),
    ("adj", SetRelation::AdjacentTo),
];

/// The forms of searches.
pub(crate) const SEARCHES: [(&str, SearchForm); 4] = [
    ("fts", SearchForm::Query),
    ("plfts", SearchForm::Plain),
    ("phfts", SearchForm::Phrase),
    ("wfts", SearchForm::Web),
];

/// The values of `is`, apart from `not_null`, which is `null` negated.
pub(crate) const IS_VALUES: [(&str, Is); 4] =
    [("null", Is::Null), ("true", Is::True), ("false", Is::False), ("unknown", Is::Unknown)];

/// The operators that are in no table.
pub(crate) const IN: &str = "in";
pub(crate) const IS: &str = "is";
pub(crate) const IS_DISTINCT: &str = "isdistinct";

/// Returns the names of all operators.
pub fn operator_names() -> impl Iterator<Item = &'static str> {
    let matchers = MATCHERS.into_iter().map(|(name, _)| name);
    let relations = RELATIONS.into_iter().map(|(name, _)| name);
    let searches = SEARCHES.into_iter().map(|(name, _)| name);
    matchers.chain([IN, IS, IS_DISTINCT]).chain(relations).chain(searches)
}

#[derive(Clone, Copy)]
pub(crate) enum Operator {
    Match(Matcher),
    In,
    Is,
    IsDistinct,
    Relate(SetRelation),
    Search(SearchForm),
}

impl Operator {
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Some(match word {
            IN => Self::In,
            IS => Self::Is,
            IS_DISTINCT => Self::IsDistinct,
            _ => {
                let matcher = named(&MATCHERS, word).map(Self::Match);
                let relation = || named(&RELATIONS, word).map(Self::Relate);
                matcher.or_else(relation).or_else(|| named(&SEARCHES, word).map(Self::Search))?
            }
        })
    }
}

/// The context of a filter, which determines where its value ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// A parameter: the value is the rest of it, and quotes are part of the value.
    Parameter,
    /// A group: the value ends before a comma or closing parenthesis, unless it is quoted.
    Group,
}

/// Parses the value of a parameter named after a column.
pub(crate) fn parse_field(parameter: &str, field: Field, value: &str) -> Result<Filter, ParseError> {
    let mut lexer = Lexer::new(parameter, value);
    let filter = condition(&mut lexer, field, Place::Parameter)?;
    lexer.expect_end()?;
    Ok(filter)
}

/// Parses the value of `and` and `or`.
pub(crate) fn parse_group(
    parameter: &str,
    value: &str,
    junction: Junction,
    negated: bool,
) -> Result<Filter, ParseError> {
    let mut lexer = Lexer::new(parameter, value);
    lexer.skip_spaces();
    let filters = group(&mut lexer, MAX_DEPTH)?;
    lexer.expect_end()?;
    Ok(Filter::Group { junction, negated, filters })
}

/// Returns whether a value starts with an operator that is not also a column, and something follows it.
pub(crate) fn looks_like_condition(value: &str, is_column: &dyn Fn(&str) -> bool) -> bool {
    let value = value.strip_prefix("not.").unwrap_or(value);
    let end = value.find(['.', '(']).unwrap_or(value.len());
    let word = &value[..end];
    is_operator(word) && end < value.len() && !is_column(word)
}

/// Returns whether a word is an operator of PostgREST.
pub(crate) fn is_operator(word: &str) -> bool {
    Operator::parse(word).is_some()
}

fn group(lexer: &mut Lexer<'_>, depth: usize) -> Result<Vec<Filter>, ParseError> {
    let depth = depth.checked_sub(1).ok_or(ParseError::TooDeep)?;
    lexer.expect("(")?;
    let mut filters = Vec::new();
    loop {
        lexer.skip_spaces();
        filters.push(member(lexer, depth)?);
        lexer.skip_spaces();
        if lexer.take(")") {
            lexer.skip_spaces();
            return Ok(filters);
        }
        if !lexer.take(",") {
            return Err(lexer.error("expected a comma or )"));
        }
    }
}

/// The keywords of groups with their meaning.
pub(crate) const GROUPS: [(&str, Junction, bool); 4] = [
    ("and", Junction::And, false),
    ("or", Junction::Or, false),
    ("not.and", Junction::And, true),
    ("not.or", Junction::Or, true),
];

/// Parses a member of a group: another group, or a column and its condition.
fn member(lexer: &mut Lexer<'_>, depth: usize) -> Result<Filter, ParseError> {
    for (keyword, junction, negated) in GROUPS {
        // A column may start with the same letters, such as `order`.
        if lexer.rest().strip_prefix(keyword).is_some_and(|rest| rest.trim_start_matches(' ').starts_with('(')) {
            lexer.take(keyword);
            lexer.skip_spaces();
            return Ok(Filter::Group { junction, negated, filters: group(lexer, depth)? });
        }
    }
    let field = field::parse(lexer, &['.', ',', '(', ')'])?;
    if field.column.is_empty() {
        return Err(lexer.error("expected a column"));
    }
    lexer.expect(".")?;
    condition(lexer, field, Place::Group)
}

/// Parses `not.`, the operator and the value.
fn condition(lexer: &mut Lexer<'_>, field: Field, place: Place) -> Result<Filter, ParseError> {
    let mut negated = lexer.take("not.");
    let (operator, argument) = operator(lexer)?;
    if !lexer.take(".") {
        return Err(lexer.error("expected operator.value").hint("write column=eq.value"));
    }
    let operation = match (operator, argument) {
        (Operator::In, _) => {
            lexer.expect("(").map_err(|error| error.hint("write column=in.(one,another)"))?;
            let values = lexer.list()?;
            lexer.skip_spaces();
            Operation::In(values)
        }
        (Operator::Is, _) => {
            let (is, not) = is(lexer, place)?;
            negated ^= not;
            Operation::Is(is)
        }
        (Operator::Match(matcher), Argument::Quantifier(quantifier)) => {
            lexer.expect("{").map_err(|error| error.hint("write column=eq(any).{one,another}"))?;
            Operation::MatchMany { matcher, quantifier, values: lexer.array()? }
        }
        (Operator::Match(matcher), _) => Operation::Match { matcher, value: value(lexer, place) },
        (Operator::IsDistinct, _) => Operation::IsDistinct(value(lexer, place)),
        (Operator::Relate(relation), _) => Operation::Relate { relation, value: value(lexer, place) },
        (Operator::Search(form), argument) => {
            let language = match argument {
                Argument::Language(language) => Some(language),
                Argument::None | Argument::Quantifier(_) => None,
            };
            Operation::Search { form, language, value: value(lexer, place) }
        }
    };
    Ok(Filter::Field { field, negated, operation })
}

fn value(lexer: &mut Lexer<'_>, place: Place) -> String {
    match place {
        Place::Parameter => lexer.all().into(),
        Place::Group => lexer.value_or_array(&[',', ')']),
    }
}

/// Parses what follows `is.`. Also returns whether it is negated.
fn is(lexer: &mut Lexer<'_>, place: Place) -> Result<(Is, bool), ParseError> {
    let begin = lexer.position();
    let value = match place {
        Place::Parameter => lexer.all(),
        Place::Group => lexer.until(&[',', ')']),
    };
    if value.eq_ignore_ascii_case("not_null") {
        return Ok((Is::Null, true));
    }
    let is = IS_VALUES.into_iter().find(|(name, _)| value.eq_ignore_ascii_case(name));
    let error = || lexer.error_at(begin, "expected null, not_null, true, false or unknown");
    is.map(|(_, is)| (is, false)).ok_or_else(error)
}

/// What stands in parentheses behind an operator.
enum Argument {
    None,
    Quantifier(Quantifier),
    Language(String),
}

fn operator(lexer: &mut Lexer<'_>) -> Result<(Operator, Argument), ParseError> {
    let begin = lexer.position();
    let word = lexer.until(&['.', '(', ',', ')']);
    let unknown = || lexer.error_at(begin, "expected an operator").hint(OPERATORS_HINT);
    let operator = Operator::parse(word).ok_or_else(unknown)?;
    if !lexer.next_is('(') {
        return Ok((operator, Argument::None));
    }
    let argument = match operator {
        Operator::Match(_) if lexer.take("(any)") => Argument::Quantifier(Quantifier::Any),
        Operator::Match(_) if lexer.take("(all)") => Argument::Quantifier(Quantifier::All),
        Operator::Match(_) => return Err(lexer.error("expected (any) or (all)")),
        Operator::Search(_) => {
            lexer.take("(");
            let language = lexer.name(&[')'])?;
            if language.is_empty() {
                return Err(lexer.error("expected a language").hint("write column=fts(english).words"));
            }
            lexer.expect(")")?;
            Argument::Language(language)
        }
        _ => Argument::None,
    };
    Ok((operator, argument))
}
