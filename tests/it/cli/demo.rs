//! The guided start, and that what it prints works.

use super::place::{Place, Running};
use crate::harness::wasm::plugin;

fn place() -> Place {
    let place = Place::new();
    std::fs::create_dir(place.path().join("samples")).unwrap();
    std::fs::create_dir(place.path().join("tmp")).unwrap();
    place.write("samples/petstore.wasm", plugin("petstore"));
    place
}

fn start(place: &Place, words: &[&str]) -> Running {
    let temporary = place.path().join("tmp").display().to_string();
    place.start(&[&["demo", "--samples", "samples"], words].concat(), &[("TMPDIR", &temporary)])
}

/// Does what a printed curl command does; the status and the body.
async fn paste(line: &str) -> (u16, serde_json::Value) {
    let quoted: Vec<&str> = line.split('\'').skip(1).step_by(2).filter(|text| *text != r"\n").collect();
    let url = line.split(' ').find(|word| word.starts_with("http://")).unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let has_body = line.contains(" -d ");
    let mut request = if has_body { client.post(url) } else { client.get(url) };
    for text in &quoted {
        request = match text.split_once(": ") {
            Some((name, value)) if !text.starts_with('{') => request.header(name, value),
            _ => request.body((*text).to_owned()),
        };
    }
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (status, serde_json::from_str(&response.text().await.unwrap()).unwrap())
}

#[tokio::test]
async fn printed_commands_save_refuse_and_list() {
    let place = place();
    let demo = start(&place, &[]);
    let printed = demo.stdout();
    let commands: Vec<&str> =
        printed.lines().filter(|line| line.starts_with("curl ") || line.contains(" plugin list ")).collect();
    assert_eq!(commands.len(), 3, "{printed}");
    assert!(printed.contains("the second installs plugins"), "{printed}");
    let (status, saved) = paste(commands[0]).await;
    assert_eq!((status, &saved["status"]), (201, &"verified".into()), "{saved}");
    let (status, problem) = paste(commands[1]).await;
    assert_eq!(status, 422, "{problem}");
    let listed = std::process::Command::new("sh").args(["-c", commands[2]]).output().unwrap();
    let told = String::from_utf8(listed.stdout).unwrap();
    assert!(told.contains("petstore 0.1.0 active") && told.contains("asks: Petstore may send GET"), "{told}");
    assert!(demo.stderr().contains("asks: Petstore may send GET"), "{}", demo.stderr());
    assert_eq!(demo.stop(), Some(0));
    assert!(place.listing("tmp").is_empty(), "left behind: {:?}", place.listing("tmp").keys());
}

#[tokio::test]
async fn kept_data_folder_keeps_what_is_installed_and_saved() {
    let place = place();
    let demo = start(&place, &["--data-dir", "kept"]);
    assert!(demo.stderr().contains("installed petstore 0.1.0"), "{}", demo.stderr());
    let printed = demo.stdout();
    assert_eq!(paste(printed.lines().find(|line| line.starts_with("curl ")).unwrap()).await.0, 201);
    assert_eq!(demo.stop(), Some(0));

    let demo = start(&place, &["--data-dir", "kept"]);
    assert!(demo.stderr().contains("kept petstore 0.1.0"), "{}", demo.stderr());
    let printed = demo.stdout();
    let token =
        printed.lines().find_map(|line| line.strip_prefix("workspace token, for 24 hours: ")).unwrap();
    let (_, components) = demo.get("/v1/components", token).await;
    assert_eq!(components["items"][0]["credentials"]["total"], 1, "{components}");
    assert_eq!(demo.stop(), Some(0));
}

#[test]
fn demo_stays_on_loopback_and_needs_its_port() {
    let place = place();
    let run = |listen: &str| place.run(&["demo", "--samples", "samples", "--listen", listen]);
    run("0.0.0.0:0").ended(2, &["loopback only", "hint: `keystead serve`"]);
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    run(&address).ended(1, &[&format!("cannot listen on {address}"), "--listen"]);
    let missing = place.run(&["demo", "--samples", "nowhere", "--listen", "127.0.0.1:0"]);
    missing.ended(2, &["sample plugins in `nowhere`", "hint:", "--samples"]);
}
