//! The edges of limits: what stands just beyond one, and what a guest could still tell apart.

use std::sync::Arc;
use std::time::{Duration, Instant};

use keystead::domain::clock::SystemEntropy;
use keystead::domain::descriptor::Descriptor;
use keystead::domain::fields::Fields;
use keystead::domain::id::WorkspaceId;
use keystead::domain::verdict::{FailureKind, Verdict};
use keystead::egress::resolver::{Resolve, ResolveError, Resolving};
use keystead::egress::{self, Egress};
use keystead::sandbox::{AdmissionError, Sandbox, Settings};

use super::guest::{Guest, VALID, guest};
use super::{assert_kind, context, number, run, session, tight};

/// `GET https://api.example.com/`.
const SEND: &str =
    "(call $send (i32.const 2048) (i32.const 3) (i32.const 2060) (i32.const 24) (i32.const 0) (i32.const 0)
    (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 4096))";
const REQUEST: &str = r#"(data (i32.const 2048) "GET") (data (i32.const 2060) "https://api.example.com/")"#;

/// Makes a call so often.
fn calling(call: &str, count: u32) -> Guest {
    let body = format!(
        "(local $i i32)
        (loop $again
          {call}
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $again (i32.lt_u (local.get $i) (i32.const {count}))))
        i32.const 1024"
    );
    guest(&body).keystead().with(REQUEST)
}

#[tokio::test]
async fn the_call_beyond_the_limit_is_not_made_whichever_it_is() {
    let settings = Settings { host_calls: 10, ..tight() };
    for call in [
        SEND,
        "(drop (call $now))",
        "(call $bytes (i32.const 1) (i32.const 4096))",
        "(call $write (i32.const 1) (i32.const 2048) (i32.const 3))",
    ] {
        assert!(run(&settings, &calling(call, 10)).await.result.is_ok(), "{call}");
        let broken = run(&settings, &calling(call, 11)).await;
        assert_kind(&broken.result.unwrap_err(), FailureKind::CallLimit);
        assert_eq!(broken.transcript.unwrap().len(), 10, "{call}");
    }
}

/// A name server that keeps the thread busy.
struct Busy;

const WORK: Duration = Duration::from_millis(700);

impl Resolve for Busy {
    fn resolve<'a>(&'a self, _: &'a str) -> Resolving<'a> {
        Box::pin(async {
            let started = Instant::now();
            while started.elapsed() < WORK {}
            Err(ResolveError)
        })
    }
}

#[tokio::test]
async fn the_hosts_own_work_for_a_request_costs_the_guest_nothing() {
    let descriptor = Descriptor::parse(
        r#"{"descriptor": 1, "id": "probe", "title": "Probe", "version": "1.0.0",
            "authorization": {"kind": "api-key"},
            "schema": {"type": "object", "additionalProperties": false, "properties": {}},
            "egress": [{"name": "api", "origin": "https://api.example.com", "methods": ["GET"]}], "sealed": []}"#,
    )
    .unwrap();
    let egress = Egress::new(egress::Settings::default(), Arc::new(Busy), Vec::new()).unwrap();
    let fields = Fields::parse(b"{}").unwrap();
    let session =
        egress.open(&WorkspaceId::default_workspace(), &descriptor, &fields, &SystemEntropy).unwrap();
    // Computes on after the request, so that the budget is looked at once more.
    let count = "(func $count (param $n i64)
        (loop $again
          (local.set $n (i64.sub (local.get $n) (i64.const 1)))
          (br_if $again (i64.ne (local.get $n) (i64.const 0)))))";
    let guest = guest(&format!("{SEND} (call $count (i64.const 100000)) i32.const 1024"));
    let bytes = guest.keystead().with(REQUEST).with(count).bytes();
    let sandbox = Sandbox::new(&Settings { cpu_ms: 350, ..tight() }).unwrap();
    let plugin = sandbox.compile(&bytes).unwrap();
    let run = sandbox.verify(&plugin, session, context()).await;
    assert!(run.result.is_ok(), "{:?}", run.result);
    let exchanges = run.session.into_record().exchanges;
    assert!(exchanges[0].duration_ms >= 700, "the name was looked up: {exchanges:?}");
}

#[tokio::test]
async fn a_token_across_the_end_of_a_text_is_found_before_the_text_is_cut() {
    // 1,010 letters, then the credential: its token begins before byte 1,024 and ends behind it.
    let body = "(i32.store8 (i32.const 1024) (i32.const 1))
        (memory.fill (i32.const 4096) (i32.const 97) (i32.const 1010))
        (memory.copy (i32.const 5106) (local.get 0) (local.get 1))
        (i32.store (i32.const 1040) (i32.const 4096))
        (i32.store (i32.const 1044) (i32.add (i32.const 1010) (local.get 1)))
        i32.const 1024";
    let sandbox = Sandbox::new(&tight()).unwrap();
    let plugin = sandbox.compile(&guest(body).bytes()).unwrap();
    let session = session(r#"{"apiKey":"a-secret-of-some-length"}"#);
    assert!(session.credential().find("kst0").is_some_and(|at| at < 14), "{}", session.credential());
    let Ok(Verdict::Invalid(rejection)) = sandbox.verify(&plugin, session, context()).await.result else {
        panic!("not invalid")
    };
    assert_eq!(rejection.message, "(withheld: the text held a secret or a sealed token)");
}

#[test]
fn a_switched_off_kind_of_memory_is_refused_where_it_is_the_only_one() {
    let sandbox = Sandbox::new(&tight()).unwrap();
    let with = |memory: &str| {
        let module = format!("(component $C (core module $alone (memory {memory}))");
        wat::parse_str(guest(VALID).text().replace("(component $C", &module)).unwrap()
    };
    assert!(sandbox.compile(&with("1")).is_ok());
    for memory in ["i64 1", "1 (pagesize 1)", "1 1 shared"] {
        assert!(matches!(sandbox.compile(&with(memory)), Err(AdmissionError::Invalid(_))), "{memory}");
    }
}

#[tokio::test]
async fn every_nan_looks_the_same_on_every_machine() {
    // Which bits an operation hands on differs between processors.
    for (operand, operation) in
        [(0x7fa1_2345_u32, "f32.add"), (0xffc5_4321, "f32.mul"), (0x7f80_0001, "f32.div")]
    {
        let body = format!(
            "(i32.store (i32.const 2048) (i32.const {operand}))
            (call $report (i64.extend_i32_u (i32.reinterpret_f32
              ({operation} (f32.load (i32.const 2048)) (f32.const 3)))))"
        );
        assert_eq!(number(&tight(), &guest(&body)).await, 0x7fc0_0000, "{operation}");
    }
}

#[tokio::test]
async fn the_wall_clock_stands_still_to_the_nanosecond() {
    let body =
        "(call $wasi_now (i32.const 2048)) (call $report (i64.extend_i32_u (i32.load (i32.const 2056))))";
    assert_eq!(number(&tight(), &guest(body).wasi()).await, context().now_ms % 1_000 * 1_000_000);
    let describe = "(call $wasi_now (i32.const 2048))
        (if (i64.ne (i64.load (i32.const 2048)) (i64.const 0)) (then unreachable))
        (if (i32.load (i32.const 2056)) (then unreachable))
        i32.const 512";
    let sandbox = Sandbox::new(&tight()).unwrap();
    let plugin = sandbox.compile(&guest(VALID).wasi().describe(describe).bytes()).unwrap();
    assert_eq!(sandbox.describe(&plugin).await.unwrap(), "", "no time at all while it describes itself");
}
