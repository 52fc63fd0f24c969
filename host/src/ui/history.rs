//! Past verifications, with what was asked and where secrets were placed.

use super::Ui;
use super::member::Member;
use super::texts::{TEXTS, fill};
use super::times::Time;
use super::titles::Titles;
use crate::api::Problem;
use crate::domain::credential::Credential;
use crate::domain::evidence::{Evidence, Exchange};

/// One verification.
pub(super) struct Entry {
    pub(super) time: Time,
    pub(super) outcome: String,
    pub(super) exchanges: Vec<Asked>,
    pub(super) log: Vec<String>,
    pub(super) release: String,
}

/// One exchange with the application.
pub(super) struct Asked {
    pub(super) request: String,
    pub(super) answer: String,
    pub(super) placed: Vec<String>,
    pub(super) message: Option<String>,
}

/// The verifications that are kept, newest first.
pub(super) async fn history(
    ui: &Ui,
    member: &Member,
    credential: &Credential,
    component: &str,
    titles: &Titles,
) -> Result<Vec<Entry>, Problem> {
    let found = ui.api.app.store.list_verifications(&member.workspace, &credential.id).await?;
    let entry = |(at, outcome, evidence): (jiff::Timestamp, String, Evidence)| Entry {
        time: Time::from(at),
        outcome: match outcome.as_str() {
            "valid" => TEXTS.outcome_valid.to_owned(),
            "invalid" => TEXTS.outcome_invalid.to_owned(),
            "undecided" => TEXTS.outcome_doubtful.to_owned(),
            other => fill(TEXTS.outcome_other, &[("outcome", &other)]),
        },
        release: release(&evidence, component),
        log: evidence.log.iter().map(|line| format!("{}: {}", line.level, line.text)).collect(),
        exchanges: evidence.exchanges.into_iter().map(|exchange| Asked::new(exchange, titles)).collect(),
    };
    Ok(found.into_iter().map(|found| entry((found.at, found.outcome, found.evidence))).collect())
}

fn release(evidence: &Evidence, component: &str) -> String {
    let digest: String = evidence.release.digest.chars().take("sha256:".len() + 12).collect();
    fill(
        TEXTS.by_release,
        &[
            ("component", &component),
            ("version", &evidence.release.version),
            ("digest", &digest),
            ("ms", &evidence.duration_ms),
        ],
    )
}

impl Asked {
    fn new(exchange: Exchange, titles: &Titles) -> Self {
        let status = exchange.status.map(|status| status.to_string()).unwrap_or_default();
        let answer = match (&exchange.failure, &exchange.withheld) {
            (Some(failure), _) => fill(TEXTS.failed, &[("failure", failure)]),
            (None, Some(why)) => fill(TEXTS.withheld, &[("status", &status), ("why", why)]),
            (None, None) => fill(TEXTS.answered, &[("status", &status)]),
        };
        let placed = exchange.placements.iter().map(|placed| {
            let values: [(&str, &dyn std::fmt::Display); 3] =
                [("sealed", &titles.of(&placed.sealed)), ("place", &placed.place), ("name", &placed.name)];
            fill(TEXTS.placed, &values)
        });
        Self {
            request: format!("{} {}", exchange.method, exchange.url),
            answer,
            placed: placed.collect(),
            message: exchange.message,
        }
    }
}
