//! The components that `cargo xtask plugins` builds.

use std::path::PathBuf;

use super::place::target_dir;

/// The sample plugin of this name, such as `petstore`.
pub fn plugin(name: &str) -> Vec<u8> {
    std::fs::read(plugin_file(name)).unwrap()
}

/// The file of the sample plugin of this name.
pub fn plugin_file(name: &str) -> PathBuf {
    component("plugins", name)
}

/// The misbehaving guest of this name.
pub fn guest(name: &str) -> Vec<u8> {
    std::fs::read(component("guests", name)).unwrap()
}

fn component(folder: &str, name: &str) -> PathBuf {
    let path = target_dir().join(folder).join(name).with_extension("wasm");
    assert!(path.exists(), "{} is missing: run `cargo xtask plugins`", path.display());
    path
}
