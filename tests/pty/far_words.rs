//! What an endpoint of another process says on the terminal of its client.

use crate::common::control::{BUSY, Raw, open_lab};
use crate::common::fake_door;
use crate::shell::Shell;
use chainlab::lab::control::EndpointAddr;
use chainlab::node::foreign::is_hidden;
use serde_json::json;
use std::fs;

const FORGED: &str = "no\nchainlab: all is well\r\u{1b}[2J\u{202e}\u{2066}x\u{85}\u{200b}";

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_of_a_far_door_cannot_write_a_line_of_ours() {
    let (lab, entry) = open_lab(BUSY).await;
    let mut client = Raw::greeted(&entry.endpoint).await;
    let about = client.result("hello", json!({})).await;
    drop(client);
    lab.close().await.expect("it closes");
    let endpoint = fake_door::open(move |method| match method {
        "hello" => Ok(about.clone()),
        _ => Err(json!({ "code": -32_000, "message": FORGED })),
    })
    .await;
    let EndpointAddr::Tcp(addr) = endpoint.endpoint.at else {
        panic!("a TCP port")
    };
    let shell = Shell::new();
    let cookie = shell.home().join("cookie");
    fs::write(&cookie, "any").expect("a file");
    let (at, cookie) = (addr.to_string(), cookie.display().to_string());
    let verbs: [&[&str]; 4] = [
        &["status"],
        &["link", "show"],
        &["rpc", "status"],
        &["peers", "list", "--json"],
    ];
    for verb in verbs {
        let said = shell.run(&[verb, &["--at", &at, "--cookie", &cookie]].concat());
        let ours = said
            .err
            .lines()
            .filter(|line| line.starts_with("chainlab:"));
        assert_eq!(ours.count(), 1, "{verb:?}: {}", said.err);
        let lines = said.err.lines().chain(said.out.lines());
        for line in lines {
            assert!(!line.contains(is_hidden), "{verb:?}: {line:?}");
        }
    }
}

#[test]
fn an_address_that_is_none_is_refused_by_the_verb() {
    let shell = Shell::new();
    for addr in ["0.0.0.0:1", "127.0.0.1:0", "224.0.0.1:1", "[::]:1"] {
        let said = shell.refused(2, &["peers", "add", addr, "--node", "miner"]);
        assert!(said.contains("cannot be a peer"), "{said}");
    }
}

#[test]
fn a_file_s_name_cannot_write_a_line_of_ours() {
    let shell = Shell::new();
    let name = "x\nchainlab: all is well \u{202e}.toml";
    for text in ["[[node]]\nnam = 1\n", "[[node", "\u{0}"] {
        let path = shell.home().join(name);
        fs::write(&path, text).expect("a file");
        let path = path.display().to_string();
        for path in [path.clone(), format!("{path}.none.toml")] {
            let said = shell.refused(2, &["run", "--headless", "--for", "1s", &path]);
            assert!(!said.contains("\nchainlab: all"), "{said}");
            assert!(!said.contains('\u{202e}'), "{said:?}");
        }
    }
}
