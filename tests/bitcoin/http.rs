//! What answers at a port need not be a node.

use chainlab::bitcoin::Program;
use chainlab::bitcoin::rpc::{ANSWER_MAX, RpcError, dialect};
use chainlab::live::rpc::{ClientError, Login, RpcClient};
use chainlab::node::Time;
use std::fs::write;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;
use tempfile::TempDir;

const OK: &str = r#"{"result":["ab"],"error":null,"id":"chainlab"}"#;

/// One that answers each question in turn, whatever it is, and tells what it was asked.
struct Server {
    at: SocketAddr,
    asked: thread::JoinHandle<Vec<String>>,
}

fn serve(answers: Vec<Vec<u8>>) -> Server {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let at = port.local_addr().expect("an address");
    let asked = thread::spawn(move || {
        let answer = |bytes: Vec<u8>| {
            let (mut stream, _) = port.accept().expect("a connection");
            let question = read_question(&mut stream);
            // It may have had enough.
            let _ = stream.write_all(&bytes);
            question
        };
        answers.into_iter().map(answer).collect()
    });
    Server { at, asked }
}

fn read_question(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut piece = [0; 1_024];
    while !bytes.ends_with(b"}") {
        let got = stream.read(&mut piece).expect("a question");
        assert!(got > 0, "it hung up");
        bytes.extend_from_slice(&piece[..got]);
    }
    String::from_utf8(bytes).expect("text")
}

fn client_of(at: SocketAddr, cookie: &str) -> (RpcClient, TempDir) {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("cookie");
    write(&file, cookie).expect("a cookie");
    let client = RpcClient::new(at, Login::Cookie(file)).expect("on this machine");
    (client.with_patience(Duration::from_secs(20)), dir)
}

async fn wallets(client: &mut RpcClient) -> Result<Vec<String>, ClientError> {
    let request = dialect(Program::Core).wallets().expect("it lists them");
    client.ask(&request, Time(0)).await.map(|list| list.items)
}

async fn asked(answer: impl Into<Vec<u8>>) -> Result<Vec<String>, ClientError> {
    let server = serve(vec![answer.into()]);
    let (mut client, _dir) = client_of(server.at, "name:word");
    let got = wallets(&mut client).await;
    server.asked.join().expect("a question");
    got
}

fn with_head(head: &str, body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n{body}")
}

#[tokio::test]
async fn an_answer_is_read_however_its_length_is_told() {
    let length = format!("content-length: {}", OK.len());
    let (start, end) = OK.split_at(7);
    let chunks = format!("7\r\n{start}\r\n{:x};x=y\r\n{end}\r\n0\r\n\r\n", end.len());
    let answers = [
        with_head(&length, OK),
        with_head(&length, &(OK.to_owned() + "more")),
        with_head("Connection: close", OK),
        with_head("Transfer-Encoding: chunked", &chunks),
        format!("HTTP/1.0 500 No\r\n\r\n{OK}").replace("500 No", "200 OK"),
    ];
    for answer in answers {
        assert_eq!(
            asked(answer.clone()).await,
            Ok(vec!["ab".to_owned()]),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn what_is_asked_has_the_password_and_no_more() {
    let server = serve(vec![
        with_head("", OK)
            .replace("\r\n\r\n\r\n", "\r\n\r\n")
            .into_bytes(),
    ]);
    let (mut client, _dir) = client_of(server.at, "Aladdin:open sesame\n");
    wallets(&mut client).await.expect("an answer");
    let question = server.asked.join().expect("a question").remove(0);
    let (head, body) = question.split_once("\r\n\r\n").expect("a head");
    // The example of RFC 7617.
    assert!(
        head.contains("Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"),
        "{head}"
    );
    assert!(head.starts_with("POST / HTTP/1.1\r\n"), "{head}");
    assert_eq!(
        body,
        r#"{"id":"chainlab","method":"listwallets","params":[]}"#
    );
}

#[tokio::test]
async fn a_new_cookie_is_read_when_the_old_one_is_refused() {
    let ok = with_head("Connection: close", OK).into_bytes();
    let refused = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n".to_vec();
    let server = serve(vec![ok.clone(), refused, ok]);
    let (mut client, dir) = client_of(server.at, "a:1");
    wallets(&mut client).await.expect("an answer");
    write(dir.path().join("cookie"), "a:2").expect("a cookie");
    wallets(&mut client)
        .await
        .expect("an answer after a look at the file");
    let asked = server.asked.join().expect("questions");
    let login = |question: &String| {
        question
            .split("Basic ")
            .nth(1)
            .map(|rest| rest[..4].to_owned())
    };
    let logins: Vec<_> = asked.iter().filter_map(login).collect();
    assert_eq!(logins, ["YTox", "YTox", "YToy"]);
}

#[tokio::test]
async fn what_is_no_node_is_told_in_words() {
    let tls_alert = asked([21, 3, 1, 0, 2, 2, 40]).await.expect_err("TLS");
    let words = "it wants TLS, which is not spoken here: start btcd with --notls";
    assert!(tls_alert.to_string().ends_with(words), "{tls_alert}");
    let go = "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";
    let error = asked(go).await.expect_err("TLS");
    assert!(error.to_string().ends_with(words), "{error}");

    let ssh = asked("SSH-2.0-OpenSSH_9.2\r\n").await.expect_err("no HTTP");
    assert!(matches!(ssh, ClientError::NotHttp { .. }), "{ssh}");
    let moved = "HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n";
    let error = asked(moved).await.expect_err("elsewhere");
    assert!(error.to_string().contains("HTTP status 302"), "{error}");
    let short = with_head("Content-Length: 1000", OK);
    let error = asked(short).await.expect_err("cut off");
    assert!(error.to_string().contains("hung up"), "{error}");
    let error = asked("").await.expect_err("nothing");
    assert!(matches!(error, ClientError::Unreachable { .. }), "{error}");
}

#[tokio::test]
async fn an_answer_without_an_end_is_left() {
    let too_long = |error: ClientError| match error {
        ClientError::Rpc {
            error: RpcError::TooLong { method },
            ..
        } => method == "listwallets",
        _ => false,
    };
    let long = format!("Content-Length: {}", ANSWER_MAX + 1);
    assert!(asked(with_head(&long, "")).await.is_err_and(too_long));
    let long = with_head("Connection: close", &"a".repeat(ANSWER_MAX + 2));
    assert!(asked(long).await.is_err_and(too_long));
    let head = format!("HTTP/1.1 200 OK\r\nX: {}", "a".repeat(100_000));
    let error = asked(head).await.expect_err("a head without an end");
    assert!(matches!(error, ClientError::NotHttp { .. }), "{error}");
    for chunks in ["ffffffffffffffff\r\n", "7\r\nabc", "3\r\nabcdef", "zz\r\n"] {
        assert!(
            asked(with_head("Transfer-Encoding: chunked", chunks))
                .await
                .is_err()
        );
    }
}

#[tokio::test]
async fn one_that_says_nothing_is_not_waited_for_without_end() {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let at = port.local_addr().expect("an address");
    let (client, _dir) = client_of(at, "name:word");
    let within = Duration::from_secs(1);
    let mut client = client.with_patience(within);
    assert_eq!(
        wallets(&mut client).await,
        Err(ClientError::TimedOut { at, within })
    );
    drop(port);
    let error = wallets(&mut client).await.expect_err("none listens");
    assert!(matches!(error, ClientError::Unreachable { .. }), "{error}");
}

#[tokio::test]
async fn a_file_without_a_login_is_named_without_what_is_in_it() {
    let at = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
    for text in [
        "",
        "\nsecret:word",
        "secretword",
        &"secret:word".repeat(1_000),
    ] {
        let (mut client, dir) = client_of(at, text);
        let error = wallets(&mut client)
            .await
            .expect_err("no login")
            .to_string();
        let file = dir.path().join("cookie").display().to_string();
        assert!(
            error.starts_with(&file) && !error.contains("secret"),
            "{error}"
        );
    }
    let missing = Login::Cookie("/nowhere/cookie".into());
    let mut client = RpcClient::new(at, missing).expect("on this machine");
    let error = wallets(&mut client).await.expect_err("no file");
    assert!(matches!(error, ClientError::Login(_)), "{error}");
}
