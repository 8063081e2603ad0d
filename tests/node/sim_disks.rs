//! Disks in virtual time: one that is full, one that fails, one that is slow, and one that loses
//! power. Whatever they do, the node says it in words and keeps what it has promised.

use crate::common::sim::{history, import, latency, ms, pay, tip, until, wallets};
use crate::common::{coins, owner, units};
use chainlab::chain::params::Allocation;
use chainlab::chain::{Params, Txid};
use chainlab::node::chainstate::OpenError;
use chainlab::node::check::check;
use chainlab::node::config::MiningMode;
use chainlab::node::io::{Command, EventKind, Reply};
use chainlab::node::snapshot::WalletInfo;
use chainlab::node::{FLUSH_EVERY, NodeIx, Store};
use chainlab::sim::{self, DiskConditions, Sim};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

/// Nora, who has coins, and Pia, who is connected to her.
struct Scene {
    sim: Sim,
    nora: NodeIx,
    pia: NodeIx,
}

impl Scene {
    fn new() -> Self {
        Self::with_seed(5)
    }

    fn with_seed(seed: u64) -> Self {
        let noras = Allocation {
            owner: owner(1),
            amount: coins(50),
        };
        let params = Params {
            genesis: vec![noras],
            maturity: 1,
            ..sim::params()
        };
        let mut sim = Sim::new(seed, params);
        sim.set_default_link(latency(20));
        sim.give_disks();
        let config = sim.config("nora");
        let nora = sim.add_node(config).expect("an empty disk");
        let mut config = sim.config("pia");
        config.connect = vec![sim.address(nora.0)];
        let pia = sim.add_node(config).expect("an empty disk");
        import(&mut sim, nora, "purse", 1);
        let mut scene = Self { sim, nora, pia };
        scene.meet();
        scene.sim.record_events();
        scene
    }

    fn peers(sim: &Sim, ix: NodeIx) -> usize {
        let node = sim.node(ix).expect("it runs");
        node.snapshot(sim.now()).ready_peers().count()
    }

    fn meet(&mut self) {
        let nora = self.nora;
        let met = |sim: &Sim| Self::peers(sim, nora) == 1;
        until(&mut self.sim, MINUTE, "they meet", met);
    }

    fn sick(&mut self, change: impl FnOnce(&mut DiskConditions)) {
        let mut conditions = DiskConditions::default();
        change(&mut conditions);
        self.sim.set_disk(self.nora, conditions);
    }

    fn mine(&mut self) {
        let mined = self.sim.call(self.nora, Command::MineNow);
        assert!(matches!(mined, Ok(Reply::Mined { .. })), "{mined:?}");
    }

    fn pay(&mut self) -> Txid {
        let to = self.sim.params().address(owner(9)).to_string();
        let sent = pay(
            &mut self.sim,
            self.nora,
            "purse",
            &to,
            coins(1),
            units(1_000),
        );
        match sent {
            Ok(Reply::Sent { txid, .. }) => txid,
            other => panic!("{other:?}"),
        }
    }

    fn create_wallet(&mut self, name: &str) -> WalletInfo {
        let name = name.to_owned();
        match self.sim.call(self.nora, Command::CreateWallet { name }) {
            Ok(Reply::Wallet(wallet)) => wallet,
            other => panic!("{other:?}"),
        }
    }

    /// Why Nora's node has stopped, and that what it left is sound.
    fn halted(&mut self) -> String {
        let nora = self.nora;
        let has_halted = |sim: &Sim| sim.halted(nora).is_some();
        until(&mut self.sim, MINUTE, "it halts", has_halted);
        let store = self.sim.store(nora).expect("it is down");
        let report = check(store, self.sim.params()).expect("readable");
        assert!(report.is_sound(), "{:?}", report.problems);
        self.sim.halted(nora).expect("it has halted").to_string()
    }

    fn restart(&mut self) {
        self.sim.restart(self.nora).expect("no repair is needed");
    }
}

#[test]
fn a_node_whose_disk_is_full_says_so_and_goes_on_where_it_was_when_there_is_room() {
    let mut scene = Scene::new();
    scene.mine();
    let before = tip(&scene.sim, scene.nora);
    scene.sick(|disk| disk.room = Some(0));
    let id = scene.sim.command(scene.nora, Command::MineNow);
    let full = "the disk of nora: No space left on device (os error 28)";
    assert_eq!(scene.halted(), format!("the node has stopped: {full}"));
    assert_eq!(scene.sim.take_reply(id), None);

    // A key that there is no room for is not told, and starting anew makes none.
    scene.sim.reconfigure(scene.nora, |config| {
        config.wallets = vec!["till".to_owned()]
    });
    let refused = scene.sim.restart(scene.nora).expect_err("still full");
    assert!(matches!(refused, OpenError::Store(_)));
    assert_eq!(refused.to_string(), full);
    let left = scene.sim.store(scene.nora).expect("it is down").tip();
    assert_eq!(left.expect("readable").map(|tip| tip.hash), Some(before));

    scene.sick(|_| ());
    scene.restart();
    scene.meet();
    scene.mine();
    let pia = scene.pia;
    let wanted = tip(&scene.sim, scene.nora);
    until(&mut scene.sim, MINUTE, "Pia has the block", |sim| {
        tip(sim, pia) == wanted
    });
}

#[test]
fn nobody_hears_of_a_payment_or_a_block_whose_write_failed() {
    for command in [None, Some(Command::MineNow)] {
        let mut scene = Scene::new();
        scene.mine();
        let (nora, pia) = (scene.nora, scene.pia);
        let before = tip(&scene.sim, nora);
        until(&mut scene.sim, MINUTE, "Pia has the block", |sim| {
            tip(sim, pia) == before
        });
        // What is unwritten is written before the disk fails.
        scene.sim.run_for(2 * FLUSH_EVERY);
        scene.sim.take_events();
        scene.sick(|disk| disk.failure = 1.0);
        let to = scene.sim.params().address(owner(9)).to_string();
        let payment = Command::Send(chainlab::node::io::Payment {
            from: "purse".to_owned(),
            to,
            amount: coins(1),
            fee: None,
        });
        let id = scene.sim.command(nora, command.unwrap_or(payment));
        let words = scene.halted();
        assert!(
            words.ends_with("Input/output error (os error 5)"),
            "{words}"
        );
        scene.sim.run_for(MINUTE);
        assert_eq!(
            scene.sim.take_reply(id),
            None,
            "it was told that it is done"
        );
        for (ix, event) in scene.sim.take_events() {
            let is_news = matches!(
                &event.kind,
                EventKind::Sent { .. }
                    | EventKind::TipChanged { .. }
                    | EventKind::TxAccepted { .. }
            );
            assert!(!is_news, "{ix:?}: {event:?}");
        }
        assert_eq!(tip(&scene.sim, pia), before);
    }
}

#[test]
fn a_power_loss_takes_a_second_of_blocks_at_most_and_no_key_and_no_payment_that_was_told() {
    let mut takes = [0, 0];
    for round in 0..20 {
        let mut scene = Scene::with_seed(round);
        let nora = scene.nora;
        scene.mine();
        scene.sim.run_for(2 * FLUSH_EVERY);
        let safe = tip(&scene.sim, nora);
        let wallet = scene.create_wallet("savings");
        let txid = scene.pay();
        // What comes after that is not waited for by the disk.
        scene.mine();
        let young = tip(&scene.sim, nora);
        assert_ne!(safe, young);
        scene.sim.run_for(ms(10 * round));
        scene.sim.cut_power(nora);
        let left = scene.sim.store(nora).expect("it is down").tip();
        let left = left.expect("readable").expect("a chain").hash;
        assert!(left == safe || left == young, "round {round}");
        takes[usize::from(left == safe)] += 1;
        scene.restart();
        let held = wallets(&mut scene.sim, nora);
        let kept = held.iter().find(|held| held.name == "savings");
        assert_eq!(kept.map(|kept| &kept.address), Some(&wallet.address));
        let told = history(&mut scene.sim, nora, "purse");
        assert!(told.iter().any(|entry| entry.txid == txid), "round {round}");
    }
    // Both happen, or nothing was tested.
    assert!(takes.iter().all(|count| *count > 0), "{takes:?}");
}

#[test]
fn a_slow_disk_holds_back_what_is_said_and_no_peer_is_blamed_for_it() {
    let mut scene = Scene::new();
    let (nora, pia) = (scene.nora, scene.pia);
    scene.sick(|disk| disk.latency = Duration::from_secs(2));
    let asked = scene.sim.now();
    scene.create_wallet("savings");
    // It is written, and then synced.
    assert!(scene.sim.now() - asked >= Duration::from_secs(4));
    // One who dies before that has told nothing.
    let name = "late".to_owned();
    let id = scene.sim.command(nora, Command::CreateWallet { name });
    scene.sim.run_for(ms(500));
    scene.sim.crash(nora);
    scene.sim.run_for(MINUTE);
    assert_eq!(scene.sim.take_reply(id), None);
    scene.restart();
    scene.meet();
    scene.sim.take_events();
    let mine = Command::Mine(MiningMode::On);
    scene.sim.call(pia, mine).expect("it mines");
    scene.sim.run_for(5 * MINUTE);
    for (ix, event) in scene.sim.take_events() {
        let is_loss = matches!(
            &event.kind,
            EventKind::PeerDown { .. } | EventKind::Banned { .. }
        );
        assert!(!is_loss, "{ix:?}: {event:?}");
    }
    let height = |ix| scene.sim.node(ix).expect("it runs").chain().tip().height;
    assert!(height(nora) > 10 && height(nora) + 5 > height(pia));
}
