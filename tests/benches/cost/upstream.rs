//! The application that is asked, in a process of its own: it accepts every key, at once or never.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What it answers.
pub const BODY: &str = r#"{"sold":3,"pending":2,"available":17,"not available":1}"#;

/// A started process of this program. It ends when this value is dropped.
pub struct Role {
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
    /// Closed when this value is dropped, which ends the process.
    life: Option<ChildStdin>,
}

impl Role {
    /// Starts this program again in another role.
    pub fn start(arguments: &[String]) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        let life = child.stdin.take();
        Self { child, lines, life }
    }

    /// The next line that it prints.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line.trim().to_owned()
    }
}

impl Drop for Role {
    fn drop(&mut self) {
        drop(self.life.take());
        let _ = self.child.wait();
    }
}

/// Ends this process when the one that started it has ended or wants no more of it.
pub fn end_with_parent() {
    std::thread::spawn(|| {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        std::process::exit(0);
    });
}

/// Starts an upstream; its base URL. `hold` is after how many unanswered requests it prints a line; 0: it answers.
pub fn start(hold: usize) -> (Role, String) {
    let mut role = Role::start(&["role:upstream".to_owned(), hold.to_string()]);
    let address = role.line();
    (role, format!("http://{address}/api/v3"))
}

/// The process.
pub fn run(hold: &str) {
    let hold: usize = hold.parse().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        say(&listener.local_addr().unwrap().to_string());
        let (held, mut holding) = tokio::sync::mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut count = 0;
            while holding.recv().await.is_some() {
                count += 1;
                if count % hold == 0 {
                    say("held");
                }
            }
        });
        while let Ok((stream, _)) = listener.accept().await {
            stream.set_nodelay(true).unwrap();
            tokio::spawn(converse(stream, (hold > 0).then(|| held.clone())));
        }
    });
}

fn say(line: &str) {
    println!("{line}");
    std::io::stdout().flush().unwrap();
}

async fn converse(mut stream: TcpStream, held: Option<tokio::sync::mpsc::UnboundedSender<()>>) {
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{BODY}",
        BODY.len()
    );
    let mut buffer = [0; 4_096];
    let mut end = 0;
    loop {
        match stream.read(&mut buffer[end..]).await {
            Ok(0) | Err(_) => return,
            Ok(read) => end += read,
        }
        // Requests have no body, and none is sent before the one before was answered.
        if !buffer[..end].ends_with(b"\r\n\r\n") {
            continue;
        }
        end = 0;
        match &held {
            Some(held) => drop(held.send(())),
            None if stream.write_all(answer.as_bytes()).await.is_err() => return,
            None => {}
        }
    }
}
