//! Looks for what a secret leaves behind.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// The texts by which a secret would be known again, each with the name of its encoding.
pub struct Traces(Vec<(String, String)>);

impl Traces {
    /// Raw, base64 in every alignment, hexadecimal, and the latter two of each other, as a dump writes bytes.
    pub fn of(secret: &str) -> Traces {
        let mut traces = vec![("raw".to_owned(), secret.to_owned())];
        for shift in 0..3 {
            for (name, engine) in [("base64", &STANDARD_NO_PAD), ("base64url", &URL_SAFE_NO_PAD)] {
                traces.push((format!("{name}+{shift}"), inner(engine, secret, shift)));
            }
        }
        let in_hex: Vec<_> =
            traces.iter().map(|(name, text)| (format!("{name} as hex"), hex(text))).collect();
        let in_capitals: Vec<_> =
            in_hex.iter().map(|(name, text)| (format!("{name}, capitals"), text.to_uppercase())).collect();
        traces.extend(in_hex);
        traces.extend(in_capitals);
        Traces(traces)
    }

    /// The encodings in which the secret stands in `bytes`, each with `place`.
    pub fn in_text(&self, place: &str, bytes: &[u8]) -> Vec<String> {
        let stands = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        self.0.iter().filter(|(_, text)| stands(text)).map(|(name, _)| format!("{place}: {name}")).collect()
    }

    /// [`in_text`](Self::in_text) of every file below `folder`.
    pub fn in_folder(&self, folder: &Path) -> Vec<String> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                found.extend(self.in_folder(&path));
            } else if let Ok(bytes) = std::fs::read(&path) {
                // What is no regular file, or goes away meanwhile, holds nothing.
                found.extend(self.in_text(&path.display().to_string(), &bytes));
            }
        }
        found
    }
}

/// The characters of base64 that depend on the secret alone when `shift` bytes stand before it.
fn inner(engine: &impl base64::Engine, secret: &str, shift: usize) -> String {
    let text = engine.encode([&vec![b' '; shift], secret.as_bytes()].concat());
    let first = [0, 2, 3][shift];
    let whole = (shift + secret.len()) * 8 / 6;
    text[first..whole].to_owned()
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn planted_secret_is_found_however_it_is_written() {
    let secret = "planted-secret";
    let traces = Traces::of(secret);
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(traces.in_folder(folder.path()), Vec::<String>::new());
    let below = folder.path().join("below");
    std::fs::create_dir(&below).unwrap();
    for (index, planted) in [
        format!("…{secret}…"),
        STANDARD_NO_PAD.encode(format!("{{\"apiKey\":\"{secret}\"}}")),
        STANDARD_NO_PAD.encode(format!("x{{\"apiKey\":\"{secret}\"}}")),
        URL_SAFE_NO_PAD.encode(format!("xx{{\"apiKey\":\"{secret}\"}}")),
        hex(secret),
        hex(secret).to_uppercase(),
        format!("\\x{}", hex(&STANDARD_NO_PAD.encode(format!("key={secret}&")))),
    ]
    .into_iter()
    .enumerate()
    {
        let path = below.join(format!("data-{index}"));
        std::fs::write(&path, [b"\0\xff", planted.as_bytes(), b"\0"].concat()).unwrap();
        assert!(!traces.in_folder(folder.path()).is_empty(), "not found: {planted}");
        std::fs::remove_file(path).unwrap();
    }
}
