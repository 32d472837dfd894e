//! Why migrations cannot be applied, and what became of the database.

use std::time::Duration;

use mwallet_schema::TableError;

use mwallet_db::Error;

/// Why migrations cannot be applied.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// What the database says beside migrations.
    #[error(transparent)]
    Database(#[from] Error),
    /// The migrations fail in a database of SQLite in memory, which is made to see what they make. No other database was changed.
    #[error("applied in memory, to see what the migrations make, {failed}")]
    Replay {
        /// What fails, with the name of the migration.
        failed: String,
    },
    /// A statement failed. The database is as it was before its migration.
    #[error("{migration}: {error}\nat statement {number}{}: {statement}", told(place.as_ref()))]
    Failed {
        /// The migration.
        migration: String,
        /// Which of its statements, from 1.
        number: usize,
        /// The line and the column of the statement, from 1, where the database tells them.
        place: Option<(usize, usize)>,
        /// That line, or the statement's beginning.
        statement: String,
        /// All that the database says of it.
        error: String,
    },
    /// A statement of a migration that is run statement by statement failed. Those before it are done, and noted.
    #[error("{migration}: {error}\nat statement {number}: {statement}\n{} of its statements are done", number - 1)]
    Stopped {
        /// The migration.
        migration: String,
        /// Which of its statements, from 1.
        number: usize,
        /// Its beginning.
        statement: String,
        /// All that the database says of it.
        error: String,
    },
    /// Others held what a statement needs for longer than the migration waits. Nothing was changed.
    #[error(
        "{migration}: others hold what it needs: it waited {attempts} times for {timeout:?}; nothing was changed\nat statement {number}: {statement}"
    )]
    Locked {
        /// The migration.
        migration: String,
        /// Which of its statements, from 1.
        number: usize,
        /// Its beginning.
        statement: String,
        /// How often it waited.
        attempts: u32,
        /// How long each time.
        timeout: Duration,
    },
    /// A script begins or ends a transaction itself. Nothing was changed.
    #[error(
        "{migration}: statement {number} begins or ends a transaction, and each migration is one already: {statement}"
    )]
    Transaction {
        /// The migration.
        migration: String,
        /// Which of its statements, from 1.
        number: usize,
        /// The statement.
        statement: String,
    },
    /// Rows have values that a column will not take, or none where it must have one. Nothing was changed.
    #[error("{migration}: {}; nothing was changed", counted(*rows, what))]
    Misfits {
        /// The migration.
        migration: String,
        /// How many.
        rows: i64,
        /// What they are, such as `values of orders.memo do not fit: text(10), not null`.
        what: String,
    },
    /// A trigger names a column that the migration renames. Nothing was changed.
    #[error(
        "{migration}: the trigger {trigger} of {table} names {column}, which becomes {becomes}; nothing was changed"
    )]
    Trigger {
        /// The migration.
        migration: String,
        /// The trigger.
        trigger: String,
        /// The table whose trigger it is.
        table: String,
        /// The column, with its table.
        column: String,
        /// What it is called then.
        becomes: String,
    },
    /// Views or triggers that worked before a migration do not after it, which was undone.
    #[error("{migration}: after it, {what} would not work; nothing was changed")]
    Broken {
        /// The migration.
        migration: String,
        /// Which, and what the database says of each.
        what: String,
    },
    /// A rename that is declared or given cannot be meant; nothing was written.
    #[error("{}", .0.join("\n"))]
    Renames(Vec<String>),
    /// A declaration of a table cannot be one; nothing was written.
    #[error(transparent)]
    Declaration(#[from] TableError),
    /// A foreign key leads nowhere after a migration, which was undone.
    #[error(
        "{migration}: {}; nothing was changed",
        counted(*rows, &format!("rows of {table} refer to no row of {parent} after it"))
    )]
    Orphans {
        /// The migration.
        migration: String,
        /// The table whose rows refer.
        table: String,
        /// The table that they refer to.
        parent: String,
        /// How many.
        rows: i64,
    },
    /// A migration has changed since it was applied.
    #[error("{0} was changed after it was applied: undo the change, and write another migration instead")]
    Changed(String),
    /// The database has had a migration that is not among these.
    #[error("the database has had {0}, which is not among the migrations here: is this an older program?")]
    Unknown(String),
    /// There is no such version.
    #[error("there is no migration {0}; `migrate status` lists them, and 0 is before the first")]
    NoVersion(u64),
    /// A script loses something for good, which must be allowed.
    #[error("{migration} loses {loss}: --allow-destructive lets it")]
    Destructive {
        /// The migration.
        migration: String,
        /// What is lost.
        loss: String,
    },
    /// The database is somebody else's: it has no history of these migrations, and is not empty.
    #[error("{database} is not empty, and mWallet did not set it up: it holds {holds}; nothing was changed")]
    NotEmpty {
        /// The database.
        database: String,
        /// What it holds: the first names, and how many there are more.
        holds: String,
        /// Those of its tables that have names of the tables which it was to get; often none.
        taken: String,
    },
    /// The database was made before there were migrations, and is not as these make it.
    #[error("the tables of the database are not as the migrations make them, and it has no history:\n{0}")]
    Different(String),
    /// The database has not had all migrations.
    #[error("the database has not had {0}")]
    OutOfDate(String),
    /// A migration was begun and not ended.
    #[error("{0} was begun and is not done: `migrate up` ends it first")]
    Begun(String),
}

fn told(place: Option<&(usize, usize)>) -> String {
    place.map_or_else(String::new, |(line, column)| format!(", line {line}, column {column}"))
}

/// So many of what is named by words in the plural, which begin with `rows of … have`, `rows of … refer` or `values of … do`. Those
/// of scripts stand in files that were written long ago.
fn counted(rows: i64, what: &str) -> String {
    if rows != 1 {
        return format!("{rows} {what}");
    }
    let of_one = [("rows of ", "row of "), ("values of ", "value of ")];
    let verbs = [(" have ", " has "), (" refer ", " refers "), (" do not ", " does not ")];
    let noun = of_one.iter().find_map(|(many, one)| what.strip_prefix(many).map(|rest| (one, rest)));
    let Some((one, rest)) = noun else { return format!("1 {what}") };
    // The first verb behind the name, which is one word, or names in quotes, which hold none of them.
    let verb = verbs.iter().filter_map(|(many, one)| Some((rest.find(many)?, many, one))).min();
    let rest = match verb {
        Some((_, many, one)) => rest.replacen(many, one, 1),
        None => rest.to_owned(),
    };
    format!("1 {one}{rest}")
}

/// What came of it, or why it did not.
pub(super) type Result<T> = std::result::Result<T, MigrateError>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_told_as_one() {
        for (many, one) in [
            ("values of orders.memo do not fit: text(10)", "1 value of orders.memo does not fit: text(10)"),
            ("rows of orders have no memo", "1 row of orders has no memo"),
            ("rows of a refer to no row of b after it", "1 row of a refers to no row of b after it"),
            ("other words", "1 other words"),
        ] {
            assert_eq!(counted(1, many), one);
            assert_eq!(counted(2, many), format!("2 {many}"));
        }
    }
}
