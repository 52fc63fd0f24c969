//! The texts that stand for secrets inside the sandbox.

use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

use crate::domain::clock::{Entropy, random_array};

/// A fresh sealed token: 36 lower-case letters and digits, 160 random bits, the same length for every
/// secret. Lower case, so that it survives where a URL's host is folded to lower case and is found there.
pub(super) fn token(entropy: &dyn Entropy) -> String {
    spell(random_array(entropy))
}

fn spell(random: [u8; 32]) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let body = random.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)]));
    "kst0".chars().chain(body).collect()
}

/// Makes the tokens of captured values while a verification runs. From a seed that is drawn at its
/// beginning, so that a run can be replayed.
pub(super) struct Tokens(ChaCha20Rng);

impl Tokens {
    /// Draws the seed.
    pub(super) fn new(entropy: &dyn Entropy) -> Self {
        Self(ChaCha20Rng::from_seed(random_array(entropy)))
    }

    /// The next token, like those of secret fields.
    pub(super) fn fresh(&mut self) -> String {
        let mut random = [0; 32];
        self.0.fill_bytes(&mut random);
        spell(random)
    }
}
