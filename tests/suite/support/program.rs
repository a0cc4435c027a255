//! A program that runs while a test goes on, and what it says.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How long a test waits for what must come.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A running program, killed with it.
pub struct Program {
    child: Child,
    messages: Arc<Mutex<String>>,
}

impl Program {
    pub fn start(command: Command) -> Self {
        let mut child =
            attentive(&command).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the program runs");
        let messages: Arc<Mutex<String>> = Arc::default();
        let (lines, into) = (BufReader::new(child.stderr.take().expect("a pipe")).lines(), messages.clone());
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let mut all = into.lock().expect("messages");
                all.push_str(&line);
                all.push('\n');
            }
        });
        Self { child, messages }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has said so far on standard error.
    pub fn messages(&self) -> String {
        self.messages.lock().expect("messages").clone()
    }

    /// Waits until it has said something, and gives all that it has said.
    #[track_caller]
    pub fn says(&self, text: &str) -> String {
        self.says_times(text, 1)
    }

    /// Waits until it has said something so many times.
    #[track_caller]
    pub fn says_times(&self, text: &str, times: usize) -> String {
        let started = Instant::now();
        loop {
            let messages = self.messages();
            if messages.matches(text).count() >= times {
                return messages;
            }
            assert!(started.elapsed() < PATIENCE, "nobody said `{text}` {times} times:\n{messages}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Sends a signal, and waits until the program has ended.
    #[track_caller]
    pub fn signal(&mut self, signal: rustix::process::Signal) -> ExitStatus {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).expect("a signal");
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return status;
            }
            assert!(started.elapsed() < PATIENCE, "it goes on after {signal:?}:\n{}", self.messages());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The same command, which heeds Ctrl-C whoever starts the tests: what is started in the background ignores it, and so do its
/// children.
fn attentive(command: &Command) -> Command {
    let mut attentive = Command::new("env");
    attentive.arg("--default-signal=INT,QUIT,TERM").arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => attentive.env(name, value),
            None => attentive.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        attentive.current_dir(folder);
    }
    attentive
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
    }
}
