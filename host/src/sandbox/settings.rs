//! The limits of a run and of the whole sandbox.

use serde::{Deserialize, Serialize};

use crate::domain::limit::{self, Limit, OutOfRange};

/// The limits around plugins. `wit/v1/limits.md` says what happens when each one breaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Wall-clock time of one run, milliseconds; waiting for a free slot is not counted.
    pub wall_ms: u64,
    /// What the guest itself may compute in one run, milliseconds; host calls are not counted.
    pub cpu_ms: u64,
    /// All linear memories of one run together, bytes.
    pub memory_bytes: u64,
    /// All tables of one run together, elements.
    pub table_elements: u64,
    /// Core module instances of one run.
    pub instances: u32,
    /// Tables of one run.
    pub tables: u32,
    /// Linear memories of one run.
    pub memories: u32,
    /// WASI resources (streams, pollables) of one run that are open at the same time.
    pub resources: u32,
    /// Bytes that the guest may hand to the host in one call, roughly.
    pub hostcall_fuel: u64,
    /// Calls from guest to host in one run, WASI included.
    pub host_calls: u64,
    /// Log lines of one run that are kept.
    pub log_lines: u32,
    /// Bytes of one log line that are kept.
    pub log_line_bytes: u32,
    /// Runs at the same time; further ones wait.
    pub concurrency: u32,
    /// Verifications that may wait for a slot.
    pub queue: u32,
    /// How long one may wait, milliseconds.
    pub queue_ms: u64,
    /// What one workspace may take of the slots, and of the queue, per cent; rounded up.
    pub per_workspace: u32,
    /// What runs that may speak to one host may take of both, all workspaces together, per cent; rounded up.
    pub per_host: u32,
    /// Size of a component that may be installed, bytes.
    pub component_bytes: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            wall_ms: 30_000,
            cpu_ms: 1_000,
            memory_bytes: 64 * MIB,
            table_elements: 100_000,
            instances: 64,
            tables: 16,
            memories: 4,
            resources: 256,
            hostcall_fuel: 4 * MIB,
            host_calls: 10_000,
            log_lines: 64,
            log_line_bytes: 4_096,
            concurrency: 64,
            queue: 64,
            queue_ms: 2_000,
            per_workspace: 75,
            per_host: 50,
            component_bytes: 32 * MIB,
        }
    }
}

const MIB: u64 = 1 << 20;

/// Each memory slot reserves a little more than 4 GiB of address space; x86-64 has 128 TiB.
const MEMORY_SLOTS: u64 = 8_000;

impl Settings {
    /// Whether every setting lies in its range.
    ///
    /// # Errors
    /// The first that does not.
    pub fn check(&self) -> Result<(), OutOfRange> {
        limit::check("sandbox", &self.limits())?;
        let slots = u64::from(self.concurrency) * u64::from(self.memories);
        limit::check("sandbox", &[("concurrency` times `sandbox.memories", slots, 1..=MEMORY_SLOTS)])
    }

    /// Each setting by name, with its value and its range.
    fn limits(&self) -> [Limit; 18] {
        [
            ("wall_ms", self.wall_ms, 100..=300_000),
            ("cpu_ms", self.cpu_ms, 10..=60_000),
            ("memory_bytes", self.memory_bytes, MIB..=1024 * MIB),
            ("table_elements", self.table_elements, 1_000..=1_000_000),
            ("instances", self.instances.into(), 1..=256),
            ("tables", self.tables.into(), 1..=64),
            ("memories", self.memories.into(), 1..=16),
            ("resources", self.resources.into(), 16..=65_536),
            ("hostcall_fuel", self.hostcall_fuel, 64 * 1_024..=64 * MIB),
            ("host_calls", self.host_calls, 10..=1_000_000),
            ("log_lines", self.log_lines.into(), 0..=1_000),
            ("log_line_bytes", self.log_line_bytes.into(), 80..=65_536),
            ("concurrency", self.concurrency.into(), 1..=2_000),
            ("queue", self.queue.into(), 0..=10_000),
            ("queue_ms", self.queue_ms, 0..=60_000),
            ("per_workspace", self.per_workspace.into(), 1..=100),
            ("per_host", self.per_host.into(), 1..=100),
            ("component_bytes", self.component_bytes, 64 * 1_024..=128 * MIB),
        ]
    }

    /// The memory limit in whole WebAssembly pages of 64 KiB, rounded up, as bytes.
    pub(super) fn memory_pages_bytes(&self) -> usize {
        as_usize(self.memory_bytes.next_multiple_of(65_536))
    }
}

/// Saturates where addresses are narrower than 64 bits.
pub(super) fn as_usize(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_lie_in_their_ranges() {
        assert_eq!(Settings::default().check(), Ok(()));
    }

    #[test]
    fn the_table_of_limits_shows_each_default_and_range() {
        let table = include_str!("../../../wit/v1/limits.md");
        for (name, default, range) in Settings::default().limits() {
            let row = format!("| `{name}` | {default} | {} to {} |", range.start(), range.end());
            assert!(table.contains(&row), "wit/v1/limits.md lacks: {row}");
        }
    }

    #[test]
    fn out_of_range_names_setting_value_and_range() {
        let settings = Settings { cpu_ms: 5, ..Settings::default() };
        assert_eq!(
            settings.check().unwrap_err().to_string(),
            "`sandbox.cpu_ms` is 5; it must be from 10 to 60000"
        );
    }

    #[test]
    fn slots_that_exceed_the_address_space_are_refused() {
        let settings = Settings { concurrency: 2_000, memories: 16, ..Settings::default() };
        assert!(
            settings
                .check()
                .unwrap_err()
                .to_string()
                .contains("`sandbox.concurrency` times `sandbox.memories`")
        );
    }

    #[test]
    fn unknown_setting_is_refused() {
        let error = serde_json::from_str::<Settings>(r#"{"cpu": 5}"#).unwrap_err();
        assert!(error.to_string().contains("unknown field `cpu`"));
        let settings: Settings = serde_json::from_str(r#"{"cpu_ms": 50}"#).unwrap();
        assert_eq!(settings.cpu_ms, 50);
    }
}
