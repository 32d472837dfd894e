//! Operations by code or name, for callers that choose one at run time.

use std::str::FromStr;

use mwallet_schema::{Record, Table};

use crate::error::Result;
use crate::executor::Executor;
use crate::query::Query;
use crate::row::Row;

/// An operation. The codes are primes, so that a product can represent a set of operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i64)]
pub enum Operation {
    /// Creates a row.
    Create = 2,
    /// Retrieves one row.
    Read = 3,
    /// Updates rows.
    Update = 5,
    /// Deletes rows.
    Delete = 7,
    /// Lists rows.
    List = 11,
}

/// An unknown operation code or name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no operation: there are create 2, read 3, update 5, delete 7 and list 11")]
pub struct UnknownOperation(String);

impl Operation {
    const ALL: [Self; 5] = [Self::Create, Self::Read, Self::Update, Self::Delete, Self::List];

    /// Returns the code.
    pub fn code(self) -> i64 {
        self as i64
    }

    /// Returns the name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::List => "list",
        }
    }
}

impl TryFrom<i64> for Operation {
    type Error = UnknownOperation;

    fn try_from(code: i64) -> std::result::Result<Self, UnknownOperation> {
        Self::ALL.into_iter().find(|one| one.code() == code).ok_or_else(|| UnknownOperation(code.to_string()))
    }
}

impl FromStr for Operation {
    type Err = UnknownOperation;

    fn from_str(name: &str) -> std::result::Result<Self, UnknownOperation> {
        let found = Self::ALL.into_iter().find(|one| one.name().eq_ignore_ascii_case(name));
        found.ok_or_else(|| UnknownOperation(name.into()))
    }
}

/// The arguments of an operation, which uses those that it needs.
#[derive(Clone, Debug, Default)]
pub struct Arguments {
    /// The values for a create or an update.
    pub data: Record,
    /// The rows to select.
    pub query: Query,
}

/// The result of an operation.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The row that was created or retrieved, if any.
    Row(Option<Row>),
    /// The rows that were listed.
    Rows(Vec<Row>),
    /// The rows that were updated or deleted.
    Changed(super::Changed<Row>),
}

/// Runs an operation that is chosen at run time.
///
/// # Errors
///
/// Fails like the operation itself.
///
/// ```
/// # type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;
/// # async fn example(engine: mwallet_db::Engine, orders: &mwallet_schema::Table) -> Result<()> {
/// use mwallet_db::Query;
/// use mwallet_db::crud::{self, Arguments, Operation};
/// let newest = Arguments { query: Query::new().order_desc("id").limit(10), ..Arguments::default() };
/// crud::operate(&engine, orders, Operation::try_from(11)?, newest).await?;
/// crud::operate(&engine, orders, "list".parse()?, Arguments::default()).await?;
/// # Ok(())
/// # }
/// ```
pub async fn operate(
    executor: impl Into<Executor<'_>>,
    table: &Table,
    operation: Operation,
    arguments: Arguments,
) -> Result<Outcome> {
    let Arguments { data, query } = arguments;
    Ok(match operation {
        Operation::Create => Outcome::Row(Some(super::create(executor, table, data).await?)),
        Operation::Read => Outcome::Row(super::retrieve(executor, table, &query).await?),
        Operation::Update => Outcome::Changed(super::update(executor, table, &query, data).await?),
        Operation::Delete => Outcome::Changed(super::delete(executor, table, &query).await?),
        Operation::List => Outcome::Rows(super::list(executor, table, &query).await?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_are_the_same_operations() {
        for operation in Operation::ALL {
            assert_eq!(Operation::try_from(operation.code()), Ok(operation));
            assert_eq!(operation.name().parse(), Ok(operation));
        }
        assert_eq!("CREATE".parse(), Ok(Operation::Create));
        assert!(Operation::try_from(4).unwrap_err().to_string().contains("list 11"));
    }
}
