//! The build script: what tells one build of kepu from another, and how the binary is linked. No module of the library.
//!
//! `KEPU_BUILD_ID` is a hash of the source, the themes and the versions of all dependencies: caches of another build of kepu
//! are not there.
//!
//! A position-independent binary starts by patching every pointer in its static tables, and the tables of the HTML
//! minifier alone spread theirs over 10 MB: some 2,700 page faults, 7 ms, before `main`. Linked to a fixed address the
//! pointers are right in the file, and a table that nobody uses is never read.

use std::path::{Path, PathBuf};

fn main() {
    println!("cargo:rustc-env=KEPU_BUILD_ID={:016x}", build_id());
    let target = |key: &str| std::env::var(format!("CARGO_CFG_TARGET_{key}")).unwrap_or_default();
    // Other systems demand position-independent binaries, or link with other words.
    if target("OS") == "linux" && target("ENV") == "gnu" && ["x86_64", "aarch64"].contains(&&*target("ARCH")) {
        println!("cargo:rustc-link-arg-bins=-no-pie");
    }
}

/// FNV-1a over all files that a binary is made of. A folder that cannot be read is an empty one: cargo finds that out itself.
fn build_id() -> u64 {
    let mut files = vec![PathBuf::from("Cargo.lock"), PathBuf::from("Cargo.toml")];
    for folder in ["src", "themes"] {
        println!("cargo:rerun-if-changed={folder}");
        collect(Path::new(folder), &mut files);
    }
    files.iter().take(2).for_each(|file| println!("cargo:rerun-if-changed={}", file.display()));
    files.sort();
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for file in files {
        let name = file.to_string_lossy().into_owned();
        for byte in name.bytes().chain([0]).chain(std::fs::read(&file).unwrap_or_default()) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { collect(&path, files) } else { files.push(path) }
    }
}
