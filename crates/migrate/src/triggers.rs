//! Finds triggers of PostgreSQL that use a column which a script renames, before it runs.
//!
//! PostgreSQL stores the bodies of functions as text, so they would fail at the next write. SQLite renames the column
//! in its triggers.

use mwallet_schema::ColumnType;

use super::comments::renamed_column;
use super::error::{MigrateError, Result};
use super::files::Migration;
use mwallet_db::{Dialect, Session, Sql, crud};
use mwallet_reflect::tokens::{Token, tokens};

const POSTGRES: &str = "
SELECT c.relname::text, t.tgname::text, p.proname::text, p.prosrc
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
WHERE NOT t.tgisinternal AND NOT EXISTS (
    SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
ORDER BY c.relname, t.tgname";

/// A column that a script renames.
struct Renamed {
    table: String,
    from: String,
    to: String,
}

/// Rejects a script that renames a column which a trigger uses, unless the script handles the trigger.
///
/// # Errors
///
/// Returns an error for the first such trigger.
pub(super) async fn check(session: &mut Session, migration: &Migration, statements: &[&str]) -> Result<()> {
    if session.engine().dialect() == Dialect::Sqlite {
        return Ok(());
    }
    let renamed = |statement: &&str| {
        let (table, from, to) = renamed_column(statement)?;
        Some(Renamed { table, from, to })
    };
    let renames: Vec<Renamed> = statements.iter().filter_map(renamed).collect();
    if renames.is_empty() {
        return Ok(());
    }
    match naming(session, statements, &renames).await? {
        None => Ok(()),
        Some((trigger, table, renamed)) => Err(MigrateError::Trigger {
            migration: migration.to_string(),
            trigger,
            table,
            column: format!("{}.{}", renamed.table, renamed.from),
            becomes: renamed.to.clone(),
        }),
    }
}

/// Returns a trigger whose function uses a renamed column and which the script does not mention.
async fn naming<'r>(
    session: &mut Session,
    statements: &[&str],
    renames: &'r [Renamed],
) -> mwallet_db::Result<Option<(String, String, &'r Renamed)>> {
    let text = || ColumnType::Text { max: None };
    let sql = Sql::new(POSTGRES).returns("table", text()).returns("trigger", text());
    let sql = sql.returns("function", text()).returns("body", text());
    let triggers: Vec<(String, String, String, String)> = crud::execute(session, sql).await?;
    for (table, trigger, function, body) in triggers {
        if statements.iter().any(|statement| is_about(statement, &trigger, &function)) {
            continue;
        }
        let words = tokens(&body, Dialect::Postgres);
        let has = |name: &str| words.iter().any(|word| is_name(word, name));
        let names = |renamed: &&Renamed| has(&renamed.from) && (renamed.table == table || has(&renamed.table));
        if let Some(renamed) = renames.iter().find(names) {
            return Ok(Some((trigger, table, renamed)));
        }
    }
    Ok(None)
}

/// Returns whether a statement creates, changes or drops a trigger or its function, or has a comment that names the
/// trigger as unaffected.
fn is_about(statement: &str, trigger: &str, function: &str) -> bool {
    let words = tokens(statement, Dialect::Postgres);
    let kinds = ["TRIGGER", "FUNCTION", "PROCEDURE", "ROUTINE"];
    let names = |word: &Token<'_>| is_name(word, trigger) || is_name(word, function);
    let is_made = words.iter().take(8).any(|word| kinds.iter().any(|kind| word.is(kind))) && words.iter().any(names);
    let mut comments = statement.lines().take_while(|line| line.starts_with("--"));
    is_made || comments.any(|line| line.contains(&format!("trigger {trigger}")))
}

/// Returns whether a token is that name: exactly, or in any case if it is not quoted.
fn is_name(word: &Token<'_>, name: &str) -> bool {
    word.name() == name || word.is(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_about_a_trigger_where_it_makes_or_names_it() {
        for statement in [
            "CREATE OR REPLACE FUNCTION public.note() RETURNS trigger LANGUAGE sql AS ''",
            "DROP TRIGGER noted ON members",
            "ALTER TABLE members DISABLE TRIGGER noted",
            "-- The trigger noted means another memo.\nSELECT 1",
        ] {
            assert!(is_about(statement, "noted", "note"), "{statement}");
        }
        for statement in
            ["ALTER TABLE members RENAME COLUMN memo TO note", "DROP TRIGGER other ON members", "-- noted\nSELECT 1"]
        {
            assert!(!is_about(statement, "noted", "note"), "{statement}");
        }
    }
}
