//! `kepu deploy` against real servers on the loopback interface: OpenSSH, vsftpd, nginx and Apache with WebDAV, an S3
//! server, git.
//!
//! `machine` starts and ends servers; `ssh`, `ftp`, `web`, `apache`, `s3` and `tls` configure one each; `proxy` is the network that
//! breaks. `tests/run` installs the servers; they want root, since each drops to a user of its own.
//! `KEPU_TEST_WITHOUT_SERVERS=1` leaves these tests out by choice.

mod apache;
mod bench;
mod deploys;
mod faults;
mod ftp;
mod git;
mod host;
mod machine;
mod messages;
mod proxy;
mod reader;
mod s3;
mod served;
mod site;
mod smoke;
mod ssh;
mod tls;
mod web;

/// Whether the tests with servers are left out by choice.
fn left_out() -> bool {
    std::env::var_os("KEPU_TEST_WITHOUT_SERVERS").is_some()
}
