//! Small disks for tests that fill or lock one.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A small disk in the place of a folder, gone when dropped.
pub struct Disk(PathBuf);

impl Disk {
    /// Mounts one; `options` are those of tmpfs. None where `KEPU_TEST_WITHOUT_MOUNTS` says so, never in silence.
    pub fn mount(at: &Path, options: &str) -> Option<Self> {
        if std::env::var_os("KEPU_TEST_WITHOUT_MOUNTS").is_some() {
            return None;
        }
        std::fs::create_dir_all(at).expect("a folder");
        let status = Command::new("mount").args(["-t", "tmpfs", "-o", options, "kepu-test"]).arg(at).status();
        assert!(
            status.is_ok_and(|status| status.success()),
            "cannot mount a small disk; run the tests as root or set KEPU_TEST_WITHOUT_MOUNTS=1"
        );
        Some(Self(at.to_owned()))
    }

    pub fn remount(&self, options: &str) {
        let status = Command::new("mount").args(["-o", &format!("remount,{options}")]).arg(&self.0).status();
        assert!(status.is_ok_and(|status| status.success()), "cannot remount a small disk");
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}
