//! One file for each kind of host.

mod bucket;
mod folder;
mod ftp;
mod git;
mod sftp;
mod ssh;
mod webdav;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::host::{Host, HostError, Result};
use super::secrets::{Secrets, home, home_folder};
use crate::config::deploy::{self, Switch, Target};
use crate::diagnostic::Diagnostic;
use crate::text;

/// An open host, with the name of the document root below its base.
pub struct Open {
    pub host: Box<dyn Host + Send>,
    /// `""` where the base is the document root.
    pub name: String,
    pub switch: Switch,
    /// How messages name the place.
    pub label: String,
}

/// What hosts need to know besides the target.
pub struct Surroundings<'a> {
    /// The site's root.
    pub root: &'a Path,
    /// The folder of `kepu.toml`, from which paths of the target are taken.
    pub folder: &'a Path,
    /// The target's own folder in the site's `.kepu/`.
    pub notes: &'a Path,
    pub accept_host_key: bool,
}

/// Connects to the host of a target.
pub fn open(target: &Target, around: &Surroundings) -> Result<Open, Box<Diagnostic>> {
    let label = label(target);
    let secrets = Secrets::read(target, around.root, around.folder)?;
    let explain = |error: HostError| Box::new(error.diagnostic(&target.name, &label));
    let mut name = String::new();
    let mut switch = Switch::InPlace;
    let host: Box<dyn Host + Send> = match &target.host {
        deploy::Host::Folder { path, switch: wish } => {
            let root = home(path, around.folder);
            let root = std::path::absolute(&root).unwrap_or(root);
            switch = *wish;
            match (root.parent(), root.file_name()) {
                (Some(parent), Some(last)) => {
                    name = last.to_string_lossy().into_owned();
                    Box::new(folder::Folder::open(parent.to_owned()))
                }
                _ => Box::new(folder::Folder::open(root)),
            }
        }
        deploy::Host::Sftp(sftp) => {
            switch = sftp.switch;
            let path = sftp.path.strip_prefix("~/").unwrap_or(&sftp.path).trim_end_matches('/');
            let (base, last) = match path.rsplit_once('/') {
                Some(("", last)) => ("/", last),
                Some((base, last)) => (base, last),
                None if sftp.path.starts_with('/') => ("/", ""),
                None => ("", path),
            };
            name = last.to_owned();
            let keys = match &sftp.key {
                Some(key) => vec![home(key, around.folder)],
                None => sftp::usual_keys(),
            };
            let login = ssh::Login {
                host: sftp.host.clone(),
                port: sftp.port,
                user: sftp.user.clone(),
                password: if keys.is_empty() { Some(secrets.require("password")?) } else { secrets.get("password") },
                keys,
                passphrase: secrets.get("key_passphrase"),
                known_hosts: match &sftp.known_hosts {
                    Some(file) => home(file, around.folder),
                    None => home_folder().unwrap_or_else(|| around.folder.to_owned()).join(".ssh/known_hosts"),
                },
                accepts_new: around.accept_host_key,
            };
            Box::new(sftp::open(login, base.to_owned()).map_err(explain)?)
        }
        deploy::Host::Ftp { host, port, user, path, tls, encoding } => {
            let login = ftp::Login {
                host: host.clone(),
                port: *port,
                user: user.clone(),
                password: secrets.require("password")?,
                tls: *tls,
                encoding: *encoding,
                certificates: tls_configs(target, around)?,
            };
            Box::new(ftp::open(login, path).map_err(explain)?)
        }
        deploy::Host::WebDav { url, user } => {
            let password = if user.is_some() { Some(secrets.require("password")?) } else { secrets.get("password") };
            let ca = authorities(target, around)?.map(|certificates| {
                certificates.iter().map(|der| ureq::tls::Certificate::from_der(der).to_owned()).collect()
            });
            Box::new(webdav::open(url, user.as_deref(), password.as_deref(), ca).map_err(explain)?)
        }
        deploy::Host::Bucket(bucket) => Box::new(bucket::open(bucket, &secrets.keys()?).map_err(explain)?),
        deploy::Host::Git(git) => {
            Box::new(git::open(git, &around.notes.join("git"), around.accept_host_key).map_err(explain)?)
        }
    };
    Ok(Open { host, name, switch, label })
}

/// The certificates of `ca`, if it is given.
fn authorities(
    target: &Target,
    around: &Surroundings,
) -> Result<Option<Vec<CertificateDer<'static>>>, Box<Diagnostic>> {
    let Some(file) = &target.ca else { return Ok(None) };
    let path = home(file, around.folder);
    let shown = path.display();
    let read = CertificateDer::pem_file_iter(&path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match read {
        Ok(certificates) if !certificates.is_empty() => Ok(Some(certificates)),
        read => {
            let why = read.err().map(|error| error.to_string()).unwrap_or_default();
            Err(Box::new(
                Diagnostic::error(
                    "deploy/config",
                    text!("`{shown}` holds no certificate {why}", "`{shown}` 里没有证书 {why}"),
                )
                .help(text!("`ca` names a file in PEM form", "`ca` 应是 PEM 格式的文件")),
            ))
        }
    }
}

/// Whom FTPS connections trust: the authorities that browsers trust, or that of `ca`. TLS 1.2 first: a server that wants the
/// session of the control connection resumed by data connections (vsftpd and ProFTPD by default) accepts that any number of
/// times, while a ticket of TLS 1.3 is used up, and a client that only sends never gets a new one.
fn tls_configs(target: &Target, around: &Surroundings) -> Result<Vec<rustls::ClientConfig>, Box<Diagnostic>> {
    let mut roots = rustls::RootCertStore::empty();
    match authorities(target, around)? {
        Some(certificates) => drop(roots.add_parsable_certificates(certificates)),
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let configs = [&rustls::version::TLS12, &rustls::version::TLS13].into_iter().map(|version| {
        let config =
            rustls::ClientConfig::builder_with_provider(provider.clone()).with_protocol_versions(&[version])?;
        Ok(config.with_root_certificates(roots.clone()).with_no_client_auth())
    });
    let failed = |error: rustls::Error| Box::new(Diagnostic::error("deploy/host", text!("{error}", "{error}")));
    configs.collect::<Result<_, rustls::Error>>().map_err(failed)
}

/// How long a host that cannot refuse a second file of one name is given to show whose stands: twice the first pause
/// between attempts.
fn settle() -> Duration {
    super::transfer::first_pause() * 2
}

/// Creates a file on a host that cannot be relied on to refuse where there is one: of two at the same moment the
/// last stands, and both look.
fn create_and_look(host: &dyn Host, path: &str, bytes: &[u8], write: impl FnOnce() -> Result<bool>) -> Result<bool> {
    if host.read(path)?.is_some() || !write()? {
        return Ok(false);
    }
    std::thread::sleep(settle());
    Ok(host.read(path)?.as_deref() == Some(bytes))
}

#[cfg(test)]
pub fn folder_for_test(base: &Path) -> Box<dyn Host> {
    Box::new(folder::Folder::open(base.to_owned()))
}

/// How messages name the place of a target.
pub fn label(target: &Target) -> String {
    match &target.host {
        deploy::Host::Folder { path, .. } => path.clone(),
        deploy::Host::Sftp(sftp) => {
            format!("sftp://{}@{}:{}/{}", sftp.user, sftp.host, sftp.port, sftp.path.trim_start_matches('/'))
        }
        deploy::Host::Ftp { host, port, path, .. } => format!("ftp://{host}:{port}/{}", path.trim_start_matches('/')),
        deploy::Host::WebDav { url, .. } => url.clone(),
        deploy::Host::Bucket(bucket) => match &bucket.endpoint {
            Some(endpoint) => format!("{endpoint}/{}", bucket.bucket),
            None => format!("s3://{}", bucket.bucket),
        },
        deploy::Host::Git(git) => format!("{} ({})", git.url, git.branch),
    }
}
