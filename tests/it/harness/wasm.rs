//! The components that `cargo xtask plugins` builds.

use super::place::target_dir;

/// The sample plugin of this name, such as `petstore`.
pub fn plugin(name: &str) -> Vec<u8> {
    component("plugins", name)
}

/// The misbehaving guest of this name.
pub fn guest(name: &str) -> Vec<u8> {
    component("guests", name)
}

fn component(folder: &str, name: &str) -> Vec<u8> {
    let path = target_dir().join(folder).join(name).with_extension("wasm");
    std::fs::read(&path)
        .unwrap_or_else(|error| panic!("{}: {error}; run `cargo xtask plugins`", path.display()))
}
