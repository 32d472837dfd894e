//! Parses and formats the query language of [PostgREST](https://docs.postgrest.org).
//!
//! This crate parses the parameters of a URL ([`Parameters`]), the path segment that identifies a row
//! ([`Identifier`]), the `Prefer` header ([`Preferences`]) and the `Range` header ([`RowRange`]), and formats each of
//! them. It also knows the time zones that a preference can name ([`Zone`]).
//!
//! It is pure: it knows no tables, no HTTP types and no SQL. All text is already decoded. A parser only needs to know
//! whether a name is a column of the table, since a column may be called `order` or contain a dot. It knows nothing of
//! the tables whose rows are embedded ([`Embed`]). The query planner resolves those names and checks whether a column
//! accepts a value.
//!
//! ```
//! use mwallet_query::{Comparison, Filter, Parameters};
//!
//! let is_column = |name: &str| ["id", "asset", "price"].contains(&name);
//! let parameters = [("asset", "in.(BITCOIN,DASH)"), ("price", "not.lt.5"), ("order", "price.desc"), ("limit", "10")];
//! let parameters = Parameters::parse(parameters, &is_column)?;
//!
//! assert_eq!(parameters.filters[1], Filter::compare("price", Comparison::Lt, "5").negate());
//! assert_eq!((parameters.order[0].field.column.as_str(), parameters.limit), ("price", Some(10)));
//! assert_eq!(parameters.pairs()[0], ("asset".into(), "in.(BITCOIN,DASH)".into()));
//! # Ok::<(), mwallet_query::ParseError>(())
//! ```

mod document;
mod embed;
mod error;
mod field;
mod filter;
mod identifier;
mod lexer;
mod limits;
mod names;
mod order;
mod parameters;
mod preferences;
mod range;
mod select;
mod value;
mod write;
mod zone;

pub use embed::{Embed, Join};
pub use error::ParseError;
pub use field::{Field, JsonKey, JsonPath};
pub use filter::{
    Comparison, Filter, Is, Junction, Matcher, Operation, Quantifier, SearchForm, SetRelation, operator_names,
};
pub use identifier::Identifier;
pub use limits::MAX_DEPTH;
pub use order::{Direction, Nulls, Order};
pub use parameters::{Parameters, column_parameter, is_keyword, parse_row_count};
pub use preferences::{Action, Count, Preferences, Resolution, Return, TransactionEnd, UnknownPreferences};
pub use range::{ContentRange, RangeBackwards, RowRange};
pub use select::SelectItem;
pub use value::{AggregateFunction, Aggregated, CastType, SelectValue};
pub use zone::Zone;
