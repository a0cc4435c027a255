//! The SSH connection below SFTP: the host's key is checked, the user logs in with a key or a password.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use russh::client::{self, AuthResult, Handle, KeyboardInteractiveAuthResponse};
use russh::keys::known_hosts::{known_host_keys_path, learn_known_hosts_path};
use russh::keys::{HashAlg, PrivateKeyWithHashAlg, PublicKey, PublicKeyOrCertificate, load_secret_key};

use super::super::host::{Fault, HostError, Result};
use super::sftp::Connection;

const PATIENCE: Duration = Duration::from_secs(20);

/// How to get in.
#[derive(Clone)]
pub struct Login {
    pub host: String,
    pub port: u16,
    pub user: String,
    pub password: Option<String>,
    /// Private keys to try, and what opens them.
    pub keys: Vec<PathBuf>,
    pub passphrase: Option<String>,
    pub known_hosts: PathBuf,
    /// Whether a host that was never met is trusted.
    pub accepts_new: bool,
}

/// Compares the host's key with the known ones.
pub struct KeyCheck {
    login: Login,
    /// Why the key was refused.
    refusal: Arc<Mutex<Option<HostError>>>,
}

impl KeyCheck {
    fn check(&self, key: &PublicKey) -> Result<()> {
        let Login { host, port, known_hosts, accepts_new, .. } = &self.login;
        let known = if known_hosts.is_file() {
            known_host_keys_path(host, *port, known_hosts)
                .map_err(|error| HostError::new(Fault::HostKey, format!("{}: {error}", known_hosts.display())))?
        } else {
            Vec::new()
        };
        let fingerprint = key.fingerprint(HashAlg::Sha256);
        if known.iter().any(|(_, known)| known.key_data() == key.key_data()) {
            return Ok(());
        }
        // A key of another kind than the known ones is also a change: the host offered the known kind before.
        if let Some((line, _)) = known.first() {
            let file = known_hosts.display();
            return Err(HostError::new(Fault::HostKeyChanged, format!("{fingerprint}; {file}:{line}")));
        }
        if !accepts_new {
            return Err(HostError::new(Fault::HostKey, format!("{} {fingerprint}", key.algorithm())));
        }
        learn_known_hosts_path(host, *port, key, known_hosts)
            .map_err(|error| HostError::new(Fault::HostKey, format!("{}: {error}", known_hosts.display())))
    }
}

impl client::Handler for KeyCheck {
    type Error = russh::Error;

    async fn check_server_key(&mut self, offered: &PublicKeyOrCertificate) -> Result<bool, Self::Error> {
        let checked = match offered {
            PublicKeyOrCertificate::PublicKey { key, .. } => self.check(key),
            PublicKeyOrCertificate::Certificate(_) => {
                Err(HostError::new(Fault::HostKey, "the host shows a certificate"))
            }
        };
        match checked {
            Ok(()) => Ok(true),
            Err(error) => {
                *self.refusal.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                Ok(false)
            }
        }
    }
}

pub(super) async fn connect(login: &Login) -> Result<Connection> {
    let refusal = Arc::new(Mutex::new(None));
    let check = KeyCheck { login: login.clone(), refusal: refusal.clone() };
    let mut config = client::Config {
        nodelay: true,
        keepalive_interval: Some(Duration::from_secs(15)),
        keepalive_max: 4,
        ..client::Config::default()
    };
    // The kinds that are known come first, so that a host with several keys shows the one that can be compared.
    prefer_known(&mut config, login);
    let address = (login.host.as_str(), login.port);
    let connected = tokio::time::timeout(PATIENCE, client::connect(Arc::new(config), address, check)).await;
    let mut handle = match connected {
        Err(_) => return Err(HostError::new(Fault::Unreachable, "no answer within 20 s")),
        Ok(Ok(handle)) => handle,
        Ok(Err(error)) => {
            let refused = refusal.lock().unwrap_or_else(PoisonError::into_inner).take();
            return Err(refused.unwrap_or_else(|| failed(&error)));
        }
    };
    log_in(&mut handle, login).await?;
    super::sftp::start(handle).await
}

fn prefer_known(config: &mut client::Config, login: &Login) {
    let known = known_host_keys_path(&login.host, login.port, &login.known_hosts).unwrap_or_default();
    // One RSA key signs with several hashes, each of which is an algorithm of its own.
    let is_known = |algorithm: &russh::keys::Algorithm| {
        let is_rsa = algorithm.clone().is_rsa();
        known.iter().any(|(_, key)| key.algorithm() == *algorithm || is_rsa && key.algorithm().is_rsa())
    };
    let mut kinds = config.preferred.key.to_vec();
    kinds.sort_by_key(|algorithm| !is_known(algorithm));
    config.preferred.key = kinds.into();
}

fn failed(error: &russh::Error) -> HostError {
    match error {
        russh::Error::IO(error) => match HostError::io(error) {
            HostError { fault: Fault::Other, detail, .. } => HostError::new(Fault::Unreachable, detail),
            error => error,
        },
        russh::Error::NoCommonAlgo { .. } => HostError::other(error.to_string()),
        _ => HostError::new(Fault::Interrupted, error.to_string()),
    }
}

async fn log_in(handle: &mut Handle<KeyCheck>, login: &Login) -> Result<()> {
    let user = login.user.as_str();
    let mut tried = Vec::new();
    for path in &login.keys {
        let shown = path.display();
        let key = match load_secret_key(path, login.passphrase.as_deref()) {
            Ok(key) => key,
            Err(error) => {
                tried.push(format!("{shown}: {error}"));
                continue;
            }
        };
        let hash = match key.algorithm().is_rsa() {
            true => handle.best_supported_rsa_hash().await.map_err(|error| failed(&error))?.flatten(),
            false => None,
        };
        let key = PrivateKeyWithHashAlg::new(Arc::new(key), hash);
        match handle.authenticate_publickey(user, key).await.map_err(|error| failed(&error))? {
            AuthResult::Success => return Ok(()),
            AuthResult::Failure { .. } => tried.push(format!("{shown}: refused")),
        }
    }
    if let Some(password) = &login.password {
        if handle.authenticate_password(user, password).await.map_err(|error| failed(&error))?.success() {
            return Ok(());
        }
        if answer_questions(handle, user, password).await? {
            return Ok(());
        }
        tried.push("password: refused".to_owned());
    }
    if tried.is_empty() {
        tried.push("neither a key nor a password is given".to_owned());
    }
    Err(HostError::new(Fault::Login, tried.join("; ")))
}

/// Hosts that ask for the password as a question.
async fn answer_questions(handle: &mut Handle<KeyCheck>, user: &str, password: &str) -> Result<bool> {
    let start = handle.authenticate_keyboard_interactive_start(user, None::<String>).await;
    let mut answer = match start {
        Ok(answer) => answer,
        // The connection is closed after too many attempts.
        Err(_) => return Ok(false),
    };
    // A few rounds; a host that asks on and on is not let in.
    for _ in 0..4 {
        let prompts = match answer {
            KeyboardInteractiveAuthResponse::Success => return Ok(true),
            KeyboardInteractiveAuthResponse::Failure { .. } => return Ok(false),
            KeyboardInteractiveAuthResponse::InfoRequest { prompts, .. } => prompts,
        };
        let answers = prompts.iter().map(|_| password.to_owned()).collect();
        answer = match handle.authenticate_keyboard_interactive_respond(answers).await {
            Ok(answer) => answer,
            Err(_) => return Ok(false),
        };
    }
    Ok(false)
}
