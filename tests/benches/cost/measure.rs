//! Counting and comparing.

use std::time::{Duration, Instant};

/// What one turn of one variant showed. Times in microseconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sample {
    pub per_second: f64,
    pub p50: f64,
    pub p99: f64,
    /// CPU time of this process for each request.
    pub cpu: f64,
}

/// One thing that is measured.
pub struct Variant<'a> {
    pub name: String,
    pub turn: Box<dyn FnMut(Duration) -> Sample + 'a>,
}

impl<'a> Variant<'a> {
    pub fn new(name: impl Into<String>, turn: impl FnMut(Duration) -> Sample + 'a) -> Self {
        Self { name: name.into(), turn: Box::new(turn) }
    }
}

/// Lets the variants take turns, forwards and backwards, and prints their medians. The first one is the
/// baseline of the ratios.
pub fn compare(title: &str, pace: crate::Pace, mut variants: Vec<Variant<'_>>) {
    for variant in &mut variants {
        // Warms caches, connections and the guest's memory.
        (variant.turn)(pace.turn / 4);
    }
    let mut samples = vec![Vec::new(); variants.len()];
    for round in 0..pace.rounds {
        let mut order: Vec<usize> = (0..variants.len()).collect();
        if round % 2 == 1 {
            order.reverse();
        }
        for index in order {
            samples[index].push((variants[index].turn)(pace.turn));
        }
    }
    println!("\n{title}");
    println!(
        "  {:<40} {:>9} {:>9} {:>9} {:>9} {:>7} {:>9}",
        "", "per s", "p50 µs", "p99 µs", "CPU µs", "ratio", "+p50 µs"
    );
    for (variant, own) in variants.iter().zip(&samples) {
        let of = |read: fn(&Sample) -> f64| median(own.iter().map(read).collect());
        // Round by round, so that what slows the machine down slows both.
        let pairs = || own.iter().zip(&samples[0]);
        let ratio = median(pairs().map(|(own, base)| own.per_second / base.per_second).collect());
        let added = median(pairs().map(|(own, base)| own.p50 - base.p50).collect());
        println!(
            "  {:<40} {:>9.0} {:>9.1} {:>9.1} {:>9.1} {:>7.2} {:>9.1}",
            variant.name,
            of(|s| s.per_second),
            of(|s| s.p50),
            of(|s| s.p99),
            of(|s| s.cpu),
            ratio,
            added
        );
    }
}

/// Repeats something one after the other for a while.
pub async fn repeat<Work: Future<Output = ()>>(time: Duration, mut work: impl FnMut() -> Work) -> Sample {
    let mut latencies = Vec::with_capacity(1 << 18);
    let (cpu, start) = (cpu_time(), Instant::now());
    while start.elapsed() < time {
        let begun = Instant::now();
        work().await;
        latencies.push(begun.elapsed());
    }
    sample(latencies, start.elapsed(), cpu_time().saturating_sub(cpu))
}

/// Condenses latencies.
pub fn sample(mut latencies: Vec<Duration>, elapsed: Duration, cpu: Duration) -> Sample {
    assert!(!latencies.is_empty(), "nothing was measured");
    latencies.sort_unstable();
    let count = latencies.len();
    let at = |part: f64| micros(latencies[((count - 1) as f64 * part) as usize]);
    Sample {
        per_second: count as f64 / elapsed.as_secs_f64(),
        p50: at(0.5),
        p99: at(0.99),
        cpu: micros(cpu) / count as f64,
    }
}

pub fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// CPU time that this process has used, all threads together.
pub fn cpu_time() -> Duration {
    let threads = std::fs::read_dir("/proc/self/task").unwrap();
    let used = |path: std::path::PathBuf| -> Option<u64> {
        std::fs::read_to_string(path.join("schedstat")).ok()?.split(' ').next()?.parse().ok()
    };
    Duration::from_nanos(threads.flatten().filter_map(|thread| used(thread.path())).sum())
}

/// Resident memory of this process, bytes.
pub fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1_024
}

/// What this ran on.
pub fn machine() -> String {
    let cpus = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpus.lines().find_map(|line| line.strip_prefix("model name"));
    let model = model.unwrap_or("unknown").trim_start_matches([' ', '\t', ':']);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    format!("{cores} × {model}; load before: {}", load.split(' ').take(3).collect::<Vec<_>>().join(" "))
}
