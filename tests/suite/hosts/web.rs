//! nginx: it serves the site to readers, and takes it over WebDAV.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::machine::{Machine, PASSWORD, USER, output_of};
use super::tls;

/// The port for readers.
pub const PORT: u16 = 8080;
/// The ports for WebDAV, without and with TLS.
pub const DAV: u16 = 8081;
pub const DAV_TLS: u16 = 8443;

/// Starts a server on a machine that shows a folder to readers. Returns its address.
pub fn start(machine: &mut Machine, folder: &Path) -> SocketAddr {
    let config = format!("server {{ listen {}:{PORT}; {} }}", machine.address(), readers(folder));
    start_with(machine, "reader", &config, PORT)
}

/// Starts a server that shows a folder to readers by rules of a file of its own.
pub fn start_by_rules(machine: &mut Machine, folder: &Path, rules: &Path) -> SocketAddr {
    let (address, folder, rules) = (machine.address(), folder.display(), rules.display());
    let config = format!("server {{ listen {address}:{PORT}; root {folder}; include {rules}; }}");
    start_with(machine, "reader", &config, PORT)
}

/// Starts a server that takes the site into `home/web` over WebDAV.
pub fn start_dav(machine: &mut Machine) -> SocketAddr {
    let config = format!("server {{ listen {}:{DAV}; {} }}", machine.address(), dav(machine));
    start_with(machine, "dav", &config, DAV)
}

/// The same with TLS. Returns the certificate, too.
pub fn start_dav_with_tls(machine: &mut Machine) -> (SocketAddr, PathBuf) {
    let (certificate, key) = tls::certificate(machine);
    let config = format!(
        "server {{ listen {}:{DAV_TLS} ssl; ssl_certificate {}; ssl_certificate_key {}; {} }}",
        machine.address(),
        certificate.display(),
        key.display(),
        dav(machine)
    );
    (start_with(machine, "dav", &config, DAV_TLS), certificate)
}

fn readers(folder: &Path) -> String {
    format!("root {}; error_page 404 /404.html;", folder.display())
}

fn dav(machine: &Machine) -> String {
    let hash = output_of(Command::new("openssl").args(["passwd", "-apr1", PASSWORD]));
    let users = machine.write("dav_users", format!("{USER}:{hash}"));
    format!(
        "root /run/home/web; client_max_body_size 0; auth_basic dav; auth_basic_user_file {};
         dav_methods PUT DELETE MKCOL COPY MOVE; dav_ext_methods PROPFIND OPTIONS; dav_access user:rw all:r;
         client_body_temp_path {};",
        users.display(),
        machine.folder_of_user("home/web/.uploads").display(),
    )
}

fn start_with(machine: &mut Machine, name: &str, servers: &str, port: u16) -> SocketAddr {
    let folder = machine.path(name);
    std::fs::create_dir_all(&folder).expect("a folder");
    let module = "/usr/lib/nginx/modules/ngx_http_dav_ext_module.so";
    let temporary: String =
        ["proxy", "fastcgi", "uwsgi", "scgi"].iter().map(|kind| format!("{kind}_temp_path {kind};\n")).collect();
    // A reader of its own sees what belongs to root, too: the folder of the machine is nobody else's.
    let user = if name == "reader" { "root root" } else { USER };
    let config = format!(
        "load_module {module};\ndaemon off;\nworker_processes 1;\npid nginx.pid;\nerror_log stderr;\nuser {user};\n\
         events {{ worker_connections 512; }}\nhttp {{ include /etc/nginx/mime.types; access_log off;\n\
         client_body_temp_path body;\n{temporary}{servers} }}\n"
    );
    let config = machine.write(&format!("{name}/nginx.conf"), config);
    let (folder, config) = (folder.to_string_lossy().into_owned(), config.to_string_lossy().into_owned());
    machine.start("/usr/sbin/nginx", &["-e", "stderr", "-p", &folder, "-c", &config], port);
    SocketAddr::from((machine.address(), port))
}
