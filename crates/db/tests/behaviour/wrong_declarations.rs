//! Tests that one mistake in a declaration is one compiler error, however much of the program uses it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// A program that uses everything that the macros generate.
const PROGRAM: &str = r#"
use mwallet_db::{Auto, ColumnGroup, Engine, Entity, Enumeration, Filter, Key, KeyColumns, Ref};

/// Who did what.
#[derive(Clone, Debug, Default, ColumnGroup)]
pub struct Audit {
    #[entity(max = 50)] // group
    pub author: String,
    pub reason: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enumeration)]
pub enum State {
    #[default]
    #[enumeration(label = "OPEN")] // variant
    Open,
    Closed,
}

#[derive(Clone, Debug, Entity)]
#[entity(table = "vaults")] // struct
pub struct Vault {
    #[entity(flatten)]
    pub key: Key,
    #[entity(flatten)]
    pub audit: Audit,
    #[entity(max = 50)] // field
    pub label: Option<String>,
    pub state: State,
    #[entity(default = 1)] // default
    pub count: i64,
}

#[derive(Clone, Debug, Entity)]
pub struct Coin {
    #[entity(flatten)]
    pub key: Key,
    pub vault_id: Ref<Vault>,
}

pub async fn uses(engine: &Engine) -> mwallet_db::Result<usize> {
    engine.create_all(&[Vault::table(), Coin::table()]).await?;
    let vault = Vault {
        key: Key::default(),
        audit: Audit::default(),
        label: Some("main".into()),
        state: State::default(),
        count: 1,
    };
    let vault = vault.create(engine).await?;
    let filters: Vec<Filter> = vec![
        Vault::LABEL.like("m%"),
        Vault::COUNT.gt(0),
        Vault::STATE.eq(State::Open),
        Vault::AUTHOR.eq("ada"),
        Vault::ID.gte(1),
    ];
    let mut found = 0;
    for filter in filters {
        found += Vault::find().filter(filter).all(engine).await?.len();
    }
    let coins = Coin::find().order(Coin::VAULT_ID.asc()).all(engine).await?;
    assert_eq!((vault.state.label(), State::from_label("OPEN")), ("OPEN", Some(State::Open)));
    assert!(matches!(vault.key.id, Auto::Set(_)));
    Ok(found + coins.len())
}
"#;

/// Returns the compiler errors of a program, one line each, without notes.
fn errors(library: &Path, program: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("program.rs");
    std::fs::write(&file, program).unwrap();
    let mut rustc = Command::new(Path::new(env!("CARGO")).with_file_name("rustc"));
    rustc.args(["--edition", "2024", "--crate-type", "lib", "--emit", "metadata", "--error-format", "short"]);
    rustc.args(["--cap-lints", "allow", "-L"]).arg(format!("dependency={}", library.parent().unwrap().display()));
    rustc.arg("--extern").arg(format!("mwallet_db={}", library.display()));
    let compiled = rustc.arg("--out-dir").arg(folder.path()).arg(&file).output().unwrap();
    let said = String::from_utf8(compiled.stderr).unwrap();
    // The last line is a summary.
    let errors: Vec<String> = said
        .lines()
        .filter(|line| line.contains(" error: ") || line.contains(" error[") || line.starts_with("error["))
        .map(str::to_owned)
        .collect();
    assert_eq!(errors.is_empty(), compiled.status.success(), "{said}");
    errors
}

/// Returns the library that this test was linked with: the newest one that is older than the test.
fn library() -> PathBuf {
    let this = std::env::current_exe().unwrap();
    let time = |path: &Path| path.metadata().and_then(|data| data.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
    let linked = time(&this);
    let files = std::fs::read_dir(this.parent().unwrap()).unwrap().map(|entry| entry.unwrap().path());
    let is_library = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.starts_with("libmwallet_db-") && name.ends_with(".rlib") && time(path) <= linked
    };
    let newest = files.filter(is_library).max_by_key(|path| time(path));
    newest.expect("the library lies beside the test that was linked with it")
}

#[test]
fn one_mistake_is_one_error() {
    let library = library();
    assert_eq!(errors(&library, PROGRAM), [""; 0]);
    for (right, wrong, message) in [
        ("#[entity(max = 50)] // field", "#[entity(maxx = 50)]", "there is no attribute `maxx`, did you mean `max`?"),
        ("#[entity(max = 50)] // field", "#[entity(max = \"50\")]", "`max`"),
        ("#[entity(max = 50)] // field", "#[entity(max 50)]", "expected `,`"),
        ("#[entity(max = 50)] // group", "#[entity(maxx = 50)]", "there is no attribute `maxx`"),
        ("#[entity(table = \"vaults\")] // struct", "#[entity(tabel = \"vaults\")]", "there is no attribute `tabel`"),
        ("#[entity(table = \"vaults\")] // struct", "#[entity(index(count, count))]", "`count` is named twice"),
        ("#[enumeration(label = \"OPEN\")] // variant", "#[enumeration(lable = \"OPEN\")]", "`lable`"),
        ("#[entity(default = 1)] // default", "#[entity(default = \"one\")]", "the default of a whole number is"),
        ("    Closed,", "    Closed(i64),", "a label has no fields"),
        ("    #[entity(flatten)]\n    pub audit", "    #[entity(flatten, unique)]\n    pub audit", "`flatten`"),
    ] {
        let program = PROGRAM.replacen(right, wrong, 1);
        assert_ne!(program, PROGRAM, "{right}");
        let errors = errors(&library, &program);
        assert!(errors.len() == 1 && errors[0].contains(message), "{wrong}: {}\n{}", errors.len(), errors.join("\n"));
    }
}
