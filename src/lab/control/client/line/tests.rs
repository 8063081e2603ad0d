//! A connection whose holders go.

use super::*;
use std::net::{Ipv4Addr, SocketAddr};
use tokio::io::duplex;

fn place() -> EndpointAddr {
    EndpointAddr::Tcp(SocketAddr::from((Ipv4Addr::LOCALHOST, 1)))
}

#[tokio::test]
async fn a_call_is_answered_though_all_that_held_the_connection_have_gone() {
    let (ours, theirs) = duplex(1_024);
    let line = Line::over(ours);
    let called = line.begin(&place(), "status", Map::new()).await;
    line.subscribe(None);
    drop(line);
    let (read, mut write) = split(theirs);
    let mut asked = String::new();
    let mut read = BufReader::new(read);
    read.read_line(&mut asked).await.expect("it was sent");
    let answer = b"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":7}\n";
    write.write_all(answer).await.expect("it is read");
    assert_eq!(called.answer().await.expect("an answer"), Value::from(7));
}

#[tokio::test]
async fn a_call_that_cannot_be_sent_ends_and_does_not_wait() {
    let (ours, theirs) = duplex(1_024);
    let line = Line::over(ours);
    drop(theirs);
    let called = line.begin(&place(), "status", Map::new()).await;
    let ended = called.answer().await.expect_err("there is no other side");
    assert!(matches!(ended, ClientError::Ended(_)), "{ended}");
}
