//! What every host can do, and what goes wrong there.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::diagnostic::Diagnostic;
use crate::text;

pub type Result<T, E = HostError> = std::result::Result<T, E>;

/// A place that files are sent to. Paths are relative to the host's base, with `/`, and are never empty.
///
/// Calls block, may come from many threads at once, and make the folders that they need.
pub trait Host: Sync {
    fn abilities(&self) -> Abilities;

    /// All files below a folder (`""` is the base), with paths relative to it. A folder that is not there is empty.
    fn list(&self, folder: &str) -> Result<Vec<Found>>;

    /// What is directly in a folder. Not every host needs it.
    fn children(&self, folder: &str) -> Result<Vec<Child>> {
        Err(HostError::new(Fault::NoList, String::new()).at(folder))
    }

    /// None where there is no file.
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>>;

    /// The size of a file, none where there is none.
    fn size(&self, path: &str) -> Result<Option<u64>>;

    /// Writes a file, over what stands there. Other readers may see half of it unless `abilities().atomic_write`.
    fn write(&self, path: &str, content: &Content, headers: &Headers) -> Result<()>;

    /// Writes a small file only where there is none; false where there is one.
    fn create(&self, path: &str, bytes: &[u8]) -> Result<bool>;

    /// Gives a file another name, over what stands there.
    fn rename(&self, from: &str, to: &str) -> Result<()>;

    /// Removes a file; fine when it is gone already.
    fn delete(&self, path: &str) -> Result<()>;

    /// Removes a folder if it is empty; false when it is not.
    fn remove_folder(&self, path: &str) -> Result<bool>;

    /// A second name for a file. Only where `abilities().link`.
    fn link(&self, from: &str, _to: &str) -> Result<()> {
        Err(HostError::other("this host has no links").at(from))
    }

    /// Makes `link` a symbolic link to `target`, in one step over a link that stands there. Only where `abilities().link`.
    fn point(&self, link: &str, _target: &str) -> Result<()> {
        Err(HostError::other("this host has no links").at(link))
    }

    /// What stands at a path, itself and not what it points to.
    fn look(&self, _path: &str) -> Result<Look> {
        Ok(Look::Other)
    }

    /// The versions that the host itself keeps, oldest first and the live one last; none where it keeps none.
    fn history(&self, _most: usize) -> Result<Option<Vec<Version>>> {
        Ok(None)
    }

    /// Makes a version of `history` live again.
    fn restore(&self, id: &str) -> Result<()> {
        Err(HostError::other(format!("no version {id}")))
    }

    /// Sends everything that was collected, as one change. Only git collects.
    fn commit(&self, _message: &str) -> Result<()> {
        Ok(())
    }
}

/// What a host can do, which decides the order of a deploy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Abilities {
    /// A file can take another's place in one step.
    pub rename: bool,
    /// Hard and symbolic links.
    pub link: bool,
    /// A file that is written appears whole.
    pub atomic_write: bool,
    /// Nothing is seen before `commit`.
    pub collects: bool,
    /// Headers are kept with each file.
    pub headers: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub path: String,
    pub size: u64,
}

/// A version that can be made live again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    pub id: String,
    /// When it was made, where the id does not say it.
    pub when: Option<String>,
}

/// One entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Child {
    pub name: String,
    pub size: u64,
    /// For a folder, when its entries last changed, in nanoseconds since 1970.
    pub folder: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    Nothing,
    /// A symbolic link and its target, as it is written.
    Link(String),
    EmptyFolder,
    Other,
}

/// What a browser is told about a file, on hosts that keep it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers {
    pub content_type: String,
    pub cache_control: Option<&'static str>,
}

/// The bytes of one file.
#[derive(Clone)]
pub struct Content {
    pub body: Body,
    pub throttle: Arc<Throttle>,
}

#[derive(Clone)]
pub enum Body {
    Bytes(Arc<[u8]>),
    /// A file of the disk, with its size, that is never held in memory.
    File(PathBuf, u64),
}

impl Content {
    /// For kepu's own small files, which no limit slows down.
    pub fn own(bytes: impl Into<Arc<[u8]>>) -> Self {
        Self { body: Body::Bytes(bytes.into()), throttle: Arc::default() }
    }

    pub fn size(&self) -> u64 {
        match &self.body {
            Body::Bytes(bytes) => bytes.len() as u64,
            Body::File(_, size) => *size,
        }
    }

    /// The bytes from the start, no faster than allowed.
    pub fn reader(&self) -> Result<Box<dyn Read + Send>> {
        let throttle = self.throttle.clone();
        Ok(match &self.body {
            Body::Bytes(bytes) => Box::new(Slow { inner: Cursor::new(bytes.clone()), throttle }),
            Body::File(path, _) => {
                let file = File::open(path).map_err(|error| HostError::source(&path.display(), &error))?;
                Box::new(Slow { inner: file, throttle })
            }
        })
    }
}

struct Slow<R> {
    inner: R,
    throttle: Arc<Throttle>,
}

impl<R: Read> Read for Slow<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = if self.throttle.is_limited() { buffer.len().min(16 * 1024) } else { buffer.len() };
        let read = self.inner.read(&mut buffer[..most])?;
        self.throttle.take(read);
        Ok(read)
    }
}

/// Holds all senders together below a number of bytes a second.
#[derive(Default)]
pub struct Throttle {
    per_second: Option<u64>,
    /// When the bytes that were let through so far are paid for.
    free_at: std::sync::Mutex<Option<Instant>>,
}

impl Throttle {
    pub fn new(per_second: Option<u64>) -> Self {
        Self { per_second, free_at: std::sync::Mutex::default() }
    }

    fn is_limited(&self) -> bool {
        self.per_second.is_some()
    }

    fn take(&self, bytes: usize) {
        let Some(rate) = self.per_second else { return };
        let cost = Duration::from_secs_f64(bytes as f64 / rate.max(1) as f64);
        let wait = {
            let mut free_at = self.free_at.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let now = Instant::now();
            let start = free_at.map_or(now, |at| at.max(now));
            *free_at = Some(start + cost);
            (start + cost).saturating_duration_since(now)
        };
        std::thread::sleep(wait);
    }
}

/// What went wrong, as far as it decides what to tell and whether to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Wrong name, password or key.
    Login,
    Unreachable,
    /// The connection broke, or the host is busy.
    Interrupted,
    Certificate,
    /// The host does not speak TLS.
    NoTls,
    /// The host's key is not known yet.
    HostKey,
    HostKeyChanged,
    Full,
    ReadOnly,
    /// The clocks of both sides differ too much.
    Clock,
    /// A name that the host cannot hold.
    Name,
    /// The folder, bucket or repository is not there.
    NotFound,
    /// git is not installed.
    NoGit,
    /// The host cannot list its files.
    NoList,
    /// Another deploy was faster.
    Overtaken,
    /// The host failed, and does not say why.
    Failed,
    /// A file of the site could not be read.
    Source,
    Other,
}

#[derive(Clone, Debug)]
pub struct HostError {
    pub fault: Fault,
    /// What the host or the library said.
    pub detail: String,
    pub path: Option<String>,
}

impl HostError {
    pub fn new(fault: Fault, detail: impl Into<String>) -> Self {
        Self { fault, detail: detail.into(), path: None }
    }

    pub fn other(detail: impl Into<String>) -> Self {
        Self::new(Fault::Other, detail)
    }

    pub fn source(path: &dyn std::fmt::Display, error: &io::Error) -> Self {
        Self::new(Fault::Source, format!("{path}: {error}"))
    }

    /// An error of the network or a file system.
    pub fn io(error: &io::Error) -> Self {
        use io::ErrorKind as K;
        let fault = match error.kind() {
            K::PermissionDenied | K::ReadOnlyFilesystem => Fault::ReadOnly,
            K::StorageFull | K::QuotaExceeded => Fault::Full,
            K::InvalidFilename => Fault::Name,
            K::ConnectionRefused | K::HostUnreachable | K::NetworkUnreachable | K::AddrNotAvailable => {
                Fault::Unreachable
            }
            K::ConnectionReset
            | K::ConnectionAborted
            | K::BrokenPipe
            | K::UnexpectedEof
            | K::TimedOut
            | K::WouldBlock
            | K::NotConnected
            | K::Interrupted => Fault::Interrupted,
            _ => Fault::Other,
        };
        Self::new(fault, error.to_string())
    }

    pub fn at(mut self, path: &str) -> Self {
        self.path.get_or_insert_with(|| path.to_owned());
        self
    }

    /// Whether the same call may work a little later.
    pub fn is_passing(&self) -> bool {
        matches!(self.fault, Fault::Unreachable | Fault::Interrupted | Fault::Failed)
    }

    /// For the user; `host` names the target and `label` where it is.
    pub fn diagnostic(&self, target: &str, label: &str) -> Diagnostic {
        let (code, message, help) = match self.fault {
            Fault::Login => (
                "deploy/login",
                text!("`{label}` refuses the user name, password or key", "`{label}` 不接受用户名、密码或密钥"),
                Some(text!(
                    "check `user` in kepu.toml and the secrets of `[deploy.{target}]`; nothing at the host was changed by this",
                    "请检查 kepu.toml 里的 `user` 和 `[deploy.{target}]` 的密码或密钥；主机上没有因此改变任何东西"
                )),
            ),
            Fault::Unreachable => (
                "deploy/unreachable",
                text!("cannot reach `{label}`", "连不上 `{label}`"),
                Some(text!(
                    "check the address and port in `[deploy.{target}]` and this computer's network, then deploy again",
                    "请检查 `[deploy.{target}]` 里的地址、端口和本机网络，然后再次发布"
                )),
            ),
            Fault::Interrupted => (
                "deploy/interrupted",
                text!("the connection to `{label}` broke", "与 `{label}` 的连接中断"),
                Some(text!(
                    "deploy again: what was sent already is not sent twice, and the site still shows whole pages",
                    "请再次发布：已发送的不会重发，网站上的每个页面仍然完整"
                )),
            ),
            Fault::Certificate => (
                "deploy/certificate",
                text!("the certificate of `{label}` cannot be trusted", "`{label}` 的证书不可信"),
                Some(text!(
                    "check the host name and this computer's clock; for a certificate of your own, name its authority: `ca = \"ca.pem\"`",
                    "请检查主机名和本机时钟；如果是单位自签的证书，请写明签发者：`ca = \"ca.pem\"`"
                )),
            ),
            Fault::NoTls => (
                "deploy/no-tls",
                text!("`{label}` does not speak TLS", "`{label}` 不支持 TLS 加密"),
                Some(text!(
                    "if the host has no other way in, write `tls = \"none\"`: then the password crosses the net readable",
                    "如果主机没有别的登录方式，请写 `tls = \"none\"`：这样密码会以明文经过网络"
                )),
            ),
            Fault::HostKey => (
                "deploy/host-key",
                text!("the key of `{label}` is not known yet", "还不认识 `{label}` 的主机密钥"),
                Some(text!(
                    "compare the fingerprint with what the host's operator tells you, then run once with --accept-host-key",
                    "请向主机管理员核对指纹，一致后加上 --accept-host-key 再发布一次"
                )),
            ),
            Fault::HostKeyChanged => (
                "deploy/host-key-changed",
                text!(
                    "the key of `{label}` is not the one it had before: another machine may be pretending to be it",
                    "`{label}` 的主机密钥与以前不同：可能有别的机器在冒充它"
                ),
                Some(text!(
                    "nothing was sent; ask the host's operator whether the key was changed, and only then remove the old line from the \
                     known_hosts file",
                    "没有发送任何内容；请向主机管理员确认是否换过密钥，确认后再从 known_hosts 文件中删去旧的一行"
                )),
            ),
            Fault::Full => (
                "deploy/full",
                text!("there is no space left at `{label}`", "`{label}` 的空间已满"),
                Some(text!(
                    "make room there and deploy again; the site still shows whole pages",
                    "请清理空间后再次发布；网站上的每个页面仍然完整"
                )),
            ),
            Fault::ReadOnly => (
                "deploy/read-only",
                text!("`{label}` does not let kepu write", "`{label}` 不允许写入"),
                Some(text!("ask for the right to write there, or correct `path`", "请申请写入权限，或改正 `path`")),
            ),
            Fault::Clock => (
                "deploy/clock",
                text!(
                    "`{label}` refuses requests because this computer's clock is wrong",
                    "本机时钟不准，`{label}` 拒绝了请求"
                ),
                Some(text!("set the clock, then deploy again", "请校准本机时间，然后再次发布")),
            ),
            Fault::Name => (
                "deploy/name",
                text!("`{label}` cannot hold a file of this name", "`{label}` 不能存放这个名字的文件"),
                Some(text!(
                    "give it an ASCII name, or set `encoding = \"gbk\"` if it is an FTP host that speaks GBK",
                    "请改用英文文件名；如果是使用 GBK 的 FTP 主机，请设置 `encoding = \"gbk\"`"
                )),
            ),
            Fault::NotFound => (
                "deploy/not-found",
                text!("there is no such place at `{label}`", "`{label}` 上没有这个位置"),
                Some(text!(
                    "check `path`, `url` or `bucket` in `[deploy.{target}]`",
                    "请检查 `[deploy.{target}]` 里的 `path`、`url` 或 `bucket`"
                )),
            ),
            Fault::NoGit => (
                "deploy/git-missing",
                text!("the program `git` is not installed", "没有安装 `git` 程序"),
                Some(text!("install it from https://git-scm.com", "请从 https://git-scm.com 安装")),
            ),
            Fault::Overtaken => (
                "deploy/locked",
                text!("somebody else has deployed to `{label}` meanwhile", "在此期间有人向 `{label}` 发布了内容"),
                Some(text!("deploy again", "请再次发布")),
            ),
            Fault::Source => {
                ("deploy/source", text!("a file of the site cannot be read", "网站中的一个文件无法读取"), None)
            }
            Fault::Failed => (
                "deploy/host",
                text!("`{label}` failed and does not say why", "`{label}` 出错，但没有说明原因"),
                Some(text!(
                    "usually its disk is full, or it may not write to the folder",
                    "通常是磁盘已满，或没有写入该文件夹的权限"
                )),
            ),
            Fault::NoList | Fault::Other => {
                ("deploy/host", text!("`{label}` did not do what was asked", "`{label}` 没有完成请求"), None)
            }
        };
        let mut diagnostic = Diagnostic::error(code, message);
        if let Some(path) = &self.path {
            diagnostic = diagnostic.note(text!("file: {path}", "文件：{path}"));
        }
        let detail = self.detail.trim();
        if !detail.is_empty() {
            diagnostic = diagnostic.note(text!("the host or the system says: {detail}", "主机或系统的原话：{detail}"));
        }
        match help {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        }
    }
}
