//! A client of ChromeDriver: the few commands of the WebDriver protocol (<https://www.w3.org/TR/webdriver2/>) that the
//! tests need, over HTTP and JSON.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::MetadataExt;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

/// The keys that tests press, as WebDriver spells them.
pub const TAB: &str = "\u{e004}";
pub const ENTER: &str = "\u{e007}";
pub const ESCAPE: &str = "\u{e00c}";
pub const DOWN: &str = "\u{e015}";
pub const SPACE: &str = " ";

/// A headless Chromium with an empty profile. It and its driver end with the value.
pub struct Browser {
    driver: Child,
    agent: ureq::Agent,
    /// `http://127.0.0.1:1234/session/…`
    session: String,
    _profile: tempfile::TempDir,
}

impl Browser {
    pub fn start() -> Self {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("chromedriver: {error}. `tests/run` installs it"));
        let output = BufReader::new(driver.stdout.take().expect("a pipe"));
        let port = output
            .lines()
            .map_while(Result::ok)
            .find_map(|line| Some(line.split_once("successfully on port ")?.1.trim_end_matches('.').to_owned()))
            .expect("chromedriver tells its port");
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(std::time::Duration::from_secs(120)))
            .build()
            .into();
        let profile = tempfile::tempdir().expect("a folder");
        let mut browser =
            Self { driver, agent, session: format!("http://127.0.0.1:{port}/session"), _profile: profile };
        let answer = browser.post("", &json!({ "capabilities": { "alwaysMatch": browser.capabilities() } }));
        let id = answer.get("sessionId").and_then(Value::as_str).expect("a session");
        browser.session = format!("{}/{id}", browser.session);
        // Several browsers run side by side, and a window that has just opened may not be the active one yet: without this, what
        // has the focus would not look so.
        browser.command("Emulation.setFocusEmulationEnabled", &json!({ "enabled": true }));
        // What the browser's own first page fetched is nobody's business.
        browser.open("about:blank");
        browser.log("performance");
        browser
    }

    fn capabilities(&self) -> Value {
        let profile = format!("--user-data-dir={}", self._profile.path().display());
        let mut arguments = vec![
            "--headless",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            "--lang=zh-CN",
            // What a page asks for outside the site fails here and now, whatever network the machine has.
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            &profile,
        ];
        // Chromium's sandbox refuses to run as root, as which containers run their tests.
        if std::fs::metadata(self._profile.path()).is_ok_and(|own| own.uid() == 0) {
            arguments.push("--no-sandbox");
        }
        let mut options = json!({ "args": arguments });
        if let Some(binary) =
            ["/usr/bin/chromium", "/usr/bin/chromium-browser"].iter().find(|b| std::path::Path::new(b).exists())
        {
            options["binary"] = json!(binary);
        }
        json!({
            "browserName": "chrome",
            "goog:chromeOptions": options,
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        })
    }

    /// Loads a page and waits until it has loaded.
    pub fn open(&self, address: &str) {
        self.post("/url", &json!({ "url": address }));
    }

    pub fn address(&self) -> String {
        self.get("/url").as_str().unwrap_or_default().to_owned()
    }

    /// The tab that commands go to.
    pub fn tab(&self) -> String {
        self.get("/window").as_str().unwrap_or_default().to_owned()
    }

    /// Opens a tab and goes to it.
    pub fn open_tab(&self) -> String {
        let opened = self.post("/window/new", &json!({ "type": "tab" }));
        let tab = opened.get("handle").and_then(Value::as_str).expect("a tab").to_owned();
        self.go_to(&tab);
        tab
    }

    pub fn go_to(&self, tab: &str) {
        self.post("/window", &json!({ "handle": tab }));
    }

    /// The size of the view in CSS pixels, and the colour scheme that the reader asked for, `light` or `dark`.
    pub fn view(&self, width: u32, height: u32, scheme: &str) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.command("Emulation.setDeviceMetricsOverride", &size);
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.command("Emulation.setEmulatedMedia", &features);
    }

    /// Whether pages that are opened from now on may run their scripts.
    pub fn scripts(&self, allowed: bool) {
        self.command("Emulation.setScriptExecutionDisabled", &json!({ "value": !allowed }));
    }

    /// The page as it is printed, PDF.
    pub fn print(&self) -> Vec<u8> {
        use base64::Engine;
        let pdf = self.command("Page.printToPDF", &json!({ "preferCSSPageSize": true }));
        let data = pdf.get("data").and_then(Value::as_str).unwrap_or_default();
        base64::engine::general_purpose::STANDARD.decode(data).expect("base64")
    }

    /// Runs the body of a function in the page; returns what it returns.
    pub fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Runs the body of a function that calls its last argument with the result.
    pub fn run_later(&self, script: &str) -> Value {
        self.post("/execute/async", &json!({ "script": script, "args": [] }))
    }

    /// Presses and releases keys one after the other.
    pub fn press(&self, keys: &str) {
        let strokes: Vec<Value> = keys
            .chars()
            .flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key.to_string() })))
            .collect();
        self.post("/actions", &json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": strokes }] }));
    }

    /// What stands in a log, `browser` (the console) or `performance` (what was fetched), since it was last read.
    pub fn log(&self, kind: &str) -> Vec<Value> {
        match self.post("/se/log", &json!({ "type": kind })) {
            Value::Array(entries) => entries,
            other => panic!("a log: {other}"),
        }
    }

    /// The view, or the whole page, as PNG.
    pub fn picture(&self, whole: bool) -> Vec<u8> {
        use base64::Engine;
        let shot = self.command("Page.captureScreenshot", &json!({ "captureBeyondViewport": whole }));
        let data = shot.get("data").and_then(Value::as_str).unwrap_or_default();
        base64::engine::general_purpose::STANDARD.decode(data).expect("base64")
    }

    /// A command of Chromium's own protocol.
    pub fn command(&self, name: &str, parameters: &Value) -> Value {
        self.post("/goog/cdp/execute", &json!({ "cmd": name, "params": parameters }))
    }

    #[track_caller]
    fn post(&self, path: &str, body: &Value) -> Value {
        let request = self.agent.post(format!("{}{path}", self.session)).header("Content-Type", "application/json");
        value(request.send(body.to_string()), path)
    }

    #[track_caller]
    fn get(&self, path: &str) -> Value {
        value(self.agent.get(format!("{}{path}", self.session)).call(), path)
    }
}

/// What the driver answered, or a panic with its message.
#[track_caller]
fn value(answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>, path: &str) -> Value {
    let mut answer = answer.unwrap_or_else(|error| panic!("{path}: {error}"));
    let bytes = answer.body_mut().with_config().limit(1 << 28).read_to_vec().expect("an answer");
    let mut json: Value = serde_json::from_slice(&bytes).expect("JSON");
    let value = json.get_mut("value").map(Value::take).unwrap_or_default();
    assert!(answer.status().is_success(), "{path}: {}", value.get("message").unwrap_or(&value));
    value
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver closes the browser; a driver that is gone has closed it already.
        let _ = self.agent.delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
