//! How many verifications run, how many wait, and what the others are told.

use keystead::api::Settings;
use keystead::domain::rights::{Right, Scope};
use keystead::sandbox;

use super::service;
use crate::harness::recorder::Recorder;

fn limits(concurrency: u32, queue: u32, queue_ms: u64, per_workspace: u32) -> sandbox::Settings {
    sandbox::Settings { concurrency, queue, queue_ms, per_workspace, per_host: 100, ..Default::default() }
}

#[tokio::test]
async fn beyond_slots_and_queue_the_answer_is_429_and_says_when_to_come_again() {
    let service = service(Settings::default(), limits(1, 1, 60_000, 100)).await;
    let token = service.member(&[Right::Admin]).await;
    let (mute, good) = (service.draft("mute"), service.draft("good"));
    let running = service.post("/v1/credentials?dry_run=true", &token, &mute);
    let waiting = async {
        service.upstream.until_kept_waiting(1).await;
        service.post("/v1/credentials?dry_run=true", &token, &good).await
    };
    let refused = async {
        while service.app.sandbox.load().waiting == 0 {
            tokio::task::yield_now().await;
        }
        service.post("/v1/credentials", &token, &good).await
    };
    let mut running = Box::pin(running);
    let mut waiting = Box::pin(waiting);
    let answer = tokio::select! {
        answer = refused => answer,
        answer = &mut running => panic!("answered: {answer:?}"),
        answer = &mut waiting => panic!("answered: {answer:?}"),
    };
    assert_eq!(answer.outcome(), (429, "too-many-verifications"));
    assert_eq!(
        (answer.headers["retry-after"].to_str().unwrap(), &answer.body["retry_after"]),
        ("60", &60.into())
    );
    // Nothing was saved, and the one in the queue gets its turn.
    assert_eq!(service.call("GET", "/v1/credentials", &token).await.body["items"], serde_json::json!([]));
    drop(running);
    let answer = waiting.await;
    assert_eq!((answer.status, answer.body["verdict"].as_str()), (200, Some("valid")), "{answer:?}");
}

#[tokio::test]
async fn a_place_in_the_queue_is_not_held_for_ever() {
    let service = service(Settings::default(), limits(1, 8, 1, 100)).await;
    let token = service.member(&[Right::Admin]).await;
    let (mute, good) = (service.draft("mute"), service.draft("good"));
    let running = service.post("/v1/credentials?dry_run=true", &token, &mute);
    let late = async {
        service.upstream.until_kept_waiting(1).await;
        service.post("/v1/credentials?dry_run=true", &token, &good).await
    };
    tokio::select! {
        answer = running => panic!("answered: {answer:?}"),
        answer = late => assert_eq!(answer.outcome(), (429, "too-many-verifications")),
    }
}

#[tokio::test]
async fn one_workspace_leaves_room_for_another() {
    let service = service(Settings::default(), limits(4, 0, 0, 75)).await;
    let token = service.member(&[Right::Admin]).await;
    let other = Scope::Workspace(service.workspace("other").await);
    let other = service.token(other, &[Right::Admin], None).await;
    let (mute, good) = (service.draft("mute"), service.draft("good"));
    let path = "/v1/credentials?dry_run=true";
    let greedy = async {
        tokio::join!(
            service.post(path, &token, &mute),
            service.post(path, &token, &mute),
            service.post(path, &token, &mute)
        )
    };
    let tried = async {
        service.upstream.until_kept_waiting(3).await;
        assert_eq!(service.app.sandbox.load().running, 3);
        (service.post(path, &token, &good).await, service.post(path, &other, &good).await)
    };
    tokio::select! {
        _ = greedy => panic!("the mute shop answered"),
        (own, others) = tried => {
            assert_eq!(own.outcome(), (429, "too-many-verifications"));
            assert_eq!(others.status, 200, "{others:?}");
        }
    }
}

#[tokio::test]
async fn one_host_leaves_room_for_another() {
    let limits = sandbox::Settings { per_host: 50, ..limits(4, 0, 0, 100) };
    let service = service(Settings::default(), limits).await;
    let token = service.member(&[Right::Admin]).await;
    let other = Scope::Workspace(service.workspace("other").await);
    let other = service.token(other, &[Right::Admin], None).await;
    let (mute, good) = (service.draft("mute"), service.draft("good"));
    let elsewhere = Recorder::start_at("127.0.0.2", []).await;
    let path = "/v1/credentials?dry_run=true";
    let slow = async { tokio::join!(service.post(path, &token, &mute), service.post(path, &other, &mute)) };
    let tried = async {
        service.upstream.until_kept_waiting(2).await;
        let same = service.post(path, &token, &good).await;
        let fields = serde_json::json!({"apiKey": "the-key-4711", "baseUrl": elsewhere.origin()});
        let draft = serde_json::json!({"component": "petstore", "fields": fields});
        (same, service.post(path, &token, &draft).await)
    };
    tokio::select! {
        _ = slow => panic!("the mute shop answered"),
        (same, others) = tried => {
            assert_eq!(same.outcome(), (429, "too-many-verifications"));
            assert_eq!(others.status, 200, "{others:?}");
        }
    }
}
