//! What goes into a node and what comes out of it: plain data, both ways.

use super::message::Message;
use super::mining::{Job, MiningMode};
use super::snapshot::{BlockDetail, CoinInfo, HistoryEntry, PeerInfo, TxDetail, WalletInfo};
use super::store::BlockId;
use crate::chain::{Amount, Block, BlockHash, Txid};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;

/// A connection, by a number that its driver never gives to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ConnId(pub u64);

/// A command's number, by which its caller knows the reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RequestId(pub u64);

/// Who dialled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// The other side.
    Inbound,
    /// We.
    Outbound,
}

/// What happens to a node.
#[derive(Clone, Debug)]
pub enum Input {
    /// A connection stands, with a node at `addr`: the address that was dialled, or the one that an
    /// inbound connection comes from.
    Connected {
        /// Its number.
        conn: ConnId,
        /// Who dialled.
        direction: Direction,
        /// The other end.
        addr: SocketAddr,
    },
    /// A dialled address does not answer.
    DialFailed {
        /// The address.
        addr: SocketAddr,
        /// What the system said.
        why: String,
    },
    /// A message came in.
    Received(ConnId, Message),
    /// Bytes of a message came in that is not complete yet: a sign of life.
    Progress(ConnId),
    /// What came in is no message.
    BadFrame(ConnId, String),
    /// So many bytes of frames have left for the network.
    Sent(ConnId, u64),
    /// A connection is gone, for this reason.
    Disconnected(ConnId, String),
    /// The node's deadline has come.
    Tick,
    /// Somebody wants something.
    Command(RequestId, Command),
    /// A miner has solved the [`Job`] that it was given last, or one before.
    Solved(Block),
}

/// What a node wants done.
#[derive(Clone, Debug)]
pub enum Output {
    /// Connect to this address.
    Dial(SocketAddr),
    /// Send this message.
    Send(ConnId, Message),
    /// End a connection, after what was sent on it has left, if that takes no longer than a second.
    /// No [`Input::Disconnected`] is expected for it.
    Close(ConnId, CloseReason),
    /// Mine this in place of what was mined before; `None`: stop.
    Mine(Option<Arc<Job>>),
    /// The answer to a command.
    Reply(RequestId, Result<Reply, CommandError>),
    /// Something that people or programs may want to see.
    Event(Event),
}

/// Why a node ends a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Error)]
#[serde(rename_all = "snake_case")]
pub enum CloseReason {
    /// It does not speak our protocol, or is of another network; says the handshake.
    #[error("handshake refused: {0}")]
    Handshake(String),
    /// It is this node itself.
    #[error("that is this node itself")]
    Itself,
    /// There is a connection with that node already.
    #[error("already connected to that node")]
    Duplicate,
    /// Too many connections.
    #[error("no more inbound connections are taken")]
    Full,
    /// It broke the rules, and enough is enough.
    #[error("misbehaved: {0}")]
    Misbehaved(String),
    /// It is banned.
    #[error("banned")]
    Banned,
    /// It sent something that is no message.
    #[error("bad frame: {0}")]
    BadFrame(String),
    /// Nothing came or went for too long, or an answer did not.
    #[error("timed out: {0}")]
    TimedOut(String),
    /// Somebody asked for it.
    #[error("dropped on request")]
    Asked,
}

/// What a key, a step of a script, or a shell asks of a node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Make a wallet with a new key. Replies [`Reply::Wallet`].
    CreateWallet {
        /// Its name on this node.
        name: String,
    },
    /// Make a wallet of a key that exists, and look for its coins. Replies [`Reply::Wallet`].
    ImportWallet {
        /// Its name on this node.
        name: String,
        /// The key, 64 hexadecimal digits.
        secret: String,
    },
    /// Show a wallet's key. Replies [`Reply::Secret`].
    ExportWallet {
        /// The wallet.
        name: String,
    },
    /// What a payment would look like. Replies [`Reply::Plan`].
    PlanSend(Payment),
    /// Pay. Replies [`Reply::Sent`] once the transaction is safe on disk.
    Send(Payment),
    /// What wallets hold. Replies [`Reply::Wallets`].
    Wallets,
    /// What a wallet did, newest first. Replies [`Reply::History`].
    History {
        /// The wallet.
        name: String,
        /// Entries to leave out, from the newest.
        skip: usize,
        /// Entries to show, [`PAGE_MAX`](super::snapshot::PAGE_MAX) at most.
        limit: usize,
    },
    /// Unspent coins of an address or a wallet of this node. Replies [`Reply::Coins`].
    Coins {
        /// The address or the wallet's name.
        of: String,
    },
    /// Mine, or do not, for a wallet of this node; one named after the node is made if there is
    /// none. Replies [`Reply::Done`].
    Mine(MiningMode),
    /// Change the hash rate, in H/s. Replies [`Reply::Done`].
    SetHashrate(f64),
    /// Change the wallet that rewards go to. Replies [`Reply::Done`].
    MineTo {
        /// A wallet of this node.
        wallet: String,
    },
    /// Mine one block now, at full speed. Replies [`Reply::Mined`] when it is found.
    MineNow,
    /// Keep a connection to this address. Replies [`Reply::Done`].
    AddPeer(SocketAddr),
    /// End the connections with this address, and do not dial it again, whoever tells of it, until
    /// it is added or the node starts again. Replies [`Reply::Done`].
    DropPeer(SocketAddr),
    /// Take no connection from or to this IP for a time. Replies [`Reply::Done`].
    Ban {
        /// Whom.
        ip: IpAddr,
        /// How long.
        for_: Duration,
    },
    /// Lift a ban. Replies [`Reply::Done`].
    Unban(IpAddr),
    /// Who is connected. Replies [`Reply::Peers`].
    Peers,
    /// Blocks of the chain, highest first. Replies [`Reply::Chain`].
    Chain {
        /// The highest; the tip if that is lower.
        from: u32,
        /// Blocks to show, [`PAGE_MAX`](super::snapshot::PAGE_MAX) at most.
        limit: usize,
    },
    /// A block with its transactions. Replies [`Reply::Block`].
    Block {
        /// Which.
        hash: BlockHash,
    },
    /// A transaction, in the mempool or a block. Replies [`Reply::Tx`].
    Tx {
        /// Which.
        txid: Txid,
    },
    /// Transactions that wait, best paying first. Replies [`Reply::Mempool`].
    Mempool {
        /// Entries to show, [`PAGE_MAX`](super::snapshot::PAGE_MAX) at most.
        limit: usize,
    },
}

/// A payment to make.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// A wallet of this node.
    pub from: String,
    /// An address, or a wallet of this node.
    pub to: String,
    /// How much arrives.
    pub amount: Amount,
    /// What the miner gets.
    pub fee: Amount,
}

/// What a payment does, before it is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendPlan {
    /// The payment.
    pub payment: Payment,
    /// Where it goes.
    pub address: String,
    /// The coins that it spends.
    pub inputs: Vec<CoinInfo>,
    /// What comes back.
    pub change: Amount,
    /// The fee, with what is too little to come back.
    pub fee: Amount,
    /// Bytes of the transaction.
    pub bytes: usize,
}

/// The answer to a [`Command`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// Done; what there is to say about it.
    Done(String),
    /// A wallet.
    Wallet(WalletInfo),
    /// A key, 64 hexadecimal digits.
    Secret(String),
    /// What a payment would do.
    Plan(SendPlan),
    /// A payment is on its way.
    Sent {
        /// Its transaction.
        txid: Txid,
        /// What it does.
        plan: SendPlan,
        /// Peers that it was announced to. With none it is announced as soon as one connects.
        announced_to: usize,
    },
    /// Wallets, by name.
    Wallets(Vec<WalletInfo>),
    /// What a wallet did.
    History(Vec<HistoryEntry>),
    /// Coins.
    Coins(Vec<CoinInfo>),
    /// A block was found here.
    Mined {
        /// The block.
        block: BlockId,
        /// From the command to the block.
        after: Duration,
    },
    /// Peers.
    Peers(Vec<PeerInfo>),
    /// Blocks of the chain.
    Chain(Vec<super::snapshot::BlockInfo>),
    /// A block.
    Block(Box<BlockDetail>),
    /// A transaction.
    Tx(Box<TxDetail>),
    /// Transactions that wait.
    Mempool(Vec<super::snapshot::MempoolTx>),
}

/// Why a command was not done, in words for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Error)]
#[error("{0}")]
pub struct CommandError(pub String);

impl CommandError {
    /// From anything that has words.
    pub fn new(problem: impl fmt::Display) -> Self {
        Self(problem.to_string())
    }
}

/// Something happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// When, on the lab clock.
    pub at: super::Time,
    /// What.
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// The chain grew.
    TipChanged {
        /// The new end.
        tip: BlockId,
        /// Blocks that it grew by.
        blocks: usize,
        /// Transactions in them, without the coinbases.
        txs: usize,
        /// The peer that the last block came from; `None`: mined here.
        from: Option<PeerLabel>,
    },
    /// The chain left blocks behind for others with more work.
    Reorganised {
        /// The last block of both.
        fork: BlockId,
        /// The tip that was.
        old: BlockId,
        /// The tip that is.
        new: BlockId,
        /// Blocks left behind.
        depth: usize,
    },
    /// A block was found here.
    Mined {
        /// The block.
        block: BlockId,
        /// Transactions in it, without the coinbase.
        txs: usize,
        /// What its coinbase pays.
        reward: Amount,
    },
    /// A block was refused.
    BlockRefused {
        /// The block.
        hash: BlockHash,
        /// Who sent it.
        from: Option<PeerLabel>,
        /// Why.
        why: String,
    },
    /// A transaction is in the mempool.
    TxAccepted {
        /// Which.
        txid: Txid,
        /// Who sent it; `None`: made here, or back from a block that was left behind.
        from: Option<PeerLabel>,
    },
    /// A transaction was not taken.
    TxRefused {
        /// Which.
        txid: Txid,
        /// Who sent it.
        from: Option<PeerLabel>,
        /// Why.
        why: String,
    },
    /// A transaction left the mempool, other than into a block.
    TxDropped {
        /// Which.
        txid: Txid,
        /// Why.
        why: String,
    },
    /// A handshake is complete.
    PeerUp {
        /// Who.
        peer: PeerLabel,
        /// Where.
        addr: SocketAddr,
        /// Who dialled.
        direction: Direction,
    },
    /// A connection is gone, or never came to a handshake.
    PeerDown {
        /// Who.
        peer: PeerLabel,
        /// Where.
        addr: SocketAddr,
        /// Why.
        why: String,
    },
    /// A dialled address did not answer.
    DialFailed {
        /// Where.
        addr: SocketAddr,
        /// Why.
        why: String,
    },
    /// An address is banned.
    Banned {
        /// Whom.
        ip: IpAddr,
        /// Why.
        why: String,
    },
    /// A message was handed to the network.
    MessageSent {
        /// To whom.
        peer: PeerLabel,
        /// Its command.
        command: String,
        /// Bytes of its frame.
        bytes: usize,
        /// What it is about.
        item: Option<super::message::Item>,
    },
    /// A message came in.
    MessageReceived {
        /// From whom.
        peer: PeerLabel,
        /// Its command.
        command: String,
        /// Bytes of its frame.
        bytes: usize,
        /// What it is about.
        item: Option<super::message::Item>,
    },
    /// A payment was made here.
    Sent {
        /// Its transaction.
        txid: Txid,
        /// From which wallet.
        from: String,
        /// To which address or wallet.
        to: String,
        /// How much.
        amount: Amount,
    },
    /// A wallet was made.
    WalletCreated {
        /// Its name.
        name: String,
        /// Its address.
        address: String,
    },
    /// Mining began, stopped or changed, in words.
    Mining(String),
}

/// A peer in an event: its connection, and the name that it gave itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerLabel {
    /// The connection.
    pub conn: ConnId,
    /// The name in its user agent; its address before the handshake.
    pub name: Arc<str>,
}

impl fmt::Display for PeerLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// The machine failed the node, which has stopped; what it stored is whole.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the node has stopped: {0}")]
pub struct Halt(#[from] pub super::StoreFault);
