//! Programs that the tests start, and that never outlive them.

use std::ffi::OsString;
use std::fs::File;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

/// Runs the program that it is given, and stops it when its own standard input ends, which it does however the
/// process at the other end goes away. A line in it is the name of a signal for the program. Ends with the program's
/// exit code.
const SUPERVISOR: &str = r#"
exec 3<&0 </dev/null
"$@" 3<&- &
program=$!
{
    while read -r signal <&3; do kill -"$signal" "$program"; done
    kill -TERM "$program"
    # Whoever does not stop when asked is stopped after five seconds.
    for _ in 1 2 3 4 5 6 7 8 9 10; do sleep 0.5; kill -0 "$program" || exit; done
    kill -KILL "$program"
} 2>/dev/null &
watch=$!
wait "$program"
code=$?
kill "$watch" 2>/dev/null
exit "$code"
"#;

/// A program under supervision: it is stopped when this value is dropped and when the test process ends in
/// whatever way, be it killed.
pub struct Supervised {
    supervisor: Child,
    line: Option<ChildStdin>,
    name: String,
    out: PathBuf,
    err: PathBuf,
}

impl Supervised {
    /// Starts `command` (its program, words, folder and environment); what it writes goes to `<name>.out` and
    /// `<name>.err` in `folder`.
    pub fn start(command: &Command, folder: &Path, name: &str) -> Supervised {
        let (out, err) = (folder.join(format!("{name}.out")), folder.join(format!("{name}.err")));
        let mut shell = Command::new("sh");
        shell.args(["-c", SUPERVISOR, "supervisor"]).arg(command.get_program()).args(command.get_args());
        for (variable, value) in command.get_envs() {
            match value {
                Some(value) => shell.env(variable, value),
                None => shell.env_remove(variable),
            };
        }
        if let Some(folder) = command.get_current_dir() {
            shell.current_dir(folder);
        }
        let mut supervisor = shell
            .stdin(Stdio::piped())
            .stdout(File::create(&out).unwrap())
            .stderr(File::create(&err).unwrap())
            .spawn()
            .unwrap();
        let line = supervisor.stdin.take();
        Supervised { supervisor, line, name: name.to_owned(), out, err }
    }

    /// Asks `is_ready` again and again until it says yes.
    ///
    /// # Errors
    /// When the program ends before, or is not ready within `bound`: a sentence with what the program wrote.
    pub fn wait_until<T>(
        &mut self,
        bound: Duration,
        mut is_ready: impl FnMut(&Self) -> Option<T>,
    ) -> Result<T, String> {
        let begin = Instant::now();
        loop {
            if let Some(found) = is_ready(self) {
                return Ok(found);
            }
            let ended = self.supervisor.try_wait().unwrap();
            if ended.is_some() || begin.elapsed() > bound {
                let what = ended.map_or_else(
                    || format!("was not ready within {bound:?}"),
                    |status| format!("ended: {status}"),
                );
                return Err(format!("{} {what}\n{}{}", self.name, self.stdout(), self.stderr()));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// What the program has written to standard output so far.
    pub fn stdout(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.out).unwrap_or_default()).into_owned()
    }

    /// What the program has written to standard error so far.
    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.err).unwrap_or_default()).into_owned()
    }

    /// Asks the program to stop, waits for it, and returns its exit code.
    pub fn stop(mut self) -> Option<i32> {
        self.line.take();
        self.supervisor.wait().unwrap().code()
    }

    /// Kills the program itself with SIGKILL, and returns when it is gone.
    ///
    /// # Panics
    /// When it had ended before, or ends otherwise.
    pub fn kill(mut self) {
        self.line.as_mut().unwrap().write_all(b"KILL\n").unwrap();
        // What a shell makes of a child that signal 9 has ended.
        assert_eq!(self.supervisor.wait().unwrap().code(), Some(128 + 9), "{}: {}", self.name, self.stderr());
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        self.line.take();
        let _ = self.supervisor.wait();
    }
}

/// A port of 127.0.0.1 that nobody listened on a moment ago. Somebody may take it before it is used: start again then.
pub fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

/// The status with which `127.0.0.1:port` answers `GET path`; `None` when it does not answer HTTP within two seconds.
pub fn http_status(port: u16, path: &str, headers: &[(&str, &str)]) -> Option<u16> {
    let answer = http_answer(port, path, headers)?;
    answer.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()
}

/// The whole answer of `127.0.0.1:port` to `GET path`, status line and headers included.
pub fn http_answer(port: u16, path: &str, headers: &[(&str, &str)]) -> Option<String> {
    let bound = Duration::from_secs(2);
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, bound).ok()?;
    stream.set_read_timeout(Some(bound)).ok()?;
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n{headers}\r\n")
        .ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    Some(String::from_utf8_lossy(&answer).into_owned())
}

/// The first of these programs that is found in `PATH` or in the folders of the system's own programs.
///
/// # Panics
/// When there is none; the message says how to get it.
pub fn program(name: &str, package: &str) -> PathBuf {
    let path: OsString = std::env::var_os("PATH").unwrap_or_default();
    let system = ["/usr/sbin", "/sbin"].map(PathBuf::from);
    std::env::split_paths(&path)
        .chain(system)
        .map(|folder| folder.join(name))
        .find(|candidate| candidate.is_file())
        .unwrap_or_else(|| {
            panic!("`{name}` is missing: run `cargo xtask setup`, or install the package {package}")
        })
}
