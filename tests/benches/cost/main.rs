//! What the sandbox costs: `cargo bench -p keystead-tests --bench cost`, or with `-- --quick` a smoke run.
//!
//! One run measures everything against baselines of the same run. Variants take turns in alternating
//! order; what is printed are medians over the rounds. `NOTES.md` tells what was tried and what it paid.

#![expect(clippy::print_stdout, reason = "tables for the person who measures")]
#![expect(clippy::unwrap_used, reason = "a bench that cannot measure says so by ending")]

mod in_process;
mod load;
mod measure;
mod memory;
mod native;
mod rig;
mod service;
mod upstream;

#[path = "../../it/harness/place.rs"]
#[expect(dead_code, reason = "shared with the tests, which use more of it")]
mod place;
#[path = "../../it/harness/postgres.rs"]
#[expect(dead_code, reason = "shared with the tests, which use more of it")]
mod postgres;

use std::time::Duration;

/// The host's allocator, as in the service's own binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long everything takes.
#[derive(Clone, Copy)]
pub struct Pace {
    rounds: usize,
    turn: Duration,
    in_flight: usize,
}

const FULL: Pace = Pace { rounds: 5, turn: Duration::from_millis(1_000), in_flight: 2_000 };
const QUICK: Pace = Pace { rounds: 1, turn: Duration::from_millis(200), in_flight: 200 };

fn main() {
    // Cargo adds `--bench`; the bench starts itself again for what must not share its process.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|text| text != "--bench").collect();
    let is_quick = arguments.iter().any(|text| text == "--quick");
    let pace = if is_quick { QUICK } else { FULL };
    if arguments.first().is_some_and(|first| first.starts_with("role:")) {
        upstream::end_with_parent();
    }
    match arguments.first().map(String::as_str) {
        Some("role:upstream") => upstream::run(&arguments[1]),
        Some("role:load") => load::run(&arguments[1..]),
        Some("role:memory") => memory::run(&arguments[1..]),
        // One part again and again, for a profiler.
        Some("profile") => in_process::profile(&arguments[1..]),
        _ => measure_all(&arguments, pace),
    }
}

fn measure_all(arguments: &[String], pace: Pace) {
    let parts: Vec<&String> = arguments.iter().filter(|text| !text.starts_with("--")).collect();
    let wanted = |part: &str| parts.is_empty() || parts.iter().any(|given| *given == part);
    println!("{} rounds of {:?} for each variant; medians over rounds", pace.rounds, pace.turn);
    println!("{}", measure::machine());
    if wanted("a") {
        in_process::canned(pace);
    }
    if wanted("b") {
        in_process::live(pace);
    }
    if wanted("c") {
        service::dry_runs(pace);
    }
    if wanted("d") {
        service::savings(pace);
    }
    if wanted("e") {
        memory::measure(pace);
    }
}
