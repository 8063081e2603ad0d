//! As much of HTTP/1.1 (RFC 9112) as a question and its answer take.

use crate::bitcoin::rpc::{ANSWER_MAX, Call};
use httparse::{EMPTY_HEADER, Header, Status, parse_chunk_size};
use std::io;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The longest head of an answer, in bytes: programs write some 300.
const HEAD_MAX: usize = 16_384;

/// Lines of a head.
const HEADERS_MAX: usize = 64;

/// What comes back.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The body, of at most [`ANSWER_MAX`] bytes.
    pub body: Vec<u8>,
}

/// Why nothing does.
pub(super) enum Fault {
    Io(io::Error),
    NotHttp,
    /// The other end speaks TLS.
    Tls,
    TooLong,
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// The end of a head, and how its body is told.
struct Head {
    status: u16,
    len: usize,
    body: Body,
}

enum Body {
    Bytes(usize),
    Chunks,
    UntilTheEnd,
}

/// Posts a question.
pub(super) async fn post(at: SocketAddr, call: &Call, login: &str) -> Result<Answer, Fault> {
    let mut stream = TcpStream::connect(at).await?;
    let (path, body) = (call.path(), call.body());
    let mut request = format!(
        "POST {path} HTTP/1.1\r\nHost: {at}\r\nAuthorization: {login}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    request.push_str(&body);
    // One that refuses may do so before it has read everything.
    let written = stream.write_all(request.as_bytes()).await;
    match (read_answer(&mut stream).await, written) {
        (Err(Fault::Io(_)), Err(error)) => Err(Fault::Io(error)),
        (answer, _) => answer,
    }
}

async fn read_answer(stream: &mut TcpStream) -> Result<Answer, Fault> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(head) = parse_head(&bytes)? {
            break head;
        }
        if bytes.len() >= HEAD_MAX {
            return Err(Fault::NotHttp);
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(hung_up());
        }
    };
    let mut body = bytes.split_off(head.len);
    read_body(stream, &head.body, &mut body).await?;
    let status = head.status;
    Ok(Answer { status, body })
}

fn parse_head(bytes: &[u8]) -> Result<Option<Head>, Fault> {
    // An alert of TLS 1.0 to 1.3 (RFC 8446, 5.1).
    if bytes.starts_with(&[21, 3]) {
        return Err(Fault::Tls);
    }
    let mut headers = [EMPTY_HEADER; HEADERS_MAX];
    let mut response = httparse::Response::new(&mut headers);
    match response.parse(bytes).map_err(|_| Fault::NotHttp)? {
        Status::Partial => Ok(None),
        Status::Complete(len) => Ok(Some(Head {
            status: response.code.unwrap_or(0),
            len,
            body: body_of(response.headers)?,
        })),
    }
}

fn body_of(headers: &[Header<'_>]) -> Result<Body, Fault> {
    let find = |name: &str| {
        headers
            .iter()
            .find(|header| header.name.eq_ignore_ascii_case(name))
    };
    if let Some(coding) = find("transfer-encoding") {
        return match coding.value.eq_ignore_ascii_case(b"chunked") {
            true => Ok(Body::Chunks),
            false => Err(Fault::NotHttp),
        };
    }
    let Some(length) = find("content-length") else {
        return Ok(Body::UntilTheEnd);
    };
    let text = str::from_utf8(length.value).map_err(|_| Fault::NotHttp)?;
    let length: usize = text.trim().parse().map_err(|_| Fault::NotHttp)?;
    match length <= ANSWER_MAX {
        true => Ok(Body::Bytes(length)),
        false => Err(Fault::TooLong),
    }
}

/// Reads what is missing of a body.
async fn read_body(stream: &mut TcpStream, kind: &Body, body: &mut Vec<u8>) -> Result<(), Fault> {
    // One more, by which it is seen to be too long.
    let most = match kind {
        Body::Bytes(length) => *length,
        Body::Chunks | Body::UntilTheEnd => ANSWER_MAX + 1,
    };
    let missing = u64::try_from(most.saturating_sub(body.len())).unwrap_or(0);
    stream.take(missing).read_to_end(body).await?;
    match kind {
        Body::Bytes(length) if body.len() < *length => Err(hung_up()),
        Body::Bytes(length) => {
            body.truncate(*length);
            Ok(())
        }
        _ if body.len() > ANSWER_MAX => Err(Fault::TooLong),
        Body::UntilTheEnd => Ok(()),
        Body::Chunks => {
            *body = joined(body)?;
            Ok(())
        }
    }
}

/// What chunks come to together.
fn joined(mut bytes: &[u8]) -> Result<Vec<u8>, Fault> {
    let mut body = Vec::new();
    loop {
        let (begins, size) = match parse_chunk_size(bytes).map_err(|_| Fault::NotHttp)? {
            Status::Complete(at) => at,
            Status::Partial => return Err(hung_up()),
        };
        let size = usize::try_from(size).map_err(|_| Fault::TooLong)?;
        if size == 0 {
            return Ok(body);
        }
        let rest = &bytes[begins..];
        let chunk = rest.get(..size).ok_or_else(hung_up)?;
        body.extend_from_slice(chunk);
        bytes = rest[size..].strip_prefix(b"\r\n").ok_or(Fault::NotHttp)?;
    }
}

fn hung_up() -> Fault {
    let words = "it hung up before its answer was complete";
    Fault::Io(io::Error::new(io::ErrorKind::UnexpectedEof, words))
}

impl std::fmt::Debug for Answer {
    /// Without the body, which may have an address or a transaction in it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bytes = self.body.len();
        write!(f, "Answer {{ status: {}, {bytes} bytes }}", self.status)
    }
}
