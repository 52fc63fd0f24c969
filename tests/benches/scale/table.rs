//! Both sizes side by side.

use super::Pace;
use super::database::Seeded;
use super::measure::{Sample, median, repeat};
use super::operations::{ALL, Operation};
use super::samples::Samples;

/// How much longer it may take with a hundred times as much.
const RATIO: f64 = 2.0;
/// How long 99 of 100 may take, in microseconds.
const TIME: f64 = 5_000.0;

/// A database and what is asked of it.
struct Side<'a> {
    database: &'a Seeded,
    samples: Samples,
    turns: usize,
}

impl Side<'_> {
    async fn measure(&mut self, operation: Operation, time: std::time::Duration) -> Sample {
        let (store, samples, turns) = (&self.database.store, &self.samples, &mut self.turns);
        repeat(time, || {
            *turns += 1;
            let turn = *turns;
            operation.run(store, samples, turn)
        })
        .await
    }
}

/// Measures every operation at both sizes and prints the medians; the ratio is that of the medians of
/// each round.
pub async fn compare(small: &Seeded, large: &Seeded, pace: Pace) {
    println!("\n{:?}: {}, and {}; times in µs", small.backend, small.size, large.size);
    println!("  {:<34} {:>9} {:>9} {:>9} {:>9} {:>7}", "", "p50", "p99", "p50", "p99", "ratio");
    let mut sides = Vec::new();
    for database in [small, large] {
        sides.push(Side { database, samples: Samples::take(database).await, turns: 0 });
    }
    for operation in ALL {
        let mut samples = [Vec::new(), Vec::new()];
        for side in &mut sides {
            side.measure(operation, pace.turn / 2).await;
        }
        for round in 0..pace.rounds {
            for place in if round % 2 == 0 { [0, 1] } else { [1, 0] } {
                samples[place].push(sides[place].measure(operation, pace.turn).await);
            }
        }
        print_row(operation, &samples);
    }
}

fn print_row(operation: Operation, samples: &[Vec<Sample>; 2]) {
    let of = |place: usize, read: fn(&Sample) -> f64| median(samples[place].iter().map(read).collect());
    let ratio =
        median(samples[1].iter().zip(&samples[0]).map(|(large, small)| large.p50 / small.p50).collect());
    let p99 = of(1, |sample| sample.p99);
    let misses = match (operation.has_aim(), ratio > RATIO, p99 > TIME) {
        (false, ..) => "  no aim",
        (true, false, false) => "",
        (true, true, false) => "  ratio missed",
        (true, false, true) => "  time missed",
        (true, true, true) => "  both missed",
    };
    println!(
        "  {:<34} {:>9.0} {:>9.0} {:>9.0} {:>9.0} {:>7.2}{misses}",
        operation.name(),
        of(0, |sample| sample.p50),
        of(0, |sample| sample.p99),
        of(1, |sample| sample.p50),
        p99,
        ratio
    );
}
