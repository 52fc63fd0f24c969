//! What size costs: `cargo bench -p keystead-tests --bench scale`.
//!
//! One run seeds each database twice, with 10,000 credentials and with a hundred times as many, and asks
//! both the same through the store. The two take turns in alternating order; what is printed are medians
//! over the rounds. `NOTES.md` tells what came out.
//!
//! ```text
//! scale [seed] [sqlite] [postgres] [--quick] [--plans] [--unanalyzed] [--keep DIR]
//! ```
//! `seed` makes the databases and measures nothing; it needs `--keep`, which leaves them in a folder where
//! the next run finds them. `--quick`: ten times as many instead of a hundred, and one short round.
//! `--plans` prints how each statement is answered. `--unanalyzed`: SQLite without `ANALYZE`, which the
//! service never runs.

#![expect(clippy::print_stdout, reason = "tables for the person who measures")]
#![expect(clippy::unwrap_used, reason = "a bench that cannot measure says so by ending")]
#![expect(clippy::expect_used, reason = "a bench that cannot measure says so by ending")]
#![expect(clippy::panic, reason = "a bench that cannot measure says so by ending")]

mod cluster;
mod connection;
mod database;
mod operations;
mod plans;
mod rows;
mod samples;
mod seed;
mod table;

#[path = "../cost/measure.rs"]
#[expect(dead_code, reason = "shared with the other bench, which uses more of it")]
mod measure;
#[path = "../../it/harness/place.rs"]
#[expect(dead_code, reason = "shared with the tests, which use more of it")]
mod place;
#[path = "../../it/harness/postgres.rs"]
mod postgres;

use std::path::PathBuf;
use std::time::Duration;

use keystead::store::Backend;

use database::{Seeded, Size};

/// The host's allocator, as in the service's own binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long everything takes.
#[derive(Clone, Copy)]
pub struct Pace {
    rounds: usize,
    turn: Duration,
}

const FULL: Pace = Pace { rounds: 5, turn: Duration::from_millis(500) };
const QUICK: Pace = Pace { rounds: 1, turn: Duration::from_millis(200) };

const SMALL: Size = Size { credentials: 10_000, flows: 2_000 };
const LARGE: Size = Size { credentials: 1_000_000, flows: 200_000 };
const QUICK_LARGE: Size = Size { credentials: 100_000, flows: 20_000 };

/// What was asked for.
struct Arguments {
    words: Vec<String>,
    keep: Option<PathBuf>,
}

impl Arguments {
    fn read() -> Self {
        // Cargo adds `--bench`.
        let mut given = std::env::args().skip(1).filter(|text| text != "--bench");
        let (mut words, mut keep) = (Vec::new(), None);
        while let Some(word) = given.next() {
            if word == "--keep" {
                let folder = given.next().expect("--keep names a folder");
                keep = Some(std::path::absolute(folder).unwrap());
            } else {
                words.push(word);
            }
        }
        const KNOWN: [&str; 6] = ["seed", "sqlite", "postgres", "--quick", "--plans", "--unanalyzed"];
        if let Some(word) = words.iter().find(|word| !KNOWN.contains(&word.as_str())) {
            panic!("`{word}` is none of {KNOWN:?} or --keep");
        }
        let arguments = Self { words, keep };
        assert!(!arguments.has("seed") || arguments.keep.is_some(), "`seed` needs --keep DIR");
        arguments
    }

    fn has(&self, word: &str) -> bool {
        self.words.iter().any(|given| given == word)
    }

    fn backends(&self) -> Vec<Backend> {
        let named = [("sqlite", Backend::Sqlite), ("postgres", Backend::Postgres)];
        let any = named.iter().any(|(word, _)| self.has(word));
        named.into_iter().filter(|(word, _)| !any || self.has(word)).map(|(_, backend)| backend).collect()
    }
}

fn main() {
    let arguments = Arguments::read();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(run(&arguments));
}

async fn run(arguments: &Arguments) {
    let (pace, large) = if arguments.has("--quick") { (QUICK, QUICK_LARGE) } else { (FULL, LARGE) };
    println!("{} rounds of {:?} for each operation and size; medians over rounds", pace.rounds, pace.turn);
    println!("{}", measure::machine());
    let mut kept = Vec::new();
    for backend in arguments.backends() {
        let analyzed = backend == Backend::Postgres || !arguments.has("--unanalyzed");
        let open = async |size| Seeded::open(backend, size, analyzed, arguments.keep.as_deref()).await;
        let (small, large) = (open(SMALL).await, open(large).await);
        if !arguments.has("seed") {
            table::compare(&small, &large, pace).await;
        }
        small.store.close().await;
        kept.push(large);
    }
    if arguments.has("--plans") {
        let of = |backend| kept.iter().find(|database| database.backend == backend);
        plans::print(of(Backend::Postgres), of(Backend::Sqlite)).await;
    }
    for large in kept {
        large.store.close().await;
    }
}
