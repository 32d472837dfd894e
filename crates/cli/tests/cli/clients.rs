//! The clients of PostgREST and Supabase as they are published, which work on mWallet as they are. What they do stands in
//! scripts of their own languages, in `tests/clients`.

use std::path::{Path, PathBuf};
use std::process::Command;

use mwallet_testkit::{TestDb, both_engines};

use crate::support::{Server, done, prepared, tool};

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/clients").join(name).canonicalize().unwrap()
}

/// Runs a script on an empty server; it fails where something is not as it should be.
fn succeeds(command: &mut Command, db: &TestDb) {
    let server = Server::start(db);
    let ran = done(command.arg(&server.url));
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let (_, log) = server.stop_and_read_log();
    assert!(!log.contains("ERROR"), "{log}");
}

both_engines! {
    async fn those_of_javascript_work(db: TestDb) {
        // Modules are looked for beside the script.
        let copy = db.folder.path().join("postgrest.mjs");
        std::fs::copy(script("js/postgrest.mjs"), &copy).unwrap();
        std::os::unix::fs::symlink(prepared("MWALLET_TEST_NODE_MODULES"), db.folder.path().join("node_modules")).unwrap();
        succeeds(tool("MWALLET_TEST_NODE").arg(copy), &db);
    }

    async fn that_of_python_works(db: TestDb) {
        succeeds(tool("MWALLET_TEST_PYTHON").arg("-B").arg(script("python/postgrest_client.py")), &db);
    }
}
