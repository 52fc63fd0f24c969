//! Parts a and b: one verification after the other, without the service around it.

use std::sync::Arc;
use std::time::Duration;

use keystead::domain::fields::Fields;
use keystead::egress::Egress;

use super::measure::{Sample, Variant, compare, repeat};
use super::rig::{self, Rig};
use super::{Pace, native, upstream};

/// One verification at a time by one side.
struct Bench {
    runtime: tokio::runtime::Runtime,
    rig: Arc<Rig>,
    egress: Egress,
    fields: Fields,
}

impl Bench {
    fn new(egress: Egress, base_url: &str) -> Self {
        let runtime = rig::runtime();
        let rig = Arc::new(runtime.block_on(Rig::new(16)));
        Self { runtime, rig, egress, fields: rig::fields(base_url) }
    }

    /// On a worker of the runtime, where requests are served.
    fn turn(&self, is_sandboxed: bool, time: Duration) -> Sample {
        let (rig, egress, fields) = (self.rig.clone(), self.egress.clone(), self.fields.clone());
        let turn = async move {
            if is_sandboxed {
                repeat(time, || rig.sandboxed(&egress, &fields)).await
            } else {
                repeat(time, || rig.native(&egress, &fields)).await
            }
        };
        self.runtime.block_on(self.runtime.spawn(turn)).unwrap()
    }
}

/// a: no network at all.
pub fn canned(pace: Pace) {
    let bench = Bench::new(rig::canned_egress(), "http://127.0.0.1:8080/api/v3");
    compare(
        "a. one verification, the upstream canned (aim: sandbox work ≤ 15 µs p50)",
        pace,
        vec![
            Variant::new("native code in the same egress", |time| bench.turn(false, time)),
            Variant::new("sandboxed, a fresh instance each", |time| bench.turn(true, time)),
        ],
    );
}

/// b: over loopback.
pub fn live(pace: Pace) {
    let (_upstream, base_url) = upstream::start(0);
    let bench = Bench::new(rig::live_egress(), &base_url);
    let client = bench.runtime.block_on(async { native::client() });
    let url = format!("{base_url}/store/inventory");
    let bare = |time| {
        let (client, url) = (client.clone(), url.clone());
        let turn = async move { repeat(time, || native::ask(&client, &url, rig::KEY)).await };
        bench.runtime.block_on(bench.runtime.spawn(turn)).unwrap()
    };
    compare(
        "b. one verification over a live keep-alive connection (aim: ≤ 50 µs p50 above the bare call)",
        pace,
        vec![
            Variant::new("bare call", bare),
            Variant::new("native code in Keystead's egress", |time| bench.turn(false, time)),
            Variant::new("sandboxed, a fresh instance each", |time| bench.turn(true, time)),
        ],
    );
}

/// `profile native|sandboxed COUNT`: part a without measuring, for callgrind and perf.
pub fn profile(arguments: &[String]) {
    let is_sandboxed = arguments[0] == "sandboxed";
    let count: usize = arguments[1].parse().unwrap();
    let bench = Bench::new(rig::canned_egress(), "http://127.0.0.1:8080/api/v3");
    let (rig, egress, fields) = (bench.rig.clone(), bench.egress.clone(), bench.fields.clone());
    let work = async move {
        for _ in 0..count {
            if is_sandboxed {
                rig.sandboxed(&egress, &fields).await;
            } else {
                rig.native(&egress, &fields).await;
            }
        }
    };
    bench.runtime.block_on(bench.runtime.spawn(work)).unwrap();
}
