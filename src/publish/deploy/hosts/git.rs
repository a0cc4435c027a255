//! A branch of a git repository, as GitHub, Gitee and Codeberg serve it, with the `git` program.
//!
//! Changes are collected and become one commit, which `fast-import` makes in a bare repository of kepu's own; the push is the
//! moment at which the site changes, and it is refused when the branch has moved since it was read.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use super::super::host::{Abilities, Content, Fault, Found, Headers, Host, HostError, Result, Version};
use crate::config::deploy;

/// The branch as it was read.
const THERE: &str = "refs/kepu/there";
const BUILT: &str = "refs/kepu/built";

pub struct Git {
    config: deploy::Git,
    folder: PathBuf,
    /// What git starts to reach a host over SSH; none where git knows by itself.
    ssh: Option<OsString>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The commit of the branch, none while the branch does not exist.
    commit: Option<String>,
    /// The files of that commit, and the size of each.
    files: BTreeMap<String, u64>,
    /// What is to become of files; none deletes.
    changes: BTreeMap<String, Option<Content>>,
}

/// Reads the branch into the bare repository in `folder`. With `accepts_new`, a host is trusted that was never met.
pub fn open(config: &deploy::Git, folder: &Path, accepts_new: bool) -> Result<Git> {
    std::fs::create_dir_all(folder).map_err(|error| HostError::io(&error))?;
    let mut git = Git { config: config.clone(), folder: folder.to_owned(), ssh: None, state: Mutex::default() };
    if !folder.join("HEAD").is_file() {
        git.run(&["init", "--quiet", "--bare", "."])?;
    }
    git.ssh = git.ssh_command(accepts_new);
    git.unlocking(|| git.read_branch(1))?;
    Ok(git)
}

impl Git {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        command.args(arguments).current_dir(&self.folder);
        // Messages are read by their words; nobody is there to answer a question.
        command.env("LC_ALL", "C").env("GIT_TERMINAL_PROMPT", "0").env_remove("GIT_DIR").env("GIT_DIR", &self.folder);
        if let Some(ssh) = &self.ssh {
            command.env("GIT_SSH_COMMAND", ssh);
        }
        command.stdin(Stdio::null());
        command
    }

    /// The command that the user has set up, in the places where git looks for it, else `ssh` without questions.
    fn ssh_command(&self, accepts_new: bool) -> Option<OsString> {
        let set = std::env::var_os("GIT_SSH_COMMAND")
            .or_else(|| self.line(&["config", "--get", "core.sshCommand"]).ok().map(OsString::from))
            .filter(|command| !command.is_empty());
        let mut command = match (set, std::env::var_os("GIT_SSH")) {
            (Some(command), _) => command,
            (None, Some(_)) => return None,
            (None, None) => OsString::from("ssh -oBatchMode=yes"),
        };
        if accepts_new {
            command.push(" -oStrictHostKeyChecking=accept-new");
        }
        Some(command)
    }

    fn run(&self, arguments: &[&str]) -> Result<Vec<u8>> {
        let output = self.command(arguments).output().map_err(|error| not_started(&error))?;
        match output.status.success() {
            true => Ok(output.stdout),
            false => Err(failed(&String::from_utf8_lossy(&output.stderr))),
        }
    }

    /// Tries once more without the locks that a git leaves which was killed: nobody else works in this repository.
    fn unlocking<T>(&self, work: impl Fn() -> Result<T>) -> Result<T> {
        match work() {
            Err(error) if error.detail.contains(".lock") => {
                for entry in walkdir::WalkDir::new(&self.folder).into_iter().flatten() {
                    if entry.path().extension().is_some_and(|extension| extension == "lock") {
                        let _ = std::fs::remove_file(entry.path());
                    }
                }
                work()
            }
            result => result,
        }
    }

    fn line(&self, arguments: &[&str]) -> Result<String> {
        Ok(String::from_utf8_lossy(&self.run(arguments)?).trim().to_owned())
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn branch(&self) -> String {
        format!("refs/heads/{}", self.config.branch)
    }

    /// Fetches the newest commits of the branch, and lists the files of the last.
    fn read_branch(&self, depth: usize) -> Result<()> {
        let (url, branch) = (self.config.url.as_str(), self.branch());
        let there = self.line(&["ls-remote", "--", url, &branch])?;
        let commit = there.split_whitespace().next().map(str::to_owned);
        let mut files = BTreeMap::new();
        if let Some(commit) = &commit {
            let refs = format!("+{branch}:{THERE}");
            let depth = format!("--depth={depth}");
            self.run(&["fetch", "--quiet", "--no-tags", &depth, "--", url, &refs])?;
            let listed = self.run(&["ls-tree", "-r", "-l", "-z", commit])?;
            for entry in listed.split(|byte| *byte == 0) {
                let entry = String::from_utf8_lossy(entry);
                let Some((data, path)) = entry.split_once('\t') else { continue };
                let size = data.split_whitespace().nth(3).and_then(|size| size.parse().ok()).unwrap_or(0);
                files.insert(path.to_owned(), size);
            }
        }
        *self.state() = State { commit, files, changes: BTreeMap::new() };
        Ok(())
    }

    /// Name and address, from the target, else from git's own configuration.
    fn author(&self) -> (String, String) {
        if let Some((name, mail)) = self.config.author.as_deref().and_then(|author| author.split_once('<')) {
            return (name.trim().to_owned(), mail.trim_end().trim_end_matches('>').to_owned());
        }
        let get = |key: &str, fallback: &str| {
            self.line(&["config", "--get", key]).ok().filter(|v| !v.is_empty()).unwrap_or_else(|| fallback.to_owned())
        };
        (self.config.author.clone().unwrap_or_else(|| get("user.name", "kepu")), get("user.email", "kepu@localhost"))
    }

    /// Makes a commit of the collected changes; only its tree is used.
    fn import(&self, state: &State) -> Result<()> {
        let mut child = self
            .command(&["fast-import", "--quiet", "--force"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| not_started(&error))?;
        let Some(input) = child.stdin.take() else { return Err(HostError::other("git takes no input")) };
        let written = write_import(BufWriter::new(input), state);
        let output = child.wait_with_output().map_err(|error| HostError::io(&error))?;
        if !output.status.success() {
            return Err(failed(&String::from_utf8_lossy(&output.stderr)));
        }
        written
    }

    /// Makes a commit with a tree the head of the branch, here and there.
    fn push(&self, tree: &str, message: &str) -> Result<()> {
        let before = self.state().commit.clone();
        let (name, mail) = self.author();
        let mut arguments = vec!["commit-tree", tree, "-m", message];
        if let (Some(before), true) = (&before, self.config.history) {
            arguments.extend(["-p", before]);
        }
        let mut command = self.command(&arguments);
        command.env("GIT_AUTHOR_NAME", &name).env("GIT_AUTHOR_EMAIL", &mail);
        command.env("GIT_COMMITTER_NAME", &name).env("GIT_COMMITTER_EMAIL", &mail);
        let output = command.output().map_err(|error| not_started(&error))?;
        if !output.status.success() {
            return Err(failed(&String::from_utf8_lossy(&output.stderr)));
        }
        let commit = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let branch = self.branch();
        // Refused unless the branch is still where it was read.
        let lease = format!("--force-with-lease={branch}:{}", before.unwrap_or_default());
        let refs = format!("{commit}:{branch}");
        self.run(&["push", "--quiet", &lease, "--", &self.config.url, &refs])?;
        self.read_branch(1)
    }
}

fn write_import(mut input: impl Write, state: &State) -> Result<()> {
    // A pipe that breaks means that git has ended; its own words tell why.
    let piped = |error: io::Error| HostError::other(format!("git: {error}"));
    let mut head = format!("commit {BUILT}\ncommitter kepu <kepu@localhost> 0 +0000\ndata 0\n\n");
    if let Some(commit) = &state.commit {
        head.push_str(&format!("from {commit}\n"));
    }
    input.write_all(head.as_bytes()).map_err(piped)?;
    for (path, change) in &state.changes {
        let name = quoted(path);
        match change {
            None => writeln!(input, "D {name}").map_err(piped)?,
            Some(content) => {
                write!(input, "M 100644 inline {name}\ndata {}\n", content.size()).map_err(piped)?;
                io::copy(&mut content.reader()?, &mut input).map_err(piped)?;
                input.write_all(b"\n").map_err(piped)?;
            }
        }
    }
    input.write_all(b"done\n").and_then(|()| input.flush()).map_err(piped)
}

/// A path as `fast-import` reads it whatever is in it.
fn quoted(path: &str) -> String {
    format!("\"{}\"", path.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

fn not_started(error: &io::Error) -> HostError {
    match error.kind() {
        io::ErrorKind::NotFound => HostError::new(Fault::NoGit, error.to_string()),
        _ => HostError::io(error),
    }
}

fn failed(said: &str) -> HostError {
    let lower = said.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let fault = match () {
        () if says(&["stale info", "fetch first", "non-fast-forward", "cannot lock ref"]) => Fault::Overtaken,
        () if says(&["remote host identification has changed"]) => Fault::HostKeyChanged,
        () if says(&["host key verification failed"]) => Fault::HostKey,
        () if says(&["no space left", "disk quota"]) => Fault::Full,
        () if says(&["certificate", "ssl"]) => Fault::Certificate,
        () if says(&[
            "could not resolve",
            "connection refused",
            "timed out",
            "network is unreachable",
            "no route to host",
        ]) =>
        {
            Fault::Unreachable
        }
        () if says(&[
            "authentication failed",
            "could not read username",
            "could not read password",
            "permission denied (publickey",
            "terminal prompts disabled",
            "403",
        ]) =>
        {
            Fault::Login
        }
        () if says(&[
            "permission denied",
            "insufficient permission",
            "read-only",
            "pre-receive hook declined",
            "protected branch",
            "denied to",
            "unpacker error",
        ]) =>
        {
            Fault::ReadOnly
        }
        () if says(&[
            "does not appear to be a git repository",
            "repository not found",
            "not found",
            "does not exist",
        ]) =>
        {
            Fault::NotFound
        }
        () if says(&["the remote end hung up", "early eof", "connection reset", "broken pipe", "rpc failed"]) => {
            Fault::Interrupted
        }
        () => Fault::Other,
    };
    let lines: Vec<&str> =
        said.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("hint:")).collect();
    let mut detail = lines.join("; ");
    if fault == Fault::HostKey {
        // With nobody to ask, ssh does not show it.
        detail.push_str(" (`ssh-keyscan HOST | ssh-keygen -lf -` shows the fingerprint)");
    }
    HostError::new(fault, detail)
}

impl Host for Git {
    fn abilities(&self) -> Abilities {
        Abilities { collects: true, atomic_write: true, ..Abilities::default() }
    }

    fn list(&self, folder: &str) -> Result<Vec<Found>> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let state = self.state();
        let below = state.files.iter().filter_map(|(path, size)| Some((path.strip_prefix(&prefix)?, *size)));
        Ok(below.map(|(path, size)| Found { path: path.to_owned(), size }).collect())
    }

    fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        let commit = {
            let state = self.state();
            match &state.commit {
                Some(commit) if state.files.contains_key(path) => commit.clone(),
                _ => return Ok(None),
            }
        };
        self.run(&["cat-file", "blob", &format!("{commit}:{path}")]).map(Some)
    }

    fn size(&self, path: &str) -> Result<Option<u64>> {
        Ok(self.state().files.get(path).copied())
    }

    fn write(&self, path: &str, content: &Content, _: &Headers) -> Result<()> {
        self.state().changes.insert(path.to_owned(), Some(content.clone()));
        Ok(())
    }

    fn create(&self, path: &str, _: &[u8]) -> Result<bool> {
        // The push itself is refused when somebody else was faster.
        Err(HostError::other("a branch needs no lock").at(path))
    }

    fn rename(&self, from: &str, _: &str) -> Result<()> {
        Err(HostError::other("changes are collected").at(from))
    }

    fn delete(&self, path: &str) -> Result<()> {
        let mut state = self.state();
        let is_there = state.files.contains_key(path);
        if is_there {
            state.changes.insert(path.to_owned(), None);
        } else {
            state.changes.remove(path);
        }
        Ok(())
    }

    fn remove_folder(&self, _: &str) -> Result<bool> {
        Ok(true)
    }

    fn commit(&self, message: &str) -> Result<()> {
        self.unlocking(|| self.import(&self.state()))?;
        let tree = self.line(&["rev-parse", &format!("{BUILT}^{{tree}}")])?;
        self.push(&tree, message)
    }

    fn history(&self, most: usize) -> Result<Option<Vec<Version>>> {
        if self.state().commit.is_none() {
            return Ok(Some(Vec::new()));
        }
        self.read_branch(most)?;
        let log = self.line(&["log", "--first-parent", "--reverse", "--format=%h %ci", &format!("-n{most}"), THERE])?;
        let version = |line: &str| {
            let (id, when) = line.split_once(' ').unwrap_or((line, ""));
            Version { id: id.to_owned(), when: Some(when.to_owned()) }
        };
        Ok(Some(log.lines().map(version).collect()))
    }

    fn restore(&self, id: &str) -> Result<()> {
        let tree = self.line(&["rev-parse", &format!("{id}^{{tree}}")])?;
        self.push(&tree, &format!("back to {id}"))
    }
}
