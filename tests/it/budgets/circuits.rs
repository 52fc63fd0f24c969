//! What does not answer is left alone for a while.

use keystead::telemetry;

use super::{DRY_RUN, Rig, draft};
use crate::harness::databases::{Backend, fresh};
use crate::harness::recorder::{Recorder, Reply};

#[tokio::test]
async fn what_does_not_answer_five_times_in_a_row_is_not_asked_a_sixth_time() {
    let rig = Rig::over(fresh(Backend::Sqlite).await).await;
    let shops = [("/deaf/store/inventory", Reply::Close), ("*", Reply::KeysLike("good"))];
    let upstream = Recorder::start_at("127.0.0.2", shops).await;
    let (deaf, open) = (format!("{}/deaf", upstream.origin()), upstream.origin());
    // An answer in between begins the row anew.
    for base_url in [&deaf, &deaf, &open, &deaf, &deaf, &deaf, &deaf, &deaf] {
        rig.try_key(base_url, "good-key-4711").await;
    }
    assert_eq!(upstream.received().len(), 8);
    let answer = rig.try_key(&open, "good-key-4711").await;
    assert_eq!(
        (&answer.body["verdict"], &answer.body["reason"]),
        (&"undecided".into(), &"unreachable".into())
    );
    assert_eq!(upstream.received().len(), 8);
    assert!(telemetry::page(&rig.service.app).contains("keystead_circuit_refusals_total 1\n"));
    // Others are asked, and others ask.
    assert_eq!(rig.dry_run("good").await.body["verdict"], "valid");
    let other = rig.other().await;
    let answer = rig.service.post(DRY_RUN, &other, &draft(&open, "good-key-4711")).await;
    assert_eq!(answer.body["verdict"], "valid", "{answer:?}");
}
