//! JSON-RPC 2.0 (<https://www.jsonrpc.org/specification>), one object a line; no batches.

use crate::lab::ask::params::BadParam;
use crate::node::io::{CommandError, RefusalKind};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::fmt;

/// The longest line that is read from a client, in bytes.
pub const LINE_MAX: usize = 64 * 1024;

/// Not JSON.
pub const NOT_JSON: i64 = -32_700;
/// JSON, and no request.
pub const NO_REQUEST: i64 = -32_600;
/// There is no such method.
pub const NO_METHOD: i64 = -32_601;
/// Something is wrong with the parameters.
pub const BAD_PARAMS: i64 = -32_602;
/// What was asked for cannot be done; says why, and of which kind that is.
pub const REFUSED: i64 = -32_000;
/// The cookie is wrong, or there was no `hello`; the connection ends.
pub const UNGREETED: i64 = -32_001;
/// Too many clients, subscriptions, or requests at once.
pub const TOO_MANY: i64 = -32_002;
/// A line is too long, or never ended; the connection ends.
pub const BAD_LINE: i64 = -32_003;

/// Why a request was not done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RpcError {
    /// Which kind of reason.
    pub code: i64,
    /// The reason, in words for people.
    pub message: String,
    /// More about it, for programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<ErrorData>,
}

/// What a program may want to know of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorData {
    /// Which kind of refusal it is.
    #[serde(default)]
    pub kind: RefusalKind,
}

impl RpcError {
    /// Any.
    pub fn new(code: i64, message: impl fmt::Display) -> Self {
        Self {
            code,
            message: message.to_string(),
            data: None,
        }
    }

    /// The kind that it says, or else what its code comes to.
    pub fn kind(&self) -> RefusalKind {
        match (self.data, self.code) {
            (Some(data), _) => data.kind,
            (None, NOT_JSON | NO_REQUEST | NO_METHOD | BAD_PARAMS | BAD_LINE) => {
                RefusalKind::Invalid
            }
            (None, TOO_MANY) => RefusalKind::Busy,
            (None, _) => RefusalKind::Refused,
        }
    }
}

impl From<CommandError> for RpcError {
    fn from(refusal: CommandError) -> Self {
        let kind = refusal.kind;
        Self {
            data: Some(ErrorData { kind }),
            ..Self::new(REFUSED, refusal)
        }
    }
}

impl From<BadParam> for RpcError {
    fn from(bad: BadParam) -> Self {
        Self::new(BAD_PARAMS, bad)
    }
}

/// A request.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// By which its answer is known: a number, a text, or nothing; `None`: no answer is wanted.
    pub id: Option<Value>,
    /// What is asked.
    pub method: String,
    /// With what.
    pub params: Map<String, Value>,
}

impl Call {
    /// Reads a line.
    ///
    /// # Errors
    /// What to answer, and with which id.
    pub fn read(line: &[u8]) -> Result<Self, (Value, RpcError)> {
        let mut object = object_of(line).map_err(|error| (Value::Null, error))?;
        let id = object.remove("id");
        let is_id = |id: &Value| matches!(id, Value::Null | Value::String(_) | Value::Number(_));
        let id = match id {
            Some(id) if !is_id(&id) => {
                let words = "id: a number or a text is wanted here";
                return Err((Value::Null, RpcError::new(NO_REQUEST, words)));
            }
            id => id,
        };
        let refuse = |code, words: &str| {
            let id = id.clone().unwrap_or(Value::Null);
            (id, RpcError::new(code, words))
        };
        if object.remove("jsonrpc") != Some(json!("2.0")) {
            return Err(refuse(NO_REQUEST, "jsonrpc: \"2.0\" is wanted here"));
        }
        let Some(Value::String(method)) = object.remove("method") else {
            return Err(refuse(NO_REQUEST, "method: a text is wanted here"));
        };
        let params = match object.remove("params") {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(params)) => params,
            Some(_) => {
                return Err(refuse(
                    BAD_PARAMS,
                    "params: an object is wanted here, by names",
                ));
            }
        };
        if let Some(key) = object.keys().next() {
            let key: String = key.chars().take(40).collect();
            return Err(refuse(
                NO_REQUEST,
                &format!("{key}: there is no such field"),
            ));
        }
        Ok(Self { id, method, params })
    }
}

/// The one object of a line.
fn object_of(line: &[u8]) -> Result<Map<String, Value>, RpcError> {
    match serde_json::from_slice(line) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => {
            let words = "one object a line is wanted here, as in {\"jsonrpc\":\"2.0\",...}";
            Err(RpcError::new(NO_REQUEST, words))
        }
        Err(error) => Err(RpcError::new(NOT_JSON, format!("not JSON: {error}"))),
    }
}

/// The line of an answer.
pub fn answer_line(id: &Value, answer: &Result<Value, RpcError>) -> String {
    let object = match answer {
        Ok(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
        Err(error) => json!({ "jsonrpc": "2.0", "id": id, "error": error }),
    };
    format!("{object}\n")
}

/// The line of a request.
pub fn call_line(id: u64, method: &str, params: &Map<String, Value>) -> String {
    let object = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
    format!("{object}\n")
}

/// The line of something that was not asked for just now.
pub fn notice_line(method: &str, params: &impl Serialize) -> String {
    let object = json!({ "jsonrpc": "2.0", "method": method, "params": params });
    format!("{object}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_and_what_is_none_is_refused_in_words() {
        let line = br#"{"jsonrpc":"2.0","id":7,"method":"wallets","params":{"node":"a"}}"#;
        let call = Call::read(line).expect("a request");
        assert_eq!((call.id, call.method.as_str()), (Some(json!(7)), "wallets"));
        assert_eq!(call.params["node"], json!("a"));
        for (line, id, code, words) in [
            ("", json!(null), NOT_JSON, "not JSON: EOF"),
            ("[1]", json!(null), NO_REQUEST, "one object a line"),
            (r#"{"id":1}"#, json!(1), NO_REQUEST, "jsonrpc:"),
            (
                r#"{"jsonrpc":"2.0","id":"x"}"#,
                json!("x"),
                NO_REQUEST,
                "method:",
            ),
            (
                r#"{"jsonrpc":"2.0","id":[],"method":"a"}"#,
                json!(null),
                NO_REQUEST,
                "id:",
            ),
            (
                r#"{"jsonrpc":"2.0","method":"a","params":[1]}"#,
                json!(null),
                BAD_PARAMS,
                "params:",
            ),
            (
                r#"{"jsonrpc":"2.0","method":"a","param":{}}"#,
                json!(null),
                NO_REQUEST,
                "param:",
            ),
        ] {
            let (for_id, error) = Call::read(line.as_bytes()).expect_err(line);
            assert_eq!((for_id, error.code), (id, code), "{line}");
            assert!(
                error.message.starts_with(words),
                "{line}: {}",
                error.message
            );
        }
    }
}
