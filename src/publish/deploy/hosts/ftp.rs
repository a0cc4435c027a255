//! FTP and FTPS, with `suppaftp`: OpenDAL's FTP cannot rename, and without that a page would be seen half written.

use std::collections::HashSet;
use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use rustls::ClientConfig;
use suppaftp::list::{File, ListParser};
use suppaftp::types::{FileType, Response};
use suppaftp::{FtpError, RustlsConnector, RustlsFtpStream, Status};

use super::super::host::{Abilities, Content, Fault, Found, Headers, Host, HostError, Result};
use crate::config::deploy::{Encoding, Tls};

const PATIENCE: Duration = Duration::from_secs(30);

/// How to get in.
pub struct Login {
    pub host: String,
    pub port: u16,
    pub user: String,
    pub password: String,
    pub tls: Tls,
    pub encoding: Encoding,
    /// What is tried one after the other, while the host knows no common version of TLS.
    pub certificates: Vec<ClientConfig>,
}

pub struct Ftp {
    login: Login,
    /// Absolute, without a `/` at the end.
    base: String,
    pool: Mutex<Pool>,
    returned: Condvar,
    made: Mutex<HashSet<String>>,
}

/// One transfer at a time goes over a connection, so there are several.
struct Pool {
    idle: Vec<RustlsFtpStream>,
    open: usize,
    /// So many the host lets in.
    most: usize,
}

/// Connects and logs in; `path` may be relative to where the host lets the user in.
pub fn open(login: Login, path: &str) -> Result<Ftp> {
    let mut first = super::super::transfer::retry(|| connect(&login))?;
    let base = if path.starts_with('/') {
        path.trim_end_matches('/').to_owned()
    } else {
        let home = first.pwd().map_err(|error| failed(&error))?;
        format!("{}/{}", home.trim_end_matches('/'), path).trim_end_matches('/').to_owned()
    };
    let pool = Mutex::new(Pool { idle: vec![first], open: 1, most: usize::MAX });
    Ok(Ftp { login, base, pool, returned: Condvar::new(), made: Mutex::default() })
}

#[derive(Debug)]
struct Gbk;

impl suppaftp::Encoding for Gbk {
    fn decode(&self, bytes: &[u8]) -> String {
        encoding_rs::GBK.decode_without_bom_handling(bytes).0.into_owned()
    }

    fn encode(&self, text: &str) -> io::Result<Vec<u8>> {
        match encoding_rs::GBK.encode(text) {
            (_, _, true) => Err(io::Error::new(io::ErrorKind::InvalidFilename, format!("GBK has no form of `{text}`"))),
            (bytes, _, false) => Ok(bytes.into_owned()),
        }
    }
}

fn connect(login: &Login) -> Result<RustlsFtpStream> {
    let mut result = Err(HostError::other("no version of TLS is known"));
    for config in &login.certificates {
        result = connect_with(login, config);
        // `rustls` says "received fatal alert: ProtocolVersion".
        if !result.as_ref().is_err_and(|error| error.detail.contains("ProtocolVersion")) {
            break;
        }
    }
    result
}

fn connect_with(login: &Login, config: &ClientConfig) -> Result<RustlsFtpStream> {
    let Login { host, port, user, password, tls, encoding, .. } = login;
    // Servers take the session of this control connection on its data connections, and of no other.
    let mut config = config.clone();
    config.resumption = rustls::client::Resumption::in_memory_sessions(8);
    let config = Arc::new(config);
    let address = (host.as_str(), *port)
        .to_socket_addrs()
        .ok()
        .and_then(|mut addresses| addresses.next())
        .ok_or_else(|| HostError::new(Fault::Unreachable, format!("no address for {host}")))?;
    let connector = || RustlsConnector::from(config.clone());
    let stream = if *tls == Tls::Implicit {
        RustlsFtpStream::connect_secure_implicit(address, connector(), host)
    } else {
        let socket = TcpStream::connect_timeout(&address, PATIENCE).map_err(|error| match HostError::io(&error) {
            error if error.fault == Fault::Interrupted => HostError { fault: Fault::Unreachable, ..error },
            error => error,
        })?;
        let _ = socket.set_read_timeout(Some(PATIENCE)).and_then(|()| socket.set_write_timeout(Some(PATIENCE)));
        RustlsFtpStream::connect_with_stream(socket)
    };
    let mut stream = stream.map_err(|error| failed(&error))?.passive_stream_builder(|address| {
        let socket = TcpStream::connect_timeout(&address, PATIENCE).map_err(FtpError::ConnectionError)?;
        let _ = socket.set_read_timeout(Some(PATIENCE)).and_then(|()| socket.set_write_timeout(Some(PATIENCE)));
        Ok(socket)
    });
    if *tls == Tls::Explicit {
        stream = stream.into_secure(connector(), host).map_err(|error| match (&error, failed(&error)) {
            // Any refusal of `AUTH TLS`; 530 is a common one, long before a login.
            (FtpError::UnexpectedResponse(_), failed) => HostError { fault: Fault::NoTls, ..failed },
            (_, failed) => failed,
        })?;
    }
    stream.login(user, password).map_err(|error| match failed(&error) {
        error if error.fault == Fault::Interrupted => error,
        error => HostError { fault: Fault::Login, ..error },
    })?;
    if *tls == Tls::Implicit {
        let _ = stream.get_ref().set_read_timeout(Some(PATIENCE));
        let _ = stream.get_ref().set_write_timeout(Some(PATIENCE));
        // Without these, vsftpd refuses data connections as unencrypted (RFC 4217, 9). Servers that know neither encrypt them.
        for command in ["PBSZ 0", "PROT P"] {
            match stream.custom_command(command, &[Status::CommandOk]) {
                Ok(_) | Err(FtpError::UnexpectedResponse(_)) => {}
                Err(error) => return Err(failed(&error)),
            }
        }
    }
    match encoding {
        Encoding::Gbk => stream.set_encoding(Gbk),
        // Servers that speak nothing else refuse; the names are sent in it all the same.
        Encoding::Utf8 => drop(stream.opts("UTF8", Some("ON"))),
    }
    // Behind a router the host may name an address that only it can reach.
    stream.set_passive_nat_workaround(true);
    stream.transfer_type(FileType::Binary).map_err(|error| failed(&error))?;
    Ok(stream)
}

fn failed(error: &FtpError) -> HostError {
    let text = error.to_string();
    let fault = match error {
        FtpError::ConnectionError(error) if super::webdav::is_certificate(error) => Fault::Certificate,
        FtpError::ConnectionError(error) => match HostError::io(error).fault {
            Fault::Other => Fault::Interrupted,
            fault => fault,
        },
        FtpError::SecureError(_) => Fault::Certificate,
        FtpError::UnexpectedResponse(Response { status, body }) => refused(*status, &String::from_utf8_lossy(body)),
        FtpError::BadResponse | FtpError::DataConnectionAlreadyOpen => Fault::Interrupted,
        FtpError::InvalidAddress(_) => Fault::Unreachable,
    };
    HostError::new(fault, text.trim())
}

fn refused(status: Status, said: &str) -> Fault {
    let said = said.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
    match status as u32 {
        530 | 331 | 332 => Fault::Login,
        452 | 552 => Fault::Full,
        _ if says(&["no space", "quota", "disk full", "writing to local file", "not enough space"]) => Fault::Full,
        _ if says(&["permission", "denied", "read-only", "could not create", "not allowed", "forbidden"]) => {
            Fault::ReadOnly
        }
        550 if says(&["no such", "not found", "not exist", "cannot find", "failed to open", "failed to change"]) => {
            Fault::NotFound
        }
        // A good answer in the wrong place: half of one, or one to another question.
        ..400 | 421 | 425 | 426 | 450 => Fault::Interrupted,
        553 => Fault::Name,
        _ => Fault::Other,
    }
}

impl Ftp {
    fn at(&self, path: &str) -> String {
        if path.is_empty() && self.base.is_empty() {
            "/".to_owned()
        } else {
            format!("{}/{path}", self.base).trim_end_matches('/').to_owned()
        }
    }

    fn pool(&self) -> std::sync::MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn borrow(&self) -> Result<RustlsFtpStream> {
        let mut pool = self.pool();
        loop {
            if let Some(stream) = pool.idle.pop() {
                return Ok(stream);
            }
            if pool.open >= pool.most {
                pool = self.returned.wait(pool).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            pool.open += 1;
            drop(pool);
            let connected = connect(&self.login);
            pool = self.pool();
            match connected {
                Ok(stream) => return Ok(stream),
                Err(error) => {
                    pool.open -= 1;
                    // Whoever waits for a connection may be waiting for this one.
                    self.returned.notify_all();
                    if pool.open == 0 {
                        return Err(error);
                    }
                    // The host lets no more in; those that are in are enough.
                    pool.most = pool.open;
                }
            }
        }
    }

    /// Asks something; after an error that is no clear answer the connection is given up.
    fn ask<T>(&self, path: &str, question: impl FnOnce(&mut RustlsFtpStream) -> Result<T, FtpError>) -> Result<T> {
        let mut stream = self.borrow()?;
        let answer = question(&mut stream);
        let is_clear = match &answer {
            Ok(_) => true,
            Err(FtpError::UnexpectedResponse(response)) => {
                !matches!(response.status as u32, 421 | 425 | 426 | 451 | 552)
            }
            Err(_) => false,
        };
        let mut pool = self.pool();
        if is_clear {
            pool.idle.push(stream);
        } else {
            pool.open -= 1;
        }
        drop(pool);
        self.returned.notify_one();
        answer.map_err(|error| failed(&error).at(path))
    }

    fn make_parent(&self, path: &str) -> Result<()> {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        if self.made.lock().unwrap_or_else(PoisonError::into_inner).contains(folder) {
            return Ok(());
        }
        let ends = folder.match_indices('/').map(|(at, _)| at).chain([folder.len()]);
        for part in std::iter::once("").chain(ends.map(|end| &folder[..end])) {
            if self.made.lock().unwrap_or_else(PoisonError::into_inner).contains(part) {
                continue;
            }
            let full = self.at(part);
            self.ask(part, |stream| match stream.mkdir(&full) {
                Ok(()) => Ok(()),
                // It is there already, which no reply says for sure.
                Err(error) => match stream.cwd(&full) {
                    Ok(()) => Ok(()),
                    Err(FtpError::UnexpectedResponse(_)) => Err(error),
                    Err(broken) => Err(broken),
                },
            })?;
            self.made.lock().unwrap_or_else(PoisonError::into_inner).insert(part.to_owned());
        }
        Ok(())
    }

    fn entries(&self, folder: &str) -> Result<Vec<File>> {
        let full = self.at(folder);
        self.ask(folder, |stream| {
            match stream.cwd(&full) {
                Ok(()) => {}
                Err(FtpError::UnexpectedResponse(response)) if response.status as u32 == 550 => return Ok(Vec::new()),
                Err(error) => return Err(error),
            }
            if let Ok(lines) = stream.mlsd(None) {
                return Ok(lines.iter().filter_map(|line| ListParser::parse_mlsd(line).ok()).collect());
            }
            // Without `-a`, names that begin with a dot are left out; some servers take it for a name.
            let lines = match stream.list(Some("-a")) {
                Ok(lines) if !lines.is_empty() => lines,
                _ => stream.list(None)?,
            };
            let parse = |line: &String| ListParser::parse_posix(line).or_else(|_| ListParser::parse_dos(line)).ok();
            Ok(lines.iter().filter_map(parse).collect())
        })
    }
}

impl Host for Ftp {
    fn abilities(&self) -> Abilities {
        Abilities { rename: true, ..Abilities::default() }
    }

    fn list(&self, folder: &str) -> Result<Vec<Found>> {
        let mut found = Vec::new();
        let mut folders = vec![String::new()];
        while let Some(inner) = folders.pop() {
            let now = [folder, &inner].into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join("/");
            for file in self.entries(&now)? {
                let name = file.name();
                if matches!(name, "." | "..") || name.contains('/') {
                    continue;
                }
                let path = if inner.is_empty() { name.to_owned() } else { format!("{inner}/{name}") };
                if file.is_directory() {
                    folders.push(path)
                } else {
                    found.push(Found { path, size: file.size() as u64 })
                }
            }
        }
        Ok(found)
    }

    fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        let full = self.at(path);
        let read = self.ask(path, |stream| stream.retr_as_buffer(&full));
        match read {
            Ok(buffer) => Ok(Some(buffer.into_inner())),
            Err(error) if error.fault == Fault::NotFound => Ok(None),
            // "Failed to open file" is also said of what may not be read.
            Err(error) => match self.size(path) {
                Ok(None) => Ok(None),
                _ => Err(error),
            },
        }
    }

    fn size(&self, path: &str) -> Result<Option<u64>> {
        let full = self.at(path);
        self.ask(path, |stream| match stream.size(&full) {
            Ok(size) => Ok(Some(size as u64)),
            Err(FtpError::UnexpectedResponse(response)) if response.status as u32 == 550 => Ok(None),
            Err(error) => Err(error),
        })
    }

    fn write(&self, path: &str, content: &Content, _: &Headers) -> Result<()> {
        self.make_parent(path)?;
        let full = self.at(path);
        let mut reader = content.reader()?;
        let sent = self.ask(path, |stream| stream.put_file(&full, &mut reader))?;
        if sent != content.size() {
            return Err(HostError::new(Fault::Interrupted, format!("{sent} of {} bytes", content.size())).at(path));
        }
        Ok(())
    }

    fn create(&self, path: &str, bytes: &[u8]) -> Result<bool> {
        super::create_and_look(self, path, bytes, || {
            self.write(path, &Content::own(bytes), &Headers::default())?;
            Ok(true)
        })
    }

    fn rename(&self, from: &str, to: &str) -> Result<()> {
        self.make_parent(to)?;
        let (from, full) = (self.at(from), self.at(to));
        self.ask(to, |stream| match stream.rename(&from, &full) {
            // IIS does not rename over a file: it must go first.
            Err(FtpError::UnexpectedResponse(response))
                if String::from_utf8_lossy(&response.body).contains("exist")
                    && stream.size(&full).is_ok()
                    && stream.size(&from).is_ok() =>
            {
                stream.rm(&full)?;
                stream.rename(&from, &full).map_err(|_| FtpError::UnexpectedResponse(response))
            }
            result => result,
        })
    }

    fn delete(&self, path: &str) -> Result<()> {
        let full = self.at(path);
        let gone = self.ask(path, |stream| stream.rm(&full));
        match gone {
            Err(error) if self.size(path)?.is_some() => Err(error),
            _ => Ok(()),
        }
    }

    fn remove_folder(&self, path: &str) -> Result<bool> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let full = self.at(path);
        self.ask(path, |stream| match stream.rmdir(&full) {
            Ok(()) => Ok(true),
            Err(FtpError::UnexpectedResponse(_)) => Ok(false),
            Err(error) => Err(error),
        })
    }
}

impl Drop for Ftp {
    fn drop(&mut self) {
        for mut stream in self.pool().idle.drain(..) {
            let _ = stream.quit();
        }
    }
}
