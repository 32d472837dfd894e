//! The program keeps its database up to date, and its migrations make what it declares.

#![expect(clippy::expect_used, reason = "what a test stands on must be there")]

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use mwallet_db::{Engine, Entity, Key, KeyColumns, Ref};
use mwallet_migrate::{DataMigration, Migrator, embedded};

use entities::{Author, Book};

fn run(folder: &std::path::Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_mwallet-example-library"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("the program runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("it writes text")
}

#[test]
fn it_migrates_once_and_has_nothing_left_to_write() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    assert!(run(folder.path(), &[]).ends_with("1 books\n"));
    assert_eq!(run(folder.path(), &[]), "applied []\n2 books\n");
    let written = run(folder.path(), &["new", "nothing"]);
    assert!(written.starts_with('\n'), "the entities differ from the migrations: {written}");
}

/// As the program has them.
mod entities {
    use super::{Entity, Key, Ref};

    #[derive(Clone, Debug, Entity)]
    pub(crate) struct Author {
        #[entity(flatten)]
        pub(crate) key: Key,
        #[entity(max = 80, min_length = 1, unique)]
        pub(crate) name: String,
    }

    #[derive(Clone, Debug, Entity)]
    pub(crate) struct Book {
        #[entity(flatten)]
        pub(crate) key: Key,
        #[entity(max = 200)]
        pub(crate) title: String,
        #[entity(on_delete = "restrict", index)]
        pub(crate) author_id: Ref<Author>,
    }
}

#[tokio::test]
async fn what_the_guide_says_of_rows_and_tests_can_be_done() -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::new(&"sqlite::memory:".parse()?)?;
    let migrations = embedded(mwallet_migrate::migrations!("migrations"))?;
    let fill: DataMigration = Arc::new(|session, place| {
        Box::pin(async move {
            // The rows behind the last one of the batch before.
            let last: i64 = place.and_then(|place: String| place.parse().ok()).unwrap_or(0);
            let batch = Book::find().filter(Book::ID.gt(last)).order(Book::ID.asc()).limit(500);
            let books = batch.all(&mut *session).await?;
            for book in &books {
                session.update(&Book { title: book.title.trim().to_owned(), ..book.clone() });
            }
            // Nothing when all is done.
            Ok(books.last().and_then(|book| book.key.id.get()).map(ToString::to_string))
        })
    });
    let migrator = Migrator::new(&engine, &migrations).data(20261124131656, fill);
    assert_eq!(migrator.up(None, |_| {}).await?.len(), migrations.len());
    let tables = [Author::table(), Book::table()];
    let left = mwallet_migrate::check(&engine, &tables, &[]).await?;
    assert!(left.is_empty(), "{left}");
    Ok(())
}

/// The lines of a program, without the room before and after each.
fn lines(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_guide_has_lines_of_this_program_and_its_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| std::fs::read_to_string(root.join(path)).expect(path);
    let compiled = [lines(&read("src/main.rs")), lines(&read("tests/library.rs"))];
    let guide = read("../../docs/how-to/migration.md");
    let blocks: Vec<&str> =
        guide.split("```rust\n").skip(1).filter_map(|rest| rest.split_once("```").map(|(block, _)| block)).collect();
    assert!(blocks.len() >= 5, "the guide has lost its examples");
    for block in blocks {
        let block = lines(block);
        assert!(compiled.iter().any(|program| program.contains(block.trim_end())), "nothing compiles\n{block}");
    }
}
