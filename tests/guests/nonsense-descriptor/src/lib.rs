//! `describe` returns what is no JSON.

use keystead_plugin::{Failure, Verdict, Verifier};

#[derive(serde::Deserialize)]
struct Nonsense {}

impl Verifier for Nonsense {
    const DESCRIPTOR: &'static str = "<descriptor>nonsense</descriptor>";

    fn verify(self) -> Result<Verdict, Failure> {
        Ok(Verdict::valid())
    }
}

keystead_plugin::export!(Nonsense);
