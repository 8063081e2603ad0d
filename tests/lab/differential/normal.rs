//! The normal form of what comes of a run: blocks as height and miner, transactions by their order of
//! sending, without peers, pings, dials and times.

use chainlab::chain::{BlockHash, Txid};
use chainlab::lab::ask::Answer;
use chainlab::lab::core::summary::Summary;
use chainlab::lab::observe::node_log::LogLine;
use chainlab::lab::view::{LinkView, Propagation};
use chainlab::lab::{LabView, NodeView};
use chainlab::node::io::words::Piece;
use chainlab::node::io::{Event, EventKind, Reply, SendPlan};
use chainlab::node::snapshot::{BlockInfo, NodeSnapshot, WalletInfo};
use chainlab::node::{BlockId, NodeIx};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What blocks and transactions are called.
#[derive(Default)]
pub struct Names {
    blocks: BTreeMap<BlockHash, String>,
    parents: BTreeMap<BlockHash, BlockHash>,
    txs: BTreeMap<Txid, String>,
}

impl Names {
    /// Takes note of what there is, in the order in which it comes about.
    pub fn learn(&mut self, events: &[(NodeIx, Arc<Event>)], view: &LabView) {
        for (ix, event) in events {
            match &event.kind {
                EventKind::Mined { block, .. } => {
                    let name = format!("{}@{}", block.height, view.nodes[ix.0].name);
                    self.blocks.insert(block.hash, name);
                }
                EventKind::Sent { txid, .. } => {
                    let name = format!("tx{}", self.txs.len() + 1);
                    self.txs.entry(*txid).or_insert(name);
                }
                _ => {}
            }
        }
        let snapshots = view.nodes.iter().flat_map(|node| &node.snapshot);
        for BlockInfo { id, previous, .. } in snapshots.flat_map(|seen| &seen.recent) {
            self.parents.insert(id.hash, *previous);
            if id.height == 0 {
                self.blocks.insert(id.hash, "genesis".to_owned());
            }
        }
    }

    fn block(&self, hash: &BlockHash) -> String {
        let known = self.blocks.get(hash).cloned();
        known.unwrap_or_else(|| format!("block {hash}, which no node has found"))
    }

    fn tx(&self, txid: &Txid) -> String {
        let known = self.txs.get(txid).cloned();
        known.unwrap_or_else(|| format!("payment {txid}, which no node has made"))
    }

    fn txs<'a>(&self, txids: impl IntoIterator<Item = &'a Txid>) -> String {
        let mut names: Vec<_> = txids.into_iter().map(|txid| self.tx(txid)).collect();
        names.sort();
        format!("[{}]", names.join(" "))
    }

    /// An answer, or the words of a refusal.
    pub fn answer(&self, answer: &Result<Answer, String>) -> String {
        let reply = match answer {
            Ok(Answer::Node(ix, reply)) => format!("node {}: {}", ix.0, self.reply(reply)),
            Ok(other) => format!("{other:?}"),
            Err(refusal) => format!("refused: {refusal}"),
        };
        format!("answer: {reply}")
    }

    fn reply(&self, reply: &Reply) -> String {
        match reply {
            Reply::Mined { block, .. } => format!("mined {}", self.block(&block.hash)),
            Reply::Sent {
                txid,
                plan,
                announced_to,
                withheld,
            } => {
                let (tx, plan) = (self.tx(txid), Self::plan(plan));
                format!("{tx} {plan}, announced to {announced_to}, {withheld}")
            }
            Reply::Wallet(wallet) => wallet_words(wallet),
            Reply::Coins(coins) => {
                let coins = coins.iter();
                let coins = coins.map(|coin| (coin.amount, &coin.owner, coin.height));
                format!("{:?}", coins.collect::<BTreeSet<_>>())
            }
            Reply::Plan(plan) => Self::plan(plan),
            other => format!("{other:?}"),
        }
    }

    fn plan(plan: &SendPlan) -> String {
        let SendPlan {
            payment,
            address,
            inputs,
            change,
            fee,
            bytes,
            chosen_by_node,
        } = plan;
        assert!(!chosen_by_node, "no program of others");
        let inputs: BTreeSet<_> = inputs.iter().map(|coin| coin.amount).collect();
        format!("{payment:?} to {address}: {inputs:?}, change {change}, fee {fee}, {bytes} bytes")
    }

    /// How all is now.
    pub fn state(&self, view: &LabView) -> Vec<String> {
        let mut lines = vec![
            format!("partition: {:?}", view.partition),
            format!("made by hand: {:?}", view.made_by_hand),
            format!("caption: {:?}", view.caption),
        ];
        lines.extend(view.links.iter().map(link_words));
        for node in &view.nodes {
            let name = &node.name;
            lines.push(format!("{name}: {}", node.state));
            if let Some(seen) = &node.snapshot {
                let state = self.node(seen).into_iter();
                lines.extend(state.map(|line| format!("{name}: {line}")));
            }
        }
        lines
    }

    /// But for headers beside its chain: which of a branch with less work it hears of depends on which
    /// link opens first.
    fn node(&self, seen: &NodeSnapshot) -> Vec<String> {
        let block = |info: &BlockInfo| {
            let txs = info.txs.map_or("?".to_owned(), |txs| txs.to_string());
            format!("{} ({txs})", self.block(&info.id.hash))
        };
        let chain: Vec<_> = seen.recent.iter().map(block).collect();
        let waiting = seen.mempool.shown.iter();
        let waiting = self.txs(waiting.map(|waits| &waits.txid));
        let (count, orphans) = (seen.mempool.count, seen.mempool.orphans);
        let mining = seen.mining.as_ref().expect("its own");
        let (mode, found, to) = (mining.mode, mining.found, &mining.to);
        let mut lines = vec![
            format!("chain {}", chain.join(", ")),
            format!("mempool {count} {waiting}, {orphans} orphans"),
            format!("miner {mode:?} for {to:?}, found {found}"),
        ];
        lines.extend(seen.wallets.iter().map(wallet_words));
        lines
    }

    /// What happened to a node: to its chain in its order, then all else.
    pub fn events<'a>(&self, events: impl Iterator<Item = &'a EventKind>) -> Vec<String> {
        let (mut chain, mut others) = (Vec::new(), Vec::new());
        for kind in events {
            match kind {
                EventKind::TipChanged { tip, blocks, .. } => {
                    chain.extend(self.grown(*tip, *blocks));
                }
                EventKind::Mined { block, txs, reward } => {
                    let block = self.block(&block.hash);
                    chain.push(format!("mined {block} with {txs}, pays {reward}"));
                }
                EventKind::Reorganised {
                    fork,
                    old,
                    depth,
                    returned,
                    confirmed,
                    held,
                    held_why,
                    lost,
                    lost_count,
                    ..
                } => {
                    let [fork, old] = [fork, old].map(|block| self.block(&block.hash));
                    let lost = self.txs(lost);
                    chain.push(format!(
                        "left {depth} from {fork} to {old}: {returned} returned, {confirmed} \
                         confirmed, {held} held ({held_why:?}), {lost_count} lost {lost}"
                    ));
                }
                kind => others.extend(self.other(kind)),
            }
        }
        others.sort();
        chain.extend(others);
        chain
    }

    /// Block by block: how many come at once is a matter of time.
    fn grown(&self, tip: BlockId, blocks: usize) -> Vec<String> {
        let first = Some(tip.hash);
        let below = |hash: &BlockHash| self.parents.get(hash).copied();
        let grown: Vec<_> = std::iter::successors(first, below).take(blocks).collect();
        assert_eq!(grown.len(), blocks, "a parent was never seen");
        let lowest_first = grown.iter().rev();
        lowest_first
            .map(|hash| format!("took {}", self.block(hash)))
            .collect()
    }

    fn other(&self, kind: &EventKind) -> Option<String> {
        Some(match kind {
            // Of peers, and of the way on which something came.
            EventKind::PeerUp { .. }
            | EventKind::PeerDown { .. }
            | EventKind::DialFailed { .. }
            | EventKind::Strangers(_)
            | EventKind::MessageSent { .. }
            | EventKind::MessageReceived { .. }
            | EventKind::BlockWaits { .. } => return None,
            EventKind::BecameInvalid { lost, lost_count } => {
                format!("became invalid: {lost_count} {}", self.txs(lost))
            }
            EventKind::BlockRefused { hash, why, .. } => {
                format!("refused {}: {why}", self.block(hash))
            }
            EventKind::TxAccepted { txid, .. } => format!("accepted {}", self.tx(txid)),
            EventKind::TxRefused { txid, why, .. } => format!("refused {}: {why}", self.tx(txid)),
            EventKind::TxDropped { txid, why } => format!("dropped {}: {why}", self.tx(txid)),
            EventKind::Sent {
                txid,
                from,
                to,
                amount,
            } => format!("sent {} of {amount} from {from} to {to}", self.tx(txid)),
            kind => kind.words(),
        })
    }

    /// What is only said once it is over: who has what, what was left behind, logs, the script.
    pub fn end(&self, view: &LabView) -> Vec<String> {
        let mut lines = Vec::new();
        let blocks = view.block_propagation.iter();
        lines.extend(blocks.map(|way| self.journey(view, &self.block(&way.id.hash), way)));
        let txs = view.tx_propagation.iter();
        lines.extend(txs.map(|way| self.journey(view, &self.tx(&way.id), way)));
        lines.extend(view.reorganisations.iter().map(|reorg| {
            let ends = [reorg.fork, reorg.old].map(|block| self.block(&block.hash));
            let became = [reorg.returned, reorg.held, reorg.lost_count];
            let node = &view.nodes[reorg.node.0].name;
            let (depth, lost) = (reorg.depth, self.txs(&reorg.lost));
            format!("reorganisation: {node} {ends:?} {depth} {became:?} {lost}")
        }));
        lines.extend(view.nodes.iter().flat_map(|node| self.log(node)));
        lines.sort();
        for step in view.script.iter().flat_map(|script| &script.steps) {
            let (what, state, is_late) = (&step.what, &step.state, step.is_late);
            lines.push(format!("step {what}: {state:?}, late: {is_late}"));
        }
        lines
    }

    fn journey<Id>(&self, view: &LabView, what: &str, way: &Propagation<Id>) -> String {
        let names = |nodes: Vec<NodeIx>| {
            let names = nodes.into_iter().map(|ix| &*view.nodes[ix.0].name);
            let mut names: Vec<_> = names.collect();
            names.sort_unstable();
            names.join(" ")
        };
        let origin = names(vec![way.origin]);
        let expected = names(way.expected.clone());
        let arrived = names(way.arrivals.iter().map(|there| there.node).collect());
        let is_own = way.is_own;
        format!("{what} from {origin} (own: {is_own}) for {expected}: at {arrived}")
    }

    /// Lines that are not about peers, nor about the blocks that come, of which the events tell.
    fn log(&self, node: &NodeView) -> Vec<String> {
        let lines = node.log_lines().filter_map(|line| self.log_line(&line));
        lines
            .map(|line| format!("{} log: {line}", node.name))
            .collect()
    }

    fn log_line(&self, LogLine { pieces, tone, .. }: &LogLine) -> Option<String> {
        let words = pieces.iter().map(|piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Block(id) => self.block(&id.hash),
            Piece::Tx(txid) => self.tx(txid),
        });
        let words = words.collect::<String>();
        let peers = ["connected", "lost ", "does not answer", "no handshake"];
        let is_of_peer = peers.iter().any(|what| words.contains(what));
        let came = words.trim_start_matches(|c: char| c.is_numeric() || c == ' ');
        let is_of_block = ["block ", "blocks to "]
            .iter()
            .any(|what| came.starts_with(what));
        if is_of_peer || is_of_block {
            return None;
        }
        let said = words.split_once(" from ").map_or(&*words, |(what, _)| what);
        Some(format!("{tone:?} {said}"))
    }

    /// What a run comes to, but for times and messages.
    pub fn summary(&self, summary: &Summary) -> Vec<String> {
        let Summary {
            tips,
            lost,
            late,
            held,
            failed,
            ..
        } = summary;
        let mut lines = vec![format!(
            "summary: {tips} tips, {lost} lost, {late} late, held: {held}, {failed:?}"
        )];
        lines.extend(summary.nodes.iter().map(|node| {
            let (tip, mined, missed) = (self.block(&node.tip), node.mined, node.missed);
            let (name, is_up) = (&node.node, node.running);
            format!("summary: {name} up: {is_up}, at {tip}, mined {mined}, missed {missed}")
        }));
        let reorganised = summary.reorganisations.iter().map(|reorg| {
            let became = [reorg.returned, reorg.held, reorg.lost];
            format!("summary: {} left {} {became:?}", reorg.node, reorg.depth)
        });
        let mut reorganised: Vec<_> = reorganised.collect();
        reorganised.sort();
        lines.extend(reorganised);
        let blocks = summary.propagation.blocks;
        lines.push(format!("summary: {blocks} blocks got everywhere"));
        lines
    }
}

fn link_words(link: &LinkView) -> String {
    let LinkView {
        ends,
        there,
        back,
        is_connected,
        has_met,
        dials,
    } = link;
    let is_connected = format!("{is_connected}, before: {has_met}");
    format!("link {ends:?} {there:?} {back:?}, connected: {is_connected}, wanted: {dials:?}")
}

fn wallet_words(wallet: &WalletInfo) -> String {
    format!("{wallet:?}")
}
