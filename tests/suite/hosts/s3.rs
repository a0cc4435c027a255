//! An S3 server that checks signatures: `s3s-fs`, which keeps objects as files.

use std::path::{Path, PathBuf};

use super::machine::{Machine, PASSWORD, USER, USER_ID};

pub const PORT: u16 = 8014;
pub const BUCKET: &str = "site";
/// Any region will do for this server, but both sides sign with the name of one.
pub const REGION: &str = "cn-test-1";

/// Starts the server on a machine. The bucket is there and empty. Returns the folder that holds its objects.
pub fn start(machine: &mut Machine) -> PathBuf {
    start_in_another_time(machine, 0)
}

/// The same with a clock that is off by so many seconds.
pub fn start_in_another_time(machine: &mut Machine, seconds: i64) -> PathBuf {
    let bucket = machine.folder_of_user(&format!("home/s3/{BUCKET}"));
    machine.folder_of_user("home/s3");
    // It does not change its user by itself.
    let id = USER_ID.to_string();
    let (address, port, binary) = (machine.address().to_string(), PORT.to_string(), binary());
    let mut arguments = vec!["--reuid", &id, "--regid", &id, "--clear-groups"];
    let time = format!("{seconds:+}s");
    if seconds != 0 {
        arguments.extend(["faketime", "-f", &time]);
    }
    arguments.extend([&binary, "--host", &address, "--port", &port, "--access-key", USER, "--secret-key", PASSWORD]);
    arguments.push("/run/home/s3");
    machine.start("setpriv", &arguments, PORT);
    bucket
}

/// The program, as `tests/run` has cargo put it below the target folder.
fn binary() -> String {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../servers/bin/s3s-fs");
    assert!(file.is_file(), "{} is missing. `tests/run` installs it", file.display());
    file.to_string_lossy().into_owned()
}
