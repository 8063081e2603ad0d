//! What shows of a node that is a program of others.

use crate::chain::Amount;
use crate::node::time::duration_text;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What shows of a node that is a program of others. What does not show is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgramInfo {
    /// The network that it is on.
    pub network: String,
    /// What it calls itself, in the words of its own.
    pub user_agent: Option<String>,
    /// The newest form of the protocol that it speaks.
    pub protocol: Option<u32>,
    /// What it can do, as it says.
    pub services: Option<String>,
    /// Why nothing comes from it, in words; `None`: it answers.
    pub away: Option<String>,
    /// The last round trip of a ping.
    #[serde(with = "duration_text::option")]
    pub round_trip: Option<Duration>,
    /// Whether its peers are known: only it can tell, if it is asked.
    pub shows_peers: bool,
    /// Transactions that wait of which the fee is known.
    pub fees_known: usize,
    /// Why what waits is not known, or not all, in words.
    pub mempool_note: Option<String>,
    /// The lowest fee for 1000 virtual bytes for which it wants transactions, BIP 133.
    pub fee_filter: Option<Amount>,
    /// Branches that are not part of its chain, as far as they were seen.
    pub stale_branches: usize,
    /// The program, as it answers by JSON-RPC; `None`: it does not.
    pub rpc: Option<String>,
    /// Why it does not, though it is asked.
    pub rpc_fault: Option<String>,
    /// What is wrong with it otherwise, in words: whom it has banned, and peers that are not of this lab.
    #[serde(default)]
    pub faults: Vec<String>,
}
