//! Everything that is known of a service at one moment, as text.

use std::sync::atomic::Ordering::Relaxed;

use super::exposition::{Kind, Text};
use super::phase::Phase;
use crate::app::App;
use crate::catalogue::State;

/// The metrics of a service. Asks nobody: what it tells lies in memory.
pub fn page(app: &App) -> String {
    let mut text = Text::default();
    build(&mut text);
    requests(&mut text, app);
    verifications(&mut text, app);
    refusals(&mut text, app);
    phases(&mut text, app);
    sandbox(&mut text, app);
    components(&mut text, app);
    database(&mut text, app);
    text.finish()
}

fn build(text: &mut Text) {
    let mut metric = text.metric("keystead_build_info", Kind::Gauge, "Always 1; its labels say what runs.");
    metric.sample(&[("version", env!("CARGO_PKG_VERSION"))], 1);
}

fn requests(text: &mut Text, app: &App) {
    let help = "Requests to the API, by route, method and class of the answer's status.";
    let mut metric = text.metric("keystead_http_request_duration_seconds", Kind::Histogram, help);
    for ([route, method, status], row) in app.telemetry.requests.rows() {
        metric.histogram(&[("route", &route), ("method", &method), ("status", &status)], &row);
    }
}

fn verifications(text: &mut Text, app: &App) {
    let help = "Verifications, waiting for a slot included, by component and outcome.";
    let mut metric = text.metric("keystead_verification_duration_seconds", Kind::Histogram, help);
    for ([component, outcome], row) in app.telemetry.verifications.rows() {
        metric.histogram(&[("component", &component), ("outcome", &outcome)], &row);
    }
    let help = "Requests of plugins, by the class of the answer's status or by why there was none.";
    let mut metric = text.metric("keystead_exchanges_total", Kind::Counter, help);
    for ([result], row) in app.telemetry.exchanges.rows() {
        metric.sample(&[("result", &result)], row.load(Relaxed));
    }
}

fn refusals(text: &mut Text, app: &App) {
    let help = "Verifications that were refused before anything was sent, by the budget that was used up.";
    let mut metric = text.metric("keystead_budget_refusals_total", Kind::Counter, help);
    for ([budget], row) in app.telemetry.refusals.rows() {
        metric.sample(&[("budget", &budget)], row.load(Relaxed));
    }
    let help =
        "Requests of plugins that were not tried, since their destination had not answered several times.";
    text.metric("keystead_circuit_refusals_total", Kind::Counter, help)
        .sample(&[], app.egress.refused_by_circuits());
}

fn phases(text: &mut Text, app: &App) {
    let help =
        "Parts of verifications. `dns` lies within `connect`, that within `upstream`, that within `sandbox`.";
    let mut metric = text.metric("keystead_phase_duration_seconds", Kind::Histogram, help);
    for phase in Phase::ALL {
        let room = match phase {
            Phase::Dns | Phase::Connect | Phase::Upstream => app.egress.phases(),
            Phase::Schema | Phase::Sandbox | Phase::Seal | Phase::Commit => &app.telemetry.phases,
        };
        metric.histogram(&[("phase", phase.as_str())], room.histogram(phase));
    }
}

fn sandbox(text: &mut Text, app: &App) {
    let load = app.sandbox.load();
    let mut gauge = |name, help, value: usize| text.metric(name, Kind::Gauge, help).sample(&[], value);
    gauge("keystead_sandbox_slots", "Plugins that may run at the same time.", load.slots);
    gauge("keystead_verifications_in_flight", "Plugins that run now.", load.running);
    gauge("keystead_verifications_waiting", "Verifications that wait for a slot now.", load.waiting);
}

fn components(text: &mut Text, app: &App) {
    let components = app.catalogue.list();
    let faulty = components.iter().filter(|component| matches!(component.state, State::Faulty(_))).count();
    let help = "Installed components, by whether they can verify.";
    let mut metric = text.metric("keystead_components", Kind::Gauge, help);
    metric.sample(&[("state", "active")], components.len() - faulty);
    metric.sample(&[("state", "faulty")], faulty);
}

fn database(text: &mut Text, app: &App) {
    let pool = app.store.pool();
    let help = "Connections to the database, by whether they are in use.";
    let mut metric = text.metric("keystead_database_connections", Kind::Gauge, help);
    metric.sample(&[("state", "used")], pool.open.saturating_sub(pool.idle));
    metric.sample(&[("state", "idle")], pool.idle);
    let help = "Connections to the database that may be open.";
    text.metric("keystead_database_connections_most", Kind::Gauge, help).sample(&[], pool.most);
}
