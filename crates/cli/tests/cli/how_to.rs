//! A newcomer follows `docs/how-to/entity.md` in a copy of the tree, to the letter but for the name: one file and one
//! line make a table, a schema and a resource.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use mwallet_testkit::{TestDb, both_engines};
use serde_json::{Value, json};

use crate::support::{Server, done, program_at, root};

/// The code block of the guide whose fence says `rust <mark>=<file>`, and that file.
fn block(guide: &str, mark: &str) -> (String, String) {
    let start = guide.find(&format!("```rust {mark}=")).unwrap_or_else(|| panic!("the guide has no block {mark}"));
    let (fence, rest) = guide[start..].split_once('\n').unwrap();
    let (file, code) = (fence.split_once('=').unwrap().1, rest.split_once("```").unwrap().0);
    (file.to_owned(), code.to_owned())
}

/// The guide about an entity of another name, which mWallet itself will never have: it may have one of the guide's some
/// day.
fn guide() -> String {
    let guide = std::fs::read_to_string(root().join("docs/how-to/entity.md")).unwrap();
    guide.replace("Vault", "NewcomersVault").replace("vault", "newcomers_vault")
}

/// Copies a folder's files where they differ, so that what was built of an earlier copy stays built.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            write(&target, &std::fs::read(entry.path()).unwrap());
        }
    }
}

fn write(path: &Path, text: &[u8]) {
    if std::fs::read(path).ok().as_deref() != Some(text) {
        std::fs::write(path, text).unwrap();
    }
}

/// A manifest or a list of versions with another number for the crates of this tree. With the same, cargo would take
/// what it built of the copy for what it builds of the tree, and the other way round.
fn renumbered(text: &str) -> String {
    let mut is_own = false;
    let lines = text.lines().map(|line| {
        let own = std::mem::replace(
            &mut is_own,
            line == "[workspace.package]" || line.starts_with("name = \"mwallet-") || line == "name = \"xtask\"",
        );
        if own && line == "version = \"0.1.0\"" { "version = \"0.1.0-newcomer\"" } else { line }
    });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

/// Follows the guide and builds the program; once, for both engines.
fn newcomers_program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let guide = guide();
        let tree = Path::new(env!("CARGO_TARGET_TMPDIR")).join("how-to");
        std::fs::create_dir_all(&tree).unwrap();
        for part in ["Cargo.toml", "Cargo.lock", "clippy.toml"] {
            let text = std::fs::read_to_string(root().join(part)).unwrap();
            write(&tree.join(part), renumbered(&text).as_bytes());
        }
        // What an earlier run has added is not there at first.
        let _ = std::fs::remove_dir_all(tree.join("migrations"));
        for part in ["crates", "examples", "xtask", "migrations"] {
            copy(&root().join(part), &tree.join(part));
        }

        let (file, code) = block(&guide, "file");
        write(&tree.join(file), code.as_bytes());
        let (file, line) = block(&guide, "line");
        let registered = std::fs::read_to_string(root().join(&file)).unwrap();
        // After the last of the list, as it may refer to any of them.
        let begin = registered.find("\nentities! {\n").unwrap();
        let end = begin + registered[begin..].find("}\n").unwrap();
        let registered = format!("{}{line}{}", &registered[..end], &registered[end..]);
        write(&tree.join(file), registered.as_bytes());

        // Built beside everything else, so that what it depends on is built already; its number and its name keep it
        // apart.
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        let manifest = tree.join("crates/cli/Cargo.toml");
        let named =
            std::fs::read_to_string(&manifest).unwrap().replace("name = \"mwallet\"", "name = \"newcomers-mwallet\"");
        write(&manifest, named.as_bytes());
        // A test of all packages has the features of the tests that run here. A build of the program alone has fewer, so
        // that most of what it depends on would be built anew.
        write(&tree.join("crates/cli/tests/newcomers.rs"), b"//! Nothing: cargo builds the program for its tests.\n");
        let build = || {
            let built = Command::new(env!("CARGO"))
                .args(["test", "--no-run", "--quiet", "--locked", "--offline", "--workspace", "--test", "newcomers"])
                .current_dir(&tree)
                .env("CARGO_TARGET_DIR", target)
                .status()
                .unwrap();
            assert!(built.success(), "what the guide says does not compile");
        };
        build();
        let program = target.join("debug/newcomers-mwallet");
        assert!(
            guide.contains("cargo run -- migrate new add_newcomers_vaults\n"),
            "the guide does not say how the migration is written"
        );
        let written = done(program_at(&program, &tree).args(["migrate", "new", "add_newcomers_vaults"]));
        assert!(written.out.contains("_add_newcomers_vaults/up.sqlite.sql"), "{}{}", written.out, written.err);
        assert_eq!(written.err, "create table newcomers_vaults\n");
        build();
        program
    })
}

#[both_engines]
async fn one_file_and_one_line_make_a_resource(db: TestDb) {
    let program = newcomers_program();
    let shown =
        done(program_at(program, db.folder.path()).args(["schema", "show", "--dialect", &db.dialect().to_string()]));
    assert!(shown.out.contains("CREATE TABLE \"newcomers_vaults\""), "{}{}", shown.out, shown.err);

    let server = Server::start_with(program_at(program, db.folder.path()), &db);
    let assets = json!({"code": "BTC", "name": "Bitcoin", "kind": "COIN", "decimals": 8});
    let asset: Value = serde_json::from_str(&server.post("/rest/v1/assets", &assets.to_string(), 201)).unwrap();
    let vault =
        json!({"usid": "ada", "label": "deep", "asset_id": asset["id"], "insured_value": "0.000000000000000001"});
    let made: Value = serde_json::from_str(&server.post("/rest/v1/newcomers_vaults", &vault.to_string(), 201)).unwrap();
    assert_eq!((&made["state"], &made["version"]), (&json!("OPEN"), &json!(1)));
    let path = format!("/rest/v1/newcomers_vaults/{}", made["slug"].as_str().unwrap());
    let read: Value = serde_json::from_str(&server.get(&path)).unwrap();
    assert_eq!((&read, &read["insured_value"]), (&made, &json!("0.000000000000000001")));

    let wrong = json!({"usid": "ada", "label": "", "asset_id": "x", "insured_value": "-1", "state": "GONE"});
    let refused: Value =
        serde_json::from_str(&server.post("/rest/v1/newcomers_vaults", &wrong.to_string(), 422)).unwrap();
    assert_eq!(refused["errors"].as_array().unwrap().len(), 4, "{refused}");
}
