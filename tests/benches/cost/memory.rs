//! Part e: resident memory for each verification that waits for a slow upstream.

use std::sync::Arc;

use super::Pace;
use super::measure::resident;
use super::rig::{self, Rig};
use super::upstream::{self, Role};

/// Each variant in a process of its own, so that none inherits another's memory.
pub fn measure(pace: Pace) {
    println!("\ne. {} verifications wait for an upstream (aim: ≤ 120 KiB each)", pace.in_flight);
    for (name, role) in [("native code in Keystead's egress", "native"), ("sandboxed", "sandboxed")] {
        let arguments = ["role:memory", role, &pace.in_flight.to_string()].map(str::to_owned);
        let mut process = Role::start(&arguments);
        println!("  {name:<40} {:>7} KiB each, {} KiB each in a second wave", process.line(), process.line());
    }
}

/// The process.
pub fn run(arguments: &[String]) {
    let is_sandboxed = arguments[0] == "sandboxed";
    let count: usize = arguments[1].parse().unwrap();
    let (mut upstream, base_url) = upstream::start(count);
    let runtime = rig::runtime();
    let rig = Arc::new(runtime.block_on(Rig::new(u32::try_from(count).unwrap())));
    let egress = rig::live_egress();
    let before = resident();
    // The second wave finds the slots of the first one.
    for _ in 0..2 {
        let waiting: Vec<_> = (0..count)
            .map(|_| {
                let (rig, egress, fields) = (rig.clone(), egress.clone(), rig::fields(&base_url));
                runtime.spawn(async move {
                    if is_sandboxed {
                        rig.sandboxed(&egress, &fields).await;
                    } else {
                        rig.native(&egress, &fields).await;
                    }
                })
            })
            .collect();
        assert_eq!(upstream.line(), "held");
        println!("{}", resident().saturating_sub(before) / 1_024 / count as u64);
        for task in waiting {
            task.abort();
            let _ = runtime.block_on(task);
        }
    }
}
