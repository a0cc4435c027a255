//! vsftpd, with and without TLS.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use super::machine::{Machine, USER};
use super::tls;

pub const PORT: u16 = 2021;
/// The ports of data connections.
pub const PASSIVE: RangeInclusive<u16> = 23000..=23040;

/// Starts vsftpd on a machine. Users see nothing but the machine's `home`.
pub fn start(machine: &mut Machine) {
    start_with(machine, "");
}

/// Starts vsftpd with TLS that is not optional. As by default, a data connection must resume the session of the control
/// connection. Returns the certificate.
pub fn start_with_tls(machine: &mut Machine) -> PathBuf {
    start_with_tls_and(machine, "")
}

/// The same, where a connection speaks TLS from its first byte.
pub fn start_with_implicit_tls(machine: &mut Machine) -> PathBuf {
    start_with_tls_and(machine, "implicit_ssl=YES\n")
}

fn start_with_tls_and(machine: &mut Machine, more: &str) -> PathBuf {
    let (certificate, key) = tls::certificate(machine);
    let (c, k) = (certificate.display(), key.display());
    let more = format!(
        "ssl_enable=YES\nforce_local_data_ssl=YES\nforce_local_logins_ssl=YES\nrsa_cert_file={c}\n\
         rsa_private_key_file={k}\nssl_ciphers=HIGH\n{more}"
    );
    start_with(machine, &more);
    certificate
}

fn start_with(machine: &mut Machine, more: &str) {
    let (first, last) = PASSIVE.into_inner();
    let (address, front) = (machine.address(), machine.front_address());
    let empty = machine.path("empty");
    std::fs::create_dir_all(&empty).expect("a folder");
    let config = format!(
        "listen=YES\nlisten_address={address}\nlisten_port={PORT}\nbackground=NO\nanonymous_enable=NO\n\
         local_enable=YES\nwrite_enable=YES\nlocal_umask=022\nlocal_root=/run/home\nchroot_local_user=YES\n\
         user_config_dir=/run/users\npasv_min_port={first}\npasv_max_port={last}\npasv_address={front}\n\
         userlist_enable=YES\nuserlist_deny=NO\nuserlist_file={users}\nsecure_chroot_dir={empty}\n\
         seccomp_sandbox=NO\nxferlog_enable=NO\n{more}",
        users = machine.write("users", format!("{USER}\n")).display(),
        empty = empty.display(),
    );
    let config = machine.write("vsftpd.conf", config);
    machine.start("/usr/sbin/vsftpd", &[&config.to_string_lossy()], PORT);
}
