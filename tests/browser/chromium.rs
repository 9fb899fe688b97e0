//! A headless Chromium, spoken to over two pipes in Chrome's debugging protocol: JSON messages that end with a zero byte.
//! Knows nothing of reviews. No crate does this: the protocol is a few lines, and drivers bring hundreds of crates.

use std::env;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

/// What a machine that is busy with other things may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

const NAMES: [&str; 5] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];

const FLAGS: [&str; 12] = [
    "--headless",
    "--remote-debugging-pipe",
    // As root, and in most containers, there is no sandbox; only our own file is opened.
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--no-first-run",
    "--disable-extensions",
    // Nothing but the page may ask the network for anything.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// The browser that `FOREBAY_CHROMIUM` names, or the first of the usual ones on the path.
pub fn find() -> Option<PathBuf> {
    if let Some(named) = env::var_os("FOREBAY_CHROMIUM").filter(|path| !path.is_empty()) {
        return Some(PathBuf::from(named));
    }
    let folders = env::var_os("PATH")?;
    let candidates = NAMES.iter().flat_map(|name| env::split_paths(&folders).map(move |folder| folder.join(name)));
    candidates.into_iter().find(|path| path.is_file())
}

/// A running browser with one tab. Ends with the value.
pub struct Chromium {
    process: Child,
    requests: Option<ChildStdin>,
    replies: Receiver<Value>,
    session: Option<String>,
    last_id: u64,
    events: Vec<Value>,
    _profile: TempDir,
}

impl Chromium {
    pub fn start(binary: &Path) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let log = File::create(profile.path().join("stderr.log")).unwrap();
        // The browser reads from descriptor 3 and writes to 4, which only a shell can give it without unsafe code.
        let mut process = Command::new("/bin/sh")
            .args(["-c", r#"exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null"#])
            .arg(binary)
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", profile.path().join("profile").display()))
            .arg("about:blank")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let requests = process.stdin.take();
        let replies = listen(process.stdout.take().unwrap());
        let mut chromium =
            Self { process, requests, replies, session: None, last_id: 0, events: Vec::new(), _profile: profile };
        chromium.open_tab();
        chromium
    }

    fn open_tab(&mut self) {
        let target = self.call("Target.createTarget", &json!({"url": "about:blank"}));
        let attached = self.call("Target.attachToTarget", &json!({"targetId": target["targetId"], "flatten": true}));
        self.session = Some(attached["sessionId"].as_str().unwrap().to_owned());
    }

    /// Calls a method of the protocol and waits for its result; events that arrive meanwhile are kept.
    pub fn call(&mut self, method: &str, params: &Value) -> Value {
        self.last_id += 1;
        let id = self.last_id;
        let mut request = json!({"id": id, "method": method, "params": params});
        if let Some(session) = &self.session {
            request["sessionId"] = json!(session);
        }
        let pipe = self.requests.as_mut().unwrap();
        pipe.write_all(format!("{request}\0").as_bytes()).unwrap();
        pipe.flush().unwrap();
        let deadline = Instant::now() + PATIENCE;
        loop {
            let mut message = self.next_message(deadline, method);
            if message["id"] == id {
                assert!(message.get("error").is_none(), "{method} {params}: {}", message["error"]);
                return message["result"].take();
            }
            self.events.push(message);
        }
    }

    /// Waits for an event of this name and takes it.
    pub fn wait_for(&mut self, event: &str) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(at) = self.events.iter().position(|message| message["method"] == event) {
                return self.events.remove(at)["params"].take();
            }
            let message = self.next_message(deadline, event);
            self.events.push(message);
        }
    }

    /// All events that arrived and that nobody took.
    pub fn events(&mut self) -> &[Value] {
        self.events.extend(self.replies.try_iter());
        &self.events
    }

    pub fn forget_events(&mut self) {
        self.events();
        self.events.clear();
    }

    fn next_message(&self, deadline: Instant, what: &str) -> Value {
        let patience = deadline.saturating_duration_since(Instant::now());
        self.replies.recv_timeout(patience).unwrap_or_else(|error| panic!("the browser did not answer {what}: {error}"))
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // A browser whose pipe is closed ends by itself, and its children with it; one that hangs is ended.
        self.requests = None;
        let deadline = Instant::now() + Duration::from_secs(5);
        while Instant::now() < deadline {
            if self.process.try_wait().is_ok_and(|status| status.is_some()) {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn listen(pipe: ChildStdout) -> Receiver<Value> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut pipe = BufReader::new(pipe);
        let mut message = Vec::new();
        while pipe.read_until(0, &mut message).is_ok_and(|length| length > 0) {
            message.pop();
            let value = serde_json::from_slice(&message).unwrap_or(Value::Null);
            message.clear();
            if sender.send(value).is_err() {
                return;
            }
        }
    });
    receiver
}
