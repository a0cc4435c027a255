//! A running `kepu serve`, and the few lines of HTTP that its tests need.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::SiteTest;
use super::program::{PATIENCE, Program};

/// A server on a site, stopped with it.
pub struct ServeTest {
    pub site: SiteTest,
    /// `http://127.0.0.1:1111/`
    pub url: String,
    program: Program,
    arguments: Vec<String>,
}

impl ServeTest {
    /// Starts a server on a free port and waits until it answers.
    pub fn start(site: SiteTest, arguments: &[&str]) -> Self {
        Self::start_at("0", site, arguments.iter().map(|argument| (*argument).to_owned()).collect())
    }

    /// Stops the server, does something to the site, and starts it again at the same address.
    pub fn restart(mut self, meanwhile: impl FnOnce(&SiteTest)) -> Self {
        let port = self.address().rsplit(':').next().unwrap_or_default().to_owned();
        self.program.kill();
        meanwhile(&self.site);
        let site = std::mem::replace(&mut self.site, SiteTest::empty());
        Self::start_at(&port, site, std::mem::take(&mut self.arguments))
    }

    fn start_at(port: &str, site: SiteTest, arguments: Vec<String>) -> Self {
        let mut command = site.kepu(&["serve", "-p", port]);
        command.args(&arguments);
        Self::run(command, site, arguments)
    }

    /// Starts a server as the command says, and waits until it answers.
    pub fn run(command: std::process::Command, site: SiteTest, arguments: Vec<String>) -> Self {
        let mut server = Self { site, url: String::new(), program: Program::start(command), arguments };
        let said = server.says("The site is at ");
        let url = said.split("The site is at ").nth(1).and_then(|rest| rest.split(' ').next()).expect("an address");
        server.url = url.to_owned();
        server
    }

    /// Host and port.
    pub fn address(&self) -> String {
        self.url.trim_start_matches("http://").split('/').next().expect("an address").to_owned()
    }

    /// What the server has said so far.
    pub fn messages(&self) -> String {
        self.program.messages()
    }

    /// Waits until the server says something.
    #[track_caller]
    pub fn says(&self, text: &str) -> String {
        self.program.says(text)
    }

    /// One request, as it is.
    #[track_caller]
    pub fn raw(&self, request: &str) -> Answer {
        let mut stream = TcpStream::connect(self.address()).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time");
        stream.write_all(request.as_bytes()).expect("a request is sent");
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("an answer");
        Answer::parse(&bytes)
    }

    #[track_caller]
    pub fn get(&self, path: &str) -> Answer {
        self.raw(&format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address()))
    }

    /// Asks until the answer holds a text: the system tells of a change a moment after it.
    #[track_caller]
    pub fn sees(&self, path: &str, text: &str) -> Answer {
        self.until(path, &format!("`{text}`"), |answer| answer.body().contains(text))
    }

    /// Asks until there is no such page.
    #[track_caller]
    pub fn gone(&self, path: &str) {
        self.until(path, "404", |answer| answer.status == 404);
    }

    #[track_caller]
    pub fn until(&self, path: &str, what: &str, due: impl Fn(&Answer) -> bool) -> Answer {
        let started = Instant::now();
        loop {
            let answer = self.get(path);
            if due(&answer) {
                return answer;
            }
            let messages = self.messages();
            assert!(started.elapsed() < PATIENCE, "no {what} at {path}:\n{}\n{messages}", answer.body());
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// How many files and sockets the server has open.
    pub fn descriptors(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.program.id())).map_or(0, Iterator::count)
    }

    /// Waits until the server has no more files and sockets open than this.
    #[track_caller]
    pub fn settles_to(&self, most: usize) {
        let started = Instant::now();
        while self.descriptors() > most {
            let open = self.descriptors();
            assert!(started.elapsed() < PATIENCE, "{open} descriptors are open, not {most}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Sends a signal, and waits until the server has ended.
    pub fn signal(&mut self, signal: rustix::process::Signal) {
        self.program.signal(signal);
    }

    /// The memory of the server that is its own, in KB.
    pub fn memory(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.program.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap_or("0");
        line.trim().trim_end_matches(" kB").parse().unwrap_or_default()
    }

    /// A WebSocket to the server.
    pub fn socket(&self) -> tungstenite::WebSocket<TcpStream> {
        let stream = TcpStream::connect(self.address()).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time");
        let url = format!("ws://{}/__kepu/live", self.address());
        tungstenite::client(url, stream).expect("a socket").0
    }
}

/// An answer over HTTP.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    head: String,
    bytes: Vec<u8>,
}

impl Answer {
    #[track_caller]
    fn parse(answer: &[u8]) -> Self {
        let at = answer.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
        let head = String::from_utf8_lossy(&answer[..at]).into_owned();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        Self { status, head, bytes: answer[at + 4..].to_vec() }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .find_map(|line| line.split_once(": ").filter(|(n, _)| n.eq_ignore_ascii_case(name)))
            .map(|(_, value)| value)
    }

    /// The body as text.
    pub fn body(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// What a reader sees of a page.
    pub fn text(&self) -> String {
        without_tags(&self.body())
    }

    /// The body without the script that keeps a page up to date.
    pub fn without_script(&self) -> Vec<u8> {
        const START: &[u8] = b"<script data-kepu ";
        const END: &[u8] = b"</script>";
        let find = |text: &[u8]| self.bytes.windows(text.len()).rposition(|window| window == text);
        let Some(start) = find(START) else { return self.bytes.clone() };
        let end = self.bytes[start..].windows(END.len()).position(|window| window == END).expect("the script's end");
        [&self.bytes[..start], &self.bytes[start + end + END.len()..]].concat()
    }

    /// The state of the page, as its script tells it.
    #[track_caller]
    pub fn tag(&self) -> String {
        let body = self.body();
        let tag = body.split("data-tag=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a tag");
        tag.to_owned()
    }
}

/// HTML without its tags, and without the five escapes that kepu writes.
pub fn without_tags(html: &str) -> String {
    let text: String = html.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text)).collect();
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}
