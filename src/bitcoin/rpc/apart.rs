//! Which program answers: by what it calls itself, or as btcd by what it does not know.

use super::answer::judge;
use super::bcoin::Bcoin;
use super::btcd::Btcd;
use super::call::Call;
use super::core::Core;
use super::dialect::Dialect;
use super::error::RpcError;
use crate::bitcoin::program::Program;
use crate::node::foreign::{QUOTED_MAX, one_line, quoted};
use serde::Deserialize;

/// A program that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Which.
    pub program: Program,
    /// What it calls itself; btcd: the version of its RPC. Of one line, none of it hidden.
    pub agent: String,
}

/// What an answer to the first question leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Apart {
    /// It is told.
    Known(Known),
    /// One more question.
    Ask(Call),
}

impl Known {
    /// How it is asked.
    pub fn dialect(&self) -> &'static dyn Dialect {
        dialect(self.program)
    }
}

/// How a program is asked.
pub fn dialect(program: Program) -> &'static dyn Dialect {
    match program {
        Program::Core => &Core,
        Program::Btcd => &Btcd,
        Program::Bcoin => &Bcoin,
    }
}

/// What is asked first.
pub const fn first_question() -> Call {
    Call::new("getnetworkinfo", vec![])
}

/// What its answer says.
///
/// # Errors
/// It does not answer, or is none of the programs.
pub fn after_first(status: u16, body: &[u8]) -> Result<Apart, RpcError> {
    #[derive(Deserialize)]
    struct Said {
        subversion: String,
    }
    let method = first_question().method;
    let raw = match judge(method, status, body) {
        Err(RpcError::NoMethod { .. }) => return Ok(Apart::Ask(Call::new("version", vec![]))),
        answer => answer?,
    };
    let said: Said =
        serde_json::from_str(raw.get()).map_err(|error| RpcError::unreadable(method, &error))?;
    let agent: String = one_line(&said.subversion)
        .chars()
        .take(QUOTED_MAX)
        .collect();
    let program = match agent.as_str() {
        agent if agent.starts_with("/bcoin:") => Program::Bcoin,
        agent if agent.starts_with("/Satoshi:") => Program::Core,
        agent => return Err(RpcError::Stranger(quoted(agent, QUOTED_MAX))),
    };
    Ok(Apart::Known(Known { program, agent }))
}

/// What the answer to the second question says.
///
/// # Errors
/// It does not answer, or is none of the programs.
pub fn after_second(status: u16, body: &[u8]) -> Result<Known, RpcError> {
    #[derive(Deserialize)]
    struct Said {
        btcdjsonrpcapi: Version,
    }
    #[derive(Deserialize)]
    struct Version {
        versionstring: String,
    }
    let raw = match judge("version", status, body) {
        Err(RpcError::NoMethod { .. }) => return Err(RpcError::NoNode),
        answer => answer?,
    };
    let said: Said = serde_json::from_str(raw.get()).map_err(|_| RpcError::NoNode)?;
    let version = said.btcdjsonrpcapi.versionstring;
    let agent = format!("btcd, RPC {version}")
        .chars()
        .take(QUOTED_MAX)
        .collect::<String>();
    Ok(Known {
        program: Program::Btcd,
        agent: one_line(&agent).into_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(subversion: &str) -> Result<Apart, RpcError> {
        let result = serde_json::json!({ "subversion": subversion });
        let body = serde_json::json!({"result": result, "error": null, "id": "chainlab"});
        after_first(200, body.to_string().as_bytes())
    }

    #[test]
    fn who_names_itself_is_known_by_it() {
        let program = |name| match after(name) {
            Ok(Apart::Known(known)) => Some(known.program),
            _ => None,
        };
        assert_eq!(program("/Satoshi:31.0.0/"), Some(Program::Core));
        assert_eq!(
            program("/Satoshi:29.1.0/Knots:20250903/"),
            Some(Program::Core)
        );
        assert_eq!(program("/bcoin:1.0.2/"), Some(Program::Bcoin));
        let error = after("/x:1/\u{1b}[2J").unwrap_err().to_string();
        assert!(
            error.starts_with("it calls itself \"/x:1/\u{fffd}[2J\", which"),
            "{error}"
        );
    }

    #[test]
    fn who_knows_neither_question_is_no_node() {
        let body = br#"{"result":null,"error":{"code":-32601,"message":"?"},"id":"chainlab"}"#;
        assert_eq!(
            after_first(200, body),
            Ok(Apart::Ask(Call::new("version", vec![])))
        );
        assert_eq!(after_second(200, body), Err(RpcError::NoNode));
        assert_eq!(after_first(401, b""), Err(RpcError::Refused));
    }
}
