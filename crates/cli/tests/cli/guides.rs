//! The guides: each of their commands is run, and must print what stands below it.

use std::path::Path;
use std::process::Command;

use mwallet_testkit::{Dialect, Sample, TestDb, both_engines, run};

use crate::support::{Server, done, program, root};

/// Has each answer end its line, as a terminal shows it.
const PRELUDE: &str = r#"
set -eu
curl() {
    local out
    out=$(command curl "$@"; printf x)
    out=${out%x}
    printf '%s' "$out"
    [[ -z $out || $out == *$'\n' ]] || echo
}
mwallet() {
    "$MWALLET" "$@"
}
"#;

struct Example {
    commands: String,
    printed: String,
}

/// The blocks ```` ```sh run ````, each with the block of text that follows it.
fn examples(guide: &str) -> Vec<Example> {
    let mut examples = Vec::new();
    let mut blocks = guide.split("```sh run\n").skip(1);
    blocks.by_ref().for_each(|rest| {
        let (commands, rest) = rest.split_once("```\n").unwrap();
        let printed = rest.trim_start().strip_prefix("```text\n").unwrap_or_else(|| panic!("what prints {commands}?"));
        let printed = printed.split_once("```").unwrap().0;
        examples.push(Example { commands: commands.into(), printed: printed.into() });
    });
    examples
}

/// Whether a text is as the guide says, where each `…` stands for any text of a line.
fn is_as_told(told: &str, text: &str) -> bool {
    let (mut told, mut text) = (told.lines(), text.lines());
    loop {
        match (told.next(), text.next()) {
            (None, None) => return true,
            (Some(told), Some(text)) if is_line_as_told(told, text) => {}
            _ => return false,
        }
    }
}

fn is_line_as_told(told: &str, line: &str) -> bool {
    let mut parts = told.split('…');
    let Some(mut rest) = parts.next().and_then(|first| line.strip_prefix(first)) else { return false };
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.split_once(part) {
            Some((_, behind)) => rest = behind,
            None => return false,
        }
    }
    rest.is_empty()
}

/// Runs the examples of a guide in a folder, beside a server, where there is one.
fn follow(guide: &str, folder: &Path, url: &str) {
    let guide = std::fs::read_to_string(root().join("docs").join(guide)).unwrap();
    let examples = examples(&guide);
    assert!(examples.len() > 2, "the guide has lost its examples");
    for Example { commands, printed } in examples {
        let script = format!("{PRELUDE}\nURL={url}/rest/v1\n{commands}");
        let mut bash = Command::new("bash");
        bash.args(["-c", &script]).current_dir(folder).env("MWALLET", program(folder).get_program());
        let ran = done(&mut bash);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{commands}");
        assert!(is_as_told(&printed, &ran.out), "{commands}\nprinted\n{}\ninstead of\n{printed}", ran.out);
    }
}

#[both_engines]
async fn the_guide_to_the_data_plane_tells_what_happens(db: TestDb) {
    let mut program = program(db.folder.path());
    program.env("MWALLET_AGGREGATES", "true");
    follow("api.md", db.folder.path(), &Server::start_with(program, &db).url);
}

#[test]
fn the_guide_to_a_database_of_ones_own_tells_what_happens() {
    run(Dialect::Sqlite, async |db: TestDb| {
        Sample::Chinook.fill(&db).await;
        let folder = db.folder.path();
        std::fs::rename(folder.join("test.db"), folder.join("chinook.db")).unwrap();
        let mut program = program(folder);
        program.args(["serve", "--open", "--reflect", "--database-url", "sqlite:chinook.db"]);
        follow("legacy-database.md", folder, &Server::listening(program).url);
    });
}

#[test]
fn the_guide_to_permissions_tells_what_happens() {
    run(Dialect::Sqlite, async |db: TestDb| {
        Sample::Chinook.fill(&db).await;
        let folder = db.folder.path();
        std::fs::rename(folder.join("test.db"), folder.join("chinook.db")).unwrap();
        let guide = std::fs::read_to_string(root().join("docs/permissions.md")).unwrap();
        let files = guide.split("```yaml\n").skip(1).map(|file| file.split_once("```").unwrap().0);
        for (name, file) in ["permissions.yml", "chinook.yml"].into_iter().zip(files) {
            std::fs::write(folder.join(name), file).unwrap();
        }
        let mut server = program(folder);
        server.args(["serve", "--permissions", "permissions.yml"]);
        follow("permissions.md", folder, &Server::listening(server).url);
    });
}

#[test]
fn the_guide_to_migrations_tells_what_happens() {
    let folder = tempfile::tempdir().unwrap();
    follow("migrations.md", folder.path(), "");
}

#[test]
fn the_guide_to_copies_tells_what_happens() {
    let folder = tempfile::tempdir().unwrap();
    follow("how-to/backup.md", folder.path(), "");
}

#[test]
fn the_guide_to_scripts_tells_what_happens() {
    let folder = tempfile::tempdir().unwrap();
    follow("how-to/scripts.md", folder.path(), "");
}

#[test]
fn dots_stand_for_any_text_of_a_line() {
    assert!(is_as_told("a…c\nd", "abc\nd\n"));
    assert!(is_as_told("{…\"x\"…}", "{1,\"x\":2}"));
    for (told, text) in [("a…c", "abd"), ("a", "ab"), ("a…", "b"), ("a…b…c", "a c"), ("a\nb", "a")] {
        assert!(!is_as_told(told, text), "{told} {text}");
    }
}
