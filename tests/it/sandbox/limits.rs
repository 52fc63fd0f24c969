//! Each limit, obeyed and broken.

use keystead::domain::verdict::FailureKind;
use keystead::sandbox::{AdmissionError, Sandbox, SandboxError, Settings};

use super::guest::{VALID, guest};
use super::{assert_kind, failure, number, run, tight};

/// Counts its parameter down to zero.
const COUNT: &str = r#"
(func $count (param $n i64)
  (loop $again
    (local.set $n (i64.sub (local.get $n) (i64.const 1)))
    (br_if $again (i64.ne (local.get $n) (i64.const 0)))))"#;

const SPIN: &str = "(loop $for_ever (br $for_ever)) unreachable";

#[test]
fn setting_out_of_range_is_refused_with_its_name() {
    let settings = Settings { concurrency: 0, ..tight() };
    match Sandbox::new(&settings) {
        Err(SandboxError::Settings(sentence)) => {
            assert_eq!(sentence.to_string(), "`sandbox.concurrency` is 0; it must be from 1 to 2000");
        }
        _ => panic!("expected the setting to be refused"),
    }
}

#[tokio::test]
async fn cpu_budget_obeyed() {
    let guest = guest("(call $count (i64.const 100000)) i32.const 1024").with(COUNT);
    assert!(run(&tight(), &guest).await.result.is_ok());
}

#[tokio::test]
async fn cpu_budget_broken() {
    let settings = Settings { cpu_ms: 20, ..tight() };
    assert_kind(&failure(&settings, &guest(SPIN)).await, FailureKind::CpuLimit);
}

#[tokio::test]
async fn cpu_budget_covers_code_that_runs_at_instantiation() {
    let settings = Settings { cpu_ms: 20, ..tight() };
    let guest = guest(VALID).start("(loop $for_ever (br $for_ever))");
    assert_kind(&failure(&settings, &guest).await, FailureKind::CpuLimit);
}

#[tokio::test]
async fn wall_clock_obeyed_by_a_short_sleep() {
    let guest = guest("(call $block (call $subscribe (i64.const 1000000))) i32.const 1024").wasi();
    assert!(run(&tight(), &guest).await.result.is_ok());
}

#[tokio::test]
async fn wall_clock_broken_by_a_long_sleep_which_costs_no_cpu() {
    let settings = Settings { wall_ms: 200, cpu_ms: 100, ..tight() };
    let guest = guest("(call $block (call $subscribe (i64.const -1))) i32.const 1024").wasi();
    assert_kind(&failure(&settings, &guest).await, FailureKind::Deadline);
}

#[tokio::test]
async fn wall_clock_stops_a_spinning_guest_too() {
    let settings = Settings { wall_ms: 100, cpu_ms: 60_000, ..tight() };
    assert_kind(&failure(&settings, &guest(SPIN)).await, FailureKind::Deadline);
}

#[tokio::test]
async fn memory_obeyed() {
    let grow = "(call $report (i64.extend_i32_s (memory.grow (i32.const 14))))";
    assert_eq!(number(&tight(), &guest(grow)).await, 2);
}

#[tokio::test]
async fn memory_broken_is_survived_or_named() {
    let grow = "(call $report (i64.extend_i32_s (memory.grow (i32.const 15))))";
    assert_eq!(number(&tight(), &guest(grow)).await, u64::MAX);
    let aborts = guest("(drop (memory.grow (i32.const 15))) unreachable");
    assert_kind(&failure(&tight(), &aborts).await, FailureKind::MemoryLimit);
}

/// Two more memories in modules of their own, eight pages each.
fn with_two_memories() -> String {
    let memories =
        "(core module $m (memory 8)) (core instance (instantiate $m)) (core instance (instantiate $m))";
    guest(VALID).text().replace("(component $C", &format!("(component $C {memories}"))
}

#[tokio::test]
async fn memories_are_limited_together() {
    let bytes = wat::parse_str(with_two_memories()).unwrap();
    for (memory_bytes, kind) in [(18 << 16, None), (17 << 16, Some(FailureKind::MemoryLimit))] {
        let sandbox = Sandbox::new(&Settings { memory_bytes, ..tight() }).unwrap();
        let plugin = sandbox.compile(&bytes).unwrap();
        let run = sandbox.verify(&plugin, super::session("{}"), super::context()).await;
        assert_eq!(run.result.err().map(|failure| failure.kind), kind);
    }
}

#[tokio::test]
async fn refused_growth_cannot_be_used_to_run_the_count_down() {
    // Grows by one page, then asks for more than any memory may have, again and again.
    let body = "(local $i i32)
        (loop $again
          (drop (memory.grow (i32.const 1)))
          (drop (memory.grow (i32.const 65536)))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $again (i32.lt_u (local.get $i) (i32.const 100))))
        (call $report (i64.extend_i32_u (memory.size)))";
    assert_eq!(number(&tight(), &guest(body)).await, 16);
}

fn grow_table(by: u32) -> String {
    format!("(call $report (i64.extend_i32_s (table.grow $table (ref.null func) (i32.const {by}))))")
}

#[tokio::test]
async fn table_elements_obeyed() {
    let settings = Settings { table_elements: 1_000, ..tight() };
    assert_eq!(number(&settings, &guest(&grow_table(990)).table("10")).await, 10);
}

#[tokio::test]
async fn table_elements_broken_are_survived_or_named() {
    let settings = Settings { table_elements: 1_000, ..tight() };
    assert_eq!(number(&settings, &guest(&grow_table(991)).table("10")).await, u64::MAX);
    let aborts = guest(&format!("(drop {}) unreachable", grow_table(991))).table("10");
    assert_kind(&failure(&settings, &aborts).await, FailureKind::MemoryLimit);
}

#[tokio::test]
async fn instances_are_limited() {
    let modules = format!("(core module $m) {}", "(core instance (instantiate $m)) ".repeat(10));
    let text = guest(VALID).text().replace("(component $C", &format!("(component $C {modules}"));
    let bytes = wat::parse_str(text).unwrap();
    // The guest's own two come on top.
    let obeyed = Sandbox::new(&Settings { instances: 12, ..tight() }).unwrap();
    let plugin = obeyed.compile(&bytes).unwrap();
    assert!(obeyed.verify(&plugin, super::session("{}"), super::context()).await.result.is_ok());
    let broken = Sandbox::new(&Settings { instances: 11, ..tight() }).unwrap();
    match broken.compile(&bytes) {
        Err(AdmissionError::TooBig(sentence)) => assert!(sentence.contains("`instances`"), "{sentence}"),
        _ => panic!("expected the component to be refused"),
    }
}

/// Opens that many pollables and keeps them.
fn open_pollables(count: u32) -> super::Guest {
    let body = format!(
        "(local $i i32)
        (loop $again
          (drop (call $subscribe (i64.const -1)))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $again (i32.lt_u (local.get $i) (i32.const {count}))))
        i32.const 1024"
    );
    guest(&body).wasi()
}

#[tokio::test]
async fn resources_obeyed() {
    let settings = Settings { resources: 16, ..tight() };
    assert!(run(&settings, &open_pollables(8)).await.result.is_ok());
}

#[tokio::test]
async fn resources_broken() {
    let settings = Settings { resources: 16, ..tight() };
    assert_kind(&failure(&settings, &open_pollables(17)).await, FailureKind::MemoryLimit);
}

fn log_bytes(count: u32) -> super::Guest {
    guest(&format!("(call $write (i32.const 1) (i32.const 2048) (i32.const {count})) i32.const 1024"))
        .memory("16")
        .keystead()
}

#[tokio::test]
async fn hostcall_fuel_obeyed() {
    let settings = Settings { hostcall_fuel: 65_536, ..tight() };
    assert!(run(&settings, &log_bytes(60_000)).await.result.is_ok());
}

#[tokio::test]
async fn hostcall_fuel_broken() {
    let settings = Settings { hostcall_fuel: 65_536, ..tight() };
    assert_kind(&failure(&settings, &log_bytes(900_000)).await, FailureKind::CallLimit);
}

fn call_often(function: &str, count: u32) -> super::Guest {
    let body = format!(
        "(local $i i32)
        (loop $again
          (drop (call ${function}))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $again (i32.lt_u (local.get $i) (i32.const {count}))))
        i32.const 1024"
    );
    guest(&body).keystead().wasi()
}

#[tokio::test]
async fn host_calls_obeyed() {
    let settings = Settings { host_calls: 10, ..tight() };
    for function in ["now", "monotonic"] {
        assert!(run(&settings, &call_often(function, 10)).await.result.is_ok(), "{function}");
    }
}

#[tokio::test]
async fn host_calls_broken() {
    let settings = Settings { host_calls: 10, ..tight() };
    for function in ["now", "monotonic"] {
        assert_kind(&failure(&settings, &call_often(function, 11)).await, FailureKind::CallLimit);
    }
}

#[tokio::test]
async fn endless_wasi_calls_are_stopped() {
    // Neither of the other two would stop it before it counts as hanging.
    let settings = Settings { host_calls: 1_000, cpu_ms: 60_000, wall_ms: 300_000, ..tight() };
    let guest = guest("(loop $for_ever (drop (call $monotonic)) (br $for_ever)) unreachable").wasi();
    assert_kind(&failure(&settings, &guest).await, FailureKind::CallLimit);
}

/// Writes that many lines of five bytes.
fn write_lines(count: u32) -> super::Guest {
    let body = format!(
        "(local $i i32)
        (loop $again
          (call $write (i32.const 1) (i32.const 2048) (i32.const 5))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $again (i32.lt_u (local.get $i) (i32.const {count}))))
        i32.const 1024"
    );
    guest(&body).keystead().with(r#"(data (i32.const 2048) "hello")"#)
}

#[tokio::test]
async fn log_lines_obeyed() {
    let log = run(&tight(), &write_lines(64)).await.log;
    assert_eq!(log.len(), 64);
    assert!(log.iter().all(|line| line.level == "info" && line.text == "hello"));
}

#[tokio::test]
async fn log_lines_broken_are_counted() {
    let log = run(&tight(), &write_lines(100)).await.log;
    assert_eq!(log.len(), 65);
    assert_eq!(log[64].text, "36 further lines were dropped");
}

#[tokio::test]
async fn log_line_bytes_are_cut() {
    let settings = Settings { log_line_bytes: 80, ..tight() };
    let letters = "(func $fill (memory.fill (i32.const 2048) (i32.const 97) (i32.const 200)))";
    for (count, expected) in [(80, "a".repeat(80)), (81, format!("{}…", "a".repeat(80)))] {
        let body = format!(
            "(call $fill) (call $write (i32.const 2) (i32.const 2048) (i32.const {count})) i32.const 1024"
        );
        let log = run(&settings, &guest(&body).keystead().with(letters)).await.log;
        assert_eq!(log[0].text, expected);
        assert_eq!(log[0].level, "warn");
    }
}

#[tokio::test]
async fn more_runs_than_slots_wait_their_turn() {
    let sandbox = Sandbox::new(&Settings { concurrency: 1, ..tight() }).unwrap();
    let guest = guest("(call $block (call $subscribe (i64.const 1000000))) i32.const 1024").wasi();
    let plugin = sandbox.compile(&guest.bytes()).unwrap();
    let verify = || sandbox.verify(&plugin, super::session("{}"), super::context());
    let (first, second, third) = tokio::join!(verify(), verify(), verify());
    assert!([first, second, third].iter().all(|run| run.result.is_ok()));
}
