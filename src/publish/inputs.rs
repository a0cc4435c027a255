//! What a build reads, told by the system without reading it: when nothing of it changed, neither does the site.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rayon::prelude::*;

use crate::cache::{Reader, Stamp, Writer, nanoseconds};

/// Folders inside each other, by links that lead in circles, are not followed further.
const DEEPEST: usize = 64;

/// The state of files and folders, by path.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inputs {
    /// When they were looked at.
    time: i64,
    /// Files with their stamps; folders and what is not there without.
    files: BTreeMap<String, Option<Stamp>>,
    /// Whether something could not be told by name.
    is_partial: bool,
}

impl Inputs {
    /// Looks at files, and at folders with all that is in them.
    pub fn look(paths: &[PathBuf]) -> Self {
        let time = nanoseconds(SystemTime::now());
        let mut inputs = Self { time, ..Self::default() };
        let found: Vec<Option<Stamps>> = paths.par_iter().map(|path| walk(path, 0)).collect();
        for files in found {
            match files {
                Some(files) => inputs.files.extend(files),
                None => inputs.is_partial = true,
            }
        }
        inputs
    }

    /// What nobody looked at.
    pub fn unknown() -> Self {
        Self { is_partial: true, ..Self::default() }
    }

    /// Adds single files that were read since, or looked for in vain.
    pub fn add(&mut self, paths: Vec<PathBuf>) {
        for path in paths {
            match path.to_str() {
                Some(name) if self.files.contains_key(name) => {}
                Some(name) => {
                    let stamp = Stamp::of(&path);
                    // Nobody knows whether it changed before it was read or after.
                    self.is_partial |= stamp.is_some_and(|stamp| stamp.is_fresh_at(self.time));
                    self.files.insert(name.to_owned(), stamp);
                }
                None => self.is_partial = true,
            }
        }
    }

    /// Whether everything is as it was at an earlier look, which may know of more files; these are looked at.
    pub fn are_as(&self, earlier: &Inputs) -> bool {
        if self.is_partial || earlier.is_partial {
            return false;
        }
        let others: Vec<(&String, &Option<Stamp>)> =
            earlier.files.iter().filter(|(name, _)| !self.files.contains_key(*name)).collect();
        self.files.len() + others.len() == earlier.files.len()
            && self.files.iter().all(|(name, stamp)| earlier.files.get(name) == Some(stamp))
            && others.into_iter().all(|(name, stamp)| Stamp::of(Path::new(name)) == *stamp)
            // What changed in the moment of the look may have changed once more in it.
            && earlier.files.values().flatten().all(|stamp| !stamp.is_fresh_at(earlier.time))
    }

    pub fn write(&self, to: &mut Writer) {
        to.signed(self.time);
        to.bool(self.is_partial);
        to.number(self.files.len() as u64);
        for (name, stamp) in &self.files {
            to.text(name);
            to.bool(stamp.is_some());
            stamp.iter().for_each(|stamp| stamp.write(to));
        }
    }

    pub fn read(from: &mut Reader) -> Option<Self> {
        let (time, is_partial) = (from.signed()?, from.bool()?);
        let mut files = Vec::new();
        for _ in 0..from.count()? {
            let name = from.text()?.to_owned();
            files.push((name, if from.bool()? { Some(Stamp::read(from)?) } else { None }));
        }
        Some(Self { time, files: files.into_iter().collect(), is_partial })
    }
}

/// Files with their stamps, and what is not there without.
type Stamps = Vec<(String, Option<Stamp>)>;

/// A file, or a folder with all that is in it, through links. None where that cannot be told.
fn walk(path: &Path, depth: usize) -> Option<Stamps> {
    let name = path.to_str()?.to_owned();
    match fs::metadata(path) {
        Ok(meta) if meta.is_dir() => {}
        Ok(meta) => return Some(vec![(name, Some(Stamp::from(&meta)))]),
        Err(_) => return Some(vec![(name, None)]),
    }
    let mut files = vec![(name + "/", None)];
    let mut folders = Vec::new();
    for entry in fs::read_dir(path).ok()? {
        let entry = entry.ok()?;
        let kind = entry.file_type().ok()?;
        if kind.is_file() {
            let stamp = entry.metadata().ok().map(|meta| Stamp::from(&meta));
            files.push((entry.path().to_str()?.to_owned(), stamp));
        } else {
            folders.push(entry.path());
        }
    }
    if !folders.is_empty() && depth == DEEPEST {
        return None;
    }
    let below: Option<Vec<_>> = folders.par_iter().map(|folder| walk(folder, depth + 1)).collect();
    files.extend(below?.into_iter().flatten());
    Some(files)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// A folder whose files are older than the moment.
    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        files.iter().for_each(|file| write(&folder.path().join(file), "x"));
        settle();
        folder
    }

    fn write(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn settle() {
        std::thread::sleep(Duration::from_millis(40));
    }

    #[test]
    fn any_change_shows() {
        let folder = folder(&["a", "b/c"]);
        let paths = [folder.path().to_path_buf(), folder.path().join("missing")];
        let look = || Inputs::look(&paths);
        let mut before = look();
        assert!(look().are_as(&before));
        type Change = Box<dyn Fn(&Path)>;
        let changes: [(&str, Change); 6] = [
            ("b/c", Box::new(|path| write(path, "y"))),
            ("b/d", Box::new(|path| write(path, ""))),
            ("b/d", Box::new(|path| fs::remove_file(path).unwrap())),
            ("empty", Box::new(|path| fs::create_dir(path).unwrap())),
            ("missing", Box::new(|path| write(path, ""))),
            ("a", Box::new(|path| fs::rename(path, path.with_file_name("e")).unwrap())),
        ];
        for (name, change) in changes {
            change(&folder.path().join(name));
            settle();
            let now = look();
            assert!(!now.are_as(&before), "{name}");
            before = now;
        }
        assert!(look().are_as(&before));
    }

    #[test]
    fn single_files_are_looked_at() {
        let folder = folder(&["a", "other/b"]);
        let (found, missing) = (folder.path().join("other/b"), folder.path().join("other/c"));
        let look = || Inputs::look(&[folder.path().join("a")]);
        let mut before = look();
        before.add(vec![found.clone(), missing.clone()]);
        assert!(look().are_as(&before));
        write(&missing, "");
        assert!(!look().are_as(&before));
        fs::remove_file(&missing).unwrap();
        assert!(look().are_as(&before));
        write(&found, "longer");
        assert!(!look().are_as(&before));
    }

    #[test]
    fn what_changed_a_moment_ago_is_not_trusted() {
        let folder = folder(&["a"]);
        let file = fs::File::options().write(true).open(folder.path().join("a")).unwrap();
        file.set_modified(SystemTime::now() + Duration::from_secs(60)).unwrap();
        let look = || Inputs::look(&[folder.path().to_path_buf()]);
        let before = look();
        assert!(!look().are_as(&before));
    }

    #[test]
    fn inputs_are_read_as_they_were_written() {
        let folder = folder(&["a", "b/c"]);
        let inputs = Inputs::look(&[folder.path().to_path_buf(), folder.path().join("none")]);
        let mut writer = Writer::default();
        inputs.write(&mut writer);
        assert_eq!(Inputs::read(&mut Reader(&writer.0)), Some(inputs));
        for cut in 0..writer.0.len() {
            assert_eq!(Inputs::read(&mut Reader(&writer.0[..cut])), None);
        }
    }
}
