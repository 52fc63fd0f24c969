//! WASI 0.2 as language runtimes need it, with nothing behind it: a clock that stands still, seeded
//! randomness, an empty environment, no files. Standard output and error go into the plugin's log.
//! Sockets and `wasi:http` are not linked at all.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::body::Bytes;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use tokio::io::AsyncWrite;
use wasmtime::component::Linker;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream, WasiCli, WasiCliView};
use wasmtime_wasi::filesystem::{WasiFilesystem, WasiFilesystemView};
use wasmtime_wasi::p2::bindings::{cli, filesystem, random};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult, add_to_linker_proxy_interfaces_async};
use wasmtime_wasi::random::{WasiRandom, WasiRandomView};
use wasmtime_wasi::{HostMonotonicClock, HostWallClock, WasiCtx, async_trait};

use super::log::{Log, Stream};
use super::state::State;

/// Interfaces that are offered, without versions. Admission refuses others by name.
pub(super) const OFFERED: &[&str] = &[
    "wasi:cli/environment",
    "wasi:cli/exit",
    "wasi:cli/stderr",
    "wasi:cli/stdin",
    "wasi:cli/stdout",
    "wasi:cli/terminal-input",
    "wasi:cli/terminal-output",
    "wasi:cli/terminal-stderr",
    "wasi:cli/terminal-stdin",
    "wasi:cli/terminal-stdout",
    "wasi:clocks/monotonic-clock",
    "wasi:clocks/wall-clock",
    "wasi:filesystem/preopens",
    "wasi:filesystem/types",
    "wasi:io/error",
    "wasi:io/poll",
    "wasi:io/streams",
    "wasi:random/insecure",
    "wasi:random/insecure-seed",
    "wasi:random/random",
];

/// Random bytes that one WASI call may ask for.
const RANDOM_BYTES: u64 = 4_096;

/// Bytes that one write to a standard stream may hold.
const WRITE_BYTES: usize = 65_536;

/// Adds the interfaces of [`OFFERED`], none besides.
pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    // io, clocks, random/random, stdin, stdout, stderr.
    add_to_linker_proxy_interfaces_async(linker)?;
    random::insecure::add_to_linker::<State, WasiRandom>(linker, State::random)?;
    random::insecure_seed::add_to_linker::<State, WasiRandom>(linker, State::random)?;
    cli::environment::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    cli::exit::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    cli::terminal_input::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    cli::terminal_output::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    cli::terminal_stdin::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    cli::terminal_stdout::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    cli::terminal_stderr::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    filesystem::preopens::add_to_linker::<State, WasiFilesystem>(linker, State::filesystem)?;
    filesystem::types::add_to_linker::<State, WasiFilesystem>(linker, State::filesystem)
}

/// The answers of one run. All are settled by time and seed.
pub(super) fn context(now_ms: u64, seed: [u8; 32], log: &Arc<Mutex<Log>>) -> WasiCtx {
    let mut numbers = generator(seed, 3);
    let insecure_seed = u128::from(numbers.next_u64()) << 64 | u128::from(numbers.next_u64());
    WasiCtx::builder()
        .wall_clock(StandingClock { now: Duration::from_millis(now_ms) })
        .monotonic_clock(StandingClock { now: Duration::ZERO })
        .secure_random(generator(seed, 1))
        .insecure_random(generator(seed, 2))
        .insecure_random_seed(insecure_seed)
        .max_random_size(RANDOM_BYTES)
        .stdout(Pipe { stream: Stream::Out, log: Arc::clone(log) })
        .stderr(Pipe { stream: Stream::Err, log: Arc::clone(log) })
        .build()
}

/// Stream 0 of the seed is `keystead:plugin/random`.
fn generator(seed: [u8; 32], stream: u64) -> ChaCha20Rng {
    let mut generator = ChaCha20Rng::from_seed(seed);
    generator.set_stream(stream);
    generator
}

/// Shows the same time for the whole run. Sleeping takes real time, until the wall clock ends it.
struct StandingClock {
    now: Duration,
}

impl HostWallClock for StandingClock {
    fn resolution(&self) -> Duration {
        Duration::from_millis(1)
    }

    fn now(&self) -> Duration {
        self.now
    }
}

impl HostMonotonicClock for StandingClock {
    fn resolution(&self) -> u64 {
        1_000_000
    }

    fn now(&self) -> u64 {
        0
    }
}

/// A standard stream that ends in the log.
#[derive(Clone)]
struct Pipe {
    stream: Stream,
    log: Arc<Mutex<Log>>,
}

impl IsTerminal for Pipe {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Pipe {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        // Only WASI 0.3 asks for this, which is not linked.
        Box::new(tokio::io::sink())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[async_trait]
impl Pollable for Pipe {
    async fn ready(&mut self) {}
}

#[async_trait]
impl OutputStream for Pipe {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).write_stream(self.stream, &bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(WRITE_BYTES)
    }
}
