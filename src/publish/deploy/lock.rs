//! One deploy at a time: a file at the host that says who is at work.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::host::{Content, Fault, Headers, Host, HostError, Result};
use super::transfer::{first_pause, retry};
use crate::diagnostic::Diagnostic;
use crate::text;

/// How often a holder shows that it lives: every minute.
fn renewal() -> Duration {
    first_pause() * 120
}

/// After this long without a sign of life a lock is nobody's.
fn patience() -> Duration {
    renewal() * 4
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    pub id: String,
    /// The user who runs kepu.
    pub holder: String,
    /// The name of the computer.
    pub host: String,
    pub pid: u32,
    pub started: Timestamp,
    pub renewed: Timestamp,
}

impl Holder {
    pub fn me(id: &str) -> Self {
        let now = Timestamp::now();
        let variable =
            |names: &[&str]| names.iter().find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
        Self {
            id: id.to_owned(),
            holder: variable(&["USER", "LOGNAME", "USERNAME"]).unwrap_or_else(|| "?".to_owned()),
            host: computer(),
            pid: std::process::id(),
            started: now,
            renewed: now,
        }
    }

    fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Whether the process that holds this lock is gone, as far as this computer can tell.
    fn is_gone(&self) -> bool {
        self.host == computer() && !is_running(self.pid)
    }

    /// Whether the last sign of life is long ago, if the clocks of both computers are right.
    fn seems_silent(&self) -> bool {
        Timestamp::now().duration_since(self.renewed).unsigned_abs() > patience()
    }
}

fn computer() -> String {
    #[cfg(unix)]
    {
        rustix::system::uname().nodename().to_string_lossy().into_owned()
    }
    #[cfg(not(unix))]
    {
        std::env::var("COMPUTERNAME").unwrap_or_else(|_| "?".to_owned())
    }
}

/// Whether a process of this computer lives; where that cannot be asked, it does.
fn is_running(pid: u32) -> bool {
    #[cfg(unix)]
    {
        use rustix::process::{Pid, test_kill_process};
        let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
        pid.is_none_or(|pid| test_kill_process(pid) != Err(rustix::io::Errno::SRCH))
    }
    #[cfg(not(unix))]
    {
        let _ = pid;
        true
    }
}

/// What happened to the wish for the lock.
pub enum Taken {
    Mine,
    /// Somebody is at work; none when the lock cannot be read.
    Theirs(Option<Box<Holder>>),
}

/// Takes the lock, waiting for it up to `wait`. A dead lock is taken over; `by_force` any.
///
/// A lock is dead when it does not change while this computer watches it, whatever the clock of its holder says. One that
/// seems silent is worth that time.
pub fn take(host: &dyn Host, path: &str, me: &Holder, wait: Duration, by_force: bool) -> Result<Taken> {
    let until = Instant::now() + wait;
    let mut by_force = by_force;
    let (mut seen, mut since, mut lives) = (None, Instant::now(), false);
    loop {
        if retry(|| host.create(path, &me.bytes()))? {
            return Ok(Taken::Mine);
        }
        let there = retry(|| host.read(path))?;
        if there != seen {
            lives = seen.is_some();
            (seen, since) = (there.clone(), Instant::now());
        }
        let holder = there.as_deref().and_then(|bytes| serde_json::from_slice::<Holder>(bytes).ok());
        match holder {
            // The first answer was lost on the way.
            Some(holder) if holder.id == me.id => return Ok(Taken::Mine),
            // Just being written, or cut off while it was.
            None if there.is_some() => {
                std::thread::sleep(first_pause() * 2);
                if retry(|| host.read(path))? == there {
                    retry(|| host.delete(path))?;
                }
                continue;
            }
            Some(holder) if by_force || holder.is_gone() || since.elapsed() > patience() => {
                by_force = false;
                // Two that find the same dead lock: only one of them may remove what it saw.
                if retry(|| host.read(path))? == there {
                    retry(|| host.delete(path))?;
                }
                continue;
            }
            Some(holder) if Instant::now() >= until && (lives || !holder.seems_silent()) => {
                return Ok(Taken::Theirs(Some(Box::new(holder))));
            }
            _ => {}
        }
        std::thread::sleep(first_pause());
    }
}

/// Tells who holds the lock.
pub fn refusal(holder: Option<&Holder>, label: &str) -> Diagnostic {
    let error = Diagnostic::error(
        "deploy/locked",
        text!("another deploy to `{label}` is at work", "另一个发布正在向 `{label}` 写入"),
    );
    let error = match holder {
        Some(Holder { holder, host, pid, started, renewed, .. }) => error.note(text!(
            "by {holder} on {host} (process {pid}), since {started}, last sign of life {renewed}",
            "{holder}，电脑 {host}（进程 {pid}），开始于 {started}，最近活动 {renewed}"
        )),
        None => error,
    };
    error.help(text!(
        "wait and deploy again (`--wait 600` waits by itself); if that deploy is surely dead, use --break-lock",
        "请稍后再发布（`--wait 600` 会自动等待）；如果确定那个发布已经中止，请用 --break-lock"
    ))
}

/// Shows signs of life until it is dropped.
pub struct Held<'a> {
    lost: &'a AtomicBool,
    stop: Option<Sender<()>>,
}

impl Held<'_> {
    /// Fails when somebody else has taken the lock.
    pub fn check(&self) -> Result<()> {
        match self.lost.load(Ordering::Relaxed) {
            true => Err(HostError::new(Fault::Overtaken, String::new())),
            false => Ok(()),
        }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.stop.take();
    }
}

/// Does something while the lock is held and renewed, and gives it back.
pub fn hold<T>(host: &dyn Host, path: &str, me: &Holder, work: impl FnOnce(&Held) -> T) -> T {
    let lost = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (stop, stopped) = channel::<()>();
        let lost_there = &lost;
        scope.spawn(move || {
            let mut me = me.clone();
            while stopped.recv_timeout(renewal()) == Err(RecvTimeoutError::Timeout) {
                if !is_mine(host, path, &me) {
                    lost_there.store(true, Ordering::Relaxed);
                    return;
                }
                me.renewed = Timestamp::now();
                // Failing to renew is not failing to deploy; the next call will tell what is wrong.
                let _ = host.write(path, &Content::own(me.bytes()), &Headers::default());
            }
        });
        let held = Held { lost: &lost, stop: Some(stop) };
        let result = work(&held);
        drop(held);
        if !lost.load(Ordering::Relaxed) && is_mine(host, path, me) {
            let _ = host.delete(path);
        }
        result
    })
}

/// Whether the lock still names this deploy; a host that does not answer is believed to.
pub fn is_mine(host: &dyn Host, path: &str, me: &Holder) -> bool {
    match host.read(path) {
        Ok(Some(bytes)) => serde_json::from_slice::<Holder>(&bytes).map_or(true, |holder| holder.id == me.id),
        Ok(None) => false,
        Err(_) => true,
    }
}
