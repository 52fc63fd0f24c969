//! One page in one browser, as a person uses it: by the words that stand on it.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use thirtyfour::error::{WebDriverError, WebDriverErrorInner, WebDriverResult};
use thirtyfour::{By, Key, WebDriver, WebElement};

use super::driver;

/// How long a page may take to show what is waited for, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Between two looks at the page.
const PAUSE: Duration = Duration::from_millis(20);

const QUESTIONS: &str = include_str!("page.js");

/// A page in a browser of its own.
pub struct Page {
    pub driver: WebDriver,
    /// What paths are below: `http://127.0.0.1:PORT`.
    base: String,
    patience: Duration,
}

/// What has the keyboard's focus.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Focus {
    /// How a person would call it.
    pub name: String,
    pub tag: String,
    /// Whether one can see that it has the focus.
    pub ring: bool,
    /// Whether one can see it at all.
    pub in_view: bool,
}

impl Page {
    /// A new browser, for pages below this address.
    pub async fn new(base: &str) -> Page {
        let base = base.trim_end_matches('/').to_owned();
        Page { driver: driver::session().await, base, patience: PATIENCE }
    }

    /// The same, which waits no longer than this.
    pub fn with_patience(self, patience: Duration) -> Page {
        Page { patience, ..self }
    }

    /// Opens a path, or a whole address.
    pub async fn open(&self, path: &str) {
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.base) };
        if let Err(error) = self.driver.goto(&url).await {
            self.fail(&format!("{url} did not open: {error}")).await;
        }
    }

    /// Path and query of where the browser is.
    pub async fn path(&self) -> String {
        let url = self.driver.current_url().await.unwrap();
        url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()))
    }

    /// Waits until the path begins so.
    pub async fn is_at(&self, path: &str) {
        self.until(&format!("to be at {path}"), async || self.path().await.starts_with(path).then_some(()))
            .await;
    }

    /// The text that can be seen.
    pub async fn text(&self) -> String {
        serde_json::from_value(self.ask("text", &[]).await).unwrap()
    }

    /// The HTML as it stands in the browser now.
    pub async fn source(&self) -> String {
        self.driver.source().await.unwrap()
    }

    /// Waits until this text can be seen.
    pub async fn sees(&self, text: &str) {
        self.until(&format!("to see {text:?}"), async || self.shows(text).await.then_some(())).await;
    }

    /// Whether this text can be seen now; white space does not count.
    pub async fn shows(&self, text: &str) -> bool {
        self.ask("shows", &[text]).await == json!(true)
    }

    /// The control that this label belongs to.
    pub async fn control(&self, label: &str) -> WebElement {
        self.act("control", label, async |_| Ok(())).await
    }

    /// What stands in a control.
    pub async fn value(&self, label: &str) -> String {
        self.control(label).await.prop("value").await.unwrap().unwrap_or_default()
    }

    /// Types a text into the control of this label, in place of what is there.
    pub async fn fill(&self, label: &str, text: &str) {
        self.act("control", label, async |control| {
            control.clear().await?;
            control.send_keys(text).await
        })
        .await;
    }

    /// Chooses an option by its text.
    pub async fn choose(&self, label: &str, option: &str) {
        let literal = format!(".//option[normalize-space()='{option}']");
        self.act("control", label, async |control| control.find(By::XPath(&literal)).await?.click().await)
            .await;
    }

    /// Clicks the control of this label: a box or a radio button.
    pub async fn tick(&self, label: &str) {
        self.act("control", label, async |control| control.click().await).await;
    }

    /// Gives a file to the control of this label.
    pub async fn upload(&self, label: &str, file: &std::path::Path) {
        let path = file.to_str().unwrap();
        self.act("control", label, async |control| control.send_keys(path).await).await;
    }

    /// The text of the element with this id.
    pub async fn element(&self, id: &str) -> String {
        self.driver.find(By::Id(id)).await.unwrap().text().await.unwrap()
    }

    /// The number in the tile that is called so.
    pub async fn count_of(&self, name: &str) -> String {
        self.ask("count", &[name]).await.as_str().unwrap_or_default().to_owned()
    }

    /// The names in a list's rows.
    pub async fn row_names(&self) -> Vec<String> {
        serde_json::from_value(self.ask("rows", &[]).await).unwrap()
    }

    /// Clicks the button that is called so.
    pub async fn press(&self, name: &str) {
        self.act("button", name, async |button| button.click().await).await;
    }

    /// Clicks the link that is called so.
    pub async fn follow(&self, name: &str) {
        self.act("link", name, async |link| link.click().await).await;
    }

    /// Whether there is a `control`, `button` or `link` of this name now.
    pub async fn has(&self, kind: &str, name: &str) -> bool {
        !self.ask(kind, &[name]).await.is_null()
    }

    /// Presses a key on whatever has the focus.
    pub async fn key(&self, key: impl Into<thirtyfour::TypingData>) {
        let keys: thirtyfour::TypingData = key.into();
        self.driver.action_chain().send_keys(keys).perform().await.unwrap();
    }

    /// What has the focus, if anything.
    pub async fn focus(&self) -> Option<Focus> {
        serde_json::from_value(self.ask("focus", &[]).await).unwrap()
    }

    /// Everything that the tab key reaches from the top of the page, in order.
    pub async fn tab_order(&self) -> Vec<Focus> {
        let mut order = Vec::new();
        for _ in 0..100 {
            self.key(Key::Tab).await;
            let Some(focus) = self.focus().await else { break };
            order.push(focus);
        }
        order
    }

    /// Scripts of pages that are opened from now on do not run.
    pub async fn without_script(&self) {
        self.devtools("Emulation.setScriptExecutionDisabled", json!({"value": true})).await;
    }

    /// Calls a command of the DevTools protocol.
    pub async fn devtools(&self, command: &str, parameters: Value) -> Value {
        self.driver
            .cdp()
            .send_raw(command, parameters)
            .await
            .unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    /// Asks a question of `page.js`.
    pub async fn ask(&self, question: &str, words: &[&str]) -> Value {
        let answer = self.question(question, words).await;
        answer.unwrap_or_else(|error| panic!("the page was asked for {question} {words:?}: {error}"))
    }

    async fn question(&self, question: &str, words: &[&str]) -> WebDriverResult<Value> {
        let arguments: Vec<Value> = std::iter::once(&question).chain(words).map(|word| json!(word)).collect();
        Ok(self.driver.execute(QUESTIONS, arguments).await?.json().clone())
    }

    /// Looks again and again until there is something.
    pub async fn until<T>(&self, what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
        let begin = Instant::now();
        loop {
            if let Some(found) = look().await {
                return found;
            }
            if begin.elapsed() > self.patience {
                self.fail(&format!("waited {:?} {what}", self.patience)).await;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Finds an element and does something with it; anew while the page is being replaced below our fingers.
    async fn act(
        &self,
        kind: &str,
        name: &str,
        action: impl AsyncFn(&WebElement) -> WebDriverResult<()>,
    ) -> WebElement {
        self.until(&format!("for the {kind} {name:?}"), async || {
            let found = self.question(kind, &[name]).await.ok().filter(|found| !found.is_null())?;
            let element = WebElement::from_json(found, self.driver.handle().clone()).unwrap();
            match action(&element).await {
                Ok(()) => Some(element),
                Err(error) if is_passing(&error) => None,
                Err(error) => panic!("{kind} {name:?}: {error}"),
            }
        })
        .await
    }

    /// Ends the test with what the page shows now, and keeps a picture of it.
    async fn fail(&self, what: &str) -> ! {
        let url = self.driver.current_url().await.map_or_else(|error| error.to_string(), String::from);
        let text = self.text().await;
        // A test runs in a thread of its name.
        let test = std::thread::current().name().unwrap_or("test").replace("::", "-");
        let picture = self.picture(&format!("failed-{test}")).await;
        panic!("{what}\nat {url}, see {}:\n{text}", picture.display());
    }
}

/// Whether the same may work in a moment.
fn is_passing(error: &WebDriverError) -> bool {
    use WebDriverErrorInner as Inner;
    let is_stale = |text: &str| text.contains("does not belong to the document");
    match error.as_inner() {
        Inner::StaleElementReference(_)
        | Inner::ElementClickIntercepted(_)
        | Inner::ElementNotInteractable(_) => true,
        // What chromedriver says of an element whose page goes away just then.
        _ => is_stale(&error.to_string()),
    }
}
