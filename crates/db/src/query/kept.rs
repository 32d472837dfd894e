//! Statements of a caller that are asked again: reads of one row with another identifier, and lists that are the same.
//!
//! A read of one row by its slug is planned in more time than an engine needs to find the row, and pages ask for the same
//! lists. So a caller who asks a second time gets the same statement.

use std::collections::hash_map::RandomState;
use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasher;
use std::sync::{Mutex, PoisonError};

use mwallet_query::Identifier;
use mwallet_schema::{ColumnType, Table, Value};

use super::{Plan, PlanError, Query, ScopedTable};
use crate::Dialect;
use crate::statement::Statement;

/// The most reads of each kind that are kept of one caller.
const MOST: usize = 8;
/// The longest statement that is kept, in bytes, and the most values that it may have.
const LONGEST: usize = 8 * 1024;
const MOST_VALUES: usize = 64;

/// What a caller has asked for. The statements are those of one database, one set of grants and one set of values that
/// are known of the caller, so a caller with others begins without any.
#[derive(Debug, Default)]
pub struct KeptReads(Mutex<Reads>);

#[derive(Debug, Default)]
struct Reads {
    by_identifier: HashMap<Key, Kept>,
    /// The last lists, and their statements once they were asked for again.
    lists: VecDeque<(Place, Query, Option<Statement>)>,
}

/// A caller's own.
impl Clone for KeptReads {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// A table in a database.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Place {
    schema: Option<String>,
    table: String,
    dialect: Dialect,
}

impl Place {
    fn new(table: &Table, dialect: Dialect) -> Self {
        Self { schema: table.schema.clone(), table: table.name.clone(), dialect }
    }

    fn is(&self, table: &Table, dialect: Dialect) -> bool {
        self.table == table.name && self.schema == table.schema && self.dialect == dialect
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    place: Place,
    by: By,
}

/// The kind of an identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum By {
    Id,
    Uuid,
    Slug,
}

#[derive(Debug)]
enum Kept {
    /// Asked for once. Who asks once may never ask again.
    Asked,
    /// The statement, and which of its parameters is the identifier.
    Statement(Box<Statement>, usize),
    /// It has no such parameter, or the identifier is another value there.
    Never,
}

impl KeptReads {
    fn with<T>(&self, act: impl FnOnce(&mut Reads) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Returns the statement of a list of rows: the one that its caller has asked for before, or else what `plan` makes.
///
/// # Errors
///
/// Returns an error if the query does not fit the table.
pub(crate) fn list(
    at: ScopedTable<'_>,
    query: &Query,
    dialect: Dialect,
    plan: impl FnOnce() -> Result<Statement, PlanError>,
) -> Result<Statement, PlanError> {
    let Some(caller) = at.scope().caller().filter(|_| at.narrowed().is_none()) else { return plan() };
    let is_it = |(place, known, _): &&mut (Place, Query, _)| place.is(at.table(), dialect) && known == query;
    let known = caller.kept.with(|kept| kept.lists.iter_mut().find(is_it).and_then(|(.., known)| known.clone()));
    if let Some(known) = known {
        return Ok(known);
    }
    let statement = plan()?;
    if statement.sql.len() <= LONGEST && statement.binds.len() <= MOST_VALUES {
        caller.kept.with(|kept| match kept.lists.iter_mut().find(is_it) {
            Some((.., known)) => *known = Some(statement.clone()),
            None => {
                kept.lists.truncate(MOST - 1);
                kept.lists.push_front((Place::new(at.table(), dialect), query.clone(), None));
            }
        });
    }
    Ok(statement)
}

/// Returns the statement of a read of one row, if its caller has asked for such rows before.
///
/// # Errors
///
/// Returns an error if the query does not fit the table.
pub(crate) fn read(at: ScopedTable<'_>, query: &Query, dialect: Dialect) -> Result<Option<Statement>, PlanError> {
    let (Some(caller), Some(identifier)) = (at.scope().caller(), &query.identifier) else { return Ok(None) };
    let plain = Query { identifier: Some(identifier.clone()), style: query.style, ..Query::default() };
    let Some((by, value)) = value_of(identifier).filter(|_| *query == plain && at.narrowed().is_none()) else {
        return Ok(None);
    };
    let key = Key { place: Place::new(at.table(), dialect), by };
    let known = caller.kept.with(|kept| match kept.by_identifier.get(&key) {
        Some(Kept::Statement(statement, place)) => {
            let mut statement = Statement::clone(statement);
            statement.binds[*place].value = value;
            Some(statement)
        }
        _ => None,
    });
    if known.is_none() && caller.kept.with(|kept| is_asked_again(&mut kept.by_identifier, &key)) {
        let made = template(at, by, dialect)?;
        caller.kept.with(|kept| kept.by_identifier.insert(key, made));
    }
    Ok(known)
}

/// Returns whether a read was asked for once, and never since; and remembers that it was.
fn is_asked_again(kept: &mut HashMap<Key, Kept>, key: &Key) -> bool {
    match kept.get(key) {
        None => {
            if kept.len() >= MOST {
                kept.clear();
            }
            kept.insert(key.clone(), Kept::Asked);
            false
        }
        Some(known) => matches!(known, Kept::Asked),
    }
}

/// Plans the read of a row with an identifier that nothing else is equal to, to find where it goes.
fn template(at: ScopedTable<'_>, by: By, dialect: Dialect) -> Result<Kept, PlanError> {
    let random = || RandomState::new().hash_one(0);
    let identifier = match by {
        By::Id => Identifier::Id((random() >> 1).cast_signed()),
        By::Uuid => {
            let digits = format!("{:016x}{:016x}", random(), random());
            let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
            Identifier::parse(&parts.join("-"))
        }
        By::Slug => Identifier::Slug(format!("mwallet-{:x}-{:x}", random(), random())),
    };
    if !is_stored_as_it_is(at.table(), by) {
        return Ok(Kept::Never);
    }
    let value = value_of(&identifier).map(|(_, value)| value);
    let statement = Plan::select(at, &Query::new().identifier(identifier))?.statement_for(at, dialect)?;
    let mut places = (0..statement.binds.len()).filter(|place| Some(&statement.binds[*place].value) == value.as_ref());
    Ok(match (places.next(), places.next()) {
        (Some(place), None) => Kept::Statement(Box::new(statement), place),
        _ => Kept::Never,
    })
}

/// Returns whether the column of an identifier is of the type that the identifier has.
fn is_stored_as_it_is(table: &Table, by: By) -> bool {
    let kind = |name: &str| table.column(name).map(|column| &column.kind);
    match by {
        By::Id => matches!(kind("id"), Some(ColumnType::BigInt)),
        By::Uuid => matches!(kind("uuid"), Some(ColumnType::Uuid)),
        By::Slug => matches!(kind("slug"), Some(ColumnType::Text { .. })),
    }
}

/// Returns the value of an identifier as a column of its type has it. None for those that a plan may refuse.
fn value_of(identifier: &Identifier) -> Option<(By, Value)> {
    match identifier {
        Identifier::Id(id) => Some((By::Id, Value::Int(*id))),
        Identifier::Uuid(uuid) => Some((By::Uuid, Value::Uuid(*uuid))),
        Identifier::Slug(slug) if !slug.contains('\0') => Some((By::Slug, Value::Text(slug.clone()))),
        Identifier::Slug(_) | Identifier::Key(_) => None,
    }
}
