//! chainlab runs a real blockchain network in one terminal and shows it at work.
//!
//! # Floors
//!
//! A floor uses only floors below it, and a room of a floor only rooms below it; `tests/lab/layering/`
//! holds them apart. From the top:
//!
//! - [`cli`]: the command line, a file for each subcommand.
//! - [`ui`]: the screen. What it remembers, what it draws, what keys do.
//! - [`lab`]: many nodes as one lab, and the files that describe them.
//! - [`live`]: the machine. Sockets, threads, disk, clocks. Beside it [`sim`]: virtual time, in memory.
//! - [`link`]: latency, jitter, loss, bandwidth and cuts, a queue for each direction.
//! - [`node`]: one node, without IO.
//! - [`chain`]: the rules. Amounts, keys, transactions, blocks, proof of work, validation. Pure.
//!
//! # A tour
//!
//! The three sections after this one drive a node, a lab and a chain, each in a page. After them, from the
//! bottom up:
//!
//! 1. [`chain::rules`]: what makes a transaction and a block valid. [`chain::headers`]: which branch is the
//!    chain.
//! 2. [`node::chainstate`]: a block's way in, and a reorganisation. [`node::io`]: all that a node is told and
//!    says. [`node::sync`] and [`node::relay`]: how blocks get from node to node.
//! 3. [`sim`] and [`live`]: the same node in virtual time, and on a machine. What joins two of them is a
//!    [`link`].
//! 4. [`lab::core`]: what a lab decides. [`lab::drive`]: what does as it says. [`lab::observe`]: what is made
//!    of what nodes tell. [`lab::view`]: what is shown of it.
//! 5. [`lab::ask`]: what a key, a step, a command and another program can ask for. [`lab::layout`] and
//!    [`lab::script`]: the same, written down before.
//! 6. [`ui::app`]: one state, one `update`, one `draw`. [`ui::keymap`]: the table of keys. [`ui::views`] and
//!    [`ui::dialogs`]: what fills the screen.
//!
//! `docs/architecture.md` says where to put something new.
//!
//! # Driving a node
//!
//! A [`Node`](node::Node) opens no socket, reads no clock and starts no thread. Its driver hands in
//! what happens, one [`Input`](node::Input) after the other with the time, then drains what the
//! node wants done, and comes back at the node's deadline at the latest. That is all there is to
//! it, live and in virtual time. [`Node::ask`](node::Node::ask) answers questions at any moment, and
//! changes nothing. Here a queue is the network, and two nodes introduce themselves:
//!
//! ```
//! use chainlab::chain::Params;
//! use chainlab::node::io::Direction::{Inbound, Outbound};
//! use chainlab::node::{Config, ConnId, Input, MemStore, Node, Output, Seeds, Time};
//! use std::collections::VecDeque;
//! use std::sync::Arc;
//!
//! let mut now = Time(1_700_000_000_000_000);
//! let params = Arc::new(Params::default());
//! let open = |name, seed| {
//!     let seeds = Seeds { keys: [seed; 32], run: [seed; 32] };
//!     Node::open(Config::new(name, Arc::clone(&params), seeds), MemStore::new(), now)
//! };
//! let mut nodes = [open("alice", 1)?, open("bob", 2)?];
//!
//! // A connection, as each of the two hears of it.
//! let (conn, addr) = (ConnId(1), "127.0.0.1:3000".parse()?);
//! let connected = |direction| Input::Connected { conn, direction, addr };
//! let mut network = VecDeque::from([(0, connected(Outbound)), (1, connected(Inbound))]);
//! while nodes.iter().any(|node| node.peers().ready().count() == 0) {
//!     // Whatever has happened. If nothing has, it is time to wait until a node wants to be woken.
//!     let (at, input) = network.pop_front().unwrap_or_else(|| {
//!         let first = (0..2).min_by_key(|at| nodes[*at].deadline()).expect("two nodes");
//!         now = nodes[first].deadline().map_or(now, |deadline| deadline.max(now));
//!         (first, Input::Tick)
//!     });
//!     nodes[at].handle(now, input)?;
//!     while let Some(output) = nodes[at].poll_output() {
//!         match output {
//!             Output::Send(conn, message) => {
//!                 let bytes = u64::try_from(message.wire_len())?;
//!                 network.push_back((at, Input::Sent(conn, bytes)));
//!                 network.push_back((1 - at, Input::Received(conn, message)));
//!             }
//!             Output::Close(_, reason) => panic!("{reason}"),
//!             // No node is dialled, none mines, nothing was asked, and no one looks.
//!             Output::Dial(_) | Output::Mine(_) | Output::Reply(..) | Output::Event(_) => {}
//!         }
//!     }
//! }
//! let peers = nodes.map(|node| node.snapshot(now).peers);
//! assert_eq!(peers.map(|peers| peers[0].name.clone()), ["bob", "alice"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Driving a lab
//!
//! A lab decides without IO as well: names and wallets, links and partitions, payments, the script, and what
//! is to be seen are in [`Core`](lab::core::Core). What happens to nodes goes in, what is to be done comes
//! out, and a driver is this loop. [`VirtualLab`](lab::drive::VirtualLab) is one, over nodes in virtual time;
//! here nodes are only told of, and the first of them finds a block:
//!
//! ```
//! use chainlab::chain::BlockHash;
//! use chainlab::lab::core::{Begin, Core, Input, Level, Moment, Output, Seen, Sight};
//! use chainlab::lab::layout::shipped::shipped;
//! use chainlab::node::io::{Event, EventKind, Reply};
//! use chainlab::node::{BlockId, NodeIx, Time};
//! use std::collections::VecDeque;
//! use std::sync::Arc;
//! use std::time::Duration;
//!
//! let layout = shipped("scenario").expect("it is built in");
//! let mut now = Moment { at: Time(1_700_000_000_000_000), ran: Duration::ZERO };
//! let mut core = Core::of_layout(&Begin {
//!     layout: &layout,
//!     since: now.at,
//!     draws: [7; 32],
//!     level: Level::All,
//!     sight: Sight::Asked,
//!     round: 0,
//!     plays: true,
//! });
//!
//! let mut tip = BlockId { height: 0, hash: BlockHash::ZERO };
//! let mut inbox = VecDeque::from([Input::Tick]);
//! while tip.height == 0 || !inbox.is_empty() {
//!     // Whatever has happened. If nothing has, it is time to wait until core wants to be woken.
//!     let input = inbox.pop_front().unwrap_or_else(|| {
//!         let passed = core.deadline() - now.ran;
//!         now = Moment { at: now.at + passed, ran: now.ran + passed };
//!         Input::Tick
//!     });
//!     core.handle(now, input);
//!     while let Some(output) = core.poll() {
//!         match output {
//!             Output::Start { node, life, .. } => inbox.push_back(Input::Started { node, life, addr: None }),
//!             Output::Look(node) => {
//!                 let peers = layout.nodes.iter().map(|node| node.name.as_str().into()).collect();
//!                 let (wallets, path, blocks) = (Vec::new(), vec![(tip, BlockHash::ZERO)], Vec::new());
//!                 let seen = Seen { tip, target: None, mempool: 0, peers, wallets, path, blocks };
//!                 inbox.push_back(Input::Facts(node, seen));
//!             }
//!             // All are connected: the layout wants its first block.
//!             Output::Call { node, id, .. } => {
//!                 tip = BlockId { height: 1, hash: BlockHash([7; 32]) };
//!                 let kind = EventKind::TipChanged { tip, blocks: 1, txs: 0, from: None };
//!                 let event = Arc::new(Event { at: now.at, kind });
//!                 inbox.push_back(Input::Event { node, life: 1, event });
//!                 inbox.push_back(Input::Reply(id, Ok(Reply::Done(String::new()))));
//!             }
//!             // No link is bent, no node is killed, nothing is asked, and there is no other process.
//!             _ => {}
//!         }
//!     }
//! }
//! let view = core.view(now, &[]);
//! assert_eq!(view.block_propagation[0].id, tip);
//! assert_eq!(layout.nodes[view.block_propagation[0].origin.0].name, "miner");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Driving a chain
//!
//! Within a node, a [`ChainState`](node::ChainState) never asks for anything: no clock, no socket,
//! no file but through the [`Store`](node::Store) that it is given. The node hands in headers and
//! blocks as they come, with the time at which they came, and is told what changed:
//!
//! ```
//! use chainlab::chain::block::{Header, HEADER_VERSION, Midstate};
//! use chainlab::chain::headers::Origin;
//! use chainlab::chain::params::Allocation;
//! use chainlab::chain::{Amount, Block, KeyHash, Params, SigCache, Tx, merkle};
//! use chainlab::chain::tx::TxOut;
//! use chainlab::node::{ChainState, MemStore};
//! use std::sync::Arc;
//!
//! let miner = KeyHash([7; 20]);
//! let params = Arc::new(Params {
//!     genesis: vec![Allocation { owner: miner, amount: "10".parse()? }],
//!     ..Params::default()
//! });
//! let sigs = Arc::new(SigCache::default());
//! let mut chain = ChainState::open(MemStore::new(), Arc::clone(&params), sigs)?;
//!
//! // What a miner does: the rules say what the next header must be, a nonce makes it so.
//! let tip = chain.tree().cursor(chain.tree().tip());
//! let reward = TxOut { amount: params.subsidy_at(1), owner: miner };
//! let txs = vec![Tx::coinbase(1, vec![reward], [0; 64])];
//! let txids: Vec<_> = txs.iter().map(Tx::txid).collect();
//! let mut header = Header {
//!     version: HEADER_VERSION,
//!     previous: tip.hash,
//!     merkle_root: merkle::commitment(&txids),
//!     time: tip.earliest_time(),
//!     bits: tip.next_bits(&params),
//!     nonce: 0,
//! };
//! let target = header.bits.to_target()?;
//! let mut midstate = Midstate::new(&header);
//! header.nonce = (0..).find(|nonce| target.is_met_by(&midstate.hash(*nonce))).expect("soon");
//!
//! // What the node does with it, wherever it came from.
//! let (block, now) = (Arc::new(Block::new(header, txs)), header.time);
//! let accepted = chain.accept_block(Origin::Own, &block, now)?;
//! let change = accepted.change.expect("it extends the tip");
//! assert_eq!(change.connected[0].hash(), chain.tip().hash);
//! assert_eq!(chain.tip().height, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Three kinds of failure are told apart by type: a [`RuleError`](chain::RuleError) is the fault
//! of the peer that sent the block, a [`StoreFault`](node::StoreFault) is the machine's and halts the
//! node with its data intact, and a panic is a bug.

pub mod bitcoin;
pub mod chain;
pub mod cli;
pub mod lab;
pub mod link;
pub mod live;
pub mod node;
pub mod sim;
pub mod ui;
