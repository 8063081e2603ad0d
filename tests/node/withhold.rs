//! A miner that withholds what it finds: nobody hears of it until it is released, a release undoes
//! the public chain, a race that is lost is given up, and a payment that was confirmed can be undone.

use crate::common::sim::{Puppet, agree, import, latency, pay, until, wallet_address};
use crate::common::{ALICE, coins, owner};
use chainlab::chain::params::Allocation;
use chainlab::chain::{BlockHash, Params, Tx, Txid};
use chainlab::link::LinkState;
use chainlab::node::config::{Release, Strategy};
use chainlab::node::handshake::{Identity, PROTOCOL};
use chainlab::node::io::{Command, ConnId, Event, EventKind, Question, Reply};
use chainlab::node::message::{
    Item, Locator, Message, MessageSummary, Role, Services, Text, Version,
};
use chainlab::node::private_chain::PRIVATE_BLOCKS_MAX;
use chainlab::node::{BlockId, Config, NodeIx, SyncMethod};
use chainlab::sim::{self, Sim};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// Longer than everything takes between neighbours, and than a lost announcement is repeated.
const SOON: Duration = Duration::from_secs(20);

/// Longer than a silent peer is asked again, and what waits is announced again.
const LATER: Duration = Duration::from_secs(300);

/// Alice owns a coin.
fn network() -> Params {
    let coin = Allocation {
        owner: owner(ALICE),
        amount: coins(100),
    };
    Params {
        genesis: vec![coin],
        ..sim::params()
    }
}

/// Three nodes that all know each other; the first withholds.
struct Scene {
    sim: Sim,
    eve: NodeIx,
    bob: NodeIx,
    carol: NodeIx,
}

impl Scene {
    fn new(seed: u64, strategy: Strategy) -> Self {
        Self::with(seed, strategy, |_| ())
    }

    fn with(seed: u64, strategy: Strategy, change: impl Fn(&mut Config)) -> Self {
        let mut sim = Sim::new(seed, network());
        sim.set_default_link(latency(50));
        let mut nodes: Vec<NodeIx> = Vec::new();
        for name in ["eve", "bob", "carol"] {
            let mut config = sim.config(name);
            config.outbound = 0;
            config.connect = nodes.iter().map(|ix| sim.address(ix.0)).collect();
            config.wallets = vec![format!("of-{name}")];
            if name == "eve" {
                config.strategy = strategy;
            }
            change(&mut config);
            nodes.push(sim.add_node(config).expect("sound parameters"));
        }
        sim.run_for(SOON);
        sim.record_events();
        let [eve, bob, carol] = nodes[..] else {
            unreachable!()
        };
        Self {
            sim,
            eve,
            bob,
            carol,
        }
    }

    fn all(&self) -> [NodeIx; 3] {
        [self.eve, self.bob, self.carol]
    }

    /// Blocks that a node finds, one after the other, each with the time to be heard of.
    fn mines(&mut self, node: NodeIx, blocks: usize) -> Vec<BlockHash> {
        let mined = (0..blocks).map(|_| {
            let reply = self.sim.call(node, Command::MineNow);
            let Ok(Reply::Mined { block, .. }) = reply else {
                panic!("{reply:?}");
            };
            self.sim.run_for(Duration::from_secs(1));
            block.hash
        });
        mined.collect()
    }

    fn pays(&mut self, node: NodeIx, from: &str, to: &str, amount: u64) -> (Txid, bool) {
        match pay(&mut self.sim, node, from, to, coins(amount), coins(1)) {
            Ok(Reply::Sent { txid, withheld, .. }) => (txid, withheld),
            other => panic!("{other:?}"),
        }
    }

    fn tip(&self, node: NodeIx) -> BlockId {
        self.sim.node(node).expect("it runs").chain().tip()
    }

    fn heights(&self) -> [u32; 3] {
        self.all().map(|node| self.tip(node).height)
    }

    fn release(&mut self) -> String {
        match self.sim.call(self.eve, Command::Release) {
            Ok(Reply::Done(words)) => words,
            other => panic!("{other:?}"),
        }
    }

    fn settles(&mut self) {
        let nodes = self.all();
        until(&mut self.sim, LATER, "one chain", |sim| agree(sim, &nodes));
    }

    fn withheld(&self) -> usize {
        let node = self.sim.node(self.eve).expect("it runs");
        let snapshot = node.snapshot(self.sim.now());
        snapshot.mining.expect("its own").withheld
    }

    /// Somebody who has made eve's acquaintance, and says what it is told to.
    fn spy(&mut self) -> (Puppet, ConnId) {
        let puppet = Puppet::new(&mut self.sim);
        let address = self.sim.address(self.eve.0);
        puppet.dials(&mut self.sim, address);
        self.sim.run_for(Duration::from_secs(1));
        let genesis = self.sim.params().genesis_block().hash();
        let us = Identity::new(crate::common::key(9), genesis);
        let version = Version {
            protocol: PROTOCOL,
            network: genesis,
            nonce: 77,
            id: us.id,
            listen: None,
            height: 9,
            role: Role::Full,
            user_agent: Text::new("/chainlab:0.1.0(spy)/"),
            services: Services::BLOCKS,
            wants_txs: true,
        };
        let (conn, theirs) = puppet.greeted();
        assert_eq!(theirs.height, self.tip(self.bob).height, "what is public");
        let verack = us.prove(&theirs);
        let greeting = [Message::Version(Box::new(version)), Message::Verack(verack)];
        for message in greeting {
            puppet.sends(&mut self.sim, conn, message);
        }
        (puppet, conn)
    }

    fn events(&mut self) -> Vec<(NodeIx, Event)> {
        self.sim.take_events()
    }
}

/// Everything that was said of by those who were sent it: blocks and transactions by their names,
/// and the blocks that headers build on.
fn said(events: &[(NodeIx, Event)], by: NodeIx) -> BTreeSet<[u8; 32]> {
    let mut names = BTreeSet::new();
    let mut add = |item: &Item| {
        let (Item::Tx(Txid(hash)) | Item::Block(BlockHash(hash))) = item;
        names.insert(*hash);
    };
    let sent = events.iter().filter(|(ix, _)| *ix == by);
    for (_, event) in sent {
        let EventKind::MessageSent { item, summary, .. } = &event.kind else {
            continue;
        };
        item.iter().for_each(&mut add);
        match summary {
            MessageSummary::Items { first, .. } => first.iter().for_each(&mut add),
            MessageSummary::Locator { first, stop, .. } => {
                let hashes = first.iter().chain(stop);
                hashes.for_each(|hash| add(&Item::Block(*hash)));
            }
            MessageSummary::Headers { first, last, .. } => {
                let previous = first.iter().chain(last).map(|header| header.previous);
                previous.for_each(|hash| add(&Item::Block(hash)));
            }
            _ => {}
        }
    }
    names
}

fn reorganisations(events: &[(NodeIx, Event)], of: NodeIx) -> Vec<(usize, Vec<Txid>)> {
    let kinds = events.iter().filter(|(ix, _)| *ix == of);
    let reorganised = kinds.filter_map(|(_, event)| match &event.kind {
        EventKind::Reorganised { depth, lost, .. } => Some((*depth, lost.clone())),
        _ => None,
    });
    reorganised.collect()
}

fn peace(events: &[(NodeIx, Event)]) {
    for (ix, event) in events {
        let is_strife = matches!(
            event.kind,
            EventKind::Banned { .. } | EventKind::PeerDown { .. } | EventKind::BlockRefused { .. }
        );
        assert!(!is_strife, "{ix:?}: {event:?}");
    }
}

#[test]
fn nobody_hears_of_a_withheld_block_or_payment() {
    let mut scene = Scene::new(1, Strategy::Selfish(Release::Asked));
    let (eve, bob) = (scene.eve, scene.bob);
    import(&mut scene.sim, eve, "alice", ALICE);
    let to = wallet_address(&mut scene.sim, eve, "of-eve");
    let (paid, withheld) = scene.pays(eve, "alice", &to, 5);
    assert!(withheld);
    let hidden = scene.mines(eve, 4);
    assert_eq!((scene.heights(), scene.withheld()), ([4, 0, 0], 4));
    let (waits, _) = scene.pays(eve, "of-eve", &to, 1);
    // Others mine meanwhile, newcomers ask for all that there is, and what waits is told again.
    scene.mines(bob, 2);
    let mut newcomer = scene.sim.config("dave");
    newcomer.outbound = 0;
    newcomer.connect = vec![scene.sim.address(eve.0)];
    let dave = scene.sim.add_node(newcomer).expect("sound parameters");
    let mut teacher = scene.sim.config("erin");
    (teacher.outbound, teacher.sync) = (0, SyncMethod::BlocksFirst);
    teacher.connect = vec![scene.sim.address(eve.0)];
    let erin = scene.sim.add_node(teacher).expect("sound parameters");
    scene.sim.run_for(LATER);
    assert_eq!(scene.heights(), [4, 2, 2]);
    assert_eq!(scene.tip(dave).height, 0, "only eve could have told it");
    let events = scene.events();
    let said = said(&events, eve);
    for hash in &hidden {
        assert!(!said.contains(&hash.0), "{hash}");
    }
    assert!(!said.contains(&paid.0) && !said.contains(&waits.0));
    assert!(!said.is_empty(), "it takes part otherwise");
    for (ix, event) in &events {
        if let EventKind::MessageSent {
            summary: MessageSummary::Version(version),
            ..
        } = &event.kind
        {
            assert_eq!(version.height, 0, "{ix:?}");
        }
    }
    peace(&events);
    let kept = events.iter().filter_map(|(_, event)| match event.kind {
        EventKind::Withheld { block, count } => Some((block.hash, count)),
        _ => None,
    });
    let wanted: Vec<_> = hidden.iter().copied().zip(1..).collect();
    assert_eq!(kept.collect::<Vec<_>>(), wanted);
    // Then all of it comes out.
    assert_eq!(scene.release(), "released 4 blocks and 1 payment");
    let nodes = [eve, bob, scene.carol, dave, erin];
    until(&mut scene.sim, LATER, "one chain", |sim| agree(sim, &nodes));
    until(&mut scene.sim, LATER, "it waits everywhere", |sim| {
        let waits = |ix: &NodeIx| sim.node(*ix).expect("it runs").mempool().contains(&waits);
        nodes.iter().all(waits)
    });
    peace(&scene.events());
    // And what is found next is private again.
    scene.mines(eve, 1);
    assert_eq!((scene.heights(), scene.withheld()), ([5, 4, 4], 1));
}

#[test]
fn an_honest_miner_is_heard_of_at_once_and_has_nothing_to_release() {
    let mut scene = Scene::new(9, Strategy::default());
    let eve = scene.eve;
    for height in 1..=3 {
        scene.mines(eve, 1);
        assert_eq!(scene.heights(), [height; 3]);
    }
    let own = wallet_address(&mut scene.sim, eve, "of-eve");
    import(&mut scene.sim, eve, "alice", ALICE);
    let (txid, withheld) = scene.pays(eve, "alice", &own, 5);
    assert!(!withheld);
    scene.sim.run_for(Duration::from_secs(1));
    let heard = |ix| {
        scene
            .sim
            .node(ix)
            .expect("it runs")
            .mempool()
            .contains(&txid)
    };
    assert!(heard(scene.bob) && heard(scene.carol));
    let snapshot = scene
        .sim
        .node(eve)
        .expect("it runs")
        .snapshot(scene.sim.now());
    let mining = snapshot.mining.expect("its own");
    assert_eq!((mining.strategy, mining.withheld), (Strategy::Honest, 0));
    assert!(scene.sim.call(eve, Command::Release).is_err());
    for (_, event) in scene.events() {
        let of_attacks = matches!(
            event.kind,
            EventKind::Withheld { .. } | EventKind::Released { .. } | EventKind::GaveUp { .. }
        );
        assert!(!of_attacks, "{event:?}");
    }
}

#[test]
fn a_locator_and_a_getdata_that_guess_right_are_answered_as_if_they_were_wrong() {
    let mut scene = Scene::new(2, Strategy::Selfish(Release::Asked));
    let eve = scene.eve;
    import(&mut scene.sim, eve, "alice", ALICE);
    let own = wallet_address(&mut scene.sim, eve, "of-eve");
    let hidden = scene.mines(eve, 3);
    let (paid, _) = scene.pays(eve, "alice", &own, 5);
    let genesis = scene.sim.params().genesis_block().hash();
    let (puppet, conn) = scene.spy();
    for message in [
        Message::GetData(hidden.iter().copied().map(Item::Block).collect()),
        Message::GetData(vec![Item::Tx(paid)]),
        Message::GetHeaders(Locator {
            have: vec![hidden[0]],
            stop: BlockHash::ZERO,
        }),
        Message::GetBlocks(Locator {
            have: vec![genesis],
            stop: hidden[2],
        }),
    ] {
        puppet.sends(&mut scene.sim, conn, message);
    }
    scene.sim.run_for(Duration::from_secs(5));
    let events = scene.events();
    let told = events.iter().filter_map(|(ix, event)| match &event.kind {
        EventKind::MessageSent {
            peer,
            command,
            summary,
            ..
        } if *ix == scene.eve && &*peer.name == "spy" => Some((command.as_str(), summary)),
        _ => None,
    });
    let told: Vec<_> = told.collect();
    let first = hidden.iter().copied().map(Item::Block).collect();
    let missing = MessageSummary::Items { count: 3, first };
    assert!(told.contains(&("notfound", &missing)), "{told:?}");
    let missing = MessageSummary::Items {
        count: 1,
        first: vec![Item::Tx(paid)],
    };
    assert!(told.contains(&("notfound", &missing)), "{told:?}");
    let nothing = MessageSummary::Headers {
        count: 0,
        first: None,
        last: None,
    };
    assert!(told.contains(&("headers", &nothing)), "{told:?}");
    let nothing = MessageSummary::Items {
        count: 0,
        first: Vec::new(),
    };
    assert!(told.contains(&("inv", &nothing)), "{told:?}");
    assert!(told.iter().all(|(command, _)| *command != "block"));
}

#[test]
fn a_release_at_a_depth_undoes_just_so_many_blocks_of_everybody() {
    for depth in [1_u32, 3, 12, 70] {
        let mut scene = Scene::new(u64::from(depth), Strategy::Selfish(Release::Depth(depth)));
        let public = usize::try_from(depth).expect("small");
        let (eve, bob) = (scene.eve, scene.bob);
        scene.mines(eve, public + 1);
        scene.mines(bob, public - 1);
        assert_eq!(scene.withheld(), public + 1, "not yet");
        scene.events();
        scene.mines(bob, 1);
        scene.settles();
        assert_eq!(scene.heights(), [depth + 1; 3]);
        assert_eq!(scene.withheld(), 0);
        let events = scene.events();
        for node in [scene.bob, scene.carol] {
            let undone = reorganisations(&events, node);
            assert_eq!(undone, [(public, vec![])], "depth {depth}");
        }
        assert_eq!(reorganisations(&events, eve), []);
        let released = events.iter().find_map(|(_, event)| match event.kind {
            EventKind::Released { tip, blocks } => Some((tip, blocks)),
            _ => None,
        });
        assert_eq!(released, Some((scene.tip(eve), public + 1)));
        peace(&events);
    }
}

#[test]
fn a_tie_is_no_reason_for_a_release() {
    let mut scene = Scene::new(10, Strategy::Selfish(Release::Depth(1)));
    scene.mines(scene.eve, 1);
    let other = scene.mines(scene.carol, 1);
    assert_eq!((scene.heights(), scene.withheld()), ([1; 3], 1));
    assert_eq!(scene.tip(scene.bob).hash, other[0]);
    scene.mines(scene.eve, 1);
    scene.settles();
    assert_eq!(scene.heights(), [2; 3]);
}

#[test]
fn a_newcomer_is_told_at_once_of_payments_that_are_public() {
    let mut scene = Scene::new(11, Strategy::Selfish(Release::Asked));
    let (eve, bob) = (scene.eve, scene.bob);
    import(&mut scene.sim, bob, "alice", ALICE);
    scene.mines(bob, 2);
    scene.mines(eve, 2);
    let shop = wallet_address(&mut scene.sim, bob, "of-bob");
    let (paid, _) = scene.pays(bob, "alice", &shop, 5);
    scene.sim.run_for(Duration::from_secs(1));
    let mut newcomer = scene.sim.config("dave");
    newcomer.outbound = 0;
    newcomer.connect = vec![scene.sim.address(eve.0)];
    let dave = scene.sim.add_node(newcomer).expect("sound parameters");
    until(&mut scene.sim, SOON, "dave has heard of it", |sim| {
        sim.node(dave).expect("it runs").mempool().contains(&paid)
    });
    assert_eq!(scene.tip(dave), scene.tip(bob));
}

#[test]
fn a_release_at_a_lead_comes_with_the_block_that_makes_it() {
    let mut scene = Scene::new(5, Strategy::Selfish(Release::Lead(3)));
    let (eve, bob) = (scene.eve, scene.bob);
    scene.mines(bob, 1);
    scene.mines(eve, 2);
    assert_eq!(scene.heights(), [3, 1, 1]);
    scene.mines(bob, 1);
    scene.mines(eve, 1);
    assert_eq!((scene.heights(), scene.withheld()), ([4, 2, 2], 3));
    scene.mines(eve, 1);
    scene.settles();
    assert_eq!((scene.heights(), scene.withheld()), ([5; 3], 0));
}

#[test]
fn a_race_that_is_lost_is_given_up_and_all_settle_on_most_work() {
    let mut scene = Scene::new(3, Strategy::Selfish(Release::Depth(50)));
    let (eve, bob) = (scene.eve, scene.bob);
    scene.mines(eve, 2);
    scene.mines(bob, 2);
    assert_eq!(scene.withheld(), 2, "a tie changes nothing");
    scene.mines(bob, 1);
    scene.settles();
    assert_eq!((scene.heights(), scene.withheld()), ([3; 3], 0));
    let events = scene.events();
    let gave_up = events.iter().filter_map(|(ix, event)| match event.kind {
        EventKind::GaveUp { blocks } => Some((*ix, blocks)),
        _ => None,
    });
    assert_eq!(gave_up.collect::<Vec<_>>(), [(eve, 2)]);
    assert_eq!(reorganisations(&events, eve), [(2, vec![])]);
    assert_eq!(reorganisations(&events, bob), []);
    peace(&events);
    // The next attempt begins where everybody is.
    scene.mines(eve, 1);
    assert_eq!((scene.heights(), scene.withheld()), ([4, 3, 3], 1));
}

#[test]
fn a_payment_that_was_confirmed_three_times_is_undone_by_a_private_double_spend() {
    let mut scene = Scene::new(4, Strategy::Selfish(Release::Asked));
    let (eve, bob, carol) = (scene.eve, scene.bob, scene.carol);
    import(&mut scene.sim, eve, "alice", ALICE);
    import(&mut scene.sim, bob, "loot", ALICE);
    let own = wallet_address(&mut scene.sim, eve, "of-eve");
    let shop = wallet_address(&mut scene.sim, carol, "of-carol");
    let (back, _) = scene.pays(eve, "alice", &own, 90);
    // The shop is paid with the same coin, and miners get more of that: eve does not mind.
    let paid = pay(&mut scene.sim, bob, "loot", &shop, coins(50), coins(20));
    let Ok(Reply::Sent { txid: paid, .. }) = paid else {
        panic!("{paid:?}");
    };
    scene.sim.run_for(SOON);
    scene.mines(eve, 4);
    scene.mines(bob, 3);
    match scene.sim.ask(carol, Question::Tx { txid: paid }) {
        Ok(Reply::Tx(tx)) => assert_eq!(tx.block.map(|block| block.height), Some(1)),
        other => panic!("{other:?}"),
    }
    let events = scene.events();
    peace(&events);
    let refused = events.iter().filter(|(ix, event)| {
        let EventKind::MessageSent { command, .. } = &event.kind else {
            return false;
        };
        *ix == eve && command == "reject"
    });
    assert_eq!(refused.count(), 0, "that would tell why");
    assert_eq!(scene.release(), "released 4 blocks");
    scene.settles();
    let events = scene.events();
    for node in [bob, carol] {
        let undone = reorganisations(&events, node);
        assert_eq!(undone, [(3, vec![paid])], "and it says what is gone");
    }
    assert!(scene.sim.ask(carol, Question::Tx { txid: paid }).is_err());
    assert!(scene.sim.ask(carol, Question::Tx { txid: back }).is_ok());
    peace(&events);
}

/// The transactions that a node asked others for.
fn asked(events: &[(NodeIx, Event)], by: NodeIx) -> Vec<Txid> {
    let mut txids = Vec::new();
    for (_, event) in events.iter().filter(|(ix, _)| *ix == by) {
        if let EventKind::MessageSent {
            command, summary, ..
        } = &event.kind
            && command == "getdata"
            && let MessageSummary::Items { count, first } = summary
        {
            assert!(*count <= first.len(), "all are seen: {summary:?}");
            txids.extend(first.iter().filter_map(|item| match item {
                Item::Tx(txid) => Some(*txid),
                Item::Block(_) => None,
            }));
        }
    }
    txids
}

#[test]
fn of_a_payment_that_contradicts_the_private_branch_no_more_is_asked_than_of_any() {
    let mut scene = Scene::new(13, Strategy::Selfish(Release::Asked));
    let (eve, bob, carol) = (scene.eve, scene.bob, scene.carol);
    import(&mut scene.sim, eve, "alice", ALICE);
    import(&mut scene.sim, bob, "loot", ALICE);
    let own = wallet_address(&mut scene.sim, eve, "of-eve");
    let shop = wallet_address(&mut scene.sim, carol, "of-carol");
    scene.pays(eve, "alice", &own, 90);
    scene.mines(eve, 2);
    scene.events();
    let (paid, _) = scene.pays(bob, "loot", &shop, 50);
    scene.sim.run_for(SOON);
    // Not even when it is announced again, after another block that nobody knows of.
    scene.mines(eve, 1);
    scene.sim.run_for(LATER);
    let events = scene.events();
    assert_eq!(asked(&events, eve), [paid]);
    assert_eq!(asked(&events, carol), [paid], "as any");
    peace(&events);
}

#[test]
fn a_payment_from_a_reward_on_the_public_branch_is_not_asked_about() {
    let mut scene = Scene::new(14, Strategy::Selfish(Release::Asked));
    let (eve, bob, carol) = (scene.eve, scene.bob, scene.carol);
    let young = usize::try_from(scene.sim.params().maturity).expect("small");
    scene.mines(eve, young + 5);
    scene.mines(bob, young + 2);
    scene.events();
    let shop = wallet_address(&mut scene.sim, carol, "of-carol");
    let (paid, _) = scene.pays(bob, "of-bob", &shop, 1);
    scene.sim.run_for(SOON);
    let events = scene.events();
    assert_eq!(asked(&events, eve), [paid]);
    peace(&events);
}

#[test]
fn a_payment_that_lost_is_no_secret_any_more_and_others_hear_why_theirs_is_refused() {
    let mut scene = Scene::new(15, Strategy::Selfish(Release::Asked));
    let (eve, bob, carol) = (scene.eve, scene.bob, scene.carol);
    import(&mut scene.sim, eve, "alice", ALICE);
    import(&mut scene.sim, bob, "loot", ALICE);
    let own = wallet_address(&mut scene.sim, eve, "of-eve");
    let shop = wallet_address(&mut scene.sim, carol, "of-carol");
    let (back, _) = scene.pays(eve, "alice", &own, 90);
    scene.mines(eve, 1);
    scene.pays(bob, "loot", &shop, 50);
    scene.mines(bob, 3);
    scene.settles();
    let node = scene.sim.node(eve).expect("it runs");
    assert!(!node.mempool().contains(&back), "its coin is gone");
    let (puppet, conn) = scene.spy();
    scene.events();
    let reward = Tx::coinbase(1, Vec::new(), [0; 64]);
    puppet.sends(&mut scene.sim, conn, Message::Tx(Arc::new(reward)));
    scene.sim.run_for(SOON);
    let events = scene.events();
    let said = events.iter().filter(|(ix, event)| {
        let EventKind::MessageSent { command, .. } = &event.kind else {
            return false;
        };
        *ix == eve && command == "reject"
    });
    assert_eq!(said.count(), 1);
    assert!(!self::said(&events, eve).contains(&back.0));
}

#[test]
fn a_branch_of_a_thousand_blocks_is_released_unasked() {
    let mut scene = Scene::new(16, Strategy::Selfish(Release::Asked));
    scene.mines(scene.eve, PRIVATE_BLOCKS_MAX - 1);
    assert_eq!(scene.withheld(), PRIVATE_BLOCKS_MAX - 1);
    assert_eq!(scene.tip(scene.bob).height, 0);
    scene.mines(scene.eve, 1);
    scene.settles();
    assert_eq!((scene.heights(), scene.withheld()), ([1_000; 3], 0));
}

#[test]
fn a_branch_that_is_given_up_leaves_its_payments_private_for_the_next() {
    let mut scene = Scene::new(6, Strategy::Selfish(Release::Asked));
    let (eve, bob) = (scene.eve, scene.bob);
    import(&mut scene.sim, eve, "alice", ALICE);
    let own = wallet_address(&mut scene.sim, eve, "of-eve");
    let (txid, _) = scene.pays(eve, "alice", &own, 9);
    scene.mines(eve, 1);
    scene.mines(bob, 2);
    scene.settles();
    scene.sim.run_for(LATER);
    let waits = |scene: &Scene, ix| {
        scene
            .sim
            .node(ix)
            .expect("it runs")
            .mempool()
            .contains(&txid)
    };
    assert!(waits(&scene, eve) && !waits(&scene, bob));
    assert!(!said(&scene.events(), eve).contains(&txid.0));
    let honest = Command::SetStrategy(Strategy::Honest);
    scene.sim.call(eve, honest).expect("it can change");
    scene.sim.run_for(SOON);
    assert!(waits(&scene, bob), "what is honest hides nothing");
    let asked = scene.sim.call(eve, Command::Release).expect_err("refused");
    assert_eq!(asked.words, "eve withholds nothing");
}

#[test]
fn after_a_restart_what_was_withheld_is_public() {
    let mut scene = Scene::new(7, Strategy::Selfish(Release::Asked));
    let eve = scene.eve;
    scene.mines(eve, 3);
    scene.sim.crash(eve);
    scene.sim.run_for(SOON);
    scene.sim.restart(eve).expect("a sound store");
    scene.settles();
    assert_eq!((scene.heights(), scene.withheld()), ([3; 3], 0));
    scene.mines(eve, 1);
    assert_eq!((scene.heights(), scene.withheld()), ([4, 3, 3], 1));
}

#[test]
fn a_release_of_more_blocks_than_one_message_names_gets_to_everybody() {
    for sync in [SyncMethod::HeadersFirst, SyncMethod::BlocksFirst] {
        let strategy = Strategy::Selfish(Release::Asked);
        let mut scene = Scene::with(12, strategy, |config| config.sync = sync);
        scene.mines(scene.eve, 3);
        scene.mines(scene.bob, 2);
        scene.mines(scene.eve, 517);
        assert_eq!(scene.release(), "released 520 blocks");
        scene.settles();
        assert_eq!(scene.heights(), [520; 3]);
        // Eve was too far ahead to keep the branch of the others.
        let mut events = scene.events();
        let of_eve = |event: &Event| matches!(event.kind, EventKind::BlockRefused { .. });
        events.retain(|(ix, event)| *ix != scene.eve || !of_eve(event));
        peace(&events);
    }
}

#[test]
fn those_who_ask_for_blocks_first_get_a_deep_release_too() {
    let strategy = Strategy::Selfish(Release::Asked);
    let mut scene = Scene::with(8, strategy, |config| config.sync = SyncMethod::BlocksFirst);
    scene.mines(scene.eve, 14);
    scene.mines(scene.bob, 11);
    scene.release();
    scene.settles();
    assert_eq!(scene.heights(), [14; 3]);
    peace(&scene.events());
}

/// No node has said anything of what it had withheld and not released.
fn secrets_are_kept(events: &[(NodeIx, Event)]) {
    let mut secrets: BTreeMap<NodeIx, BTreeSet<[u8; 32]>> = BTreeMap::new();
    for (ix, event) in events {
        let of_node = secrets.entry(*ix).or_default();
        match &event.kind {
            EventKind::Withheld { block, .. } => drop(of_node.insert(block.hash.0)),
            EventKind::Released { .. } => of_node.clear(),
            _ => {
                let said = said(&[(*ix, event.clone())], *ix);
                assert!(said.is_disjoint(of_node), "{ix:?}: {event:?}");
            }
        }
    }
}

/// `CHAINLAB_WITHHOLD_SEEDS` says how many.
#[allow(clippy::disallowed_methods, reason = "a test has an environment")]
fn seeds() -> u64 {
    let count = std::env::var("CHAINLAB_WITHHOLD_SEEDS").ok();
    count.map_or(20, |count| count.parse().expect("a number of seeds"))
}

#[test]
fn whatever_happens_once_all_is_released_everybody_agrees() {
    let deepest = (0..seeds()).map(a_wild_run).max();
    assert!(deepest > Some(0), "something was withheld in some run");
}

/// Two who withhold, links that come and go, and a node that crashes. Returns how many blocks were
/// withheld at most.
fn a_wild_run(seed: u64) -> usize {
    let mut draws = ChaCha8Rng::seed_from_u64(seed);
    let mut draw = |limit: u64| draws.next_u64() % limit;
    let mut scene = Scene::new(
        seed,
        Strategy::Selfish(Release::Depth(1 + u32::from(seed.is_multiple_of(3)))),
    );
    let nodes = scene.all();
    import(&mut scene.sim, scene.eve, "alice", ALICE);
    import(&mut scene.sim, scene.bob, "loot", ALICE);
    let shop = wallet_address(&mut scene.sim, scene.carol, "of-carol");
    let mut deepest = 0;
    for _ in 0..60 {
        let node = nodes[usize::try_from(draw(3)).expect("small")];
        let other = nodes[usize::try_from(draw(3)).expect("small")];
        match draw(10) {
            0..=4 => drop(scene.sim.call(node, Command::MineNow)),
            5 => {
                let strategy = match draw(4) {
                    0 => Strategy::Honest,
                    1 => Strategy::Selfish(Release::Asked),
                    2 => Strategy::Selfish(Release::Depth(2)),
                    _ => Strategy::Selfish(Release::Lead(2)),
                };
                let _ = scene.sim.call(node, Command::SetStrategy(strategy));
            }
            6 => drop(scene.sim.call(node, Command::Release)),
            7 if node != other => {
                let state = match draw(2) {
                    0 => LinkState::Cut,
                    _ => LinkState::Open,
                };
                scene.sim.set_link_state(node, other, state);
            }
            8 => {
                let from = if node == scene.bob { "loot" } else { "alice" };
                let _ = pay(&mut scene.sim, node, from, &shop, coins(1), coins(1));
            }
            _ => {}
        }
        deepest = deepest.max(scene.withheld());
        scene.sim.run_for(Duration::from_millis(100 + draw(4_000)));
    }
    for (at, node) in nodes.into_iter().enumerate() {
        let honest = Command::SetStrategy(Strategy::Honest);
        scene.sim.call(node, honest).expect("it can change");
        for other in &nodes[..at] {
            scene.sim.set_link_state(node, *other, LinkState::Open);
        }
    }
    scene.sim.run_for(LATER);
    // A tie is settled by the next block.
    scene.mines(scene.carol, 1);
    scene.sim.run_for(SOON);
    assert!(
        agree(&scene.sim, &nodes),
        "seed {seed}: {:?}",
        scene.heights()
    );
    let work = |ix| {
        let tree = scene.sim.node(ix).expect("it runs").chain().tree();
        tree.entry(tree.tip()).work
    };
    let best = nodes.map(work);
    assert!(best.iter().all(|work| *work == best[0]), "seed {seed}");
    let events = scene.events();
    secrets_are_kept(&events);
    for (ix, event) in events {
        assert!(
            !matches!(event.kind, EventKind::Banned { .. }),
            "seed {seed}: {ix:?}"
        );
    }
    deepest
}
