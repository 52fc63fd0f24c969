//! One run of a guest without service and database: fixed time, seeded randomness, a transcript.

use std::sync::Arc;

use keystead::catalogue::{Examined, examine};
use keystead::domain::clock::Entropy;
use keystead::domain::fields::Fields;
use keystead::egress::resolver::SystemResolver;
use keystead::egress::{self, Egress};
use keystead::sandbox::{self, Call, RunContext, Sandbox};
use keystead::verify::{Verification, VerifyError, rehearse};
use serde_json::Value;

/// Randomness that is the same in each run.
pub struct SeededEntropy(std::sync::Mutex<u64>);

impl SeededEntropy {
    /// A sequence that depends on the seed alone.
    pub fn new(seed: u64) -> Self {
        Self(std::sync::Mutex::new(seed))
    }
}

impl Entropy for SeededEntropy {
    /// SplitMix64: any sequence that repeats will do for tests.
    fn fill(&self, bytes: &mut [u8]) {
        let mut state = self.0.lock().unwrap();
        for byte in bytes {
            *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = *state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            *byte = (z ^ (z >> 31)).to_le_bytes()[0];
        }
    }
}

/// A guest that was examined, and the way out that it gets.
pub struct Rehearsal {
    pub sandbox: Arc<Sandbox>,
    pub egress: Egress,
    pub release: Examined,
}

impl Rehearsal {
    /// Prepares a guest; `allow` are the operator's allowances.
    pub async fn new(bytes: &[u8], allow: &[String]) -> Self {
        let sandbox =
            Arc::new(Sandbox::new(&sandbox::Settings { concurrency: 4, ..Default::default() }).unwrap());
        let settings = egress::Settings { allow: allow.to_vec(), exchanges: 64, ..Default::default() };
        let egress = Egress::new(settings, Arc::new(SystemResolver::new().unwrap()), Vec::new()).unwrap();
        let release = examine(&sandbox, bytes).await.unwrap();
        Self { sandbox, egress, release }
    }

    /// Runs the verifier on these fields. Each run has the same tokens, seed and time.
    pub async fn run(&self, fields: Value) -> Result<(Verification, Vec<Call>), VerifyError> {
        let Value::Object(fields) = fields else { panic!("fields are an object") };
        let context = RunContext { now_ms: 1_700_000_000_000, seed: [7; 32], transcript: true };
        let entropy = SeededEntropy::new(42);
        rehearse(&self.sandbox, &self.egress, &self.release, Fields::new(fields), context, &entropy).await
    }
}
