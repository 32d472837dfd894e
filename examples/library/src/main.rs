//! A library of books: two entities, their migrations, and a program that keeps a database up to date.
//!
//! `library new NAME` writes a migration, `library up` applies what is still to come, `library` adds a book and counts.

use std::path::Path;

use mwallet_db::schema::{Sources, Table};
use mwallet_db::{Auto, Engine, Entity, Key, Ref, SystemSources};
use mwallet_migrate::{Migrator, Renames, embedded, generate, replay, write};

/// Whoever writes books.
#[derive(Clone, Debug, Entity)]
struct Author {
    #[entity(flatten)]
    key: Key,
    #[entity(max = 80, min_length = 1, unique)]
    name: String,
}

/// What they write.
#[derive(Clone, Debug, Entity)]
struct Book {
    #[entity(flatten)]
    key: Key,
    #[entity(max = 200)]
    title: String,
    #[entity(on_delete = "restrict", index)]
    author_id: Ref<Author>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let tables: Vec<Table> = vec![Author::table().clone(), Book::table().clone()];
    let migrations = embedded(mwallet_migrate::migrations!("migrations"))?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [command, name] = arguments.as_slice()
        && command == "new"
    {
        let last = migrations.last().map_or(0, |migration| migration.version);
        let made = replay(&migrations).await?;
        let draft = generate(name, SystemSources.now(), &made, last, &tables, &Renames::default()).await?;
        println!("{}\n{:?}", draft.difference, write(Path::new("migrations"), &draft.migration)?);
        return Ok(());
    }
    let engine = Engine::new(&"sqlite:library.db".parse()?)?;
    let migrator = Migrator::new(&engine, &migrations);
    println!("applied {:?}", migrator.up(None, |_| {}).await?);
    let mut session = engine.sessions().begin().await?;
    let name = format!("Author {}", SystemSources.now());
    let author = session.add(Author { key: Key { id: Auto::Unset }, name });
    session.add(Book { key: Key::default(), title: "A book".into(), author_id: author.into() });
    session.commit().await?;
    println!("{} books", Book::find().all(&engine).await?.len());
    engine.close().await;
    Ok(())
}
