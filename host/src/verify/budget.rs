//! Asks the budgets before anything is sent, and tells them how it ended before anybody else is told.
//!
//! What fails counts for every host that the secrets may go to, since a plugin could try them at any of these.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{Verification, VerifyError};
use crate::app::App;
use crate::domain::budget::{Claim, Entry, Limits, Standing, seconds_until};
use crate::domain::evidence::Exchange;
use crate::domain::id::WorkspaceId;
use crate::domain::verdict::{Doubt, Outcome, Verdict};
use crate::egress::Rest;
use crate::egress::origin::Origin;
use crate::store::StoreError;

/// What the budgets say of a verification that is to begin.
pub(super) enum Entrance {
    Go(Begun),
    /// An application wants to be left alone: it is not asked.
    Rest(Doubt),
}

/// A verification that the budgets have to be told of when it ends.
pub(super) struct Begun {
    /// Hosts, whose failures are counted, and origins, which may want to be left alone. Sorted, each told once.
    destinations: Vec<String>,
    /// By destination; where it is on probation.
    claims: Vec<Option<Claim>>,
}

/// How a verification ended, for the budgets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    Succeeded,
    Failed,
    /// Neither can be said.
    Open,
}

/// No more attempts at this host for now.
struct Spent {
    host: String,
    until: Timestamp,
}

/// A verification that is to begin, and whose budgets are looked at.
pub(super) struct Asked<'a> {
    pub(super) app: &'a App,
    pub(super) workspace: &'a WorkspaceId,
    /// Hosts that secrets may go to, and origins. Sorted, each told once.
    destinations: Vec<String>,
}

impl<'a> Asked<'a> {
    /// For every host that secrets may go to, by these `name origin` pairs, and for each of the origins.
    pub(super) fn new(
        app: &'a App,
        workspace: &'a WorkspaceId,
        pairs: &[String],
        origins: &[Origin],
    ) -> Self {
        Self { app, workspace, destinations: destinations_of(pairs, origins) }
    }

    /// Finds out where the workspace stands, so that no more are under way afterwards than may fail. Whoever
    /// may not begin at all need not wait for a slot.
    ///
    /// # Errors
    /// [`VerifyError::TooManyFailures`].
    pub(super) async fn look(&self) -> Result<(), VerifyError> {
        self.standings().await.map(drop)
    }

    /// Begins it, when there is a slot: others may have used the budget up meanwhile.
    ///
    /// # Errors
    /// [`VerifyError::TooManyFailures`]; nothing was written then.
    pub(super) async fn begin(self) -> Result<Entrance, VerifyError> {
        let (standings, is_probe) = self.standings().await?;
        let now = self.app.clock.now();
        if let Some(until) = standings.iter().filter_map(|standing| standing.rest(now)).max() {
            return Ok(Entrance::Rest(Doubt {
                reason: "rate-limited".to_owned(),
                message: "The application has asked to be left alone for a while, so it was not asked now."
                    .to_owned(),
                retry_after: Some(seconds_until(until, now)),
                extra: Vec::new(),
            }));
        }
        let claims = if is_probe { self.claim().await? } else { vec![None; self.destinations.len()] };
        Ok(Entrance::Go(Begun { destinations: self.destinations, claims }))
    }

    /// Where the workspace stands, and whether an attempt has to be claimed. What is known is enough to let
    /// somebody in; the database is asked before anybody is refused.
    async fn standings(&self) -> Result<(Vec<Standing>, bool), VerifyError> {
        let Self { app, workspace, destinations } = self;
        let (now, limits) = (app.clock.now(), app.budgets.limits());
        if let Some(standings) = app.budgets.known().standings(workspace, destinations, now)
            && let Ok(is_probe) = check(destinations, &standings, now, limits)
            && standings.iter().all(|standing| standing.rest(now).is_none())
        {
            return Ok((standings, is_probe));
        }
        let asking = app.budgets.known().ask();
        let standings = app.store.find_standings(workspace, destinations, now).await?;
        app.budgets.known().learn(asking, workspace, destinations, &standings, now);
        let is_probe = check(destinations, &standings, now, limits).map_err(|spent| spent.into_error(now))?;
        Ok((standings, is_probe))
    }

    /// Claims every host that is on probation, or none.
    async fn claim(&self) -> Result<Vec<Option<Claim>>, VerifyError> {
        let (now, limits) = (self.app.clock.now(), self.app.budgets.limits());
        let change = |standings: &mut [Standing]| claim(&self.destinations, standings, now, limits);
        let claimed = write(self.app, self.workspace, &self.destinations, now, change).await?;
        claimed.map_err(|spent| spent.into_error(now))
    }
}

impl Spent {
    fn into_error(self, now: Timestamp) -> VerifyError {
        VerifyError::TooManyFailures { retry_after: seconds_until(self.until, now), host: self.host }
    }
}

/// Changes standings, and knows them then.
async fn write<R>(
    app: &App,
    workspace: &WorkspaceId,
    destinations: &[String],
    now: Timestamp,
    change: impl Fn(&mut [Standing]) -> R,
) -> Result<R, StoreError> {
    let (known, limits) = (app.budgets.known(), app.budgets.limits());
    let change = |standings: &mut [Standing]| {
        let result = change(&mut *standings);
        (result, standings.to_vec())
    };
    let asking = known.ask();
    let (result, standings) =
        app.store.change_standings(workspace, destinations, limits, now, change).await?;
    known.learn(asking, workspace, destinations, &standings, now);
    Ok(result)
}

/// Writes down how it ended, and which origins want to be left alone. Costs nothing where there is nothing to say.
pub(super) async fn settle(
    app: &App,
    workspace: &WorkspaceId,
    begun: Begun,
    ended: Ended,
    rests: &[Rest],
) -> Result<(), StoreError> {
    let (now, limits) = (app.clock.now(), app.budgets.limits());
    let mut changes: BTreeMap<String, Change> = BTreeMap::new();
    for (destination, claim) in begun.destinations.into_iter().zip(begun.claims) {
        if claim.is_some() || (ended == Ended::Failed && is_host(&destination)) {
            changes.insert(destination, Change { is_counted: true, claim, rests_until: None });
        }
    }
    for rest in rests {
        let change = changes.entry(rest.origin.to_string()).or_default();
        change.rests_until = change.rests_until.max(rest.until(now));
    }
    if changes.is_empty() {
        return Ok(());
    }
    let destinations: Vec<String> = changes.keys().cloned().collect();
    let change = |standings: &mut [Standing]| {
        for (standing, change) in standings.iter_mut().zip(changes.values()) {
            if change.is_counted {
                count(standing, change.claim, ended, now, limits);
            }
            if let Some(until) = change.rests_until {
                standing.rest_until(until);
            }
        }
    };
    write(app, workspace, &destinations, now, change).await
}

/// What becomes of a destination's standing.
#[derive(Default)]
struct Change {
    is_counted: bool,
    claim: Option<Claim>,
    rests_until: Option<Timestamp>,
}

/// What an ended verification says of the credential. Undecided is what nobody could say, but not what a
/// plugin makes of a refusal: it would tell right from wrong as well as `invalid` does.
pub(super) fn ended(result: &Result<Verification, VerifyError>) -> Ended {
    let Ok(Verification { outcome, evidence }) = result else { return Ended::Open };
    let is_reflected = |exchange: &Exchange| exchange.withheld.as_deref() == Some("reflected");
    if evidence.exchanges.iter().any(is_reflected) {
        return Ended::Failed;
    }
    match outcome {
        Outcome::Verdict(Verdict::Valid(_)) => Ended::Succeeded,
        Outcome::Verdict(Verdict::Invalid(_)) | Outcome::Failure(_) => Ended::Failed,
        Outcome::Verdict(Verdict::Undecided(_)) if evidence.exchanges.iter().any(is_refused) => Ended::Failed,
        Outcome::Verdict(Verdict::Undecided(_)) | Outcome::DestinationRefused(_) => Ended::Open,
    }
}

/// Whether the application refused what carried a secret: 4xx, but for "too slow", "too early" and "too often".
fn is_refused(exchange: &Exchange) -> bool {
    let is_refusal = |status| matches!(status, 400..=499) && !matches!(status, 408 | 425 | 429);
    !exchange.placements.is_empty() && exchange.status.is_some_and(is_refusal)
}

/// Whether an attempt has to be claimed, if it may be made.
fn check(
    destinations: &[String],
    standings: &[Standing],
    now: Timestamp,
    limits: &Limits,
) -> Result<bool, Spent> {
    let mut is_probe = false;
    for (host, standing) in destinations.iter().zip(standings) {
        match standing.entry(now, limits) {
            Entry::Free => {}
            Entry::Probe => is_probe = true,
            Entry::Wait(until) => return Err(Spent { host: host.clone(), until }),
        }
    }
    Ok(is_probe)
}

/// Claims every host that is on probation, or none.
fn claim(
    destinations: &[String],
    standings: &mut [Standing],
    now: Timestamp,
    limits: &Limits,
) -> Result<Vec<Option<Claim>>, Spent> {
    check(destinations, standings, now, limits)?;
    let claim = |standing: &mut Standing| {
        (standing.entry(now, limits) == Entry::Probe).then(|| standing.claim(now, limits))
    };
    Ok(standings.iter_mut().map(claim).collect())
}

fn count(standing: &mut Standing, claim: Option<Claim>, ended: Ended, now: Timestamp, limits: &Limits) {
    match (ended, claim) {
        (Ended::Failed, claim) => standing.fail(claim, now, limits),
        (Ended::Succeeded, Some(claim)) => standing.succeed(claim, now, limits),
        (Ended::Open, Some(claim)) => standing.give_back(claim, now),
        (Ended::Succeeded | Ended::Open, None) => {}
    }
}

/// The hosts of a set of `name origin` pairs and the origins, sorted, without duplicates.
fn destinations_of(pairs: &[String], origins: &[Origin]) -> Vec<String> {
    let host = |pair: &String| Some(Origin::parse(pair.split_once(' ')?.1).ok()?.host.to_string());
    let hosts = pairs.iter().filter_map(host);
    let found: BTreeSet<String> = hosts.chain(origins.iter().map(Origin::to_string)).collect();
    found.into_iter().collect()
}

/// The hosts of origins, sorted, without duplicates.
pub(super) fn hosts_of(origins: &[Origin]) -> Vec<String> {
    let hosts: BTreeSet<String> = origins.iter().map(|origin| origin.host.to_string()).collect();
    hosts.into_iter().collect()
}

/// Whether it is a host, and not an origin.
fn is_host(destination: &str) -> bool {
    !destination.contains("://")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::evidence::{Evidence, Placed};
    use crate::domain::verdict::{Acceptance, DestinationRefusal, FailureKind, Rejection, VerifierFailure};

    fn exchange(status: u16) -> Exchange {
        let placed = Placed { sealed: "key".into(), place: "header".into(), name: "api_key".into() };
        Exchange { status: Some(status), placements: vec![placed], ..Exchange::default() }
    }

    fn ended_with(outcome: Outcome, exchanges: Vec<Exchange>) -> Ended {
        ended(&Ok(Verification { outcome, evidence: Evidence { exchanges, ..Evidence::default() } }))
    }

    fn undecided() -> Outcome {
        let (reason, message) = ("unreachable".to_owned(), String::new());
        Outcome::Verdict(Verdict::Undecided(Doubt { reason, message, retry_after: None, extra: vec![] }))
    }

    fn valid() -> Outcome {
        Outcome::Verdict(Verdict::Valid(Acceptance::default()))
    }

    #[test]
    fn whatever_tells_that_a_secret_is_wrong_counts_as_failed() {
        let (reason, message) = ("rejected".to_owned(), String::new());
        let invalid =
            Outcome::Verdict(Verdict::Invalid(Rejection { reason, message, field: None, extra: vec![] }));
        let failure = Outcome::Failure(VerifierFailure::new(FailureKind::Trapped, ""));
        let reflected = Exchange { withheld: Some("reflected".into()), ..exchange(200) };
        assert_eq!(ended_with(invalid, vec![exchange(401)]), Ended::Failed);
        assert_eq!(ended_with(failure, Vec::new()), Ended::Failed);
        assert_eq!(ended_with(valid(), vec![reflected.clone()]), Ended::Failed);
        assert_eq!(ended_with(undecided(), vec![reflected]), Ended::Failed);
        assert_eq!(ended_with(undecided(), vec![exchange(403)]), Ended::Failed);
    }

    #[test]
    fn what_says_nothing_of_the_secret_does_not_count() {
        for status in [200, 302, 408, 425, 429, 500, 503] {
            assert_eq!(ended_with(undecided(), vec![exchange(status)]), Ended::Open, "{status}");
        }
        let bare = Exchange { placements: Vec::new(), ..exchange(404) };
        assert_eq!(ended_with(undecided(), vec![bare]), Ended::Open);
        assert_eq!(ended_with(valid(), vec![exchange(404), exchange(200)]), Ended::Succeeded);
        let refusal = DestinationRefusal { pointer: "/baseUrl".into(), message: String::new() };
        assert_eq!(ended_with(Outcome::DestinationRefused(refusal), Vec::new()), Ended::Open);
        assert_eq!(ended(&Err(VerifyError::Cancelled)), Ended::Open);
    }

    #[test]
    fn a_host_is_counted_once_whatever_its_ports_and_secrets() {
        let pairs = ["a https://b.example:8443", "a https://a.example", "c https://b.example"];
        let origins = ["https://b.example", "https://b.example:8443", "https://c.example"];
        let origins = origins.map(|text| Origin::parse(text).unwrap());
        let destinations = destinations_of(&pairs.map(str::to_owned), &origins);
        let hosts: Vec<_> = destinations.iter().filter(|destination| is_host(destination)).collect();
        assert_eq!(hosts, ["a.example", "b.example"]);
        assert_eq!(destinations.len(), 2 + 3);
        assert_eq!(hosts_of(&origins), ["b.example", "c.example"]);
    }
}
