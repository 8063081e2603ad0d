//! Payments of the wallets that are in no block: who has asked for them.

use crate::chain::Txid;
use crate::node::snapshot::LightPayment;
use std::collections::BTreeMap;

/// A payment counts as sent when so many peers have asked for it: one alone may keep it to itself.
pub(super) const SENT_TO: usize = 2;

/// Names that are kept of those who asked for one.
const HEARD_MAX: usize = 8;

/// Which peers have asked for what, by their names, the first one first.
#[derive(Clone, Debug, Default)]
pub(super) struct Payments(BTreeMap<Txid, Vec<String>>);

impl Payments {
    /// A peer was handed a payment. Whether it counts as sent by that.
    pub fn handed(&mut self, txid: Txid, to: &str) -> bool {
        let heard = self.0.entry(txid).or_default();
        if heard.len() >= HEARD_MAX || heard.iter().any(|name| name == to) {
            return false;
        }
        heard.push(to.to_owned());
        heard.len() == SENT_TO
    }

    /// Only these still wait.
    pub fn keep(&mut self, waits: impl Fn(&Txid) -> bool) {
        self.0.retain(|txid, _| waits(txid));
    }

    /// What is to be shown of a payment.
    pub fn info(&self, txid: Txid) -> LightPayment {
        let heard = self.0.get(&txid).cloned().unwrap_or_default();
        LightPayment {
            txid,
            is_sent: heard.len() >= SENT_TO,
            heard,
        }
    }
}
