//! Requests in virtual time.

use super::{Rehearsal, Stage};
use crate::lab::ask::verbs::key_holder;
use crate::lab::ask::{Known, LinkChange, Named, Request};
use crate::lab::partition::{self, Partition};
use crate::link::LinkState;
use crate::node::NodeIx;
use crate::node::io::{Command, Payment, Question, RequestId};
use crate::sim::Sim;
use std::collections::BTreeMap;

/// A command that a node has not answered yet.
pub(super) struct Pending {
    ix: NodeIx,
    id: RequestId,
    command: Command,
}

impl Known for Rehearsal {
    fn node_names(&self) -> Vec<&str> {
        let specs = self.stage.specs.iter();
        specs.map(|spec| spec.name.as_str()).collect()
    }

    fn holder(&self, wallet: &str) -> Option<NodeIx> {
        let mut nodes = 0..self.stage.specs.len();
        let has = |ix: &usize| {
            let is_listed = self.stage.specs[*ix]
                .wallets
                .iter()
                .any(|own| own == wallet);
            let node = self.stage.sim.node(NodeIx(*ix));
            is_listed || node.is_some_and(|node| node.wallets().owner(wallet).is_some())
        };
        nodes.find(has).map(NodeIx)
    }
}

impl Rehearsal {
    /// Does what is asked; `Some`: the answer is still to come.
    ///
    /// # Errors
    /// In words, why it cannot be done.
    pub(super) fn act(&mut self, request: Request<Named>) -> Result<Option<Pending>, String> {
        let request = request.resolve(self).map_err(|error| error.to_string())?;
        // What happened before is of those that ran then.
        self.observe();
        let sim = &mut self.stage.sim;
        match request {
            Request::Node(ix, command) => return self.command(ix, command).map(Some),
            Request::Ask(ix, question) => self.question(ix, question)?,
            Request::Kill(ix) => {
                self.stage.running(ix)?;
                self.stage.sim.crash(ix);
                self.propagation.left(ix);
            }
            Request::Restart(ix) => {
                if sim.node(ix).is_some() {
                    return Err(format!("{} runs already", self.stage.specs[ix.0].name));
                }
                let again = sim.restart(ix);
                again.map_err(|error| error.to_string())?;
            }
            Request::Add(spec) => self.stage.add(*spec)?,
            Request::Link(bend) => {
                let missing = || format!("there is no link between {} and {}", bend.from, bend.to);
                let ends = self.stage.find(&bend.from).zip(self.stage.find(&bend.to));
                let (from, to) = ends.ok_or_else(missing)?;
                self.stage.bend(from, to, &bend.change);
                if bend.is_both_ways {
                    self.stage.bend(to, from, &bend.change);
                }
            }
            Request::HealAll => self.stage.heal_all(),
            Request::Partition(named) => self.stage.split(&named)?,
            Request::Unite => self.stage.unite(),
            Request::Traffic(change) => self.change_payments(change),
            Request::Note(text) => self.caption = text,
            Request::Script(change) => self.change(change)?,
            Request::Keep => return Err("nothing of a rehearsal is kept".to_owned()),
        }
        Ok(None)
    }

    fn command(&mut self, ix: NodeIx, mut command: Command) -> Result<Pending, String> {
        self.stage.running(ix)?;
        if let Command::Send(Payment { to, .. }) = &mut command {
            self.resolve(to);
        }
        if let Command::ImportWallet { secret, .. } = &mut command
            && let Some(of) = key_holder(secret)
            && let Some(holder) = self.holder(of)
        {
            self.stage.running(holder)?;
            let node = self.stage.sim.node(holder).expect("it runs");
            let key = node.wallets().export(of);
            *secret = key.map_err(|error| error.to_string())?;
        }
        let sim = &mut self.stage.sim;
        let id = sim.command(ix, command.clone());
        // What a node answers at once is there at once.
        sim.run_until(sim.now());
        Ok(Pending { ix, id, command })
    }

    fn question(&self, ix: NodeIx, mut question: Question) -> Result<(), String> {
        self.stage.running(ix)?;
        if let Question::PlanSend(Payment { to: of, .. }) | Question::Coins { of } = &mut question {
            self.resolve(of);
        }
        let reply = self.stage.sim.ask(ix, question);
        reply.map(drop).map_err(|error| error.to_string())
    }

    /// A node knows only its own wallets: of another's it is given the address.
    fn resolve(&self, of: &mut String) {
        if let Some(address) = self.addresses.get(of) {
            of.clone_from(address);
        }
    }
}

/// What came of a command; `None`: the node is still at it.
pub(super) fn answer(stage: &mut Stage, pending: &Pending) -> Option<Result<(), String>> {
    let Pending { ix, id, command } = pending;
    match stage.sim.take_reply(*id) {
        Some(Ok(_)) => {
            stage.remember(*ix, command);
            Some(Ok(()))
        }
        Some(Err(error)) => Some(Err(error.to_string())),
        // Whoever was killed does not answer, not even after it was started again: but nobody
        // starts it while a script waits.
        None => stage.running(*ix).err().map(Err),
    }
}

/// Whether nothing passes between two nodes, one way at least.
pub(super) fn is_cut(sim: &Sim, one: usize, other: NodeIx) -> bool {
    let one = NodeIx(one);
    [(one, other), (other, one)]
        .into_iter()
        .any(|(from, to)| sim.link(from, to).state == LinkState::Cut)
}

impl Stage {
    fn running(&self, ix: NodeIx) -> Result<(), String> {
        match self.sim.node(ix) {
            Some(_) => Ok(()),
            None => Err(format!("{} is down", self.specs[ix.0].name)),
        }
    }

    /// As somebody wants it: a split leaves it alone from then on.
    fn bend(&mut self, from: NodeIx, to: NodeIx, change: &LinkChange) {
        if let (Some(partition), Some(_)) = (&mut self.partition, change.state) {
            partition.forget(from, to);
        }
        let after = change.apply(self.sim.link(from, to));
        self.sim.set_link(from, to, after);
    }

    fn split(&mut self, named: &[Vec<String>]) -> Result<(), String> {
        let names: Vec<_> = self.specs.iter().map(|spec| spec.name.as_str()).collect();
        let groups = match named.is_empty() {
            true => {
                let specs = self.specs.iter().enumerate();
                let dials =
                    specs.flat_map(|(ix, spec)| spec.connect.iter().map(move |to| (ix, to)));
                partition::halved(&names, dials)?
            }
            false => partition::groups(&names, named)?,
        };
        // It is the network as it is without the split before that is split.
        let before = self.partition.take();
        let mut partition = Partition::new(groups);
        let mut states = BTreeMap::new();
        if let Some(before) = before {
            states.extend(before.undone().map(|(from, to, was)| ((from, to), was)));
        }
        for (from, to) in partition.between().collect::<Vec<_>>() {
            let was = states.remove(&(from, to));
            self.cut(&mut partition, (from, to), was);
        }
        for ((from, to), was) in states {
            self.set_state(from, to, was);
        }
        self.partition = Some(partition);
        Ok(())
    }

    fn unite(&mut self) {
        if let Some(partition) = self.partition.take() {
            for (from, to, was) in partition.undone() {
                self.set_state(from, to, was);
            }
        }
    }

    /// A node that is new is on one side of a split that is in force.
    pub(super) fn admit(&mut self, new: usize) {
        let Some(mut partition) = self.partition.take() else {
            return;
        };
        let dials = self.specs[new].connect.iter();
        let dials = dials.filter_map(|name| self.find(name));
        let new = NodeIx(new);
        partition.admit(new, &dials.collect::<Vec<_>>());
        for (from, to) in partition.between().collect::<Vec<_>>() {
            if from == new || to == new {
                self.cut(&mut partition, (from, to), None);
            }
        }
        self.partition = Some(partition);
    }

    /// Cuts a direction, of which the split then knows what it was: this, or what it is.
    fn cut(
        &mut self,
        partition: &mut Partition<NodeIx>,
        (from, to): (NodeIx, NodeIx),
        was: Option<LinkState>,
    ) {
        let was = was.unwrap_or(self.sim.link(from, to).state);
        partition.note(from, to, was);
        self.set_state(from, to, LinkState::Cut);
    }

    fn set_state(&mut self, from: NodeIx, to: NodeIx, state: LinkState) {
        let after = self.sim.link(from, to).in_state(state);
        self.sim.set_link(from, to, after);
    }

    fn heal_all(&mut self) {
        self.partition = None;
        let all = 0..self.specs.len();
        for (from, to) in all.clone().flat_map(|a| all.clone().map(move |b| (a, b))) {
            let (from, to) = (NodeIx(from), NodeIx(to));
            let is_open = self.sim.link(from, to).state == LinkState::Open;
            if from != to && !is_open {
                self.bend(from, to, &LinkChange::to_state(LinkState::Open));
            }
        }
    }

    /// A miner that was changed stays like that when its node starts again.
    fn remember(&mut self, ix: NodeIx, command: &Command) {
        let spec = &mut self.specs[ix.0];
        spec.mine.changed(command);
        self.sim
            .reconfigure(ix, |config| spec.configure_miner(config));
    }
}
