//! A small site in a temporary folder, and what building it gives.

mod association;
mod disk;
mod program;
mod serve;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub use association::pages;
pub use disk::Disk;
pub use program::Program;
pub use serve::{ServeTest, without_tags};

/// A site in a temporary folder that is deleted with it.
pub struct SiteTest {
    folder: tempfile::TempDir,
}

impl SiteTest {
    /// An empty folder.
    pub fn empty() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    /// A site with the smallest configuration and a template for pages and sections.
    pub fn minimal() -> Self {
        Self::empty()
            .file("config.toml", "base_url = \"https://example.com\"\n")
            .file("templates/index.html", "index {{ section.title }}|{{ section.content | safe }}")
            .file("templates/section.html", "section {{ section.title }}|{{ section.content | safe }}")
            .file("templates/page.html", "page {{ page.title }}|{{ page.content | safe }}")
    }

    /// The files of a text archive: `-- path --` lines, each followed by the file's text.
    pub fn txtar(archive: &str) -> Self {
        let mut site = Self::empty();
        let mut path: Option<String> = None;
        let mut text = String::new();
        for line in archive.split_inclusive('\n') {
            match line.trim_end().strip_prefix("-- ").and_then(|l| l.strip_suffix(" --")) {
                Some(next) => {
                    if let Some(path) = path.replace(next.to_owned()) {
                        site = site.file(&path, &text);
                    }
                    text.clear();
                }
                None => text.push_str(line),
            }
        }
        match path {
            Some(path) => site.file(&path, &text),
            None => site,
        }
    }

    /// Adds or replaces a file.
    pub fn file(self, path: &str, contents: impl AsRef<[u8]>) -> Self {
        self.write(path, contents);
        self
    }

    /// Adds or replaces a file.
    pub fn write(&self, path: &str, contents: impl AsRef<[u8]>) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(&path, contents).expect("a file");
    }

    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// `kepu` with these arguments, run in the site's folder.
    pub fn kepu(&self, arguments: &[&str]) -> Command {
        let mut command = kepu();
        command.current_dir(self.root()).args(arguments);
        command
    }

    /// Runs `kepu` with these arguments.
    pub fn run(&self, arguments: &[&str]) -> Run {
        Run::new(self.kepu(arguments).output().expect("kepu runs"), self.root())
    }

    /// `kepu build`.
    pub fn build(&self) -> Run {
        self.run(&["build"])
    }

    /// A build asks for nothing, leaves no trace of one that died, and makes what a first build makes.
    #[track_caller]
    pub fn next_build_works(&self) {
        self.build().succeeds();
        let all: Vec<_> = std::fs::read_dir(self.root()).expect("the root").flatten().map(|e| e.file_name()).collect();
        assert!(!all.iter().any(|name| name.to_string_lossy().contains("staging")), "{all:?}");
        self.run(&["build", "-o", "fresh"]).succeeds();
        let (built, fresh) = (snapshot(&self.path("public")), snapshot(&self.path("fresh")));
        assert_same(&fresh, &built, "the next build differs from a first build");
        std::fs::remove_dir_all(self.path("fresh")).expect("a folder");
    }

    /// The text of a file of the output.
    #[track_caller]
    pub fn output(&self, path: &str) -> String {
        let path = self.path("public").join(path);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Every file below a folder with its bytes.
    pub fn tree(&self, folder: &str) -> BTreeMap<String, Vec<u8>> {
        tree(&self.path(folder))
    }
}

/// The binary in a neutral environment: English messages, no colours.
pub fn kepu() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kepu"));
    command.env_remove("LC_ALL").env_remove("LC_MESSAGES").env("LANG", "C").env("NO_COLOR", "1");
    command
}

/// Every file below a folder with its bytes, by its path with `/`.
pub fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(current) = folders.pop() {
        for entry in std::fs::read_dir(&current).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("below the folder").to_string_lossy().replace('\\', "/");
                files.insert(name, std::fs::read(&path).expect("a readable file"));
            }
        }
    }
    files
}

/// Everything in a folder as it is, by its path: bytes of files, targets of symlinks (none is followed), folders.
pub fn snapshot(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in walkdir::WalkDir::new(folder).min_depth(1) {
        let entry = entry.expect("a readable folder");
        let name = entry.path().strip_prefix(folder).expect("below the folder").to_string_lossy().into_owned();
        if entry.path_is_symlink() {
            let target = std::fs::read_link(entry.path()).expect("a link");
            all.insert(format!("{name} ->"), target.to_string_lossy().into_owned().into_bytes());
        } else if entry.file_type().is_dir() {
            all.insert(format!("{name}/"), Vec::new());
        } else {
            all.insert(name, std::fs::read(entry.path()).expect("a readable file"));
        }
    }
    all
}

/// Fails with the names of what is missing, new or changed, not with all the bytes.
#[track_caller]
pub fn assert_same(before: &BTreeMap<String, Vec<u8>>, after: &BTreeMap<String, Vec<u8>>, what: &str) {
    let names: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let differ: Vec<String> = names
        .into_iter()
        .filter_map(|name| match (before.get(name), after.get(name)) {
            (Some(a), Some(b)) if a == b => None,
            (Some(a), Some(b)) => Some(format!("{name} changed{}", first_difference(a, b))),
            (Some(_), None) => Some(format!("{name} is gone")),
            _ => Some(format!("{name} is new")),
        })
        .collect();
    assert!(differ.is_empty(), "{what}:\n{}", differ.join("\n"));
}

/// What stands around the first byte that differs.
fn first_difference(a: &[u8], b: &[u8]) -> String {
    let at = a.iter().zip(b).position(|(a, b)| a != b).unwrap_or(a.len().min(b.len()));
    let around = |bytes: &[u8]| {
        let part = bytes.get(at.saturating_sub(30)..bytes.len().min(at + 30)).unwrap_or_default();
        String::from_utf8_lossy(part).into_owned()
    };
    format!(" at byte {at}: {:?} is now {:?}", around(a), around(b))
}

/// A PNG image: a gradient, so that every size of it differs.
pub fn png(width: u32, height: u32) -> Vec<u8> {
    let rows: Vec<u8> = (0..height)
        .flat_map(|y| std::iter::once(0).chain((0..width).flat_map(move |x| [(x * 5) as u8, (y * 7) as u8, 90])))
        .collect();
    let adler = rows.iter().fold((1_u32, 0_u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65521;
        (a, (b + a) % 65521)
    });
    // One stored block, which holds up to 65535 bytes.
    let length = u16::try_from(rows.len()).expect("a small image");
    let mut stream = vec![0x78, 0x01, 0x01];
    stream.extend(length.to_le_bytes());
    stream.extend((!length).to_le_bytes());
    stream.extend(rows);
    stream.extend((adler.1 << 16 | adler.0).to_be_bytes());
    let mut header = Vec::from(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    header.extend([8, 2, 0, 0, 0]);
    let mut image = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, data) in [(b"IHDR", header), (b"IDAT", stream), (b"IEND", Vec::new())] {
        let checked: Vec<u8> = kind.iter().copied().chain(data.iter().copied()).collect();
        image.extend((data.len() as u32).to_be_bytes());
        image.extend(&checked);
        image.extend(crc32(&checked).to_be_bytes());
    }
    image
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

/// What a run of the binary gave.
#[derive(Debug)]
pub struct Run {
    pub code: Option<i32>,
    pub stdout: String,
    /// Without what differs from run to run: the time taken and the temporary folder.
    pub stderr: String,
}

impl Run {
    pub fn new(output: Output, root: &Path) -> Self {
        let text = |bytes: Vec<u8>| {
            let text = String::from_utf8(bytes).expect("messages are UTF-8");
            let real = root.canonicalize().unwrap_or_else(|_| root.to_path_buf());
            text.replace(&*real.to_string_lossy(), "[ROOT]").replace(&*root.to_string_lossy(), "[ROOT]")
        };
        let stderr = text(output.stderr);
        let stderr: String = stderr
            .split_inclusive('\n')
            .map(|line| match (line.rsplit_once(", "), line.rsplit_once("，用时 ")) {
                (Some((rest, time)), _) if time.trim_end().ends_with(" s.") => format!("{rest}.\n"),
                (_, Some((rest, _))) => format!("{rest}。\n"),
                _ => line.to_owned(),
            })
            .collect();
        Self { code: output.status.code(), stdout: text(output.stdout), stderr }
    }

    #[track_caller]
    pub fn succeeds(self) -> Self {
        assert_eq!(self.code, Some(0), "{}{}", self.stdout, self.stderr);
        self
    }

    #[track_caller]
    pub fn fails(self) -> Self {
        assert_eq!(self.code, Some(1), "{}{}", self.stdout, self.stderr);
        self
    }

    #[track_caller]
    pub fn fails_as_wrong_usage(self) -> Self {
        assert_eq!(self.code, Some(2), "{}{}", self.stdout, self.stderr);
        self
    }

    /// The messages do not hold this text.
    #[track_caller]
    pub fn does_not_say(self, text: &str) -> Self {
        assert!(!self.stderr.contains(text), "`{text}` in:\n{}", self.stderr);
        self
    }

    /// The messages hold this text.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "no `{text}` in:\n{}", self.stderr);
        self
    }
}
