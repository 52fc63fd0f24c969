//! What every page has to be: open to everybody, light, quiet, steady.

use serde::Deserialize;

use super::page::Page;
use crate::harness::place::root;

const AXE: &str = include_str!("axe.js");
const SHIFTS: &str = include_str!("shifts.js");

#[derive(Deserialize)]
struct AxeReport {
    /// How many rules had something to look at.
    rules: u32,
    found: Vec<String>,
}

#[derive(Deserialize)]
struct Shifts {
    sum: f64,
    moved: Vec<String>,
}

#[derive(Deserialize)]
struct Fetched {
    url: String,
    bytes: u64,
    status: u16,
    by: String,
}

impl Page {
    /// What axe-core finds serious or critical: the rule and the element.
    pub async fn accessibility_findings(&self) -> Vec<String> {
        let is_loaded = self.driver.execute("return typeof axe === 'object'", []).await.unwrap();
        if is_loaded.json() != &serde_json::Value::Bool(true) {
            let path = root().join("tests/upstreams/node_modules/axe-core/axe.min.js");
            let source = std::fs::read_to_string(&path).unwrap_or_else(|error| {
                panic!(
                    "axe-core is missing ({error}): run `cargo xtask setup`, or `npm ci` in tests/upstreams"
                )
            });
            self.driver.execute(&source, []).await.unwrap();
        }
        let answer = self.driver.execute_async(AXE, []).await.unwrap();
        let report: AxeReport = serde_json::from_value(answer.json().clone()).unwrap();
        assert!(report.rules > 0 || !report.found.is_empty(), "axe-core looked at nothing");
        report.found
    }

    /// What the browser complained of since this was asked last: errors of scripts, violations of the content security
    /// policy, things that could not be loaded. That a page or a form is answered with 4xx is no complaint.
    pub async fn complaints(&self) -> Vec<String> {
        let log = self.driver.browser_log().await.unwrap();
        let is_answer =
            |text: &str| text.contains("Failed to load resource: the server responded with a status of 4");
        log.into_iter()
            .filter(|entry| entry.level == "SEVERE" || entry.message.contains("Content Security Policy"))
            .map(|entry| entry.message)
            .filter(|message| !is_answer(message))
            .collect()
    }

    /// The browser has nothing to complain of.
    pub async fn check_console(&self) {
        let complaints = self.complaints().await;
        assert!(complaints.is_empty(), "{}: {}", self.place().await, complaints.join("\n"));
    }

    /// What the page wanted and did not get: images, styles, scripts.
    pub async fn missing(&self) -> Vec<String> {
        let parts = self.fetched().await.into_iter();
        let parts =
            parts.filter(|it| it.status >= 400 && ["img", "link", "css", "script"].contains(&it.by.as_str()));
        parts.map(|it| format!("{} {}", it.status, it.url)).collect()
    }

    /// How many bytes a path weighs with everything that it loads, for somebody who comes for the first time.
    pub async fn page_weight(&self, path: &str) -> u64 {
        self.devtools("Network.clearBrowserCache", serde_json::json!({})).await;
        self.open(path).await;
        let weight = self.fetched().await.iter().map(|it| it.bytes).sum();
        assert!(weight > 0, "nothing was loaded");
        weight
    }

    async fn fetched(&self) -> Vec<Fetched> {
        serde_json::from_value(self.ask("fetched", &[]).await).unwrap()
    }

    /// How far parts of the page have jumped since it was opened, as Chromium scores it, and which did.
    pub async fn layout_shift(&self) -> (f64, Vec<String>) {
        let answer = self.driver.execute_async(SHIFTS, []).await.unwrap();
        let shifts: Shifts = serde_json::from_value(answer.json().clone()).unwrap();
        (shifts.sum, shifts.moved)
    }

    /// Nothing on the page has jumped since it was opened.
    pub async fn check_steady(&self) {
        let (sum, moved) = self.layout_shift().await;
        assert!(sum < 0.001, "{} jumps by {sum}: {moved:?}", self.place().await);
    }

    /// What reaches beyond the right edge, if the page has to be scrolled sideways.
    pub async fn overflow(&self) -> Vec<String> {
        serde_json::from_value(self.ask("overflow", &[]).await).unwrap()
    }

    /// Nothing reaches beyond the right edge.
    pub async fn check_fits(&self) {
        let wide = self.overflow().await;
        assert!(wide.is_empty(), "{} is too wide: {wide:#?}", self.place().await);
    }

    async fn place(&self) -> String {
        let size = self.driver.execute("return innerWidth + ' px wide'", []).await.unwrap();
        format!("{} ({})", self.path().await, size.json().as_str().unwrap_or_default())
    }
}
