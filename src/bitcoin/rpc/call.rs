//! A question on its way out, and how its answer is read.

use super::answer::{ID, judge};
use super::error::RpcError;
use crate::node::Time;
use serde_json::Value;
use serde_json::value::RawValue;

/// Where a program is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Door {
    /// The node itself, at `/`.
    Node,
    /// One of the wallets of a Bitcoin Core, at `/wallet/NAME`.
    WalletOf(String),
    /// bcoin's wallet, which is a server of its own.
    WalletServer,
}

/// A question: what is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Where it is asked.
    pub door: Door,
    /// What is asked.
    pub method: &'static str,
    /// In which order it wants them.
    pub params: Vec<Value>,
}

/// A question with what its answer means.
#[derive(Clone, Debug)]
pub struct Request<T> {
    call: Call,
    read: Read<T>,
}

/// Reads an answer that came at this time.
pub(super) type Read<T> = fn(&RawValue, Time) -> Result<T, String>;

impl Call {
    pub(super) const fn new(method: &'static str, params: Vec<Value>) -> Self {
        let door = Door::Node;
        Self {
            door,
            method,
            params,
        }
    }

    /// What is posted: JSON-RPC 1.0, which all programs speak.
    pub fn body(&self) -> String {
        let (method, params) = (self.method, &self.params);
        serde_json::json!({"id": ID, "method": method, "params": params}).to_string()
    }

    /// Where it is posted to. A name of a wallet cannot lead elsewhere.
    pub fn path(&self) -> String {
        let Door::WalletOf(name) = &self.door else {
            return "/".to_owned();
        };
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_~".contains(&byte);
        let quoted = name.bytes().map(|byte| match is_plain(byte) {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02X}"),
        });
        "/wallet/".to_owned() + &quoted.collect::<String>()
    }
}

impl<T> Request<T> {
    pub(super) const fn new(method: &'static str, params: Vec<Value>, read: Read<T>) -> Self {
        let call = Call::new(method, params);
        Self { call, read }
    }

    pub(super) fn at(mut self, door: Door) -> Self {
        self.call.door = door;
        self
    }

    /// What is to be sent.
    pub const fn call(&self) -> &Call {
        &self.call
    }

    /// What the answer says, which came at `now` with this HTTP status and body.
    ///
    /// # Errors
    /// The node's, or it is no answer to this.
    pub fn answered(&self, status: u16, body: &[u8], now: Time) -> Result<T, RpcError> {
        let method = self.call.method;
        let result = judge(method, status, body)?;
        (self.read)(result, now).map_err(|why| RpcError::unreadable(method, &why))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wallet_s_name_stays_one_part_of_a_path() {
        let path = |name: &str| {
            let door = Door::WalletOf(name.to_owned());
            Call {
                door,
                ..Call::new("getnewaddress", vec![])
            }
            .path()
        };
        assert_eq!(path("alice-1"), "/wallet/alice-1");
        assert_eq!(
            path("../x?\r\nHost: é"),
            "/wallet/%2E%2E%2Fx%3F%0D%0AHost%3A%20%C3%A9"
        );
    }
}
