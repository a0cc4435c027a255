//! The cache folder: finished files that many processes read and write at once.
//!
//! Beside `NAME` lies `NAME.check` with the version of kepu that made it and a hash of its content. An entry counts
//! only if both agree, so a file that was cut off, changed, or encoded by another version is made again.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::cache::BUILD_ID;

/// The file `name` of the cache, if it is there and whole.
pub(super) fn lookup(dir: &Path, name: &str) -> Option<PathBuf> {
    let path = dir.join(name);
    let expected = fs::read(check_path(dir, name)).ok()?;
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(&path).ok()?).ok()?;
    (check_line(&hasher.finalize()).as_bytes() == expected).then_some(path)
}

/// Puts `content` into the cache as `name`, which becomes visible at once and whole.
pub(super) fn store(dir: &Path, name: &str, content: &[u8]) -> io::Result<PathBuf> {
    fs::create_dir_all(dir)?;
    let path = dir.join(name);
    let stored = write(dir, &path, content)
        .and_then(|()| write(dir, &check_path(dir, name), check_line(&blake3::hash(content)).as_bytes()));
    match stored {
        Ok(()) => Ok(path),
        // Windows does not replace a file that another process has open. That process has made the same file.
        Err(error) => lookup(dir, name).ok_or(error),
    }
}

fn write(dir: &Path, path: &Path, content: &[u8]) -> io::Result<()> {
    // `make_in` with `create_new` instead of the default, which would keep other users from reading the file.
    let mut temporary =
        tempfile::Builder::new().prefix(".").suffix(".part").make_in(dir, |path| File::create_new(path))?;
    temporary.write_all(content)?;
    temporary.persist(path)?;
    Ok(())
}

fn check_path(dir: &Path, name: &str) -> PathBuf {
    dir.join(format!("{name}.check"))
}

fn check_line(hash: &blake3::Hash) -> String {
    format!("kepu {BUILD_ID} blake3 {hash}\n")
}

#[cfg(test)]
mod tests {
    use tempfile::tempdir;

    use super::*;

    #[test]
    fn only_whole_entries_count() {
        let dir = tempdir().unwrap();
        let cache = dir.path().join("new/cache");
        assert_eq!(lookup(&cache, "a.jpg"), None);
        let path = store(&cache, "a.jpg", b"content").unwrap();
        assert_eq!(lookup(&cache, "a.jpg").as_ref(), Some(&path));
        assert_eq!(lookup(&cache, "b.jpg"), None);

        fs::write(&path, b"conten").unwrap();
        assert_eq!(lookup(&cache, "a.jpg"), None);
        fs::write(&path, b"contant").unwrap();
        assert_eq!(lookup(&cache, "a.jpg"), None);
        store(&cache, "a.jpg", b"content").unwrap();
        assert!(lookup(&cache, "a.jpg").is_some());

        fs::write(cache.join("a.jpg.check"), b"kepu 0.0.0").unwrap();
        assert_eq!(lookup(&cache, "a.jpg"), None);
        fs::remove_file(cache.join("a.jpg.check")).unwrap();
        assert_eq!(lookup(&cache, "a.jpg"), None);
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert_eq!(lookup(&cache, "a.jpg"), None);
        assert!(store(&cache, "a.jpg", b"content").is_err());
        let leftovers = fs::read_dir(&cache)
            .unwrap()
            .filter(|e| e.as_ref().unwrap().file_name().to_string_lossy().ends_with(".part"));
        assert_eq!(leftovers.count(), 0);
    }

    #[test]
    fn many_writers_agree() {
        let dir = tempdir().unwrap();
        let content = vec![7; 100_000];
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| store(dir.path(), "a.jpg", &content).unwrap());
            }
        });
        assert!(lookup(dir.path(), "a.jpg").is_some());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
    }

    #[cfg(unix)]
    #[test]
    fn a_web_server_may_read_the_file() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempdir().unwrap();
        let path = store(dir.path(), "a.jpg", b"x").unwrap();
        let plain = dir.path().join("plain");
        fs::write(&plain, b"x").unwrap();
        assert_eq!(fs::metadata(path).unwrap().permissions().mode(), fs::metadata(plain).unwrap().permissions().mode());
    }
}
