//! Source files as the walls read them.

use std::path::Path;
use std::process::Command;

use crate::harness::place::root;

/// A file and its text.
pub struct Source {
    /// From the root of the repository.
    pub path: String,
    pub text: String,
}

impl Source {
    pub fn new(path: &str, text: &str) -> Source {
        Source { path: path.to_owned(), text: text.to_owned() }
    }

    /// The lines, numbered from 1, without comments and without what stands in quotes on one line.
    pub fn code(&self) -> impl Iterator<Item = (usize, String)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, bare(line)))
    }

    /// [`code`](Self::code) without tests, which stand in files of their own or at a file's end.
    pub fn product(&self) -> impl Iterator<Item = (usize, String)> {
        let is_test = self.path.ends_with("/tests.rs") || self.path.contains("/tests/");
        self.code().take_while(move |(_, line)| !is_test && line.trim() != "#[cfg(test)]")
    }
}

/// A line without its comment and its quoted texts.
fn bare(line: &str) -> String {
    let (mut bare, mut is_quoted, mut previous) = (String::new(), false, ' ');
    for letter in line.chars() {
        match letter {
            '"' if previous != '\\' && previous != '\'' => is_quoted = !is_quoted,
            '/' if !is_quoted && previous == '/' => return bare[..bare.len() - 1].to_owned(),
            _ if is_quoted => {}
            _ => bare.push(letter),
        }
        previous = letter;
    }
    bare
}

/// Whether `word` stands in `line` as a whole identifier.
pub fn has_word(line: &str, word: &str) -> bool {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    line.match_indices(word)
        .any(|(at, _)| !line[..at].ends_with(is_part) && !line[at + word.len()..].starts_with(is_part))
}

/// Every file below `host/src`.
pub fn host_sources() -> Vec<Source> {
    let sources: Vec<Source> = tracked_files()
        .into_iter()
        .filter(|it| it.path.starts_with("host/src/") && it.path.ends_with(".rs"))
        .collect();
    assert!(sources.len() > 10, "host/src was not found");
    sources
}

/// Every file that is, or could be, committed.
pub fn tracked_files() -> Vec<Source> {
    let root = root();
    // The folder may belong to somebody else, as in a container.
    let output = Command::new("git")
        .args(["-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(&root)
        .output()
        .expect("the walls need git");
    assert!(output.status.success(), "git ls-files: {}", String::from_utf8_lossy(&output.stderr));
    let paths = String::from_utf8(output.stdout).unwrap();
    paths.split_terminator('\0').filter_map(|path| read(&root, path)).collect()
}

/// None for what was removed and not committed yet.
fn read(root: &Path, path: &str) -> Option<Source> {
    let bytes = std::fs::read(root.join(path)).ok()?;
    Some(Source::new(path, &String::from_utf8_lossy(&bytes)))
}
