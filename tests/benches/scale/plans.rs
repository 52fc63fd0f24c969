//! How each statement is answered. PostgreSQL notes each plan as it runs it (`auto_explain`), with the
//! statement's text; the same text is then put to SQLite, since the store writes each one once. So the
//! plans are those of the service's own statements, and need a cluster whose log is at hand.

use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use keystead::store::{Backend, Store};
use serde_json::Value;
use url::Url;

use super::connection::Connection;
use super::database::Seeded;
use super::operations::{ALL, Operation};
use super::samples::Samples;

/// How often each operation runs before its plan is taken: PostgreSQL decides after five whether one plan
/// will do for all values.
const RUNS: usize = 12;

/// A statement and how PostgreSQL ran it last.
struct Noted {
    text: String,
    plan: Value,
}

/// Prints the plans of every operation, on SQLite where that is there too.
pub async fn print(postgres: Option<&Seeded>, sqlite: Option<&Seeded>) {
    let Some(postgres) = postgres else {
        println!("\nplans need PostgreSQL too: the statements are taken from its log");
        return;
    };
    let Some(log) = log_of(&postgres.url) else {
        println!("\nplans need a cluster of the bench's own: the statements are taken from its log");
        return;
    };
    let admin_url = postgres.admin_url.as_deref().expect("PostgreSQL has an administrator");
    let mut admin = Connection::open(Backend::Postgres, admin_url).await;
    let name = admin.texts("SELECT CAST(current_database() AS TEXT)", 0).await.unwrap().remove(0);
    let settings = [
        "session_preload_libraries = 'auto_explain'",
        "auto_explain.log_min_duration = 0",
        "auto_explain.log_analyze = on",
        "auto_explain.log_buffers = on",
        "auto_explain.log_format = json",
    ];
    for setting in settings {
        admin.run(&format!("ALTER DATABASE \"{name}\" SET {setting}")).await;
    }
    let samples = Samples::take(postgres).await;
    let store = Store::open(&postgres.url).await.unwrap();
    let mut other = match sqlite {
        Some(sqlite) => Some(Connection::open(Backend::Sqlite, &sqlite.url).await),
        None => None,
    };
    println!("\nplans at {}", postgres.size);
    for operation in ALL {
        println!("\n{}", operation.name());
        for noted in watch(&store, &samples, operation, &log).await {
            show(&noted, other.as_mut()).await;
        }
    }
    store.close().await;
    admin.run(&format!("ALTER DATABASE \"{name}\" RESET ALL")).await;
    admin.close().await;
}

/// The log of a cluster that is reached by a socket in its own folder.
fn log_of(url: &str) -> Option<PathBuf> {
    let url = Url::parse(url).ok()?;
    let (_, folder) = url.query_pairs().find(|(name, _)| name == "host")?;
    Some(Path::new(folder.as_ref()).join("server.log")).filter(|path| path.exists())
}

/// Runs an operation and reads what was noted meanwhile: each statement once, as it ran last.
async fn watch(store: &Store, samples: &Samples, operation: Operation, log: &Path) -> Vec<Noted> {
    let mut file = std::fs::File::open(log).unwrap();
    file.seek(SeekFrom::End(0)).unwrap();
    for turn in 0..RUNS {
        operation.run(store, samples, turn * 7).await;
    }
    let mut said = String::new();
    file.read_to_string(&mut said).unwrap();
    let mut statements: Vec<Noted> = Vec::new();
    for entry in said.split("plan:\n").skip(1) {
        let lines = entry.lines().take_while(|line| line.starts_with('\t'));
        let Ok(mut noted) = serde_json::from_str::<Value>(&lines.collect::<String>()) else { continue };
        let text = noted["Query Text"].as_str().unwrap_or_default().to_owned();
        if text.starts_with("SELECT set_config") {
            continue;
        }
        statements.retain(|known| known.text != text);
        statements.push(Noted { text, plan: noted["Plan"].take() });
    }
    statements
}

async fn show(noted: &Noted, sqlite: Option<&mut Connection>) {
    let words: Vec<&str> = noted.text.split_whitespace().collect();
    println!("  {}", words.join(" "));
    if let Some(connection) = sqlite {
        println!("    SQLite");
        match connection.texts(&format!("EXPLAIN QUERY PLAN {}", noted.text), 3).await {
            Ok(lines) => lines.iter().for_each(|line| println!("      {line}")),
            Err(_) => println!("      (not a statement of SQLite)"),
        }
    }
    println!("    PostgreSQL");
    show_node(&noted.plan, 6);
}

/// A node of a plan, with what it met, and those below it.
fn show_node(node: &Value, indent: usize) {
    let text = |name: &str| node[name].as_str().unwrap_or_default();
    let number = |name: &str| node[name].as_f64().unwrap_or_default();
    let mut line = text("Node Type").to_owned();
    for (name, word) in [("Index Name", "using"), ("Relation Name", "on"), ("Subplan Name", "as")] {
        if node[name].is_string() {
            line += &format!(" {word} {}", text(name));
        }
    }
    for name in ["Index Cond", "Recheck Cond", "Hash Cond", "Sort Key"] {
        if node[name].is_string() {
            line += &format!(" {}", text(name));
        }
    }
    let rows = number("Actual Rows");
    line += &format!("; rows {rows}");
    if number("Actual Loops") > 1.0 {
        line += &format!(" × {}", number("Actual Loops"));
    }
    if number("Rows Removed by Filter") > 0.0 {
        line += &format!("; filtered out {}", number("Rows Removed by Filter"));
    }
    let blocks = number("Shared Hit Blocks") + number("Shared Read Blocks");
    println!("{:indent$}{line}; blocks {blocks}; {:.3} ms", "", number("Actual Total Time"));
    for below in node["Plans"].as_array().into_iter().flatten() {
        show_node(below, indent + 2);
    }
}
