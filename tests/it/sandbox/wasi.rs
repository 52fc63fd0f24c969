//! WASI with nothing behind it.

use keystead::domain::verdict::FailureKind;
use keystead::sandbox::{RunContext, Sandbox};

use super::guest::guest;
use super::{assert_kind, context, failure, number, run, session, tight};

#[tokio::test]
async fn clocks_stand_still() {
    let wall = guest("(call $wasi_now (i32.const 2048)) (call $report (i64.load (i32.const 2048)))").wasi();
    assert_eq!(number(&tight(), &wall).await, context().now_ms / 1_000);
    let monotonic = guest("(call $report (call $monotonic))").wasi();
    assert_eq!(number(&tight(), &monotonic).await, 0);
}

#[tokio::test]
async fn randomness_follows_the_seed_and_differs_from_the_contracts() {
    let sandbox = Sandbox::new(&tight()).unwrap();
    let body = "(call $bytes (i32.const 8) (i32.const 2048))
                (call $report (i64.xor (call $wasi_number) (i64.load (i32.load (i32.const 2048)))))";
    let plugin = sandbox.compile(&guest(body).keystead().wasi().bytes()).unwrap();
    let mut numbers = Vec::new();
    for seed in [1, 1, 2] {
        let context = RunContext { seed: [seed; 32], ..context() };
        numbers.push(super::reported(sandbox.verify(&plugin, session("{}"), context).await));
    }
    assert_eq!(numbers[0], numbers[1]);
    assert_ne!(numbers[0], numbers[2]);
    assert_ne!(numbers[0], 0);
}

/// Everything random that WASI has, as the body of `verify` that reports it.
const SOURCES: [(&str, &str); 4] = [
    (
        "bytes",
        "(call $wasi_random (i64.const 8) (i32.const 2048)) (call $report (i64.load (i32.load (i32.const 2048))))",
    ),
    ("number", "(call $report (call $wasi_number))"),
    ("insecure", "(call $report (call $wasi_insecure))"),
    ("seed", "(call $wasi_seed (i32.const 2048)) (call $report (i64.load (i32.const 2056)))"),
];

#[tokio::test]
async fn every_source_of_randomness_follows_the_seed_and_nothing_else() {
    for (name, body) in SOURCES {
        // Another engine each: what a process keeps between runs would show.
        let mut numbers = Vec::new();
        for seed in [1, 1, 2] {
            let sandbox = Sandbox::new(&tight()).unwrap();
            let plugin = sandbox.compile(&guest(body).wasi().bytes()).unwrap();
            let context = RunContext { seed: [seed; 32], ..context() };
            numbers.push(super::reported(sandbox.verify(&plugin, session("{}"), context).await));
        }
        assert_eq!(numbers[0], numbers[1], "{name}");
        assert_ne!(numbers[0], numbers[2], "{name}");
    }
}

#[tokio::test]
async fn describe_sees_no_time_and_no_randomness() {
    // Each 64 bits as 16 letters, one for four bits.
    let print = "(func $print_number (param $n i64) (param $at i32) (local $i i32)
        (loop $again
          (i32.store8 (i32.add (local.get $at) (local.get $i)) (i32.add (i32.const 97) (i32.wrap_i64 (i64.and (local.get $n) (i64.const 15)))))
          (local.set $n (i64.shr_u (local.get $n) (i64.const 4)))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $again (i32.lt_u (local.get $i) (i32.const 16)))))";
    let describe = "(call $wasi_now (i32.const 2048)) (call $print_number (i64.load (i32.const 2048)) (i32.const 4096))
        (call $print_number (call $monotonic) (i32.const 4112))
        (call $print_number (call $wasi_number) (i32.const 4128))
        (call $print_number (call $wasi_insecure) (i32.const 4144))
        (call $wasi_seed (i32.const 2048)) (call $print_number (i64.load (i32.const 2048)) (i32.const 4160))
        (i32.store (i32.const 512) (i32.const 4096)) (i32.store (i32.const 516) (i32.const 80)) i32.const 512";
    let guest = guest("i32.const 1024").wasi().with(print).describe(describe);
    let mut texts = Vec::new();
    for _ in 0..2 {
        let sandbox = Sandbox::new(&tight()).unwrap();
        let plugin = sandbox.compile(&guest.bytes()).unwrap();
        texts.push(sandbox.describe(&plugin).await.unwrap());
    }
    assert_eq!(texts[0], texts[1]);
    assert_eq!(texts[0][..32], "a".repeat(32), "the clocks are at zero");
    assert_eq!(texts[0].len(), 80);
}

#[tokio::test]
async fn random_bytes_are_limited_per_call() {
    let ask = |count: u32| {
        guest(&format!("(call $wasi_random (i64.const {count}) (i32.const 2048)) i32.const 1024")).wasi()
    };
    assert!(run(&tight(), &ask(4_096)).await.result.is_ok());
    assert_kind(&failure(&tight(), &ask(4_097)).await, FailureKind::CallLimit);
}

#[tokio::test]
async fn standard_output_becomes_log_lines() {
    let guest =
        guest("(call $print (call $stdout) (i32.const 2048) (i32.const 12) (i32.const 4096)) i32.const 1024")
            .wasi()
            .with(r#"(data (i32.const 2048) "one\ntwo\1b[0m\n")"#);
    let log = run(&tight(), &guest).await.log;
    let lines: Vec<_> = log.iter().map(|line| (line.level.as_str(), line.text.as_str())).collect();
    assert_eq!(lines, [("stdout", "one"), ("stdout", r"two\u{1b}[0m")]);
}

#[tokio::test]
async fn exit_is_a_trap() {
    let failure = failure(&tight(), &guest("(call $exit (i32.const 0)) unreachable").wasi()).await;
    assert_kind(&failure, FailureKind::Trapped);
    assert_eq!(failure.detail, "the plugin called wasi:cli/exit");
}
