//! JSON-RPC over HTTP, to nodes on this machine: one question at a time, each on a connection of its
//! own, so that a node that was restarted in between is met as if it had always been there.
//!
//! HTTP is spoken by the few lines of `http`, over a socket that is opened to an address. The small
//! clients that there are take a URL and look its host up by name, follow redirects or read proxies
//! from the environment, and read byte by byte; here nothing may leave the machine, and answers have
//! megabytes. The grammar of heads is `httparse`'s.
//!
//! What opens the door is read from a file when it is needed, again when it was refused or the node
//! was away, and shown nowhere.

mod http;
mod login;

pub use http::Answer;
pub use login::Login;

use self::login::Secret;
use crate::bitcoin::rpc::{
    Apart, Call, Door, Known, Request, RpcError, after_first, after_second, first_question,
};
use crate::node::Time;
use crate::node::foreign::{QUOTED_MAX, quoted};
use std::net::SocketAddr;
use std::time::Duration;
use thiserror::Error;
use tokio::time::timeout;

/// How long an answer may take: finding a hundred blocks takes bcoin some seconds.
const PATIENCE: Duration = Duration::from_secs(30);

const UNAUTHORIZED: u16 = 401;

/// How a node is asked.
#[derive(Debug)]
pub struct RpcClient {
    node: SocketAddr,
    /// Where bcoin's wallet is.
    wallet: SocketAddr,
    login: Login,
    /// What the login came to, until it is refused.
    secret: Option<Secret>,
    patience: Duration,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ClientError {
    /// Passwords go over no other wire in the clear.
    #[error("{0} is not on this machine, and RPC is spoken over loopback only")]
    NotLoopback(SocketAddr),
    /// No connection.
    #[error("{at} cannot be reached: {why}")]
    Unreachable {
        /// Where.
        at: SocketAddr,
        /// The system's words.
        why: String,
    },
    /// It takes too long.
    #[error("{at} has not answered within {} s", .within.as_secs())]
    TimedOut {
        /// Where.
        at: SocketAddr,
        /// How long was waited.
        within: Duration,
    },
    /// Something else listens there.
    #[error("what answers at {at} speaks no HTTP")]
    NotHttp {
        /// Where.
        at: SocketAddr,
    },
    /// The file with the name or password.
    #[error("{0}")]
    Login(String),
    /// What the node said.
    #[error("{at}: {error}")]
    Rpc {
        /// Where.
        at: SocketAddr,
        /// What.
        error: RpcError,
    },
}

impl RpcClient {
    /// Asks the node whose RPC is at this address. bcoin's wallet is taken to be two ports above, as
    /// it is by default.
    ///
    /// # Errors
    /// The address is not of this machine.
    pub fn new(node: SocketAddr, login: Login) -> Result<Self, ClientError> {
        let wallet = SocketAddr::new(node.ip(), node.port().saturating_add(2));
        Ok(Self {
            node: on_loopback(node)?,
            wallet,
            login,
            secret: None,
            patience: PATIENCE,
        })
    }

    /// With bcoin's wallet elsewhere.
    ///
    /// # Errors
    /// The address is not of this machine.
    pub fn with_wallet(self, wallet: SocketAddr) -> Result<Self, ClientError> {
        let wallet = on_loopback(wallet)?;
        Ok(Self { wallet, ..self })
    }

    /// With another time that an answer may take; 30 s otherwise.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Asks; `now` is the time of day, as some answers have times in them.
    ///
    /// # Errors
    /// There is no answer, or it is the node's no.
    pub async fn ask<T>(&mut self, request: &Request<T>, now: Time) -> Result<T, ClientError> {
        let answer = self.post(request.call()).await?;
        let read = request.answered(answer.status, &answer.body, now);
        read.map_err(|error| self.said(request.call(), error))
    }

    /// Which program answers there.
    ///
    /// # Errors
    /// There is no answer, or none of a program that is known.
    pub async fn tell_apart(&mut self) -> Result<Known, ClientError> {
        let first = first_question();
        let answer = self.post(&first).await?;
        let apart = after_first(answer.status, &answer.body);
        match apart.map_err(|error| self.said(&first, error))? {
            Apart::Known(known) => Ok(known),
            Apart::Ask(second) => {
                let answer = self.post(&second).await?;
                let known = after_second(answer.status, &answer.body);
                known.map_err(|error| self.said(&second, error))
            }
        }
    }

    /// Sends a question, and returns what comes back, whatever it is. A login that was kept and is
    /// refused is read once more: a node that was restarted has another cookie.
    ///
    /// # Errors
    /// Nothing comes back.
    pub async fn post(&mut self, call: &Call) -> Result<Answer, ClientError> {
        let was_kept = self.secret.is_some();
        let mut answer = self.post_once(call).await;
        let is_refused = |answer: &Result<Answer, _>| {
            answer
                .as_ref()
                .is_ok_and(|answer| answer.status == UNAUTHORIZED)
        };
        if is_refused(&answer) && was_kept {
            self.secret = None;
            answer = self.post_once(call).await;
        }
        if answer.is_err() || is_refused(&answer) {
            self.secret = None;
        }
        answer
    }

    async fn post_once(&mut self, call: &Call) -> Result<Answer, ClientError> {
        let secret = match self.secret.take() {
            Some(secret) => secret,
            None => self.login.read().await.map_err(ClientError::Login)?,
        };
        let (at, patience) = (self.address_of(call), self.patience);
        let exchange = http::post(at, call, secret.header());
        let answer = timeout(patience, exchange).await;
        self.secret = Some(secret);
        let too_late = ClientError::TimedOut {
            at,
            within: patience,
        };
        answer
            .map_err(|_| too_late)?
            .map_err(|fault| self.fault(call, fault))
    }

    const fn address_of(&self, call: &Call) -> SocketAddr {
        match call.door {
            Door::Node | Door::WalletOf(_) => self.node,
            Door::WalletServer => self.wallet,
        }
    }

    fn fault(&self, call: &Call, fault: http::Fault) -> ClientError {
        let at = self.address_of(call);
        match fault {
            http::Fault::Io(error) => ClientError::Unreachable {
                at,
                why: quoted(&error.to_string(), QUOTED_MAX),
            },
            http::Fault::NotHttp => ClientError::NotHttp { at },
            http::Fault::Tls => self.said(call, RpcError::WantsTls),
            http::Fault::TooLong => {
                let method = call.method;
                self.said(call, RpcError::TooLong { method })
            }
        }
    }

    const fn said(&self, call: &Call, error: RpcError) -> ClientError {
        let at = self.address_of(call);
        ClientError::Rpc { at, error }
    }
}

const fn on_loopback(at: SocketAddr) -> Result<SocketAddr, ClientError> {
    match at.ip().to_canonical().is_loopback() {
        true => Ok(at),
        false => Err(ClientError::NotLoopback(at)),
    }
}
