//! Files that a running server reads again: permissions, keys, certificates.

use std::io::{Error, ErrorKind, Read};
use std::path::Path;

use crate::failure::{Failure, Result};

/// More than any of them needs.
const MOST_BYTES: u64 = 4 * 1024 * 1024;

/// Reads a file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    try_read(path).map_err(|error| Failure::caused(&format!("cannot read {}", path.display()), &error))
}

/// Reads a file of text.
pub(crate) fn read_text(path: &Path) -> Result<String> {
    String::from_utf8(read(path)?).map_err(|error| Failure::caused(&format!("{} is not UTF-8", path.display()), &error))
}

fn try_read(path: &Path) -> std::io::Result<Vec<u8>> {
    // A pipe may never end, and then neither would the server.
    if !path.metadata()?.is_file() {
        return Err(Error::new(ErrorKind::InvalidInput, "it is no regular file"));
    }
    let mut content = Vec::new();
    std::fs::File::open(path)?.take(MOST_BYTES + 1).read_to_end(&mut content)?;
    if content.len() as u64 > MOST_BYTES {
        return Err(Error::new(ErrorKind::FileTooLarge, format!("it has more than {MOST_BYTES} bytes")));
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_small_regular_files_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "text").unwrap();
        assert_eq!(read_text(&path).unwrap(), "text");
        std::fs::write(&path, vec![b' '; usize::try_from(MOST_BYTES).unwrap() + 1]).unwrap();
        assert!(read(&path).unwrap_err().message().ends_with("it has more than 4194304 bytes"));
        std::fs::write(&path, [0xff]).unwrap();
        assert!(read_text(&path).unwrap_err().message().contains("is not UTF-8"));
        assert!(read(folder.path()).unwrap_err().message().ends_with("it is no regular file"));
        assert!(read(&folder.path().join("none")).unwrap_err().message().starts_with("cannot read "));
    }
}
