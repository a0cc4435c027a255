//! Apache: it serves the site to readers by the rules of `.htaccess`, and takes it over WebDAV.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use super::machine::{Machine, PASSWORD, USER, output_of};

/// The port for readers.
const PORT: u16 = 8090;
/// The port for WebDAV.
pub const DAV: u16 = 8091;

/// Starts a server that shows a folder to readers. Returns its address.
pub fn start(machine: &mut Machine, folder: &Path) -> SocketAddr {
    let folder = folder.display();
    let rules = format!(
        "DocumentRoot {folder}\n<Directory {folder}>\nAllowOverride FileInfo Indexes Options=Indexes\nRequire all granted\n</Directory>\n"
    );
    start_with(machine, "apache", PORT, &rules)
}

/// Starts a server that takes the site into `home/web/site` over WebDAV; `require` are the rules of who may do what.
pub fn start_dav(machine: &mut Machine, require: &str) -> SocketAddr {
    let hash = output_of(Command::new("openssl").args(["passwd", "-apr1", PASSWORD]));
    let users = machine.write("apache_users", format!("{USER}:{hash}"));
    let locks = machine.folder_of_user("apache_locks");
    let rules = format!(
        "DocumentRoot /run/home/web\nDavLockDB {}/db\n<Directory /run/home/web>\nDav On\nAuthType Basic\nAuthName dav\n\
         AuthUserFile {}\n{require}\n</Directory>\n",
        locks.display(),
        users.display(),
    );
    start_with(machine, "apache_dav", DAV, &rules)
}

fn start_with(machine: &mut Machine, name: &str, port: u16, rules: &str) -> SocketAddr {
    let folder = machine.folder_of_user(name);
    let modules: String = [
        "mpm_event",
        "authn_core",
        "authn_file",
        "authz_core",
        "authz_user",
        "auth_basic",
        "alias",
        "mime",
        "dir",
        "headers",
        "filter",
        "deflate",
        "autoindex",
        "dav",
        "dav_fs",
    ]
    .iter()
    .map(|module| format!("LoadModule {module}_module /usr/lib/apache2/modules/mod_{module}.so\n"))
    .collect();
    let (address, folder) = (machine.address(), folder.display().to_string());
    let config = format!(
        "ServerRoot {folder}\nDefaultRuntimeDir {folder}\nPidFile {folder}/pid\nErrorLog /dev/stderr\nServerName {address}\n\
         Listen {address}:{port}\nUser {USER}\nGroup {USER}\n{modules}TypesConfig /etc/mime.types\n{rules}"
    );
    let config = machine.write(&format!("{name}.conf"), config);
    machine.start("/usr/sbin/apache2", &["-D", "FOREGROUND", "-f", &config.to_string_lossy()], port);
    SocketAddr::from((address, port))
}
