//! One verification's way out: which requests it may send, and what it is told of the answers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::domain::evidence::Exchange;
use crate::domain::id::WorkspaceId;
use crate::domain::verdict::{DestinationRefusal, FailureKind, VerifierFailure};

use super::capture::{self, Taken};
use super::origin::Origin;
use super::plan::{Plan, Rule};
use super::reflection::Scanners;
use super::rest::Rest;
use super::sealing::{self, Opened};
use super::settings::Settings;
use super::tokens::Tokens;
use super::transport::{Answer, Transport, TransportError};
use super::{Failure, Request, Response};

/// Everything that egress knows of one verification. Without `Debug`: it holds the secrets.
pub struct Session {
    pub(super) transport: Arc<Transport>,
    pub(super) settings: Arc<Settings>,
    pub(super) workspace: WorkspaceId,
    pub(super) plan: Plan,
    pub(super) scanner: Scanners,
    /// Tokens for what answers bring.
    pub(super) tokens: Tokens,
    pub(super) credential: String,
    pub(super) exchanges: Vec<Exchange>,
    pub(super) refusal: Option<Refusal>,
    pub(super) bytes_out: usize,
    pub(super) has_withheld: bool,
    pub(super) rests: Vec<Rest>,
}

/// Something that policy refused; it overrules whatever the plugin says afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The person's destination.
    Destination(DestinationRefusal),
    /// The plugin asked for what it did not declare.
    Plugin(VerifierFailure),
}

/// What a session leaves behind.
pub struct Record {
    /// Every attempt, in order, redacted.
    pub exchanges: Vec<Exchange>,
    /// The first refusal by policy.
    pub refusal: Option<Refusal>,
    /// Names of the sealed values that this credential holds.
    pub sealed: Vec<String>,
    /// Names of those that no answered exchange carried.
    pub unproven: Vec<String>,
}

impl Session {
    /// The credential's fields as JSON, with a sealed token in place of each secret.
    pub fn credential(&self) -> &str {
        &self.credential
    }

    /// The text, or a fixed sentence where a secret or a sealed token is found in it.
    pub fn scrub(&self, text: String) -> String {
        self.scanner.scrub(text)
    }

    /// Origins that answered that they want to be left alone for a while.
    pub fn rests(&self) -> &[Rest] {
        &self.rests
    }

    /// What happened, for verdict and evidence.
    pub fn into_record(self) -> Record {
        let own = self.plan.sealed.iter().filter(|sealed| !sealed.is_captured);
        let sealed: Vec<String> = own.map(|sealed| sealed.name.clone()).collect();
        let is_proven = |name: &String| {
            let carried =
                |exchange: &Exchange| exchange.placements.iter().any(|placed| placed.sealed == *name);
            self.exchanges.iter().any(|exchange| exchange.is_answered() && carried(exchange))
        };
        let unproven = sealed.iter().filter(|name| !is_proven(name)).cloned().collect();
        Record { exchanges: self.exchanges, refusal: self.refusal, sealed, unproven }
    }

    /// Sends one request, if the descriptor and the policy allow it.
    ///
    /// # Errors
    /// A failure of the contract's kinds; it is also kept for the evidence.
    pub async fn send(&mut self, request: Request) -> Result<Response, Failure> {
        let started = Instant::now();
        let mut exchange = Exchange {
            method: self.redact(&request.method, 20),
            url: self.redact(&request.url, 2048),
            ..Exchange::default()
        };
        let result = self.attempt(request, &mut exchange).await;
        exchange.duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        if let Err(failure) = &result {
            exchange.failure = Some(failure.kind.to_owned());
            exchange.message = Some(self.redact(&failure.message, 1024));
            self.remember(failure, &exchange);
        }
        // Refused attempts beyond the budget are not kept one by one: a loop must not fill the evidence.
        if self.exchanges.len() <= self.settings.exchanges {
            self.exchanges.push(exchange);
        }
        result
    }

    async fn attempt(&mut self, request: Request, exchange: &mut Exchange) -> Result<Response, Failure> {
        self.spend(&request)?;
        let (origin, url) =
            Origin::of_url(&request.url).map_err(|refusal| Failure::new(refusal.kind, refusal.message))?;
        let (rule, mut opened) = self.allow(&request, &origin, &url)?;
        exchange.rule = Some(rule.name.clone());
        exchange.placements.clone_from(&opened.placements);
        let deadline = Self::deadline(&request);
        let (origin, rule) = (rule.origin.clone(), rule.name.clone());
        self.scanner
            .look_for(opened.framed.drain(..))
            .map_err(|error| Failure::new("too-large", error.to_string()))?;
        let message = message(&request.method, opened)?;
        match self.transport.exchange(&self.workspace, &origin, message, deadline).await {
            Ok(answer) => {
                self.rests.extend(Rest::of(&origin, answer.status, &answer.headers));
                Ok(self.deliver(answer, &rule, exchange))
            }
            Err(TransportError { kind, message }) => Err(Failure::new(kind, message)),
        }
    }

    /// Counts the request against the budget of the verification. Sizes are those of the plugin's own
    /// text, tokens included, so that they say nothing of a secret.
    fn spend(&mut self, request: &Request) -> Result<(), Failure> {
        if self.has_withheld {
            return Err(Failure::new("budget", "nothing more is sent after an answer was withheld"));
        }
        if self.exchanges.len() >= self.settings.exchanges {
            let limit = self.settings.exchanges;
            return Err(Failure::new("budget", format!("a verification may make {limit} exchanges")));
        }
        let headers: usize = request.headers.iter().map(|(name, value)| name.len() + value.len() + 4).sum();
        let size = request.url.len() + headers + request.body.as_ref().map_or(0, Vec::len);
        self.bytes_out = self.bytes_out.saturating_add(size);
        if self.bytes_out > self.settings.request_bytes {
            let limit = self.settings.request_bytes;
            return Err(Failure::new("too-large", format!("a verification may send {limit} bytes")));
        }
        Ok(())
    }

    /// The first rule that allows the request, and the request with secrets in place of tokens.
    fn allow(&self, request: &Request, origin: &Origin, url: &url::Url) -> Result<(&Rule, Opened), Failure> {
        let here: Vec<&Rule> =
            self.plan.rules.iter().filter(|rule| rule.covers(origin, url.path())).collect();
        if here.is_empty() {
            return Err(Failure::new("destination-refused", self.undeclared(origin)));
        }
        let mut refusal = None;
        for rule in &here {
            if !rule.methods.contains(&request.method) {
                continue;
            }
            match sealing::open(request, url, &rule.name, &self.plan.sealed) {
                Ok(opened) => return Ok((rule, opened)),
                Err(failure) => refusal = refusal.or(Some(failure)),
            }
        }
        Err(refusal.unwrap_or_else(|| {
            let allowed: Vec<String> =
                here.iter().map(|rule| format!("{} ({})", rule.name, rule.methods.join(", "))).collect();
            let message = format!(
                "no rule allows the method {} here; rules for this destination: {}",
                request.method,
                allowed.join("; ")
            );
            Failure::new("method-refused", message)
        }))
    }

    fn undeclared(&self, origin: &Origin) -> String {
        let rules: Vec<String> = self
            .plan
            .rules
            .iter()
            .map(|rule| format!("`{}`: {}{}", rule.name, rule.origin, rule.path_prefix))
            .collect();
        let rules = if rules.is_empty() { "none".to_owned() } else { rules.join(", ") };
        format!(
            "no egress rule covers {origin} and this path (rules: {rules}); a new destination needs an entry under `egress` in the descriptor"
        )
    }

    /// What the plugin asked for; the transport's own limit applies beside it.
    fn deadline(request: &Request) -> Duration {
        let asked = request.extra.iter().find(|(name, _)| name == "timeout-ms");
        let asked = asked.and_then(|(_, value)| value.parse::<u64>().ok()).unwrap_or(u64::MAX);
        Duration::from_millis(asked.max(1))
    }

    /// What the plugin sees of an answer under `rule`: tokens where captured values stood, and nothing
    /// but the status where a secret is found in it or could not be captured.
    fn deliver(&mut self, answer: Answer, rule: &str, exchange: &mut Exchange) -> Response {
        let status = answer.status;
        exchange.status = Some(status);
        exchange.bytes_in = answer.body.len() as u64;
        if self.scanner.find_field(&answer.headers, &answer.body) {
            return self.withhold(status, "reflected", exchange);
        }
        let Taken { headers, body, sealed } =
            match capture::take(answer, rule, &self.plan.captures, &mut self.tokens) {
                Ok(taken) => taken,
                Err(error) => {
                    exchange.message = Some(self.redact(&error.to_string(), 1024));
                    return self.withhold(status, "capture-failed", exchange);
                }
            };
        if !sealed.is_empty() {
            if let Err(error) = self.scanner.learn(&sealed) {
                exchange.message = Some(error.to_string());
                return self.withhold(status, "capture-failed", exchange);
            }
            exchange.captured = sealed.iter().map(|sealed| sealed.name.clone()).collect();
            self.plan.sealed.extend(sealed);
        }
        // Only now: an application may bring a captured value again at the place where it is captured.
        if self.scanner.find_captured(&headers, &body) {
            return self.withhold(status, "reflected", exchange);
        }
        // A body that did not come (HEAD, 304), or in part, was not searched: nothing is said of it then.
        let is_whole = !body.is_empty() && status != 206;
        let shown = headers.into_iter().filter(|(name, _)| is_whole || !describes_body(name));
        let headers = shown.map(|(name, value)| (name, lossy(value))).collect();
        Response { status, headers, body, extra: Vec::new() }
    }

    /// Shows the status alone, and ends all sending: a plugin learns one bit in this way at most.
    fn withhold(&mut self, status: u16, reason: &str, exchange: &mut Exchange) -> Response {
        self.has_withheld = true;
        exchange.withheld = Some(reason.to_owned());
        let extra = vec![("withheld".to_owned(), reason.to_owned())];
        Response { status, headers: Vec::new(), body: Vec::new(), extra }
    }

    /// Keeps the first refusal by policy.
    fn remember(&mut self, failure: &Failure, exchange: &Exchange) {
        let message = exchange.message.clone().unwrap_or_default();
        let kind = match failure.kind {
            "destination-refused" | "ambiguous-url" => FailureKind::DestinationRefused,
            "method-refused" => FailureKind::MethodRefused,
            "placement-refused" => FailureKind::PlacementRefused,
            "address-refused" => FailureKind::AddressRefused,
            _ => return,
        };
        let typed = exchange
            .rule
            .as_ref()
            .and_then(|name| self.plan.rules.iter().find(|rule| rule.name == *name))
            .and_then(|rule| rule.field.clone());
        let refusal = match typed {
            // The request was allowed by a rule whose origin a person typed: only its address is refused.
            Some(pointer) if matches!(failure.kind, "address-refused" | "destination-refused") => {
                Refusal::Destination(DestinationRefusal { pointer, message })
            }
            _ => Refusal::Plugin(VerifierFailure::new(kind, message)),
        };
        self.refusal.get_or_insert(refusal);
    }

    /// A text of the plugin as it may be shown: tokens become `{name}`, control characters go, and
    /// what then still holds a secret is replaced whole.
    fn redact(&self, text: &str, limit: usize) -> String {
        let mut text: String = text.chars().filter(|c| !c.is_control()).collect();
        for sealed in &self.plan.sealed {
            text = text.replace(&sealed.token, &format!("{{{}}}", sealed.name));
        }
        // Cut last: half a secret or token would not be found.
        self.scanner.scrub(text).chars().take(limit).collect()
    }
}

/// Whether a header, in lower case, tells the length or a digest of the body (RFC 9110, section 8; RFC 9530).
fn describes_body(name: &str) -> bool {
    matches!(
        name,
        "content-length"
            | "content-range"
            | "etag"
            | "content-md5"
            | "digest"
            | "content-digest"
            | "repr-digest"
    )
}

impl Rule {
    /// Whether a URL with this origin and path falls under the rule.
    fn covers(&self, origin: &Origin, path: &str) -> bool {
        let under =
            path.strip_prefix(&self.path_prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        self.origin == *origin && under && !climbs(path)
    }
}

/// Whether a path has encoded dot segments, which some servers resolve after the check.
fn climbs(path: &str) -> bool {
    let folded = path.to_ascii_lowercase();
    folded.split('/').any(|segment| {
        let segment = segment.replace("%2e", ".").replace("%2f", "/").replace("%5c", "/");
        segment == ".." || segment == "." || segment.contains("../") || segment.contains("/..")
    })
}

fn message(method: &str, opened: Opened) -> Result<http::Request<Vec<u8>>, Failure> {
    let mut message = http::Request::builder().method(method).uri(opened.url);
    if let Some(headers) = message.headers_mut() {
        *headers = opened.headers;
    }
    // The cause would quote the URL, secrets included.
    message
        .body(opened.body)
        .map_err(|_| Failure::new("ambiguous-url", "the URL cannot be sent as it is (RFC 9112, section 3.2)"))
}

fn lossy(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}
