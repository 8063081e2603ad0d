//! Nodes of a lab that are programs of others: started here, or met where they run.

use super::round::Round;
use crate::bitcoin::start::{RPC_USER, RpcAccess, RpcLogin};
use crate::lab::ask::{Ability, Can};
use crate::lab::spec::{BitcoinSpec, LoginSpec, NodeSpec, RpcSpec, Source};
use crate::live::bitcoin::{BitcoinConfig, KnownPeer, Reaches, Rpc, WhoIs, open_bitcoin};
use crate::live::program::start_program;
use crate::live::rpc::Login;
use crate::live::{NodeHandle, seeds};
use std::net::SocketAddr;
use std::sync::{Arc, Weak};

/// Blocks that a chain begins with: the reward of the first can be spent in the next.
const FIRST_BLOCKS: u16 = 101;

impl Round {
    /// Starts the node's program, if the lab has one for it, and begins to watch it.
    ///
    /// # Errors
    /// In words.
    pub(super) fn spawn_bitcoin(
        self: &Arc<Self>,
        spec: &NodeSpec,
        bitcoin: &BitcoinSpec,
        life: u64,
    ) -> Result<NodeHandle, String> {
        let plan = self.programs.plan(&spec.name);
        let place = self
            .programs
            .place_of(spec)
            .ok_or("its program was not planned")?;
        let (addr, rpc) = match (&bitcoin.source, &plan) {
            (Source::At { addr, rpc }, _) => (*addr, rpc.as_ref().map(rpc_at)),
            (Source::Program(_), plan) => {
                let plan = plan.as_ref().ok_or("its program was not planned")?;
                (plan.watch, plan.rpc.as_ref().map(rpc_of))
            }
        };
        let config = BitcoinConfig {
            name: spec.name.clone(),
            network: bitcoin.network,
            addr,
            place,
            rpc,
            mempool: bitcoin.mempool,
            act: bitcoin.act,
            wallets: self.wallets_of(spec),
            own_wallet: plan.is_none() && spec.wallets.is_empty(),
            key_seed: self.key_seed,
            first_blocks: self.first_blocks(spec, life),
            who: self.who_is(),
            reach: self.reaches(&spec.name),
            is_started: plan.is_some(),
            seed: seeds().map_err(|error| error.to_string())?.run,
        };
        let program = plan.map(|plan| start_program(plan, None));
        let program = program.transpose().map_err(|error| error.to_string())?;
        let (links, clock) = (self.links.clone(), self.clock.clone());
        open_bitcoin(config, program, links, clock).map_err(|error| error.to_string())
    }

    /// The wallets that the lab holds for it: those of the layout, or one that is named after it, and those
    /// that were made since.
    fn wallets_of(&self, spec: &NodeSpec) -> Vec<String> {
        let mut names = spec.wallets.clone();
        if names.is_empty() {
            names.push(spec.name.clone());
        }
        let core = self.core();
        let made = core.position(&spec.name).map(|ix| core.wallets_of(ix));
        for name in made.into_iter().flatten() {
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
        names
    }

    /// The first program of a new lab finds blocks, which the others get from it.
    fn first_blocks(&self, spec: &NodeSpec, life: u64) -> u16 {
        let is_started = |spec: &&NodeSpec| {
            let bitcoin = spec.bitcoin.as_ref();
            bitcoin.is_some_and(|bitcoin| bitcoin.program().is_some())
        };
        let first = self.layout.nodes.iter().find(is_started);
        let is_first = first.is_some_and(|first| first.name == spec.name);
        match is_first && life == 1 {
            true => FIRST_BLOCKS,
            false => 0,
        }
    }

    /// Between two programs there is a proxy: each sees its end of it.
    fn who_is(self: &Arc<Self>) -> WhoIs {
        let round = Arc::downgrade(self);
        Arc::new(move |addr| Weak::upgrade(&round)?.behind(addr))
    }

    /// Of what the lab starts: the proxy of the node that listens there, or that proxy itself.
    fn reaches(self: &Arc<Self>, from: &str) -> Reaches {
        let (round, from) = (Arc::downgrade(self), from.to_owned());
        Arc::new(move |addr| {
            let round = Weak::upgrade(&round)?;
            let core = round.core();
            let listens = |name: &str| core.nodes()[core.position(name)?.0].addr();
            let ways = round.programs.ways().iter();
            let mut own = ways.filter(|((dials, _), _)| *dials == from);
            let found = own.find(|((_, to), at)| **at == addr || listens(to) == Some(addr));
            found.map(|(_, at)| *at)
        })
    }

    fn behind(&self, addr: SocketAddr) -> Option<KnownPeer> {
        let (name, has_shaken_hands) = {
            let proxies = self.proxies();
            let dialled = proxies.dialled(addr).map(|((_, to), is_up)| (to, is_up));
            let behind = || proxies.behind(addr).map(|((from, _), is_up)| (from, is_up));
            let (name, is_up) = dialled.or_else(behind)?;
            (name.clone(), is_up)
        };
        let core = self.core();
        let ix = core.position(&name)?;
        let place = core.nodes()[ix.0].addr()?;
        let name = name.as_str().into();
        Some(KnownPeer {
            name,
            place,
            has_shaken_hands,
        })
    }
}

/// What a node can do: what its kind, and what is known of it, leave.
pub(super) fn can(spec: &NodeSpec) -> Can {
    let Some(bitcoin) = &spec.bitcoin else {
        return Can::default();
    };
    let can = Can::default().without(
        Ability::KeepMining,
        "a program of others mines when it is told to, block by block",
    );
    match &bitcoin.source {
        Source::Program(_) => can,
        Source::At { rpc, .. } => {
            let runs = "it runs by itself: no program of this lab";
            let can = can
                .without(Ability::Kill, runs)
                .without(Ability::Restart, runs)
                .without(Ability::Bend, "no proxy of this lab lies before it");
            match (rpc, bitcoin.may_act()) {
                (None, _) => acts_not(can, "its layout names no rpc for it"),
                (Some(_), false) => acts_not(can, "its layout does not say act = true"),
                (Some(_), true) => can,
            }
        }
    }
}

fn acts_not(can: Can, why: &str) -> Can {
    let acts = [
        Ability::Mine,
        Ability::Send,
        Ability::HoldWallets,
        Ability::MindPeers,
        Ability::MarkBlocks,
    ];
    acts.into_iter()
        .fold(can, |can, ability| can.without(ability, why))
}

fn rpc_at(spec: &RpcSpec) -> Rpc {
    Rpc {
        at: spec.at,
        wallet: None,
        login: match &spec.login {
            LoginSpec::Cookie(file) => Login::Cookie(file.clone()),
            LoginSpec::User {
                user,
                password_file,
            } => Login::User {
                user: user.clone(),
                password_file: password_file.clone(),
            },
        },
    }
}

fn rpc_of(access: &RpcAccess) -> Rpc {
    Rpc {
        at: access.at,
        wallet: access.wallet,
        login: match &access.login {
            RpcLogin::Cookie(file) => Login::Cookie(file.clone()),
            RpcLogin::Password(file) => Login::User {
                user: RPC_USER.to_owned(),
                password_file: file.clone(),
            },
        },
    }
}
