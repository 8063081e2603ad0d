//! A node's JSON-RPC, with which program answers there.

use crate::bitcoin::rpc::{Dialect, Known, Request};
use crate::live::clock::LabClock;
use crate::live::rpc::{ClientError, RpcClient};
use crate::node::Time;
use crate::node::io::{CommandError, RefusalKind};

/// Asks a node, in the words of its program.
#[derive(Debug)]
pub(super) struct Client {
    rpc: RpcClient,
    clock: LabClock,
    known: Option<Known>,
    /// How often there was none there, or another one: what was known of it holds no more.
    faults: u64,
}

impl Client {
    pub(super) const fn new(rpc: RpcClient, clock: LabClock) -> Self {
        Self {
            rpc,
            clock,
            known: None,
            faults: 0,
        }
    }

    /// Which program it is, which another may be the next time after a fault.
    pub(super) async fn known(&mut self) -> Result<&Known, CommandError> {
        if self.known.is_none() {
            let known = self.rpc.tell_apart().await.map_err(refusal)?;
            self.known = Some(known);
        }
        self.known.as_ref().ok_or_else(|| "it is not known".into())
    }

    /// See the field.
    pub(super) const fn faults(&self) -> u64 {
        self.faults
    }

    pub(super) fn now(&self) -> Time {
        self.clock.now()
    }

    pub(super) async fn dialect(&mut self) -> Result<&'static dyn Dialect, CommandError> {
        Ok(self.known().await?.dialect())
    }

    pub(super) async fn ask<T>(&mut self, request: &Request<T>) -> Result<T, CommandError> {
        let answer = self.rpc.ask(request, self.clock.now()).await;
        if let Err(error) = &answer
            && !matches!(error, ClientError::Rpc { .. })
        {
            self.known = None;
            self.faults += 1;
        }
        answer.map_err(refusal)
    }
}

/// What its no is to those who asked.
fn refusal(error: ClientError) -> CommandError {
    let kind = match &error {
        ClientError::Rpc { .. } => RefusalKind::Refused,
        ClientError::Unreachable { .. } => RefusalKind::NotRunning,
        _ => RefusalKind::Fault,
    };
    CommandError::new(kind, error)
}
