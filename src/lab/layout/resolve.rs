//! Who is there at each step of a script, before any of it is played: the nodes and wallets of the
//! layout, and those that earlier steps have added.

use crate::bitcoin::address::to_script;
use crate::chain::Address;
use crate::lab::ask::params::{BadParam, bad};
use crate::lab::ask::verbs::key_holder;
use crate::lab::ask::{Known, Named, Request, pick};
use crate::lab::layout::roster::{Roster, reward_wallet};
use crate::lab::layout::{Layout, groups};
use crate::lab::paper::names::{label_taken, missing};
use crate::lab::script::Names;
use crate::lab::spec::NodeSpec;
use crate::node::NodeIx;
use crate::node::config::MiningMode;
use crate::node::io::{Command, Payment, Question};
use crate::node::mining::check_hashrate;
use crate::node::wallets::check_name;
use std::collections::BTreeSet;

/// That a program is neither started nor attached to by what anything else says than a layout.
pub const REAL_IS_NOT_ADDED: &str =
    "a Bitcoin node is not added to a lab that runs: it is written into a layout";

/// Who is there.
#[derive(Clone, Debug)]
pub struct Resolver {
    roster: Roster,
    /// The labels of payments.
    labels: Vec<String>,
    /// What every address begins with on this chain.
    address_version: u8,
}

impl Known for Resolver {
    fn node_names(&self) -> Vec<&str> {
        self.nodes().collect()
    }

    fn holder(&self, wallet: &str) -> Option<NodeIx> {
        self.roster.owner(wallet).map(NodeIx)
    }
}

impl Resolver {
    /// Those of a layout.
    pub fn new(specs: &[NodeSpec], address_version: u8) -> Self {
        let mut resolver = Self {
            roster: Roster::default(),
            labels: Vec::new(),
            address_version,
        };
        specs.iter().for_each(|spec| resolver.enter(spec));
        resolver
    }

    /// Those of a layout once its script has been played.
    pub fn at_the_end(layout: &Layout) -> Self {
        let mut resolver = Self::new(&layout.nodes, layout.chain.params.address_version);
        for request in layout.steps.iter().filter_map(|step| step.request.as_ref()) {
            // It was played when the layout was read.
            let _ = resolver.play(request);
        }
        resolver
    }

    /// The nodes.
    pub fn nodes(&self) -> impl Iterator<Item = &str> + Clone {
        self.roster.nodes()
    }

    /// The wallets of all nodes.
    pub fn wallets(&self) -> impl Iterator<Item = &str> + Clone {
        self.roster.wallets()
    }

    /// What expressions can name.
    pub fn names(&self) -> Names<'_> {
        Names {
            nodes: self.nodes().collect(),
            wallets: self.wallets().collect(),
            labels: self.labels.iter().map(String::as_str).collect(),
        }
    }

    fn enter(&mut self, spec: &NodeSpec) {
        self.roster.enter(spec);
        self.give_reward_wallet(spec);
    }

    /// A miner without a wallet makes one for the rewards, also one that finds the first block alone.
    fn give_reward_wallet(&mut self, spec: &NodeSpec) {
        let finds_first = spec.wallets.is_empty() && spec.mine.first_at_once;
        if finds_first || reward_wallet(spec, &[]).is_some() {
            let last = self.nodes().count() - 1;
            self.roster.give(&spec.name, last);
        }
    }

    /// Does what is asked as far as names go: what it adds is there afterwards.
    ///
    /// # Errors
    /// [`BadParam`]: it is about a node or wallet that is not there, or adds one that is.
    pub fn play(&mut self, request: &Request<Named>) -> Result<(), BadParam> {
        match request.clone().resolve(self)? {
            Request::Node(ix, command) => self.play_command(ix, &command),
            Request::Labelled(ix, payment, label) => {
                self.check_payment(ix, &payment)?;
                self.label(label)
            }
            Request::Ask(ix, question) => self.check_question(ix, &question),
            Request::Add(spec) => self.add(&spec),
            Request::Link(bend) => {
                self.find("from", &bend.from)?;
                self.find("to", &bend.to).map(drop)
            }
            Request::Partition(named) => {
                let names: Vec<_> = self.nodes().collect();
                let groups = match named.is_empty() {
                    true => groups::halves(names.len(), &BTreeSet::new()),
                    false => groups::groups(&names, &named),
                };
                groups.map(drop).map_err(|error| bad("groups", error))
            }
            // All others name nothing but the node.
            _ => Ok(()),
        }
    }

    fn label(&mut self, label: String) -> Result<(), BadParam> {
        if self.labels.contains(&label) {
            return Err(bad("label", label_taken(&label)));
        }
        self.labels.push(label);
        Ok(())
    }

    fn find(&self, key: &str, name: &str) -> Result<NodeIx, BadParam> {
        pick(Some(name), self).map_err(|error| bad(key, error.problem))
    }

    fn add(&mut self, spec: &NodeSpec) -> Result<(), BadParam> {
        if spec.bitcoin.is_some() {
            return Err(bad("name", REAL_IS_NOT_ADDED));
        }
        let mut roster = self.roster.clone();
        let fits = roster.admit(spec).and_then(|()| roster.dials(spec));
        fits.map_err(|wrong| {
            let key = wrong.field.rsplit('.').next().unwrap_or_default();
            bad(key, wrong.problem)
        })?;
        self.roster = roster;
        self.give_reward_wallet(spec);
        Ok(())
    }

    fn check_free(&self, key: &str, wallet: &str) -> Result<(), BadParam> {
        check_name(wallet).map_err(|error| bad(key, error))?;
        let free = self.roster.check_free(wallet);
        free.map_err(|problem| bad(key, problem))
    }

    fn play_command(&mut self, ix: NodeIx, command: &Command) -> Result<(), BadParam> {
        match command {
            Command::CreateWallet { name } | Command::ImportWallet { name, .. } => {
                if let Command::ImportWallet { secret, .. } = command
                    && let Some(of) = key_holder(secret)
                    && self.roster.owner(of).is_none()
                {
                    return Err(bad("secret", missing("wallet", of, self.wallets())));
                }
                self.check_free("name", name)?;
                self.roster.give(name, ix.0);
                Ok(())
            }
            Command::Send(payment) => self.check_payment(ix, payment),
            Command::Forge { to, .. } => self.check_owner("to", ix, to),
            Command::LeaveOut { of } => self.check_owner("of", ix, of),
            Command::MineTo { wallet } => self.check_own("wallet", ix, wallet),
            Command::SendRaw { from, .. } => self.find("from", from).map(drop),
            Command::SetHashrate(rate) => check_rate(*rate),
            Command::Mine(MiningMode::On | MiningMode::OnTx(_)) | Command::MineNow => {
                self.mines(ix)
            }
            _ => Ok(()),
        }
    }

    fn check_question(&self, ix: NodeIx, question: &Question) -> Result<(), BadParam> {
        match question {
            Question::ExportWallet { name } | Question::History { name, .. } => {
                self.check_own("name", ix, name)
            }
            Question::PlanSend(payment) => self.check_payment(ix, payment),
            Question::Coins { of } => self.check_owner("of", ix, of),
            _ => Ok(()),
        }
    }

    fn name(&self, ix: usize) -> &str {
        self.nodes().nth(ix).unwrap_or("?")
    }

    /// A node without a wallet makes one for its rewards.
    fn mines(&mut self, ix: NodeIx) -> Result<(), BadParam> {
        let is_own = |wallet| self.roster.owner(wallet) == Some(ix.0);
        // The lab has a key for each node of another program.
        if self.wallets().any(is_own) || self.roster.network(ix.0).is_some() {
            return Ok(());
        }
        let name = self.name(ix.0).to_owned();
        self.check_free("node", &name)?;
        self.roster.give(&name, ix.0);
        Ok(())
    }

    fn check_payment(&self, ix: NodeIx, payment: &Payment) -> Result<(), BadParam> {
        self.check_own("from", ix, &payment.from)?;
        self.check_owner("to", ix, &payment.to)
    }

    fn check_own(&self, key: &str, ix: NodeIx, wallet: &str) -> Result<(), BadParam> {
        match self.roster.owner(wallet) {
            Some(owner) if owner == ix.0 => Ok(()),
            Some(owner) => {
                let (owner, node) = (self.name(owner), self.name(ix.0));
                let problem = format!("{wallet:?} is a wallet of {owner}, not of {node}");
                Err(bad(key, problem))
            }
            None => Err(bad(key, missing("wallet", wallet, self.wallets()))),
        }
    }

    /// A wallet of any node of the same network as this one, or an address there.
    fn check_owner(&self, key: &str, ix: NodeIx, of: &str) -> Result<(), BadParam> {
        let network = self.roster.network(ix.0);
        let is_address = || match network {
            None => Address::parse(of, self.address_version).is_ok(),
            Some(network) => to_script(of, network).is_ok(),
        };
        match self.roster.owner(of) {
            Some(owner) if self.roster.network(owner) == network => Ok(()),
            Some(owner) => {
                let (owner, node) = (self.name(owner), self.name(ix.0));
                let problem = format!(
                    "{of:?} is a wallet of {owner}, which is of another network than {node}"
                );
                Err(bad(key, problem))
            }
            None if is_address() => Ok(()),
            None => Err(bad(key, missing("wallet", of, self.wallets()))),
        }
    }
}

fn check_rate(rate: f64) -> Result<(), BadParam> {
    check_hashrate(rate)
        .map(drop)
        .map_err(|error| bad("hashrate", error))
}
