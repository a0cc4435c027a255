//! SFTP, spoken by kepu itself: no `ssh` program is needed, which Windows may lack, and one connection carries all requests.

use std::collections::HashSet;
use std::io::Read;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::{join_all, try_join_all};
use russh_sftp::client::RawSftpSession;
use russh_sftp::client::error::Error;
use russh_sftp::protocol::{FileAttributes, OpenFlags, Packet, StatusCode};
use tokio::runtime::Runtime;

use super::super::host::{Abilities, Child, Content, Fault, Found, Headers, Host, HostError, Look, Result};
use super::ssh::{self, Login};

/// Bytes of one write; every server takes so many.
const PIECE: usize = 32 * 1024;
/// Writes under way for one file.
const AHEAD: usize = 16;
/// Folders that are listed at once.
const LISTED: usize = 32;
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Sftp {
    login: Login,
    /// The folder that all paths are below; `""` is the one of the login.
    base: String,
    runtime: Runtime,
    connection: Mutex<Option<Arc<Connection>>>,
    made: Mutex<HashSet<String>>,
}

pub(super) struct Connection {
    pub sftp: RawSftpSession,
    /// Closes the connection when it goes.
    pub _ssh: russh::client::Handle<ssh::KeyCheck>,
    pub has_posix_rename: bool,
    pub has_hardlink: bool,
    pub has_statvfs: bool,
}

/// Connects and logs in.
pub fn open(login: Login, base: String) -> Result<Sftp> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| HostError::io(&error))?;
    let connection = super::super::transfer::retry(|| runtime.block_on(ssh::connect(&login)))?;
    let connection = Mutex::new(Some(Arc::new(connection)));
    Ok(Sftp { login, base, runtime, connection, made: Mutex::default() })
}

impl Sftp {
    fn at(&self, path: &str) -> String {
        match (self.base.as_str(), path) {
            ("", "") => ".".to_owned(),
            ("", path) => path.to_owned(),
            (base, "") => base.to_owned(),
            (base, path) => format!("{}/{path}", base.trim_end_matches('/')),
        }
    }

    /// The connection, made anew where it broke.
    fn connection(&self) -> Result<Arc<Connection>> {
        let mut slot = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(connection) = &*slot {
            return Ok(connection.clone());
        }
        let connection = Arc::new(self.runtime.block_on(ssh::connect(&self.login))?);
        *slot = Some(connection.clone());
        Ok(connection)
    }

    /// Asks something of the host; a broken connection is dropped, so that the next attempt makes another.
    fn ask<T, F: Future<Output = Result<T, Error>>>(
        &self,
        path: &str,
        question: impl FnOnce(Arc<Connection>) -> F,
    ) -> Result<T> {
        let connection = self.connection()?;
        let answer = self.runtime.block_on(question(connection.clone()));
        answer.map_err(|error| {
            let error = failed(&error).at(path);
            if error.fault == Fault::Interrupted {
                let mut slot = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
                if slot.as_ref().is_some_and(|there| Arc::ptr_eq(there, &connection)) {
                    *slot = None;
                }
            }
            if error.fault == Fault::Other { self.why(&connection, error) } else { error }
        })
    }

    /// Servers answer "Failure" to a full disk; the file system tells more.
    fn why(&self, connection: &Connection, error: HostError) -> HostError {
        const READ_ONLY: u64 = 1;
        if !connection.has_statvfs {
            return error;
        }
        match self.runtime.block_on(connection.sftp.statvfs(self.at(""))) {
            Ok(disk) if disk.flags & READ_ONLY != 0 => HostError { fault: Fault::ReadOnly, ..error },
            Ok(disk) if disk.blocks_avail == 0 || disk.inodes_avail == 0 && disk.inodes > 0 => {
                HostError { fault: Fault::Full, ..error }
            }
            _ => error,
        }
    }

    fn make_parent(&self, path: &str) -> Result<()> {
        let Some((folder, _)) = path.rsplit_once('/') else { return Ok(()) };
        if self.made.lock().unwrap_or_else(PoisonError::into_inner).contains(folder) {
            return Ok(());
        }
        for end in folder.match_indices('/').map(|(at, _)| at).chain([folder.len()]) {
            let part = &folder[..end];
            if self.made.lock().unwrap_or_else(PoisonError::into_inner).contains(part) {
                continue;
            }
            let full = self.at(part);
            let made = self.ask(part, |c| async move {
                match c.sftp.mkdir(full.clone(), FileAttributes::empty()).await {
                    Ok(_) => Ok(()),
                    // It is there already, which the protocol has no word for.
                    Err(error) => match c.sftp.stat(full).await {
                        Ok(_) => Ok(()),
                        Err(missing) if is_missing(&missing) => Err(error),
                        Err(broken) => Err(broken),
                    },
                }
            });
            made?;
            self.made.lock().unwrap_or_else(PoisonError::into_inner).insert(part.to_owned());
        }
        Ok(())
    }

    fn send(&self, path: &str, flags: OpenFlags, content: &Content) -> Result<()> {
        let full = self.at(path);
        self.make_parent(path)?;
        let handle = self.ask(path, |c| async move { c.sftp.open(full, flags, FileAttributes::empty()).await })?.handle;
        let sent = self.send_to(path, &handle, content);
        let closed = self.ask(path, |c| async move { c.sftp.close(handle).await });
        sent.and(closed.map(drop))
    }

    fn send_to(&self, path: &str, handle: &str, content: &Content) -> Result<()> {
        let mut reader = content.reader()?;
        let mut offset = 0u64;
        loop {
            let mut pieces = Vec::new();
            while pieces.len() < AHEAD {
                let mut piece = Vec::with_capacity(PIECE.min(content.size() as usize + 1));
                reader
                    .by_ref()
                    .take(PIECE as u64)
                    .read_to_end(&mut piece)
                    .map_err(|error| HostError::source(&path, &error))?;
                if piece.is_empty() {
                    break;
                }
                let at = offset;
                offset += piece.len() as u64;
                pieces.push((at, piece));
            }
            if pieces.is_empty() {
                return Ok(());
            }
            self.ask(path, |c| async move {
                try_join_all(pieces.into_iter().map(|(at, piece)| c.sftp.write(handle, at, piece))).await.map(drop)
            })?;
        }
    }
}

fn failed(error: &Error) -> HostError {
    let fault = match error {
        Error::Status(status) => match status.status_code {
            StatusCode::PermissionDenied => Fault::ReadOnly,
            StatusCode::NoSuchFile => Fault::NotFound,
            StatusCode::NoConnection | StatusCode::ConnectionLost => Fault::Interrupted,
            _ => {
                let said = status.error_message.to_lowercase();
                match () {
                    () if said.contains("space") || said.contains("quota") => Fault::Full,
                    () if said.contains("read-only") => Fault::ReadOnly,
                    () => Fault::Other,
                }
            }
        },
        Error::IO(_) | Error::Timeout | Error::UnexpectedBehavior(_) => Fault::Interrupted,
        Error::Limited(_) | Error::UnexpectedPacket => Fault::Other,
    };
    HostError::new(fault, error.to_string())
}

fn is_missing(error: &Error) -> bool {
    matches!(error, Error::Status(status) if status.status_code == StatusCode::NoSuchFile)
}

/// Two strings as the protocol writes them.
fn strings(a: &str, b: &str) -> Vec<u8> {
    [a, b].into_iter().flat_map(|text| [&(text.len() as u32).to_be_bytes()[..], text.as_bytes()].concat()).collect()
}

async fn rename(c: &Connection, from: String, to: String) -> Result<(), Error> {
    if !c.has_posix_rename {
        // The plain rename refuses to replace.
        return match c.sftp.rename(from.clone(), to.clone()).await {
            Ok(_) => Ok(()),
            // Only what stands in the way of a file that is there goes first.
            Err(_) if c.sftp.lstat(from.clone()).await.is_ok() && c.sftp.lstat(to.clone()).await.is_ok() => {
                c.sftp.remove(to.clone()).await?;
                c.sftp.rename(from, to).await.map(drop)
            }
            Err(error) => Err(error),
        };
    }
    match c.sftp.extended("posix-rename@openssh.com", strings(&from, &to)).await? {
        Packet::Status(status) if status.status_code == StatusCode::Ok => Ok(()),
        Packet::Status(status) => Err(Error::Status(status)),
        _ => Err(Error::UnexpectedPacket),
    }
}

/// The entries of one folder; none where there is no folder.
async fn entries(c: &Connection, folder: String) -> Result<Vec<Child>, Error> {
    let handle = match c.sftp.opendir(folder).await {
        Ok(handle) => handle.handle,
        Err(error) if is_missing(&error) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    let end = loop {
        match c.sftp.readdir(handle.clone()).await {
            Ok(names) => found.extend(
                names.files.into_iter().filter(|file| !matches!(file.filename.as_str(), "." | "..")).map(|file| {
                    Child {
                        size: file.attrs.size.unwrap_or(0),
                        folder: file
                            .attrs
                            .file_type()
                            .is_dir()
                            .then(|| i64::from(file.attrs.mtime.unwrap_or(0)) * 1_000_000_000),
                        name: file.filename,
                    }
                }),
            ),
            Err(Error::Status(status)) if status.status_code == StatusCode::Eof => break Ok(found),
            Err(error) => break Err(error),
        }
    };
    let _ = c.sftp.close(handle).await;
    end
}

impl Host for Sftp {
    fn abilities(&self) -> Abilities {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let link = connection.is_none_or(|c| c.has_hardlink && c.has_posix_rename);
        Abilities { rename: true, link, ..Abilities::default() }
    }

    fn list(&self, folder: &str) -> Result<Vec<Found>> {
        let mut found = Vec::new();
        let mut folders = vec![String::new()];
        while !folders.is_empty() {
            let now: Vec<String> = folders.drain(..folders.len().min(LISTED)).collect();
            let roots: Vec<String> = now
                .iter()
                .map(|inner| {
                    self.at(&[folder, inner.as_str()]
                        .into_iter()
                        .filter(|p| !p.is_empty())
                        .collect::<Vec<_>>()
                        .join("/"))
                })
                .collect();
            let lists = self.ask(folder, |c| async move {
                join_all(roots.into_iter().map(|root| entries(&c, root)))
                    .await
                    .into_iter()
                    .collect::<Result<Vec<_>, _>>()
            })?;
            for (inner, list) in now.iter().zip(lists) {
                for Child { name, size, folder } in list {
                    let path = if inner.is_empty() { name } else { format!("{inner}/{name}") };
                    if folder.is_some() { folders.push(path) } else { found.push(Found { path, size }) }
                }
            }
        }
        Ok(found)
    }

    fn children(&self, folder: &str) -> Result<Vec<Child>> {
        let full = self.at(folder);
        self.ask(folder, |c| async move { entries(&c, full).await })
    }

    fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        let full = self.at(path);
        self.ask(path, |c| async move {
            let handle = match c.sftp.open(full, OpenFlags::READ, FileAttributes::empty()).await {
                Ok(handle) => handle.handle,
                Err(error) if is_missing(&error) => return Ok(None),
                Err(error) => return Err(error),
            };
            let mut bytes = Vec::new();
            let end = loop {
                match c.sftp.read(handle.clone(), bytes.len() as u64, PIECE as u32).await {
                    Ok(data) => bytes.extend(data.data),
                    Err(Error::Status(status)) if status.status_code == StatusCode::Eof => break Ok(Some(bytes)),
                    Err(error) => break Err(error),
                }
            };
            let _ = c.sftp.close(handle).await;
            end
        })
    }

    fn size(&self, path: &str) -> Result<Option<u64>> {
        let full = self.at(path);
        self.ask(path, |c| async move {
            match c.sftp.lstat(full).await {
                Ok(attrs) => Ok((!attrs.attrs.is_dir()).then(|| attrs.attrs.size.unwrap_or(0))),
                Err(error) if is_missing(&error) => Ok(None),
                Err(error) => Err(error),
            }
        })
    }

    fn write(&self, path: &str, content: &Content, _: &Headers) -> Result<()> {
        self.send(path, OpenFlags::WRITE | OpenFlags::CREATE | OpenFlags::TRUNCATE, content)
    }

    fn create(&self, path: &str, bytes: &[u8]) -> Result<bool> {
        let flags = OpenFlags::WRITE | OpenFlags::CREATE | OpenFlags::EXCLUDE;
        match self.send(path, flags, &Content::own(bytes)) {
            Ok(()) => Ok(true),
            Err(error) if error.fault == Fault::Other && self.size(path)?.is_some() => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn rename(&self, from: &str, to: &str) -> Result<()> {
        self.make_parent(to)?;
        let (from, full) = (self.at(from), self.at(to));
        self.ask(to, |c| async move { rename(&c, from, full).await })
    }

    fn delete(&self, path: &str) -> Result<()> {
        let full = self.at(path);
        self.ask(path, |c| async move {
            match c.sftp.remove(full).await {
                Err(error) if !is_missing(&error) => Err(error),
                _ => Ok(()),
            }
        })
    }

    fn remove_folder(&self, path: &str) -> Result<bool> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let full = self.at(path);
        self.ask(path, |c| async move {
            match c.sftp.rmdir(full).await {
                Ok(_) => Ok(true),
                Err(error) if is_missing(&error) => Ok(true),
                // "Failure" is all that it says of a folder with something in it.
                Err(Error::Status(_)) => Ok(false),
                Err(error) => Err(error),
            }
        })
    }

    fn link(&self, from: &str, to: &str) -> Result<()> {
        self.make_parent(to)?;
        let (from, full) = (self.at(from), self.at(to));
        self.ask(to, |c| async move {
            match c.sftp.hardlink(from.clone(), full.clone()).await {
                Ok(_) => Ok(()),
                // An answer that was lost: the link is there.
                Err(error) if matches!(&error, Error::Status(s) if s.status_code == StatusCode::Failure) => {
                    let _ = c.sftp.remove(full.clone()).await;
                    c.sftp.hardlink(from, full).await.map(drop)
                }
                Err(error) => Err(error),
            }
        })
    }

    fn point(&self, link: &str, target: &str) -> Result<()> {
        let (new, full, target) = (self.at(&format!("{link}.kepu-new")), self.at(link), target.to_owned());
        self.ask(link, |c| async move {
            let _ = c.sftp.remove(new.clone()).await;
            // OpenSSH takes the two paths in the other order than the specification says, and nearly all follow it.
            c.sftp.symlink(target.clone(), new.clone()).await?;
            let points = |names: Result<russh_sftp::protocol::Name, Error>| {
                names.is_ok_and(|names| names.files.first().is_some_and(|file| file.filename == target))
            };
            if !points(c.sftp.readlink(new.clone()).await) {
                c.sftp.symlink(new.clone(), target.clone()).await?;
            }
            rename(&c, new, full).await
        })
    }

    fn look(&self, path: &str) -> Result<Look> {
        let full = self.at(path);
        self.ask(path, |c| async move {
            let attrs = match c.sftp.lstat(full.clone()).await {
                Ok(attrs) => attrs.attrs,
                Err(error) if is_missing(&error) => return Ok(Look::Nothing),
                Err(error) => return Err(error),
            };
            if attrs.file_type().is_symlink() {
                let names = c.sftp.readlink(full).await?;
                return Ok(Look::Link(names.files.into_iter().next().map(|file| file.filename).unwrap_or_default()));
            }
            if attrs.is_dir() && entries(&c, full).await?.is_empty() {
                return Ok(Look::EmptyFolder);
            }
            Ok(Look::Other)
        })
    }
}

/// Where the private key is looked for when none is named.
pub fn usual_keys() -> Vec<PathBuf> {
    let Some(home) = super::super::secrets::home_folder() else { return Vec::new() };
    ["id_ed25519", "id_ecdsa", "id_rsa"]
        .iter()
        .map(|name| home.join(".ssh").join(name))
        .filter(|p| p.is_file())
        .collect()
}

pub(super) async fn start(handle: russh::client::Handle<ssh::KeyCheck>) -> Result<Connection> {
    let broken = |error: russh::Error| HostError::new(Fault::Interrupted, error.to_string());
    let channel = handle.channel_open_session().await.map_err(broken)?;
    channel
        .request_subsystem(true, "sftp")
        .await
        .map_err(|error| HostError::new(Fault::Other, format!("no SFTP there: {error}")))?;
    let sftp = RawSftpSession::new(channel.into_stream());
    sftp.set_timeout(PATIENCE.as_secs());
    let version = sftp.init().await.map_err(|error| failed(&error))?;
    let has = |name: &str| version.extensions.contains_key(name);
    Ok(Connection {
        has_posix_rename: has("posix-rename@openssh.com"),
        has_hardlink: has("hardlink@openssh.com"),
        has_statvfs: has("statvfs@openssh.com"),
        sftp,
        _ssh: handle,
    })
}
