//! A lab in virtual time can be cloned, and sent to another thread.

use crate::common::sim::*;
use chainlab::node::io::{Command, Halt};
use chainlab::node::{MemStore, Node, NodeIx, StoreFault};
use chainlab::sim::{self, DiskConditions, Sim, SimStore};

fn is_clone_and_send<T: Clone + Send>() {}

#[test]
fn a_lab_and_its_nodes_can_be_cloned_and_sent() {
    is_clone_and_send::<Sim>();
    is_clone_and_send::<Node<MemStore>>();
    is_clone_and_send::<Node<SimStore>>();
}

/// A node that is writing a wallet to its disk, and has not answered.
fn writing() -> (Sim, NodeIx) {
    let mut sim = Sim::new(1, sim::params());
    sim.give_disks();
    let config = sim.config("alice");
    let node = sim.add_node(config).expect("sound parameters");
    let slow = DiskConditions {
        latency: ms(500),
        ..DiskConditions::default()
    };
    sim.set_disk(node, slow);
    let name = "savings".to_owned();
    let id = sim.command(node, Command::CreateWallet { name });
    sim.run_for(ms(100));
    assert_eq!(sim.take_reply(id), None);
    (sim, node)
}

fn names(sim: &mut Sim, ix: NodeIx) -> Vec<String> {
    let wallets = wallets(sim, ix);
    wallets.into_iter().map(|wallet| wallet.name).collect()
}

#[test]
fn a_clone_in_the_middle_of_a_write_has_a_disk_of_its_own() {
    let (mut alone, node) = writing();
    alone.run_for(ms(10_000));
    let (mut sim, _) = writing();
    let mut clones = [(); 8].map(|()| sim.clone());
    // One machine loses its power, of another the disk is full.
    clones[0].cut_power(node);
    clones[0].restart(node).expect("a sound store");
    let full = DiskConditions {
        room: Some(0),
        ..DiskConditions::default()
    };
    clones[1].set_disk(node, full);
    for clone in &mut clones {
        clone.run_for(ms(10_000));
    }
    sim.run_for(ms(10_000));
    assert_eq!(names(&mut sim, node), ["savings"]);
    assert_eq!(sim.log_hash(), alone.log_hash());
    for clone in &mut clones[2..] {
        assert_eq!(clone.log_hash(), alone.log_hash());
        assert_eq!(names(clone, node), ["savings"]);
    }
    let is_full = |halt: &Halt| matches!(&halt.0, StoreFault::Failed { .. });
    let name = "more".to_owned();
    let answer = clones[1].call(node, Command::CreateWallet { name: name.clone() });
    assert!(answer.is_err(), "{answer:?}");
    assert!(clones[1].halted(node).is_some_and(is_full));
    let answer = sim.call(node, Command::CreateWallet { name });
    assert!(answer.is_ok(), "{answer:?}");
    assert_eq!(sim.halted(node), None);
}

#[test]
#[allow(clippy::disallowed_methods, reason = "this is about threads")]
fn a_clone_goes_on_in_another_thread() {
    let (mut sim, _) = writing();
    let mut clone = sim.clone();
    let other = std::thread::spawn(move || {
        clone.run_for(ms(60_000));
        clone.log_hash()
    });
    sim.run_for(ms(60_000));
    assert_eq!(other.join().expect("it ends"), sim.log_hash());
}
