//! Writing a file of kepu's own, whole or not at all.

use std::io::{self, Write};
use std::path::Path;

/// Puts `bytes` in the place of a file, at once; its folder is made if need be. Whoever reads it meanwhile has the old file or
/// the new one. Errors: whatever the file system refuses; the old file stays then.
pub fn replace(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = file.parent().unwrap_or(file);
    std::fs::create_dir_all(folder)?;
    let mut temporary = tempfile::Builder::new().prefix(".").suffix(".part").tempfile_in(folder)?;
    temporary.write_all(bytes)?;
    temporary.persist(file)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_or_stays() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("new/file");
        replace(&file, b"one").unwrap();
        replace(&file, b"two").unwrap();
        assert_eq!(std::fs::read(&file).unwrap(), b"two");
        assert!(replace(&folder.path().join("new"), b"x").is_err(), "a folder is in its place");
        assert_eq!(std::fs::read_dir(folder.path().join("new")).unwrap().count(), 1);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left behind");
    }
}
