//! The build script: how the binary is linked. No module of the library.
//!
//! A position-independent binary starts by patching every pointer in its static tables, and the tables of the HTML
//! minifier alone spread theirs over 10 MB: some 2,700 page faults, 7 ms, before `main`. Linked to a fixed address the
//! pointers are right in the file, and a table that nobody uses is never read.

fn main() {
    println!("cargo:rerun-if-changed=src/build.rs");
    let target = |key: &str| std::env::var(format!("CARGO_CFG_TARGET_{key}")).unwrap_or_default();
    // Other systems demand position-independent binaries, or link with other words.
    if target("OS") == "linux" && target("ENV") == "gnu" && ["x86_64", "aarch64"].contains(&&*target("ARCH")) {
        println!("cargo:rustc-link-arg-bins=-no-pie");
    }
}
