//! What the service counts and measures, for `GET /metrics`.
//!
//! Labels are few and bounded: routes, methods, classes of status codes, ids of installed components,
//! and names that stand in this program. Never a workspace, an id of a row, or anything that somebody
//! typed: what is measured may be read by people who may not read what it is about.
//!
//! Every room keeps its own numbers and nothing is global, so two services in one process do not mix.
//! The text format is a page long (see `exposition.rs`), shorter than a crate for it would be.

mod exposition;
mod family;
mod histogram;
mod page;
mod phase;

use std::time::Duration;

use family::{Counters, Histograms};

pub use exposition::CONTENT_TYPE;
pub use histogram::Histogram;
pub use page::page;
pub use phase::{Phase, Phases, tell_phases};

use crate::domain::evidence::Exchange;
use crate::domain::id::ComponentId;

/// The numbers of one service that belong to no other room.
#[derive(Default)]
pub struct Telemetry {
    pub phases: Phases,
    /// By route, method and class of status.
    requests: Histograms<3>,
    /// By component and outcome.
    verifications: Histograms<2>,
    /// By what each exchange ended with.
    exchanges: Counters<1>,
    /// By what refused a verification before anything was sent.
    refusals: Counters<1>,
}

impl Telemetry {
    /// Counts a request. `route` is the pattern that matched, never the path.
    pub fn count_request(&self, route: &str, method: &http::Method, status: u16, took: Duration) {
        let class = match status / 100 {
            1 => "1xx",
            2 => "2xx",
            3 => "3xx",
            4 => "4xx",
            _ => "5xx",
        };
        self.requests.observe([route, known(method), class], took);
    }

    /// Counts a verification of an installed component. `outcome` is one of the stable names.
    pub fn count_verification(&self, component: &ComponentId, outcome: &'static str, took: Duration) {
        self.verifications.observe([component.as_str(), outcome], took);
    }

    /// Counts a verification that was refused before anything was sent. `budget` is a name of this program.
    pub fn count_refusal(&self, budget: &'static str) {
        self.refusals.add([budget]);
    }

    /// Counts what a verification sent.
    pub fn count_exchanges(&self, exchanges: &[Exchange]) {
        for exchange in exchanges {
            self.exchanges.add([result_of(exchange)]);
        }
    }
}

/// Anybody can invent a method.
fn known(method: &http::Method) -> &str {
    match method.as_str() {
        known @ ("GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS") => known,
        _ => "other",
    }
}

/// What an exchange ended with; the kinds of failures are those that the contract registers.
fn result_of(exchange: &Exchange) -> &str {
    if exchange.withheld.is_some() {
        return "withheld";
    }
    match (&exchange.failure, exchange.status) {
        (Some(kind), _) => kind,
        (None, Some(..200)) => "1xx",
        (None, Some(200..300)) => "2xx",
        (None, Some(300..400)) => "3xx",
        (None, Some(400..500)) => "4xx",
        (None, _) => "5xx",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invented_methods_make_no_labels() {
        for (method, label) in [("GET", "GET"), ("PROPFIND", "other"), ("get", "other"), ("X-1", "other")] {
            assert_eq!(known(&http::Method::from_bytes(method.as_bytes()).unwrap()), label);
        }
    }

    #[test]
    fn each_exchange_has_one_result() {
        let answered = |status| Exchange { status: Some(status), ..Exchange::default() };
        assert_eq!(result_of(&answered(204)), "2xx");
        assert_eq!(result_of(&answered(999)), "5xx");
        let withheld = Exchange { withheld: Some("reflected".into()), ..answered(200) };
        assert_eq!(result_of(&withheld), "withheld");
        let failed = Exchange { failure: Some("dns".into()), ..Exchange::default() };
        assert_eq!(result_of(&failed), "dns");
    }
}
