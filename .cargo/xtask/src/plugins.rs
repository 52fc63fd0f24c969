//! Builds the plugins and the tests' misbehaving guests as WebAssembly components.
//!
//! Rust's host toolchain brings `wasm-component-ld`; as the linker of `wasm32-unknown-unknown` it makes
//! cargo's output a component. The standard library for that target comes from rustup where its target
//! is installed, else it is built from Debian's source, which fits only Debian's compiler.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Context, Result, bail};

const TARGET: &str = "wasm32-unknown-unknown";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";

/// Builds `plugins/` and `tests/guests/`. Afterwards `<target>/plugins/<crate>.wasm` and
/// `<target>/guests/<crate>.wasm` are up to date; nothing else is in those two folders.
pub(crate) fn build(target_dir: &Path) -> Result<()> {
    // Cargo runs in the workspace's folder, where a relative path would mean another place.
    let target_dir = &std::path::absolute(target_dir).context("finding the target folder")?;
    let toolchain = Toolchain::find()?;
    let root = root()?;
    build_workspace(&toolchain, &root.join("plugins"), target_dir, "plugins")?;
    build_workspace(&toolchain, &root.join("tests/guests"), target_dir, "guests")
}

/// Runs the plugins' own tests, natively.
pub(crate) fn test(target_dir: &Path) -> Result<()> {
    say("testing plugins");
    let target_dir = std::path::absolute(target_dir).context("finding the target folder")?;
    let mut cargo = cargo(&root()?.join("plugins"), &target_dir.join("plugins-native"));
    run(cargo.args(["test", "--locked"]))
}

fn build_workspace(toolchain: &Toolchain, workspace: &Path, target_dir: &Path, output: &str) -> Result<()> {
    say(&format!("building {output} for WebAssembly, standard library from {}", toolchain.source()));
    let wasm_dir = target_dir.join("wasm-build");
    let mut cargo = cargo(workspace, &wasm_dir);
    cargo.args(["build", "--release", "--locked", "--target", TARGET]);
    toolchain.apply(&mut cargo);
    run(&mut cargo)?;

    let (built, output) = (wasm_dir.join(TARGET).join("release"), target_dir.join(output));
    fs::create_dir_all(&output).with_context(|| format!("making {}", output.display()))?;
    let names = component_names(workspace)?;
    for name in &names {
        let from = built.join(format!("{}.wasm", name.replace('-', "_")));
        copy_changed(&from, &output.join(format!("{name}.wasm")))?;
    }
    remove_others(&output, &names)
}

/// Folders of the workspace whose crate becomes a component.
fn component_names(workspace: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(workspace).with_context(|| format!("listing {}", workspace.display()))? {
        let path = entry?.path();
        let manifest = fs::read_to_string(path.join("Cargo.toml")).unwrap_or_default();
        if manifest.contains("\"cdylib\"") {
            names.extend(path.file_name().map(|name| name.to_string_lossy().into_owned()));
        }
    }
    Ok(names)
}

/// Replaces `to` in one step, so that a running test never reads half a file.
fn copy_changed(from: &Path, to: &Path) -> Result<()> {
    let bytes = fs::read(from).with_context(|| format!("reading {}", from.display()))?;
    if fs::read(to).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    let part = to.with_extension(format!("part-{}", std::process::id()));
    fs::write(&part, &bytes).with_context(|| format!("writing {}", part.display()))?;
    fs::rename(&part, to).with_context(|| format!("writing {}", to.display()))?;
    say(&format!("{} ({} KiB)", to.display(), bytes.len().div_ceil(1024)));
    Ok(())
}

/// Removes components whose crate is gone.
fn remove_others(output: &Path, names: &[String]) -> Result<()> {
    for entry in fs::read_dir(output).with_context(|| format!("listing {}", output.display()))? {
        let path = entry?.path();
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        if path.extension().is_some_and(|extension| extension == "wasm") && !names.contains(&stem) {
            fs::remove_file(&path).with_context(|| format!("removing {}", path.display()))?;
        }
    }
    Ok(())
}

/// Where the standard library for WebAssembly comes from.
struct Toolchain {
    /// Debian's compiler, with which the standard library is built from source.
    debian: Option<PathBuf>,
    /// The folder of `wasm-component-ld`.
    linker_dir: PathBuf,
}

impl Toolchain {
    fn find() -> Result<Self> {
        let rustc = |args: &[&str]| ask("rustc", args);
        let version = rustc(&["-vV"])?;
        let host = version.lines().find_map(|line| line.strip_prefix("host: "));
        let host = host.context("asking rustc for its host: no line `host: …` in `rustc -vV`")?;
        let linker_dir =
            Path::new(&rustc(&["--print", "sysroot"])?).join("lib/rustlib").join(host).join("bin");
        if !linker_dir.join("wasm-component-ld").exists() {
            bail!(
                "no wasm-component-ld in {}: install Rust with rustup (https://rustup.rs)",
                linker_dir.display()
            );
        }
        if Path::new(&rustc(&["--print", "target-libdir", "--target", TARGET])?).exists() {
            return Ok(Self { debian: None, linker_dir });
        }
        if Path::new(DEBIAN_RUSTC).exists() {
            let sysroot = ask(DEBIAN_RUSTC, &["--print", "sysroot"])?;
            if Path::new(&sysroot).join("lib/rustlib/src/rust/library/std/Cargo.toml").exists() {
                return Ok(Self { debian: Some(DEBIAN_RUSTC.into()), linker_dir });
            }
        }
        bail!(
            "no standard library for {TARGET}. Install one of:\n  \
             rustup target add {TARGET}\n  \
             apt-get install --no-install-recommends rustc-web rust-web-src"
        )
    }

    fn source(&self) -> &'static str {
        if self.debian.is_some() { "Debian's source (rust-web-src)" } else { "rustup" }
    }

    fn apply(&self, cargo: &mut Command) {
        let path = env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(self.linker_dir.clone()).chain(env::split_paths(&path));
        if let Ok(path) = env::join_paths(folders) {
            cargo.env("PATH", path);
        }
        cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-component-ld");
        if let Some(rustc) = &self.debian {
            // -Zbuild-std is unstable, and so asks for a compiler that admits unstable features.
            cargo.env("RUSTC", rustc).env("RUSTC_BOOTSTRAP", "1").arg("-Zbuild-std=std,panic_abort");
        }
    }
}

/// Cargo in `workspace`, with an environment as if nothing had called it: the outer cargo and the
/// developer's flags for the host must not reach code for another target.
fn cargo(workspace: &Path, target_dir: &Path) -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in env::vars_os().filter(|(name, _)| is_inherited_setting(name)) {
        cargo.env_remove(name);
    }
    cargo.current_dir(workspace).env("CARGO_TARGET_DIR", target_dir);
    cargo
}

fn is_inherited_setting(name: &OsString) -> bool {
    const KEPT: [&str; 8] = [
        "CARGO_HOME",
        "CARGO_BUILD_JOBS",
        "CARGO_HTTP_",
        "CARGO_NET_",
        "CARGO_REGISTR",
        "CARGO_SOURCE_",
        "CARGO_TERM_",
        "CARGO_LOG",
    ];
    let name = name.to_string_lossy();
    let ours = ["CARGO", "RUSTC", "RUSTFLAGS", "RUSTDOC"].iter().any(|prefix| name.starts_with(prefix));
    ours && !KEPT.iter().any(|kept| name.starts_with(kept))
}

fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("starting {command:?}"))?;
    if !status.success() {
        bail!(
            "cargo {} failed in {}",
            args(command),
            command.get_current_dir().unwrap_or(Path::new(".")).display()
        );
    }
    Ok(())
}

fn args(command: &Command) -> String {
    command.get_args().map(|arg| arg.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// What a command prints, without the end of line.
fn ask(program: &str, args: &[&str]) -> Result<String> {
    let output = Command::new(program).args(args).output().with_context(|| format!("starting {program}"))?;
    if !output.status.success() {
        bail!("`{program} {}` failed: {}", args.join(" "), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8(output.stdout)
        .with_context(|| format!("reading what {program} printed"))?
        .trim()
        .to_owned())
}

/// The top folder of the repository.
fn root() -> Result<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.canonicalize().with_context(|| format!("finding the repository at {}", root.display()))
}

#[expect(clippy::print_stderr, reason = "progress for the person who waits")]
fn say(text: &str) {
    eprintln!("{:>12} {text}", "xtask");
}
