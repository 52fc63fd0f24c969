//! What the machine must have. Root on Debian gets what is missing; everybody else is told its name.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use crate::ground::{has_program, run, succeeds};

/// One thing that building or testing needs.
pub(crate) struct Need {
    /// How a person calls it.
    name: &'static str,
    is_there: fn() -> bool,
    /// The Debian packages that bring it.
    packages: &'static [&'static str],
    /// What to do where there are no such packages.
    otherwise: &'static str,
}

/// Needed to build the plugins.
pub(crate) static FOR_PLUGINS: [Need; 2] = [
    Need {
        name: "a C compiler",
        is_there: || has_program("cc"),
        packages: &["build-essential"],
        otherwise: "install a C compiler",
    },
    Need {
        name: "Rust's standard library for WebAssembly",
        is_there: wasm_library_is_there,
        packages: &["rustc-web", "rust-web-src"],
        otherwise: "run `rustup target add wasm32-unknown-unknown`",
    },
];

/// Needed to run the tests.
pub(crate) static FOR_TESTS: [Need; 8] = [
    Need {
        name: "PostgreSQL",
        is_there: || std::env::var_os("TEST_DATABASE_URL").is_some() || postgres_is_there(),
        packages: &["postgresql"],
        otherwise: "install PostgreSQL 15 or newer, or name a running one in TEST_DATABASE_URL",
    },
    Need {
        name: "PostgreSQL's pg_dump",
        is_there: || has_program("pg_dump"),
        packages: &["postgresql-client"],
        otherwise: "install PostgreSQL's client programs",
    },
    Need {
        name: "nginx",
        is_there: || has_program("nginx"),
        packages: &["nginx-light"],
        otherwise: "install nginx",
    },
    Need {
        name: "Node",
        is_there: || has_program("node"),
        packages: &["nodejs"],
        otherwise: "install Node 18.20 or newer",
    },
    Need { name: "npm", is_there: || has_program("npm"), packages: &["npm"], otherwise: "install npm" },
    Need {
        name: "Chromium",
        is_there: || has_program("chromium"),
        packages: &["chromium"],
        otherwise: "install Chromium as `chromium`",
    },
    Need {
        name: "Chromium's WebDriver",
        is_there: || has_program("chromedriver"),
        packages: &["chromium-driver"],
        otherwise: "install the `chromedriver` of that Chromium's version",
    },
    Need {
        // Without one Chromium draws a box for every letter, and no screenshot can be read.
        name: "a font",
        is_there: font_is_there,
        packages: &["fonts-dejavu-core"],
        otherwise: "install a TrueType font such as DejaVu below /usr/share/fonts",
    },
];

/// Installs what is missing, or fails with its names. Quick and silent when nothing is.
///
/// # Errors
/// When something is missing and this user or this system cannot install it, or when installing fails.
pub(crate) fn prepare(needs: impl IntoIterator<Item = &'static Need>) -> Result<()> {
    let missing: Vec<&Need> = needs.into_iter().filter(|need| !(need.is_there)()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing.iter().flat_map(|need| need.packages).copied().collect();
    let names = missing.iter().map(|need| need.name).collect::<Vec<_>>().join(", ");
    if !is_root() || !Path::new("/etc/debian_version").exists() {
        let otherwise = missing.iter().map(|need| need.otherwise).collect::<Vec<_>>().join("; ");
        bail!(
            "missing: {names}\n\non Debian, as root: apt-get install --no-install-recommends {}\nelsewhere: {otherwise}",
            packages.join(" ")
        );
    }
    eprintln!("xtask: installing {} ({names})", packages.join(" "));
    if !packages.iter().all(|package| succeeds(Command::new("apt-cache").args(["show", package]))) {
        run(&mut apt(&["update", "-qq"]))?;
    }
    let mut install = apt(&["install", "-y", "-qq", "--no-install-recommends"]);
    install.args(&packages);
    if run(&mut install).is_err() {
        // The lists may be older than the packages that they name.
        run(&mut apt(&["update", "-qq"]))?;
        run(&mut install)?;
    }
    match missing.iter().find(|need| !(need.is_there)()) {
        Some(need) => bail!("{} is still missing after apt-get install; {}", need.name, need.otherwise),
        None => Ok(()),
    }
}

fn apt(words: &[&str]) -> Command {
    let mut command = Command::new("apt-get");
    // Installing is not what the output of these commands is for; errors come on the other channel.
    command.args(words).env("DEBIAN_FRONTEND", "noninteractive").stdout(std::process::Stdio::null());
    command
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// Either rustup's target, or the compiler and source that Debian ships for its browsers.
fn wasm_library_is_there() -> bool {
    let output = Command::new("rustc")
        .args(["--print", "target-libdir", "--target", "wasm32-unknown-unknown"])
        .output();
    let of_rustup = output.is_ok_and(|output| {
        output.status.success() && Path::new(String::from_utf8_lossy(&output.stdout).trim()).exists()
    });
    of_rustup
        || (Path::new("/usr/bin/rustc").exists()
            && Path::new("/usr/lib/rustlib/src/rust/library/std").exists())
}

/// Debian keeps the server's programs outside of `PATH`, in a folder for each version.
fn postgres_is_there() -> bool {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    has_program("initdb") || versions.into_iter().any(|version| version.path().join("bin/initdb").exists())
}

/// On systems other than Linux there are always fonts.
fn font_is_there() -> bool {
    let folders = ["/usr/share/fonts", "/usr/local/share/fonts"];
    !cfg!(target_os = "linux") || folders.iter().any(|folder| holds_font(Path::new(folder), 3))
}

/// Whether a TrueType or OpenType font lies at most `depth` folders below.
fn holds_font(folder: &Path, depth: u8) -> bool {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).any(|path| {
        path.extension().is_some_and(|kind| ["ttf", "otf", "ttc"].iter().any(|known| kind == *known))
            || (depth > 0 && path.is_dir() && holds_font(&path, depth - 1))
    })
}
