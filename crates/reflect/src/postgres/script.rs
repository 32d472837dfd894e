//! Builds the statements that recreate the schemas, from what PostgreSQL prints for each object.

mod order;
mod questions;

use std::collections::{BTreeSet, HashMap};

use mwallet_schema::{ColumnType, Value, visible};

use self::order::{Dependency, Object, Owner, Piece, Reason, Things, order};
use self::questions::{DEPENDENCIES, EVERYTHING, Makes, NAMES, QUESTIONS, UNSAID};
use super::{Work, check_schemas};
use crate::Script;
use crate::row_reader::ask;
use mwallet_db::{Result, Session, Sql};

/// With an empty search path, PostgreSQL qualifies every name.
const NO_PATH: &str = "SELECT set_config('search_path', '', true)";

/// The catalogue of relations.
const RELATIONS: &str = "SELECT 'pg_class'::regclass::oid::int8";

/// The start of the script: an empty search path, and functions that may mention later tables.
const HEAD: &str = "\
-- This script has no rows and no owners: the objects belong to the user who runs it. The roles of policies must exist.
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = off;
";

pub(crate) async fn script(session: &mut Session, schemas: &[String]) -> Result<Script> {
    let work = Work::new(schemas);
    check_schemas(session, &work).await?;
    ask(session, Sql::new(NO_PATH), "t").await?;
    let relations = match ask(session, Sql::new(RELATIONS), "n").await?.first_mut() {
        Some(fields) => fields.number()?,
        None => 0,
    };
    let mut pieces = Vec::new();
    for (kind, (makes, question)) in QUESTIONS.iter().enumerate() {
        for mut fields in ask(session, work.question(question), "nnnt").await? {
            let (object, needs) = ((fields.number()?, fields.number()?), fields.number()?);
            let needs = Some((relations, needs)).filter(|(_, needs)| *needs != 0);
            pieces.push(Piece { object, needs, makes: *makes, kind, statement: fields.text()? });
        }
    }
    let mut dependencies = Vec::new();
    for mut fields in ask(session, work.question(DEPENDENCIES), "nnnnt").await? {
        let (of, on) = ((fields.number()?, fields.number()?), (fields.number()?, fields.number()?));
        let letter = fields.text()?.bytes().next().unwrap_or_default();
        dependencies.push(Dependency { of, on, letter });
    }
    let things = Things::from_pieces(&pieces, &dependencies, relations);
    // Drop additions to objects that are not created.
    pieces.retain(|piece| is_ours(piece, &things));
    let things = Things::from_pieces(&pieces, &dependencies, relations);
    let order = order(&pieces, &dependencies, &things);

    let mut script = Script { sql: HEAD.into(), left_out: left_out(session, &work, &pieces, &order, &things).await? };
    for text in &script.left_out {
        script.sql.push_str(&format!("-- Omitted: {}\n", visible(text)));
    }
    for piece in order.run {
        script.sql.push_str(&format!("\n{};\n", pieces[piece].statement));
    }
    Ok(script)
}

/// Returns whether a piece creates an object, or adds to one that another piece creates, rather than an extension.
fn is_ours(piece: &Piece, things: &Things) -> bool {
    piece.makes == Makes::Thing || matches!(things.owner(piece.object), Owner::Piece(_))
}

/// Describes what is omitted, with the reason unless it is never written.
async fn left_out(
    session: &mut Session,
    work: &Work,
    pieces: &[Piece],
    order: &order::Order,
    things: &Things,
) -> Result<Vec<String>> {
    let mut found: Vec<(Object, String)> = Vec::new();
    for mut fields in ask(session, work.question(EVERYTHING), "nnt").await? {
        let object = (fields.number()?, fields.number()?);
        // Parts of a missing object need no mention.
        if things.close_owner(object) == Owner::Missing(object) {
            found.push((object, String::new()));
        }
    }
    for mut fields in ask(session, work.question(UNSAID), "nnt").await? {
        let object = (fields.number()?, fields.number()?);
        if let Owner::Piece(_) = things.close_owner(object) {
            found.push((object, format!(": its {}", fields.text()?)));
        }
    }
    let mut reasons: Vec<(usize, Option<Object>)> = Vec::new();
    for (piece, reason) in &order.left_out {
        let needs = match reason {
            Reason::Needs(object) => Some(*object),
            Reason::Circle => None,
        };
        // Additions to an omitted object are omitted silently.
        if pieces[*piece].makes == Makes::Thing || needs != Some(pieces[*piece].object) {
            reasons.push((*piece, needs));
        }
    }
    let objects = found.iter().map(|(object, _)| *object);
    let needed = reasons.iter().flat_map(|(piece, needs)| std::iter::once(pieces[*piece].object).chain(*needs));
    let names = names(session, objects.chain(needed).collect()).await?;
    let name = |object: &Object| {
        names.get(object).cloned().unwrap_or_else(|| format!("object {} of catalogue {}", object.1, object.0))
    };
    let mut texts: BTreeSet<String> = found.iter().map(|(object, said)| format!("{}{said}", name(object))).collect();
    for (piece, needs) in reasons {
        let Piece { object, makes, statement, .. } = &pieces[piece];
        let what = if *makes == Makes::Thing { name(object) } else { statement.clone() };
        texts.insert(match needs {
            Some(needs) => format!("{what}: it needs {}", name(&needs)),
            None => format!("{what}: it is part of a circular dependency"),
        });
    }
    Ok(texts.into_iter().collect())
}

/// Returns the names of objects.
async fn names(session: &mut Session, objects: BTreeSet<Object>) -> Result<HashMap<Object, String>> {
    let (classes, objects): (Vec<Value>, Vec<Value>) =
        objects.into_iter().map(|(class, object)| (Value::Int(class), Value::Int(object))).unzip();
    let sql = Sql::new(NAMES).bind_as(Value::List(classes), ColumnType::BigInt);
    let sql = sql.bind_as(Value::List(objects), ColumnType::BigInt);
    let mut names = HashMap::new();
    for mut fields in ask(session, sql, "nnt").await? {
        names.insert((fields.number()?, fields.number()?), fields.text()?);
    }
    Ok(names)
}
