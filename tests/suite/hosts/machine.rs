//! A machine of its own for a server: a folder, an address, and processes that end with the test.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// The user at every host, who owns nothing but the folder of the site.
pub const USER: &str = "kepu-test";
/// Their password, with what addresses, shells and configuration files would take for something else.
pub const PASSWORD: &str = "k3pu:p@ss#%w";
/// What `openssl passwd -6 -salt kepu` makes of it.
const SHADOW: &str = "$6$kepu$3ol5B0x86x512LQzyIwSXRWgRntMtcLO1f7cPpN9WbGEqD57efsbtw1NRqcaK0aiC99F3sjkFsWS/oKVSDzVf0";
/// The number of the user. No system hands it out by itself.
pub const USER_ID: u32 = 40017;

/// How long a test waits for a server to come up.
const PATIENCE: Duration = Duration::from_secs(20);

/// A folder on disk and an address on the loopback interface that no other machine has.
///
/// Servers see the folder `home` as their root (`/run/home`); the site is put into `home/web`, which is all that their
/// user may write to.
pub struct Machine {
    folder: tempfile::TempDir,
    number: u32,
    servers: Vec<Server>,
}

impl Machine {
    pub fn new() -> Self {
        // Servers of two runs of the tests, or of two tests, shall not meet.
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = (std::process::id() % 0x4000) * 0x100 + NEXT.fetch_add(1, Ordering::Relaxed) % 0x100;
        let machine = Self { folder: tempfile::tempdir().expect("a temporary folder"), number, servers: Vec::new() };
        // The user must reach the folder below.
        std::fs::set_permissions(machine.root(), PermissionsExt::from_mode(0o711)).expect("permissions");
        machine.folder_of_user("home/web");
        machine
    }

    /// A folder of the machine that belongs to its user.
    pub fn folder_of_user(&self, path: &str) -> PathBuf {
        let folder = self.path(path);
        std::fs::create_dir_all(&folder).expect("a folder");
        std::os::unix::fs::chown(&folder, Some(USER_ID), Some(USER_ID)).expect("root may give folders away");
        folder
    }

    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    /// The folder that holds the site.
    pub fn web(&self) -> PathBuf {
        self.path("home/web")
    }

    /// The address of its servers: 127.0.0.0/8 has room for all.
    pub fn address(&self) -> Ipv4Addr {
        self.nth_address(0)
    }

    /// Where something stands that is between its servers and their clients.
    pub fn front_address(&self) -> Ipv4Addr {
        self.nth_address(1)
    }

    fn nth_address(&self, nth: u32) -> Ipv4Addr {
        // From 127.64.0.0 on, so that 127.0.0.1 stays what others use.
        Ipv4Addr::from((127 << 24) | (1 << 22) | (self.number % (1 << 21)) << 1 | nth)
    }

    /// Writes a file of the machine and returns its path.
    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(&path, text).expect("a file");
        path
    }

    /// Starts a server and waits until it answers on a port.
    #[track_caller]
    pub fn start(&mut self, program: &str, arguments: &[&str], port: u16) {
        let server = Server::start(self, program, arguments);
        server.answers(self.address(), port);
        self.servers.push(server);
    }

    /// Ends all servers.
    pub fn stop(&mut self) {
        self.servers.clear();
    }
}

/// A running server with everything that it started.
///
/// It lives in a mount and process namespace of its own, where the user exists and `/run/home` is the machine's folder
/// `home`. The first process of the namespace waits for the end of its input, which comes with the end of the test,
/// however that ends; the kernel then ends all others.
pub struct Server {
    child: Child,
    log: PathBuf,
}

impl Server {
    #[track_caller]
    fn start(machine: &Machine, program: &str, arguments: &[&str]) -> Self {
        for (file, line) in [
            ("passwd", format!("{USER}:x:{USER_ID}:{USER_ID}::/run/home:/bin/sh\n")),
            ("group", format!("{USER}:x:{USER_ID}:\n")),
            ("shadow", format!("{USER}:{SHADOW}:19000:0:99999:7:::\n")),
        ] {
            let system = std::fs::read_to_string(format!("/etc/{file}")).expect("root may read it");
            machine.write(&format!("etc/{file}"), system + &line);
        }
        let log = machine.path("log");
        let file = File::options().create(true).append(true).open(&log).expect("a log");
        let prepare = "mount -t tmpfs tmpfs /dev/shm && mount -t tmpfs -o mode=755 tmpfs /run && mkdir -p /run/home /run/sshd && mount --rbind \"$1/home\" /run/home || exit 1
            for file in passwd group shadow; do mount --bind \"$1/etc/$file\" /etc/$file || exit 1; done
            shift; \"$@\" & exec cat >/dev/null";
        let child = Command::new("unshare")
            .args(["--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", prepare, "sh"])
            .arg(machine.root())
            .arg(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(file.try_clone().expect("a log"))
            .stderr(file)
            .spawn()
            .expect("`unshare` of util-linux is installed");
        Self { child, log }
    }

    #[track_caller]
    fn answers(&self, address: Ipv4Addr, port: u16) {
        let started = Instant::now();
        while TcpStream::connect(SocketAddr::from((address, port))).is_err() {
            assert!(
                started.elapsed() < PATIENCE,
                "no server at {address}:{port}. Servers want root and the packages that `tests/run` installs:\n{}",
                std::fs::read_to_string(&self.log).unwrap_or_default()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The end of its input ends the namespace; the kernel lets nobody wait for that in vain.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// What a client's command printed; it must succeed.
#[track_caller]
pub fn output_of(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{text}{errors}", output.status);
    text
}

/// The answer to a GET on a new connection: status, head and body.
#[track_caller]
pub fn get(address: SocketAddr, path: &str) -> (u16, String, Vec<u8>) {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(PATIENCE)).expect("a time");
    let request = format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("a request is sent");
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).expect("an answer");
    let at = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
    let head = String::from_utf8_lossy(&bytes[..at]).into_owned();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    (status, head, bytes.split_off(at + 4))
}
