//! The envelope of an answer, and when it is none.

use super::error::RpcError;
use crate::node::foreign::{QUOTED_MAX, quoted};
use serde::Deserialize;
use serde_json::value::RawValue;

/// The longest answer that is read, in bytes. A full block has 4 MB, and twice as many digits; the ids
/// of 200 000 waiting transactions have 13 MB.
pub const ANSWER_MAX: usize = 16_000_000;

/// What answers carry back: each connection carries one question, so it need not differ.
pub(super) const ID: &str = "chainlab";

/// What Go's server says to who does not begin with TLS (`net/http`, `conn.serve`).
const TLS_WANTED: &[u8] = b"HTTP request to an HTTPS server";

/// Codes of `src/rpc/protocol.h` of Bitcoin Core, which all programs use.
const IN_WARM_UP: i64 = -28;
const METHOD_NOT_FOUND: i64 = -32_601;
const MISC: i64 = -1;

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default)]
    result: Option<&'a RawValue>,
    #[serde(default)]
    error: Option<Fault>,
    #[serde(default)]
    id: Option<String>,
}

#[derive(Deserialize)]
struct Fault {
    /// bcoin has none where it could not read the question.
    #[serde(default)]
    code: i64,
    message: String,
}

/// What an answer has in it. The body says whether it is an error: with one, the status is 404 or 500
/// at Bitcoin Core and 200 at bcoin.
pub(super) fn judge<'a>(
    method: &'static str,
    status: u16,
    body: &'a [u8],
) -> Result<&'a RawValue, RpcError> {
    match status {
        401 => return Err(RpcError::Refused),
        403 => return Err(RpcError::Forbidden),
        _ if body.len() > ANSWER_MAX => return Err(RpcError::TooLong { method }),
        _ => {}
    }
    match serde_json::from_slice::<Envelope<'_>>(body) {
        Ok(Envelope {
            error: Some(fault), ..
        }) => Err(refusal(method, &fault)),
        _ if status != 200 => Err(no_answer(status, body)),
        Ok(envelope) if envelope.id.as_deref() == Some(ID) => {
            Ok(envelope.result.unwrap_or(RawValue::NULL))
        }
        Ok(_) => Err(RpcError::unreadable(method, &"it is to another question")),
        Err(error) => Err(RpcError::unreadable(method, &error)),
    }
}

fn refusal(method: &'static str, fault: &Fault) -> RpcError {
    let words = || quoted(&fault.message, QUOTED_MAX);
    match fault.code {
        IN_WARM_UP => RpcError::WarmUp(words()),
        METHOD_NOT_FOUND => RpcError::NoMethod { method },
        // btcd's words for methods that it knows by name (`ErrRPCUnimplemented`).
        MISC if fault.message == "Command unimplemented" => RpcError::NoMethod { method },
        code => RpcError::Node {
            code,
            words: words(),
        },
    }
}

fn no_answer(status: u16, body: &[u8]) -> RpcError {
    let is_tls = body
        .windows(TLS_WANTED.len())
        .take(1_000)
        .any(|at| at == TLS_WANTED);
    if status == 400 && is_tls {
        return RpcError::WantsTls;
    }
    // Four bytes a character at most.
    let start = &body[..body.len().min(QUOTED_MAX * 4 + 4)];
    let words = quoted(&String::from_utf8_lossy(start), QUOTED_MAX);
    RpcError::Status { status, words }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(status: u16, body: &str) -> Result<&str, RpcError> {
        judge("ping", status, body.as_bytes()).map(RawValue::get)
    }

    #[test]
    fn a_result_is_found_with_and_without_a_null_beside_it() {
        let of = |body| judged(200, body);
        assert_eq!(
            of(r#"{"result":[1e-05],"error":null,"id":"chainlab"}"#),
            Ok("[1e-05]")
        );
        assert_eq!(
            of(r#"{"jsonrpc":"2.0","result":7,"id":"chainlab"}"#),
            Ok("7")
        );
        assert_eq!(
            of(r#"{"result":null,"error":null,"id":"chainlab"}"#),
            Ok("null")
        );
    }

    #[test]
    fn an_error_is_the_body_s_whatever_the_status() {
        let body =
            r#"{"result":null,"error":{"code":-5,"message":"No \u001b[2J \"x\""},"id":"chainlab"}"#;
        for status in [200, 404, 500] {
            let error = judged(status, body).unwrap_err();
            assert_eq!(error.to_string(), "it says \"No \u{fffd}[2J 'x'\" (-5)");
        }
    }

    #[test]
    fn errors_with_a_meaning_have_it() {
        let fault = |code: i64, message: &str| {
            let body = format!(r#"{{"error":{{"code":{code},"message":"{message}"}}}}"#);
            judged(500, &body).unwrap_err()
        };
        let warm = fault(-28, "Loading block index…");
        assert_eq!(
            warm,
            RpcError::WarmUp("\"Loading block index…\"".to_owned())
        );
        assert!(warm.is_of_the_moment());
        let none = RpcError::NoMethod { method: "ping" };
        assert_eq!(fault(-32_601, "Method not found"), none);
        assert_eq!(fault(-1, "Command unimplemented"), none);
        assert!(matches!(fault(-1, "else"), RpcError::Node { code: -1, .. }));
    }

    #[test]
    fn who_is_refused_or_not_understood_is_told_why() {
        assert_eq!(judged(401, ""), Err(RpcError::Refused));
        assert_eq!(judged(403, ""), Err(RpcError::Forbidden));
        let tls = "Client sent an HTTP request to an HTTPS server.\n";
        assert_eq!(judged(400, tls), Err(RpcError::WantsTls));
        let busy = judged(503, "Work queue depth exceeded").unwrap_err();
        assert!(busy.is_of_the_moment(), "{busy}");
        let error = judged(502, &"\u{1b}".repeat(10_000))
            .unwrap_err()
            .to_string();
        assert!(error.len() < 500 && !error.contains('\u{1b}'), "{error}");
    }

    #[test]
    fn what_is_no_answer_to_this_is_refused() {
        let long = format!("\"{}\"", "a".repeat(ANSWER_MAX));
        assert_eq!(
            judged(200, &long),
            Err(RpcError::TooLong { method: "ping" })
        );
        let deep = "[".repeat(100_000);
        for body in [
            "",
            "{}",
            "7",
            "<html>",
            r#"{"result":1,"id":"other"}"#,
            &deep,
        ] {
            let error = judged(200, body).unwrap_err();
            assert!(
                matches!(error, RpcError::Unreadable { .. }),
                "{body:.20}: {error}"
            );
        }
        assert!(judge("ping", 200, &[0xff; 40]).is_err());
    }
}
