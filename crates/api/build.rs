//! Takes the two files of Swagger UI that a page needs out of the archive that their crate carries.

use std::error::Error;
use std::io::{Cursor, Read};
use std::path::PathBuf;
use std::{env, fs};

use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED;
use zip::ZipArchive;

const FILES: [&str; 2] = ["swagger-ui-bundle.js", "swagger-ui.css"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let directory = PathBuf::from(env::var("OUT_DIR")?);
    let mut archive = ZipArchive::new(Cursor::new(SWAGGER_UI_VENDORED))?;
    // All lies in one folder whose name carries the version, such as swagger-ui-5.32.6.
    let first = archive.file_names_raw().next().unwrap_or_default();
    let folder = String::from_utf8_lossy(first).split('/').next().unwrap_or_default().to_owned();
    for name in FILES {
        let mut bytes = Vec::new();
        archive.by_name(&format!("{folder}/dist/{name}"))?.read_to_end(&mut bytes)?;
        fs::write(directory.join(name), bytes)?;
    }
    Ok(())
}
