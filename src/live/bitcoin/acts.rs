//! What a node is told to do, by its JSON-RPC: one thing after the other.
//!
//! A node is told to do things on networks where blocks are free, and elsewhere where the layout says so;
//! never on mainnet. Which network it is on it has to say itself, by name and by its first block.

use super::client::Client;
use super::config::BitcoinConfig;
use super::own::OwnWallet;
use super::peers::{Reaches, WhoIs};
use crate::bitcoin::Network;
use crate::bitcoin::rpc::{Listed, Peer};
use crate::bitcoin::wallet::LabWallets;
use crate::chain::{BlockHash, Txid};
use crate::live::entry::Answer;
use crate::node::io::{Command, CommandError, EventKind, Question, RefusalKind, Reply, WhichBlock};
use crate::node::snapshot::WalletInfo;
use std::collections::{BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, mpsc};
use tokio::time::{MissedTickBehavior, interval};

/// How often a node is asked for its peers.
const EVERY: Duration = Duration::from_secs(1);

/// In so many looks it is asked once whom it has banned.
const BANS_EVERY: u32 = 10;

/// Something to do.
pub(super) enum Job {
    Command(Command, Answer),
    Question(Question, Answer),
}

/// What came to light.
pub(super) enum ActNews {
    Looked(Looked),
    Event(EventKind),
}

/// What only the node can tell.
#[derive(Clone, Default, PartialEq)]
pub(super) struct Looked {
    /// `None`: it does not say.
    pub(super) peers: Option<Vec<Peer>>,
    /// What answers; `None`: nothing does.
    pub(super) program: Option<String>,
    /// All that is wrong with it, in words.
    pub(super) faults: Vec<String>,
    /// What the lab holds on its chain.
    pub(super) wallets: Vec<WalletInfo>,
}

impl Job {
    /// It is not done.
    pub(super) fn refuse(self, why: CommandError) {
        match self {
            // The asker may have gone.
            Self::Command(_, answer) | Self::Question(_, answer) => drop(answer.send(Err(why))),
        }
    }
}

pub(super) struct Acts {
    pub(super) client: Client,
    pub(super) network: Network,
    act: bool,
    /// It was asked which network it is on, and may be told what to do: for as long as the client has had
    /// no more faults than this.
    trusted: Option<u64>,
    /// As it was last told.
    looked: Looked,
    /// Looks since its bans were asked for.
    looks: u32,
    banned: Option<String>,
    pub(super) names: Vec<String>,
    pub(super) key_seed: [u8; 32],
    first_blocks: u16,
    /// `None`: it is not known yet how the node writes addresses.
    pub(super) wallets: Option<LabWallets>,
    /// What the lab calls the node's own wallet, if that is to be used.
    pub(super) own_name: Option<String>,
    /// It, where there is one.
    pub(super) own: Option<OwnWallet>,
    /// Transactions that wait and were looked at.
    pub(super) heard: BTreeSet<Txid>,
    /// Payments of the lab, as they were sent: the node may forget one when its block is left behind.
    pub(super) sent: VecDeque<(Txid, Vec<u8>)>,
    /// Own transactions that the last look did not find.
    pub(super) absent: BTreeSet<Txid>,
    pub(super) peer_count: usize,
    who: WhoIs,
    reach: Reaches,
    is_started: bool,
    news: mpsc::Sender<ActNews>,
}

impl Acts {
    pub(super) fn new(config: &BitcoinConfig, client: Client, news: mpsc::Sender<ActNews>) -> Self {
        Self {
            client,
            network: config.network,
            act: config.act,
            trusted: None,
            looked: Looked::default(),
            looks: 0,
            banned: None,
            names: config.wallets.clone(),
            key_seed: config.key_seed,
            first_blocks: config.first_blocks,
            wallets: None,
            own_name: config.own_wallet.then(|| config.name.clone()),
            own: None,
            heard: BTreeSet::new(),
            sent: VecDeque::new(),
            absent: BTreeSet::new(),
            peer_count: 0,
            who: Arc::clone(&config.who),
            reach: Arc::clone(&config.reach),
            is_started: config.is_started,
            news,
        }
    }

    pub(super) async fn run(mut self, mut jobs: mpsc::Receiver<Job>, moved: Arc<Notify>) {
        let mut tick = interval(EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                job = jobs.recv() => match job {
                    Some(job) => self.job(job).await,
                    None => return,
                },
                _ = tick.tick() => self.look().await,
                () = moved.notified() => self.look().await,
            }
        }
    }

    async fn job(&mut self, job: Job) {
        match job {
            Job::Command(command, answer) => {
                let done = self.command(command).await;
                // The asker may have gone, here and below.
                let _ = answer.send(done);
                self.look().await;
            }
            Job::Question(question, answer) => {
                let _ = answer.send(self.answer(question).await);
            }
        }
    }

    /// What only it can tell.
    async fn look(&mut self) {
        let peers = self.peers().await;
        let known = self.client.known().await.ok();
        let program = known.map(|known| format!("{} {}", known.program, known.agent));
        let peers = peers.ok().map(|peers| peers.items);
        self.peer_count = peers.as_ref().map_or(0, Vec::len);
        let mut faults = self.strays(peers.as_deref().unwrap_or_default());
        if self.looks.is_multiple_of(BANS_EVERY) {
            self.banned = self.bans().await;
        }
        self.looks = self.looks.wrapping_add(1);
        faults.extend(self.banned.clone());
        // Where a lab may do nothing it holds nothing.
        if self.check_allowed().await.is_ok() {
            let _ = self.begin().await;
            // What could not be asked is asked again at the next look.
            let _ = self.follow().await;
        }
        let looked = Looked {
            peers,
            program,
            faults,
            wallets: self.infos(),
        };
        if looked != self.looked {
            self.looked = looked.clone();
            self.tell(ActNews::Looked(looked)).await;
        }
    }

    /// Where it is to dial for this address: what the lab has started dials its proxies alone.
    fn reach(&self, addr: SocketAddr) -> Result<SocketAddr, CommandError> {
        if !self.is_started {
            return Ok(addr);
        }
        let proxy = (self.reach)(addr);
        proxy.ok_or_else(|| refused(format!("no link of this lab leads from it to {addr}")))
    }

    /// Peers that it dials and that are not of this lab.
    fn strays(&self, peers: &[Peer]) -> Vec<String> {
        let dialled = peers
            .iter()
            .filter(|peer| self.is_started && !peer.is_inbound);
        let strays = dialled.filter(|peer| peer.socket.is_none_or(|at| (self.who)(at).is_none()));
        let words = |peer: &Peer| format!("it dials {}, which is not of this lab", peer.address);
        strays.map(words).collect()
    }

    /// Whether it talks to its neighbours no more, who all come from this machine.
    async fn bans(&mut self) -> Option<String> {
        let dialect = self.client.dialect().await.ok()?;
        let bans = self.client.ask(&dialect.bans().ok()?).await.ok()?.items;
        let ours = bans.iter().find(|ban| ban.address.starts_with("127."))?;
        let address = &ours.address;
        let lifts = match self.is_started {
            true => ": `chainlab peers unban 127.0.0.1` lifts that",
            false => "",
        };
        Some(format!("it has banned {address}{lifts}"))
    }

    /// Its first blocks, so that a reward can be spent.
    async fn begin(&mut self) -> Result<(), CommandError> {
        let blocks = self.first_blocks;
        if blocks == 0 {
            return Ok(());
        }
        let dialect = self.client.dialect().await?;
        if self.client.ask(&dialect.chain_info()).await?.blocks == 0 {
            let address = self.reward_address().await?;
            self.client.ask(&dialect.mine(blocks, &address)).await?;
            let words = format!("found {blocks} blocks, so that a reward can be spent");
            self.tell(ActNews::Event(EventKind::Seen(words))).await;
        }
        self.first_blocks = 0;
        Ok(())
    }

    async fn peers(&mut self) -> Result<Listed<Peer>, CommandError> {
        let dialect = self.client.dialect().await?;
        self.client.ask(&dialect.peers()).await
    }

    pub(super) async fn tell(&self, news: ActNews) {
        // The node may have ended.
        let _ = self.news.send(news).await;
    }

    async fn command(&mut self, command: Command) -> Result<Reply, CommandError> {
        self.check_allowed().await?;
        let dialect = self.client.dialect().await?;
        match command {
            Command::MineNow => self.mine_now().await,
            Command::CreateWallet { name } => self.make_wallet(&name).await,
            Command::Send(payment) => self.pay(&payment).await,
            Command::AddPeer(addr) => {
                let addr = self.reach(addr)?;
                self.client.ask(&dialect.connect(addr)).await?;
                Ok(Reply::Done(format!("it dials {addr}, once")))
            }
            Command::DropPeer(addr) => {
                self.client.ask(&dialect.disconnect(addr)).await?;
                Ok(Reply::Done(format!("it hangs up on {addr}")))
            }
            Command::Unban(_) if !self.is_started => Err(refused(
                "its bans are lifted all at once: that is for those who run it",
            )),
            Command::Unban(_) => {
                let clear = dialect.clear_bans().map_err(refused)?;
                self.client.ask(&clear).await?;
                Ok(Reply::Done("it talks to all again".to_owned()))
            }
            Command::InvalidateBlock(which) => {
                let block = self.hash_of(which).await?;
                self.client.ask(&dialect.invalidate(block)).await?;
                let words = format!("it takes block ..{} as against the rules", block.short());
                Ok(Reply::Done(words))
            }
            Command::ReconsiderBlock(which) => {
                let block = self.hash_of(which).await?;
                self.client.ask(&dialect.reconsider(block)).await?;
                let mut words = format!("it takes block ..{} as any other", block.short());
                if let Some(but) = dialect.on_reconsider() {
                    words = format!("{words}: {but}");
                }
                Ok(Reply::Done(words))
            }
            Command::Ban { .. }
            | Command::Mine(_)
            | Command::SetHashrate(_)
            | Command::MineTo { .. }
            | Command::SetStrategy(_)
            | Command::Release
            | Command::Forge { .. }
            | Command::LeaveOut { .. }
            | Command::SetClock { .. }
            | Command::FailDisk { .. }
            | Command::SendRaw { .. }
            | Command::ImportWallet { .. } => {
                Err(refused("a program of others cannot be told to do that"))
            }
        }
    }

    /// The hash of a block that is named.
    async fn hash_of(&mut self, which: WhichBlock) -> Result<BlockHash, CommandError> {
        match which {
            WhichBlock::Hash(hash) => Ok(hash),
            WhichBlock::Height(height) => {
                let dialect = self.client.dialect().await?;
                self.client.ask(&dialect.block_hash(height)).await
            }
        }
    }

    /// Whether it may be told to do anything.
    async fn check_allowed(&mut self) -> Result<(), CommandError> {
        if self.trusted == Some(self.client.faults()) {
            return Ok(());
        }
        let dialect = self.client.dialect().await?;
        let info = self.client.ask(&dialect.chain_info()).await?;
        let first = self.client.ask(&dialect.block_hash(0)).await?;
        let said = info.network_with(first).map_err(refused)?;
        if said != self.network {
            let wanted = self.network;
            return Err(refused(format!(
                "it is on {said}, and should be on {wanted}"
            )));
        }
        match said {
            Network::Mainnet => Err(refused("on mainnet a lab only looks on")),
            network if network.is_private() || self.act => {
                self.trusted = Some(self.client.faults());
                Ok(())
            }
            network => Err(refused(format!(
                "on {network} a lab only looks on, unless its layout says act = true"
            ))),
        }
    }
}

pub(super) fn refused(why: impl std::fmt::Display) -> CommandError {
    CommandError::new(RefusalKind::Refused, why)
}
