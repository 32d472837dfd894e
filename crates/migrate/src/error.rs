//! Errors of migrations. Each one says what state the database is in.

use std::time::Duration;

use mwallet_schema::TableError;

use mwallet_db::Error;

/// Why migrations cannot be applied.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// An error of the database that is not about a statement of a migration.
    #[error(transparent)]
    Database(#[from] Error),
    /// The migrations failed in an in-memory SQLite database, where they are replayed to find the tables that they
    /// create. No other database was changed.
    #[error("cannot replay the migrations in memory: {failed}")]
    Replay {
        /// The error, with the name of the migration.
        failed: String,
    },
    /// A statement failed. Its migration was rolled back.
    #[error("{migration}: {error}\nat statement {number}{}: {statement}", describe_place(place.as_ref()))]
    Failed {
        /// The migration.
        migration: String,
        /// Which of its statements, from 1.
        number: usize,
        /// The line and the column of the error, from 1, if the database reports them.
        place: Option<(usize, usize)>,
        /// That line, or the start of the statement.
        statement: String,
        /// The error of the database.
        error: String,
    },
    /// A statement failed in a migration without a transaction. The statements before it are applied and recorded.
    #[error("{migration}: {error}\nat statement {number}: {statement}\n{} of its statements are applied", number - 1)]
    Stopped {
        /// The migration.
        migration: String,
        /// Which of its statements, from 1.
        number: usize,
        /// The start of the statement.
        statement: String,
        /// The error of the database.
        error: String,
    },
    /// A statement could not get a lock in time. Nothing was changed.
    #[error(
        "{migration}: could not get a lock: it waited {attempts} times for {timeout:?}; nothing was changed\n\
         at statement {number}: {statement}"
    )]
    Locked {
        /// The migration.
        migration: String,
        /// Which of its statements, from 1.
        number: usize,
        /// The start of the statement.
        statement: String,
        /// How many times it waited.
        attempts: u32,
        /// How long it waited each time.
        timeout: Duration,
    },
    /// A script starts or ends a transaction itself. Nothing was changed.
    #[error(
        "{migration}: statement {number} starts or ends a transaction, but each migration already runs in one: \
         {statement}"
    )]
    Transaction {
        /// The migration.
        migration: String,
        /// Which of its statements, from 1.
        number: usize,
        /// The statement.
        statement: String,
    },
    /// Rows have values that are invalid after the migration, or lack a required one. Nothing was changed.
    #[error("{migration}: {}; nothing was changed", counted(*rows, what))]
    Misfits {
        /// The migration.
        migration: String,
        /// The number of rows.
        rows: i64,
        /// The problem, such as `values of orders.memo do not fit: text(10), not null`.
        what: String,
    },
    /// A trigger uses a column that the migration renames. Nothing was changed.
    #[error(
        "{migration}: the trigger {trigger} of {table} uses {column}, which is renamed to {becomes}; nothing was \
         changed"
    )]
    Trigger {
        /// The migration.
        migration: String,
        /// The trigger.
        trigger: String,
        /// The table of the trigger.
        table: String,
        /// The column, with its table.
        column: String,
        /// Its new name.
        becomes: String,
    },
    /// Views or triggers that worked before a migration would not work after it. It was rolled back.
    #[error("{migration}: it would break {what}; nothing was changed")]
    Broken {
        /// The migration.
        migration: String,
        /// The views and triggers, each with the error of the database.
        what: String,
    },
    /// A declared or given rename is impossible or ambiguous. Nothing was written.
    #[error("{}", .0.join("\n"))]
    Renames(Vec<String>),
    /// The declaration of a table is invalid. Nothing was written.
    #[error(transparent)]
    Declaration(#[from] TableError),
    /// A migration would leave dangling references. It was rolled back.
    #[error(
        "{migration}: {}; nothing was changed",
        counted(*rows, &format!("rows of {table} have dangling references to {parent}"))
    )]
    Orphans {
        /// The migration.
        migration: String,
        /// The table with the references.
        table: String,
        /// The table that they refer to.
        parent: String,
        /// The number of rows.
        rows: i64,
    },
    /// A migration has changed since it was applied.
    #[error("{0} was changed after it was applied: revert the change, and write another migration instead")]
    Changed(String),
    /// A migration that was applied is not among these.
    #[error("the migration {0} was applied to the database, but is unknown here: is this an older program?")]
    Unknown(String),
    /// There is no such version.
    #[error("there is no migration {0}; `migrate status` lists them, and 0 is before the first")]
    NoVersion(u64),
    /// A script permanently deletes data, which must be allowed.
    #[error("{migration} deletes {loss}: pass --allow-destructive to allow it")]
    Destructive {
        /// The migration.
        migration: String,
        /// What it deletes.
        loss: String,
    },
    /// The database belongs to another program: it has no history of these migrations, and is not empty.
    #[error("{database} is not empty, and was not created by mWallet: it has {holds}; nothing was changed")]
    NotEmpty {
        /// The database.
        database: String,
        /// What it contains: the first names, and the number of others.
        holds: String,
        /// The names of new tables that are already taken; often none.
        taken: String,
    },
    /// The database was created before there were migrations, and differs from theirs.
    #[error("the tables of the database differ from those of the migrations, and it has no migration history:\n{0}")]
    Different(String),
    /// The database lacks migrations.
    #[error("the database is out of date, it lacks {0}")]
    OutOfDate(String),
    /// A migration was started but not finished.
    #[error("{0} was started but not finished: `migrate up` finishes it first")]
    Begun(String),
}

fn describe_place(place: Option<&(usize, usize)>) -> String {
    place.map_or_else(String::new, |(line, column)| format!(", line {line}, column {column}"))
}

/// A number of rows with a description in the plural, which begins with `rows of … have`, `rows of … refer` or
/// `values of … do`. The descriptions also come from existing scripts, so old ones must be understood.
fn counted(rows: i64, what: &str) -> String {
    if rows != 1 {
        return format!("{rows} {what}");
    }
    let of_one = [("rows of ", "row of "), ("values of ", "value of ")];
    let verbs = [(" have ", " has "), (" refer ", " refers "), (" do not ", " does not ")];
    let noun = of_one.iter().find_map(|(many, one)| what.strip_prefix(many).map(|rest| (one, rest)));
    let Some((one, rest)) = noun else { return format!("1 {what}") };
    // The first verb after the name, which is one word, or quoted names, which contain no verb.
    let verb = verbs.iter().filter_map(|(many, one)| Some((rest.find(many)?, many, one))).min();
    let rest = match verb {
        Some((_, many, one)) => rest.replacen(many, one, 1),
        None => rest.to_owned(),
    };
    format!("1 {one}{rest}")
}

/// A result with a [`MigrateError`].
pub(super) type Result<T> = std::result::Result<T, MigrateError>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_told_as_one() {
        for (many, one) in [
            ("values of orders.memo do not fit: text(10)", "1 value of orders.memo does not fit: text(10)"),
            ("rows of orders have no memo", "1 row of orders has no memo"),
            ("rows of a refer to no row of b", "1 row of a refers to no row of b"),
            ("rows of a have dangling references to b", "1 row of a has dangling references to b"),
            ("other words", "1 other words"),
        ] {
            assert_eq!(counted(1, many), one);
            assert_eq!(counted(2, many), format!("2 {many}"));
        }
    }
}
