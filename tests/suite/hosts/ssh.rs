//! OpenSSH.

use std::path::PathBuf;
use std::process::Command;

use super::machine::{Machine, USER, output_of};

pub const PORT: u16 = 2022;

/// A server, and the keys of its host and its user.
pub struct Ssh {
    /// The private key that the user may come with. A file beside it ends in `.pub`.
    pub key: PathBuf,
    /// What the server is known by, in the form of `known_hosts`.
    pub known_hosts: PathBuf,
}

impl Ssh {
    /// The command line of a client that comes with the key and trusts the host, as git wants it.
    pub fn command(&self) -> String {
        let (key, known) = (self.key.display(), self.known_hosts.display());
        format!("ssh -F none -i {key} -o StrictHostKeyChecking=yes -o UserKnownHostsFile={known}")
    }
}

/// Starts OpenSSH on a machine. Users see nothing but the machine's `home`, and may transfer files only, as on most
/// rented hosts.
pub fn start(machine: &mut Machine) -> Ssh {
    start_with(machine, "ChrootDirectory /run/home\nForceCommand internal-sftp\n")
}

/// Starts OpenSSH on a machine where users may run commands, `git` for one.
pub fn start_with_shell(machine: &mut Machine) -> Ssh {
    start_with(machine, "")
}

fn start_with(machine: &mut Machine, more: &str) -> Ssh {
    let key = make_key(machine, "user_key", "ed25519");
    let known_hosts = new_host_key(machine);
    make_key(machine, "rsa_host_key", "rsa");
    let public = std::fs::read_to_string(key.with_extension("pub")).expect("a key");
    let keys = machine.write("authorized_keys", public);
    let (address, root) = (machine.address(), machine.root().display());
    let config = format!(
        "ListenAddress {address}:{PORT}\nHostKey {root}/host_key\nHostKey {root}/rsa_host_key\nPidFile none\nUsePAM no\nStrictModes no\n\
         AuthorizedKeysFile {}\nPasswordAuthentication yes\nAllowUsers {USER}\nMaxStartups 100\nMaxAuthTries 20\n\
         PerSourcePenalties no\nSubsystem sftp internal-sftp\n{more}",
        keys.display()
    );
    // Servers before 9.8 know no penalties, and have none.
    let config = match known_to_sshd("PerSourcePenalties no") {
        true => config,
        false => config.replace("PerSourcePenalties no\n", ""),
    };
    let config = machine.write("sshd_config", config);
    machine.start("/usr/sbin/sshd", &["-D", "-e", "-f", &config.to_string_lossy()], PORT);
    Ssh { key, known_hosts }
}

/// Whether this version of the server knows a line of configuration.
fn known_to_sshd(line: &str) -> bool {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), line).expect("a file");
    let output = Command::new("/usr/sbin/sshd").arg("-G").arg("-f").arg(file.path()).output();
    output.is_ok_and(|output| output.status.success())
}

/// Makes a key for the host, for its next start, and returns what knows it.
pub fn new_host_key(machine: &Machine) -> PathBuf {
    make_key(machine, "host_key", "ed25519");
    known_by(machine, "host_key")
}

/// What knows the host by one of its keys, `host_key` or `rsa_host_key`.
pub fn known_by(machine: &Machine, key: &str) -> PathBuf {
    let key = machine.path(key);
    let public = std::fs::read_to_string(key.with_extension("pub")).expect("a key");
    let hosts = [machine.address(), machine.front_address()];
    let lines: String = hosts.iter().map(|host| format!("[{host}]:{PORT} {public}")).collect();
    machine.write("known_hosts", lines)
}

fn make_key(machine: &Machine, name: &str, kind: &str) -> PathBuf {
    let key = machine.path(name);
    for file in [key.clone(), key.with_extension("pub")] {
        let _ = std::fs::remove_file(file);
    }
    output_of(Command::new("ssh-keygen").args(["-q", "-t", kind, "-N", "", "-C", "test", "-f"]).arg(&key));
    key
}
