//! A bare git repository, and what a host of pages makes of its branch.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::machine::{Machine, output_of};

pub const BRANCH: &str = "pages";

/// Makes an empty repository on a machine. Returns its folder.
pub fn create(machine: &Machine) -> PathBuf {
    let folder = machine.folder_of_user("home/site.git");
    output_of(Command::new("git").args(["init", "-q", "--bare"]).arg(&folder));
    output_of(Command::new("chown").args(["-R", &super::machine::USER_ID.to_string()]).arg(&folder));
    // The repository belongs to another user than the one who runs the tests.
    machine.write(".gitconfig", "[safe]\n\tdirectory = *\n");
    folder
}

/// `git` in a repository that may belong to another user.
pub fn git(repository: &Path) -> Command {
    let mut command = Command::new("git");
    command.args(["-c", "safe.directory=*", "-c", "user.name=t", "-c", "user.email=t@example.com"]);
    command.arg("--git-dir").arg(repository);
    command
}

/// Puts the files of the branch into a folder, as a host of pages does after each push.
pub fn show(repository: &Path, folder: &Path) {
    let _ = std::fs::remove_dir_all(folder);
    std::fs::create_dir_all(folder).expect("a folder");
    if !git(repository).args(["rev-parse", "-q", "--verify", BRANCH]).output().is_ok_and(|o| o.status.success()) {
        return;
    }
    let mut archive =
        git(repository).args(["archive", BRANCH]).stdout(Stdio::piped()).spawn().expect("git is installed");
    let tar =
        Command::new("tar").arg("-x").arg("-C").arg(folder).stdin(archive.stdout.take().expect("a pipe")).status();
    assert!(tar.is_ok_and(|status| status.success()), "tar unpacks the branch");
    assert!(archive.wait().is_ok_and(|status| status.success()), "git packs the branch");
}

/// How many commits the branch has.
pub fn commits(repository: &Path) -> usize {
    let count = output_of(git(repository).args(["rev-list", "--count", BRANCH]));
    count.trim().parse().expect("a number")
}
