//! One page in a browser, as its reader meets it: what is seen, pointed at, pressed and printed, and everything that the
//! browser complains about. Knows nothing of what a review holds.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::chromium::Chromium;

/// Collects what the policy of the page forbade, before any script of the page runs.
const WATCH: &str = "addEventListener('securitypolicyviolation', \
    (event) => console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sample));";

/// How the reader looks at a page.
#[derive(Clone, Copy)]
pub struct Look {
    pub width: u32,
    pub height: u32,
    pub dark: bool,
    pub print: bool,
    pub scripts: bool,
}

impl Look {
    pub const DESKTOP: Look = Look { width: 1280, height: 800, dark: false, print: false, scripts: true };
    pub const PHONE: Look = Look { width: 390, height: 844, ..Look::DESKTOP };
}

pub struct Page {
    browser: Chromium,
    scripts: bool,
}

impl Page {
    pub fn new(mut browser: Chromium) -> Self {
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), &json!({}));
        }
        browser.call("Page.addScriptToEvaluateOnNewDocument", &json!({"source": WATCH}));
        Self { browser, scripts: true }
    }

    /// Opens a file and waits until it is loaded.
    pub fn open(&mut self, file: &Path, look: Look) {
        self.browser.call("Emulation.setScriptExecutionDisabled", &json!({"value": !look.scripts}));
        self.look(look);
        self.browser.forget_events();
        self.browser.call("Page.navigate", &json!({"url": format!("file://{}", file.display())}));
        self.browser.wait_for("Page.loadEventFired");
    }

    /// Changes window and media without opening the page again.
    pub fn look(&mut self, look: Look) {
        let mobile = look.width < 600;
        let metrics = json!({"width": look.width, "height": look.height, "deviceScaleFactor": 1, "mobile": mobile});
        self.browser.call("Emulation.setDeviceMetricsOverride", &metrics);
        let scheme = if look.dark { "dark" } else { "light" };
        self.browser.call(
            "Emulation.setEmulatedMedia",
            &json!({
                "media": if look.print { "print" } else { "" },
                "features": [{"name": "prefers-color-scheme", "value": scheme}],
            }),
        );
        self.scripts = look.scripts;
        self.settle();
    }

    /// Waits until the page has drawn what it was told to draw.
    pub fn settle(&mut self) {
        if !self.scripts {
            // Nothing redraws, and timers stand still.
            return;
        }
        self.value(
            "new Promise((done) => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(done)), 30))",
        );
    }

    /// The value of a JavaScript expression, awaited if it is a promise.
    pub fn value(&mut self, expression: &str) -> Value {
        let params = json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
        let mut reply = self.browser.call("Runtime.evaluate", &params);
        assert!(reply.get("exceptionDetails").is_none(), "{expression}: {}", reply["exceptionDetails"]);
        reply["result"]["value"].take()
    }

    pub fn text(&mut self, expression: &str) -> String {
        let value = self.value(expression);
        value.as_str().unwrap_or_else(|| panic!("{expression} is {value}")).to_owned()
    }

    pub fn number(&mut self, expression: &str) -> f64 {
        let value = self.value(expression);
        value.as_f64().unwrap_or_else(|| panic!("{expression} is {value}"))
    }

    pub fn holds(&mut self, expression: &str) -> bool {
        let value = self.value(expression);
        value.as_bool().unwrap_or_else(|| panic!("{expression} is {value}"))
    }

    pub fn point_at(&mut self, x: f64, y: f64) {
        self.mouse("mouseMoved", x, y, 0);
        self.settle();
    }

    /// Clicks in the middle of what a selector finds.
    pub fn click(&mut self, selector: &str) {
        let middle = self.value(&format!(
            "(() => {{ const target = document.querySelector({});
                target.scrollIntoView({{block: 'center', behavior: 'instant'}});
                const box = target.getBoundingClientRect();
                return [box.left + 0.5 * box.width, box.top + 0.5 * box.height]; }})()",
            json!(selector)
        ));
        let (x, y) = (middle[0].as_f64().unwrap(), middle[1].as_f64().unwrap());
        self.mouse("mouseMoved", x, y, 0);
        self.mouse("mousePressed", x, y, 1);
        self.mouse("mouseReleased", x, y, 0);
        self.settle();
    }

    /// Presses the button at one place and lets it go at another.
    pub fn drag(&mut self, from: (f64, f64), to: (f64, f64)) {
        self.mouse("mouseMoved", from.0, from.1, 0);
        self.mouse("mousePressed", from.0, from.1, 1);
        for step in 1..=5 {
            let share = f64::from(step) / 5.0;
            self.mouse("mouseMoved", from.0 + share * (to.0 - from.0), from.1 + share * (to.1 - from.1), 1);
        }
        self.mouse("mouseReleased", to.0, to.1, 0);
        self.settle();
    }

    fn mouse(&mut self, kind: &str, x: f64, y: f64, buttons: u32) {
        let button = if kind == "mouseMoved" { "none" } else { "left" };
        let params = json!({"type": kind, "x": x, "y": y, "button": button, "buttons": buttons, "clickCount": 1});
        self.browser.call("Input.dispatchMouseEvent", &params);
    }

    /// Presses and lets go a key, named as `KeyboardEvent.key` does.
    pub fn press(&mut self, key: &str) {
        let text = match key {
            "Enter" => "\r",
            _ if key.chars().count() == 1 => key,
            _ => "",
        };
        let code = match key {
            "Tab" => 9,
            "Enter" => 13,
            "Escape" => 27,
            "End" => 35,
            "Home" => 36,
            "ArrowLeft" => 37,
            "ArrowRight" => 39,
            _ => 0,
        };
        let mut params = json!({"type": "keyDown", "key": key, "code": key, "windowsVirtualKeyCode": code});
        if !text.is_empty() {
            params["text"] = json!(text);
        }
        self.browser.call("Input.dispatchKeyEvent", &params);
        let params = json!({"type": "keyUp", "key": key, "code": key, "windowsVirtualKeyCode": code});
        self.browser.call("Input.dispatchKeyEvent", &params);
        self.settle();
    }

    /// Errors and warnings of the browser since the page was opened: its console, exceptions, broken policies.
    pub fn complaints(&mut self) -> Vec<String> {
        self.browser.events().iter().filter_map(complaint).collect()
    }

    /// Everything that was fetched since the page was opened, but for the page itself.
    pub fn fetched(&mut self) -> Vec<String> {
        let events = self.browser.events().iter();
        let requests = events.filter(|event| event["method"] == "Network.requestWillBeSent");
        let urls = requests.filter(|event| event["params"]["type"] != "Document");
        // A download made by the page itself is an object of the page, not of the network.
        let urls = urls.filter_map(|event| event["params"]["request"]["url"].as_str());
        urls.filter(|url| !url.starts_with("blob:")).map(str::to_owned).collect()
    }

    /// A picture of the whole page.
    pub fn save_picture(&mut self, file: &Path) {
        let params = json!({"format": "png", "captureBeyondViewport": true});
        let reply = self.browser.call("Page.captureScreenshot", &params);
        fs::write(file, from_base64(reply["data"].as_str().unwrap())).unwrap();
    }

    /// The page as it is printed on A4.
    pub fn save_print(&mut self, file: &Path) {
        let params = json!({"preferCSSPageSize": true, "paperWidth": 8.27, "paperHeight": 11.69});
        let reply = self.browser.call("Page.printToPDF", &params);
        fs::write(file, from_base64(reply["data"].as_str().unwrap())).unwrap();
    }

    /// Whatever else the protocol offers.
    pub fn call(&mut self, method: &str, params: &Value) -> Value {
        self.browser.call(method, params)
    }
}

fn complaint(event: &Value) -> Option<String> {
    let params = &event["params"];
    match event["method"].as_str()? {
        "Log.entryAdded" if params["entry"]["level"] != "verbose" => Some(params["entry"]["text"].to_string()),
        "Runtime.exceptionThrown" => Some(params["exceptionDetails"].to_string()),
        "Runtime.consoleAPICalled" => Some(params["args"].to_string()),
        _ => None,
    }
}

fn from_base64(text: &str) -> Vec<u8> {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut bits, mut held) = (Vec::with_capacity(text.len() / 4 * 3), 0_u32, 0);
    for sign in text.bytes() {
        let Some(value) = SIGNS.iter().position(|known| *known == sign) else { break };
        bits = bits << 6 | value as u32;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
        }
    }
    bytes
}
