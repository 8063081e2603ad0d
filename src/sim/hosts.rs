//! Starts and ends what lives at the addresses, gives it what comes in, and does what it wants done.

use super::agenda::Due;
use super::disk::{Crash, Disk, DiskConditions, SimStore};
use super::host::{Body, Waits};
use super::seeds::derived;
use super::world::Sim;
use crate::node::chainstate::OpenError;
use crate::node::io::{ConnId, Halt, Input, Output};
use crate::node::{Config, Machine, MemStore, Node, NodeIx};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

impl Sim {
    /// A running node of either kind, for reading; `None`: it is down, or a script.
    pub fn machine(&self, ix: NodeIx) -> Option<&Machine<SimStore>> {
        self.hosts[ix.0].running()
    }

    /// A running full node, for reading; `None`: it is down, or light, or a script.
    pub fn node(&self, ix: NodeIx) -> Option<&Node<SimStore>> {
        self.machine(ix)?.full()
    }

    /// An actor, for reading; `None`: it is a node, of another kind, or cannot be looked at.
    pub fn actor<T: 'static>(&self, ix: NodeIx) -> Option<&T> {
        match &self.hosts[ix.0].body {
            Body::Script(actor) => actor.as_any()?.downcast_ref(),
            _ => None,
        }
    }

    /// What a node that is down holds.
    pub fn store(&self, ix: NodeIx) -> Option<&MemStore> {
        match &self.hosts[ix.0].body {
            Body::Down(store) => Some(store),
            _ => None,
        }
    }

    /// Why a node stopped by itself, if it did.
    pub fn halted(&self, ix: NodeIx) -> Option<&Halt> {
        self.hosts[ix.0].halt.as_ref()
    }

    /// Ends a node as `kill -9` does: it gets to do nothing any more. What its store
    /// holds is there for [`Sim::restart`]; its connections end, which peers learn over the links.
    /// A script goes on, and only loses its connections.
    pub fn crash(&mut self, ix: NodeIx) {
        self.bring_down(ix, Crash::Kill);
    }

    /// Ends a node as [`Sim::crash`] does, and takes from its disk what was not synced, but for the
    /// first part of it, up to some commit. Of a node that is down already the disk loses as much.
    ///
    /// # Panics
    /// If it has no disk, see [`Sim::give_disks`].
    pub fn cut_power(&mut self, ix: NodeIx) {
        let disk = self.hosts[ix.0].disk.as_ref();
        assert!(disk.is_some(), "a node that was given a disk");
        self.bring_down(ix, Crash::PowerLoss);
    }

    fn bring_down(&mut self, ix: NodeIx, crash: Crash) {
        let host = &mut self.hosts[ix.0];
        let body = std::mem::replace(&mut host.body, Body::Moving);
        host.body = match (body, &host.disk) {
            (Body::Runs(_) | Body::Down(_), Some(disk)) => Body::Down(disk.left_by(crash)),
            (Body::Runs(node), None) => Body::Down(node.into_store().into_rows()),
            (other, _) => other,
        };
        host.waits = None;
        self.set_job(ix, None);
        self.set_tick(ix);
        self.reset_all(ix);
    }

    /// Starts a node that is down, with what its store holds and other randomness. One that runs
    /// is left alone.
    ///
    /// # Errors
    /// [`OpenError`]; then the node is still down. On a disk there is what was written till then.
    pub fn restart(&mut self, ix: NodeIx) -> Result<(), OpenError> {
        let (now, seed) = (self.now(), self.seed);
        let host = &mut self.hosts[ix.0];
        let (Body::Down(store), Some(config)) = (&host.body, &host.config) else {
            return Ok(());
        };
        let mut config = config.clone();
        config.seeds.run = derived(seed, "run", ix, host.starts + 1);
        let store = match &host.disk {
            Some(disk) => disk.open(),
            None => SimStore::plain(store.clone()),
        };
        let name = config.name.clone();
        let opened = Machine::open(config, store, now);
        if let (Err(_), Some(disk)) = (&opened, &host.disk) {
            disk.done();
            host.body = Body::Down(disk.left_by(Crash::Kill));
        }
        let node = opened?;
        Arc::make_mut(&mut self.neighbours).add(&name, node.peers().us().id);
        host.body = Body::Runs(node);
        host.starts += 1;
        host.halt = None;
        self.after(ix);
        Ok(())
    }

    /// Changes what a node is to be like when it starts again. A script has nothing to change.
    pub fn reconfigure(&mut self, ix: NodeIx, change: impl FnOnce(&mut Config)) {
        self.hosts[ix.0].config.as_mut().map(change);
    }

    /// Hands an input to a host, and does what it wants done, once its disk is done.
    pub(super) fn give(&mut self, ix: NodeIx, input: Input) {
        if let Some(waits) = &mut self.hosts[ix.0].waits {
            waits.inbox.push_back(input);
            return;
        }
        let mut outputs = std::mem::take(&mut self.outputs);
        let now = self.now();
        self.hosts[ix.0].meet(&self.neighbours);
        let handled = self.hosts[ix.0].handle(now, input, &mut outputs);
        self.wait_for_disk(ix, handled, outputs);
    }

    /// Gives bytes to an actor; to a node they are no message.
    pub(super) fn give_bytes(&mut self, ix: NodeIx, conn: ConnId, bytes: &[u8]) {
        let now = self.now();
        match self.hosts[ix.0].received_bytes(now, conn, bytes) {
            Some(outputs) => self.perform_all(ix, Ok(()), outputs),
            None => {
                let why = "it speaks another protocol".to_owned();
                self.give(ix, Input::BadFrame(conn, why));
            }
        }
    }

    /// Does what came of an input, as soon as what was written for it is on the disk.
    fn wait_for_disk(&mut self, ix: NodeIx, handled: Result<(), Halt>, outputs: Vec<Output>) {
        let host = &mut self.hosts[ix.0];
        let took = host.disk.as_ref().map_or(Duration::ZERO, Disk::took);
        if took.is_zero() {
            return self.perform_all(ix, handled, outputs);
        }
        host.waits = Some(Waits {
            handled,
            outputs,
            inbox: VecDeque::new(),
        });
        let due = Due::Disk(ix, host.starts);
        self.agenda.enter(self.agenda.now() + took, due);
    }

    /// The disk is done with what a node wrote.
    pub(super) fn disk_done(&mut self, ix: NodeIx, starts: u32) {
        let host = &mut self.hosts[ix.0];
        if host.starts != starts {
            return;
        }
        let Some(waits) = host.waits.take() else {
            return;
        };
        self.perform_all(ix, waits.handled, waits.outputs);
        for input in waits.inbox {
            self.give(ix, input);
        }
    }

    /// Does what a host wants done. One that the machine has failed gets nothing more done: what it
    /// wanted may rest on what was not written.
    fn perform_all(&mut self, ix: NodeIx, handled: Result<(), Halt>, mut outputs: Vec<Output>) {
        if let Some(disk) = &self.hosts[ix.0].disk {
            disk.done();
        }
        match handled {
            Ok(()) => {
                while let Some((conn, bytes)) = self.hosts[ix.0].poll_bytes() {
                    self.send_bytes(ix, conn, bytes);
                }
                for output in outputs.drain(..) {
                    self.perform(ix, output);
                }
                self.set_tick(ix);
            }
            Err(halt) => {
                outputs.clear();
                self.crash(ix);
                self.hosts[ix.0].halt = Some(halt);
            }
        }
        self.outputs = outputs;
    }

    /// Has a host get an input as soon as what is happening is over, if it runs on till then.
    pub(super) fn give_soon(&mut self, ix: NodeIx, input: Input) {
        let starts = self.hosts[ix.0].starts;
        let due = Due::Input(ix, starts, Box::new(input));
        self.agenda.enter(self.agenda.now(), due);
    }

    /// Sees to a host that was just started: what it wants done, and its first tick.
    pub(super) fn after(&mut self, ix: NodeIx) {
        let mut outputs = Vec::new();
        if let Body::Runs(node) = &mut self.hosts[ix.0].body {
            outputs.extend(std::iter::from_fn(|| node.poll_output()));
        }
        self.wait_for_disk(ix, Ok(()), outputs);
    }

    pub(super) fn tick(&mut self, ix: NodeIx) {
        let host = &mut self.hosts[ix.0];
        host.tick = None;
        // A node that waits for its disk takes what came in first, and is then asked again.
        if host.waits.is_none() {
            self.give(ix, Input::Tick);
        }
    }

    fn set_tick(&mut self, ix: NodeIx) {
        let host = &mut self.hosts[ix.0];
        let at = host.deadline();
        self.agenda.move_to(&mut host.tick, at, Due::Tick(ix));
    }

    pub(super) fn perform(&mut self, ix: NodeIx, output: Output) {
        match output {
            Output::Dial(addr) => self.dial(ix, addr),
            Output::Send(conn, message) => self.send(ix, conn, message),
            Output::Close(conn, _) => self.close(ix, conn),
            Output::Mine(job) => self.set_job(ix, job),
            Output::Reply(id, reply) => drop(self.replies.insert(id, reply)),
            Output::Event(event) => self.log.add(ix, event),
        }
    }

    /// Has nodes that are added from now on keep their chains on disks, which can be
    /// [slow, full or failing](Sim::set_disk) and [lose power](Sim::cut_power); others have plain
    /// memory, of which nothing is ever lost.
    pub fn give_disks(&mut self) {
        self.has_disks = true;
    }

    /// Changes what a node's disk is like.
    ///
    /// # Panics
    /// If it has none, see [`Sim::give_disks`].
    pub fn set_disk(&mut self, ix: NodeIx, conditions: DiskConditions) {
        let disk = self.hosts[ix.0].disk.as_ref();
        let disk = disk.expect("a node that was given a disk");
        disk.set_conditions(conditions);
    }
}
