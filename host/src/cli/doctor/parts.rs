//! The parts of a service that need no database: settings, sandbox, the way out.

use std::sync::Arc;
use std::time::Duration;

use super::finding::Finding;
use crate::boot;
use crate::config::Settings;
use crate::egress::Egress;
use crate::egress::policy::Allowance;
use crate::egress::resolver::SystemResolver;
use crate::sandbox::Sandbox;

/// How long one allowed address may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whether every setting lies in its range.
pub(super) fn settings(settings: &Settings) -> Finding {
    let checked = settings
        .api
        .check()
        .and_then(|()| settings.sandbox.check())
        .and_then(|()| settings.budgets.check())
        .map_err(String::from)
        .and_then(|()| settings.egress.check().map_err(String::from));
    match checked {
        Ok(()) => Finding::ok("settings", format!("readable; the API listens on {}", settings.listen)),
        Err(sentence) => {
            Finding::failed("settings", sentence, "correct it; wit/v1/limits.md lists the ranges")
        }
    }
}

/// The sandbox, if this machine can give it what it needs.
pub(super) fn sandbox(settings: &Settings, findings: &mut Vec<Finding>) -> Option<Arc<Sandbox>> {
    match boot::make_sandbox(&settings.sandbox) {
        Ok(sandbox) => {
            let slots = sandbox.load().slots;
            findings.push(Finding::ok("sandbox", format!("{slots} slots")));
            Some(sandbox)
        }
        Err(error) => {
            findings.push(Finding::failed(
                "sandbox",
                error.to_string(),
                "lower `sandbox.concurrency`, or raise the limit of address space (`ulimit -v`)",
            ));
            None
        }
    }
}

/// The resolver, the authorities that are trusted, and the addresses that are allowed one by one.
pub(super) async fn network(settings: &Settings, findings: &mut Vec<Finding>) {
    let resolver = match SystemResolver::new() {
        Ok(resolver) => {
            findings.push(Finding::ok("resolver", "the system's settings are readable"));
            resolver
        }
        Err(error) => {
            let advice = "name a server in /etc/resolv.conf";
            return findings.push(Finding::failed("resolver", error.to_string(), advice));
        }
    };
    let own = [Some(settings.listen), settings.metrics_listen].into_iter().flatten().collect();
    let egress = match Egress::new(settings.egress.clone(), Arc::new(resolver), own) {
        Ok(egress) => {
            findings.push(Finding::ok("authorities", "certificates of authorities were found"));
            egress
        }
        Err(sentence) => {
            let advice = "install the package `ca-certificates`, or correct `egress.extra_ca_file`";
            return findings.push(Finding::failed("authorities", sentence, advice));
        }
    };
    let allowances = settings.egress.allowances().unwrap_or_default();
    if allowances.is_empty() {
        findings.push(Finding::ok("allowances", "none: plugins reach public addresses alone"));
    }
    // One after the other takes two seconds for each that is silent; together they take two.
    let probes = allowances.iter().map(|allowance| probe(&egress, allowance));
    findings.extend(futures_util::future::join_all(probes).await);
}

async fn probe(egress: &Egress, allowance: &Allowance) -> Finding {
    let check = "allowances";
    let Some(address) = allowance.single() else {
        return Finding::ok(check, format!("{allowance}; a range is not tried"));
    };
    match egress.probe(address, PATIENCE).await {
        Ok(()) => Finding::ok(check, format!("{allowance} answers")),
        Err(sentence) => {
            let advice = "start what should listen there, or remove the allowance";
            Finding::warning(check, format!("{allowance}: {sentence}"), advice)
        }
    }
}
