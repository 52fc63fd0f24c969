//! What a client knows of its credentials: what was acknowledged, and what may have happened besides.

use serde_json::{Value, json};

/// The beginning of every key that the upstream accepts.
pub const GOOD: &str = "good-";

/// What a credential holds: its public part, and the key that was sent with it.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    pub name: String,
    pub base_url: String,
    pub key: String,
}

/// Whether a credential is there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Presence {
    /// Its creation was acknowledged.
    Here,
    /// Its creation was not acknowledged.
    Unknown,
    /// Its deletion was not acknowledged.
    PerhapsGone,
    /// Its deletion was acknowledged, or it was found not to be there.
    Gone,
}

/// A credential as its only client knows it.
#[derive(Debug)]
pub struct Entry {
    /// What its name begins with, and no other credential's does.
    pub stem: String,
    /// Unknown while no answer has told it.
    pub id: Option<String>,
    pub retry_key: Option<String>,
    pub presence: Presence,
    /// The state that was acknowledged last, then those whose outcome is unknown.
    pub states: Vec<State>,
    /// Changed since it was last compared with what the service holds.
    pub is_touched: bool,
    generation: u32,
}

impl Entry {
    /// A credential that is about to be created.
    pub fn new(stem: String, origin: &str, random: &mut Random, with_retry_key: bool) -> Entry {
        let retry_key = with_retry_key.then(|| format!("retry-{stem}"));
        let state = State {
            name: format!("{stem}0"),
            base_url: format!("{origin}/{stem}0"),
            key: make_key(&stem, 0, random),
        };
        let (presence, states) = (Presence::Unknown, vec![state]);
        Entry { stem, id: None, retry_key, presence, states, is_touched: true, generation: 0 }
    }

    /// The body that creates it.
    pub fn draft(&self) -> Value {
        let State { name, base_url, key } = &self.states[0];
        json!({"component": "petstore", "name": name, "fields": {"apiKey": key, "baseUrl": base_url}})
    }

    /// An edit of one member or of all, and the state that it leads to.
    pub fn edit(&mut self, origin: &str, random: &mut Random) -> (Value, State) {
        self.generation += 1;
        let (stem, generation) = (&self.stem, self.generation);
        let mut state = self.states[0].clone();
        let what = random.below(4);
        let mut fields = json!({});
        if what == 0 || what == 1 {
            state.key = make_key(stem, generation, random);
            fields["apiKey"] = json!(state.key);
        }
        if what == 0 || what == 2 {
            // The same origin: the stored key may stay, and is merged in.
            state.base_url = format!("{origin}/{stem}{generation}");
            fields["baseUrl"] = json!(state.base_url);
        }
        let mut patch = json!({});
        if what == 0 || what == 3 {
            state.name = format!("{stem}{generation}");
            patch["name"] = json!(state.name);
        }
        if what != 3 {
            patch["fields"] = fields;
        }
        (patch, state)
    }
}

/// A key that the upstream accepts, with what encodings change, and of any length.
fn make_key(stem: &str, generation: u32, random: &mut Random) -> String {
    let mut key = format!("{GOOD}{stem}{generation}-\"%41\\/+");
    for _ in 0..random.below(200) {
        key.push(char::from(b'!' + u8::try_from(random.below(94)).unwrap()));
    }
    key
}

/// Random numbers that are the same in each run: SplitMix64.
pub struct Random(pub u64);

impl Random {
    /// A number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}
