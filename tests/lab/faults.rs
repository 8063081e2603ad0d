//! Faults below the link: what becomes of single messages, clocks that are off, disks that fail, and blocks and
//! transactions by hand. The same steps in virtual time and among real nodes, and what the rules promise.

use crate::common::running::{
    CENTRAL, MINER, TEXT, WALLET, begun, done, options, refused, start, until,
};
use chainlab::chain::{Block, Tx};
use chainlab::lab::ask::Ticket;
use chainlab::lab::drive::{VirtualLab, play};
use chainlab::lab::layout::{Layout, read};
use chainlab::lab::{Answer, Lab, LabView, NodeState, Request};
use chainlab::node::io::{Command, Event, EventKind, RawKind, Reply};
use chainlab::node::message::{Kind, Message};
use chainlab::node::{NodeIx, Time};
use std::sync::Arc;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(180);

fn with(steps: &str) -> Layout {
    read("scenario", &format!("{TEXT}\n{steps}")).unwrap_or_else(|error| panic!("{error}"))
}

/// Plays the steps in virtual time, whatever the seed, and tells all that happened with the last.
fn plays(steps: &str) -> Vec<(NodeIx, Arc<Event>)> {
    for seed in 0..3 {
        let lab = play(&with(steps), seed, LIMIT).expect("it plays");
        let script = lab.script().expect("it has one");
        assert_eq!(script.failure(), None, "seed {seed}: {script:?}");
        assert!(lab.is_over(), "seed {seed}: {script:?}");
    }
    let mut lab = VirtualLab::seeded(&with(steps), 9).expect("it starts");
    lab.record_events();
    while !lab.is_over() && lab.elapsed() < LIMIT {
        lab.go_on(LIMIT);
    }
    lab.take_events()
}

/// Plays the steps with real nodes, to the end.
async fn plays_live(steps: &str) -> Lab {
    plays_live_on(TEXT, steps).await
}

async fn plays_live_on(text: &str, steps: &str) -> Lab {
    let lab = start(options(&format!("{text}\n{steps}"))).expect("it starts");
    let over = |view: &LabView| view.script.as_ref().is_some_and(|script| script.is_over());
    let script = until(&lab, over).await.script.expect("it has one");
    assert_eq!(script.failure(), None, "{script:?}");
    lab
}

/// When a node got messages of a kind from another.
fn received(events: &[(NodeIx, Arc<Event>)], at: NodeIx, kind: Kind, from: &str) -> Vec<Time> {
    let got = events.iter().filter(|(ix, event)| {
        *ix == at
            && matches!(&event.kind, EventKind::MessageReceived { peer, command, .. }
                if command == kind.name() && *peer.name == *from)
    });
    got.map(|(_, event)| event.at).collect()
}

fn ended(events: &[(NodeIx, Arc<Event>)], at: NodeIx) -> Vec<String> {
    let ended = events.iter().filter_map(|(ix, event)| match &event.kind {
        EventKind::PeerDown { why, .. } if *ix == at => Some(why.clone()),
        _ => None,
    });
    ended.collect()
}

/// The second block does not arrive at first, from the node that found it. There are two who have it.
const DROPPED: &str = r##"
[[step]]
when = "height >= 1 and peers == 2"
do = "next_message"
from = "miner"
to = "wallet"
kind = "block"
what = "drop"
[[step]]
do = "mine_now"
node = "miner"
expect = "height@central == 2"
[[step]]
expect = 'height == 2 and propagated("#2")'
within = "50s"
"##;

/// The miner has dialled the wallet as well.
fn triangle() -> String {
    let connect = "connect = [\"central\"]\nwallets = [\"rewards\"]";
    assert!(TEXT.contains(connect));
    TEXT.replace(
        connect,
        "connect = [\"central\", \"wallet\"]\nwallets = [\"rewards\"]",
    )
}

#[test]
fn a_block_that_is_dropped_is_asked_for_again_once_it_is_late() {
    let layout = read("scenario", &format!("{}\n{DROPPED}", triangle())).expect("it is sound");
    for seed in 0..3 {
        let mut lab = VirtualLab::seeded(&layout, seed).expect("it starts");
        lab.record_events();
        while !lab.is_over() && lab.elapsed() < LIMIT {
            lab.go_on(LIMIT);
        }
        assert_eq!(lab.script().expect("it has one").failure(), None);
        let events = lab.take_events();
        let asked = events.iter().filter(|(ix, event)| {
            *ix == WALLET
                && matches!(&event.kind, EventKind::MessageSent { command, .. }
                    if command == "getdata")
        });
        let asked: Vec<_> = asked.map(|(_, event)| event.at).collect();
        let came = received(&events, WALLET, Kind::Block, "central");
        let last = came.last().expect("from the other");
        // Each block was asked for, and one of them a second time, some seconds later.
        assert!(asked.len() >= 3, "{asked:?}");
        assert!(
            last.since(asked[asked.len() - 2]) >= Duration::from_secs(4),
            "{came:?} {asked:?}"
        );
        assert_eq!(ended(&events, WALLET), [""; 0], "no peer is left for it");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_that_is_dropped_among_real_nodes_is_asked_for_again() {
    let lab = plays_live_on(&triangle(), DROPPED).await;
    lab.close().await.expect("it closes");
}

/// A payment arrives twice.
const REPEATED: &str = r#"
[[step]]
when = "height >= 1"
do = "next_message"
from = "wallet"
to = "central"
kind = "tx"
what = "repeat"
[[step]]
do = "send"
from = "alice"
to = "bob"
amount = "1.5"
label = "rent"
expect = "mempool == 1"
[[step]]
do = "mine_now"
node = "miner"
expect = 'confirmations("rent") == 1 and mempool == 0 and peers@central == 2 and tips == 1'
"#;

#[test]
fn a_payment_that_arrives_twice_changes_nothing() {
    let events = plays(REPEATED);
    let came = received(&events, CENTRAL, Kind::Tx, "wallet");
    assert_eq!(came.len(), 2);
    let taken = events
        .iter()
        .filter(|(ix, event)| *ix == CENTRAL && matches!(event.kind, EventKind::TxAccepted { .. }));
    assert_eq!(taken.count(), 1);
    assert_eq!(ended(&events, CENTRAL), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_arrives_twice_among_real_nodes_changes_nothing() {
    let lab = plays_live(REPEATED).await;
    lab.close().await.expect("it closes");
}

/// A block is late, and what is said behind it is so, too.
const DELAYED: &str = r#"
[[step]]
when = "height >= 1"
do = "next_message"
from = "central"
to = "wallet"
kind = "block"
what = "delay"
for = "2s"
[[step]]
do = "mine_now"
node = "miner"
expect = "height@central == 2"
[[step]]
expect = "height == 2"
"#;

#[test]
fn a_message_that_is_held_back_comes_so_much_later() {
    let events = plays(DELAYED);
    let found = |events: &[(NodeIx, Arc<Event>)], at| {
        let mut found = events.iter().filter_map(|(ix, event)| match &event.kind {
            EventKind::TipChanged { tip, .. } if *ix == at && tip.height == 2 => Some(event.at),
            _ => None,
        });
        found.next().expect("it has it")
    };
    let late = found(&events, WALLET).since(found(&events, CENTRAL));
    let wanted = Duration::from_secs(2)..Duration::from_millis(2_200);
    assert!(wanted.contains(&late), "{late:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_among_real_nodes_is_held_back_in_either_direction() {
    // The wallet has dialled: what it sends is bent where it leaves, what it gets where it comes in.
    let lab = plays_live(DELAYED).await;
    let view = lab.view();
    let row = view.block_propagation.iter().find(|row| row.id.height == 2);
    let row = row.expect("it is shown");
    let late = row.arrival(WALLET).zip(row.arrival(CENTRAL));
    let late = late.map(|(late, soon)| late.saturating_sub(soon));
    assert!(late >= Some(Duration::from_secs(2)), "{late:?}");
    lab.close().await.expect("it closes");
}

/// A clock is two hours ahead.
const AHEAD: &str = r#"
[[step]]
when = "height >= 1"
do = "set_clock"
node = "miner"
by = "+2h"
[[step]]
do = "mine_now"
node = "miner"
expect = "height@miner == 2"
[[step]]
after = "3s"
expect = "height@central == 1 and height@wallet == 1"
[[step]]
do = "mine_now"
node = "central"
expect = "height@central == 2 and height@wallet == 2 and tips == 2"
"#;

#[test]
fn blocks_of_a_clock_that_is_two_hours_ahead_are_refused_by_others() {
    let events = plays(AHEAD);
    let told: Vec<_> = events
        .iter()
        .filter(|(ix, _)| *ix == CENTRAL)
        .filter_map(|(_, event)| match &event.kind {
            EventKind::BlockWaits { why, .. } => Some(format!("{why:?}")),
            EventKind::BlockRefused { why, .. } => Some(why.clone()),
            _ => None,
        })
        .collect();
    assert!(!told.is_empty(), "central says why");
    assert_eq!(
        ended(&events, CENTRAL),
        [""; 0],
        "no one is to blame: {told:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn blocks_of_a_clock_that_is_ahead_are_refused_by_real_nodes() {
    let lab = plays_live(AHEAD).await;
    lab.close().await.expect("it closes");
}

/// A payment is acknowledged, the disk is full, the node halts and is started again.
const FULL: &str = r#"
[[step]]
when = "height >= 1"
do = "cut"
from = "central"
to = "wallet"
[[step]]
do = "send"
from = "alice"
to = "bob"
amount = "1.5"
label = "rent"
[[step]]
do = "fail_disk"
node = "wallet"
what = "full"
[[step]]
after = "3s"
do = "heal"
[[step]]
do = "restart"
node = "wallet"
expect = "mempool == 1 and height@wallet == 1"
within = "50s"
[[step]]
do = "mine_now"
node = "miner"
expect = 'confirmations("rent") == 1'
"#;

#[test]
fn a_node_whose_disk_is_full_halts_with_words_and_has_all_that_it_said_it_has() {
    plays(FULL);
    let mut lab = VirtualLab::seeded(&with(FULL), 1).expect("it starts");
    let words = |lab: &VirtualLab| match lab.core().nodes()[WALLET.0].state() {
        NodeState::Failed(why) => Some(why.to_string()),
        _ => None,
    };
    while words(&lab).is_none() && lab.elapsed() < LIMIT {
        lab.go_on(LIMIT);
    }
    let words = words(&lab).expect("it halts");
    assert!(words.contains("No space left on device"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_node_whose_disk_is_full_halts_and_loses_nothing() {
    let lab = start(options(&format!("{TEXT}\n{FULL}"))).expect("it starts");
    let halted = |view: &LabView| matches!(view.nodes[WALLET.0].state, NodeState::Failed(_));
    let view = until(&lab, halted).await;
    let NodeState::Failed(why) = &view.nodes[WALLET.0].state else {
        panic!("it halts")
    };
    assert!(why.contains("No space left on device"), "{why}");
    let over = |view: &LabView| view.script.as_ref().is_some_and(|script| script.is_over());
    let script = until(&lab, over).await.script.expect("it has one");
    assert_eq!(script.failure(), None, "{script:?}");
    lab.close().await.expect("it closes");
}

/// A lab in virtual time whose miner is cut off and has a block of its own, and whose wallet has a payment that
/// no other has.
struct Desk {
    lab: VirtualLab,
    tickets: u64,
}

impl Desk {
    fn new() -> Self {
        let steps = "[[step]]\nwhen = \"height >= 1\"\ndo = \"cut\"\nfrom = \"central\"\nto = \"miner\"\n\
                     [[step]]\ndo = \"mine_now\"\nnode = \"miner\"\nexpect = \"height@miner == 2\"\n";
        let mut lab = VirtualLab::seeded(&with(steps), 5).expect("it starts");
        while !lab.is_over() && lab.elapsed() < LIMIT {
            lab.go_on(LIMIT);
        }
        lab.record_events();
        Self { lab, tickets: 0 }
    }

    fn block(&self) -> Vec<u8> {
        let miner = self.lab.node("miner").expect("it runs");
        let block = miner.chain().body(&miner.chain().tip().hash);
        let block: Arc<Block> = block.expect("a store").expect("it is there");
        payload(&Message::Block(block))
    }

    /// Gives the central node bytes as of the wallet.
    fn give(&mut self, kind: RawKind, bytes: &[u8]) -> Result<String, String> {
        let hex = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let from = "wallet".to_owned();
        self.tickets += 1;
        let command = Command::SendRaw { from, kind, hex };
        let request = Request::Node(CENTRAL, command);
        self.lab.request(Ticket(self.tickets), request);
        let until = self.lab.now() + Duration::from_secs(3);
        self.lab.run_until(until, || true);
        let answers = self.lab.take_answers();
        let (_, answer) = answers.into_iter().next().expect("it answers");
        match answer {
            Ok(Answer::Node(CENTRAL, Reply::Done(words))) => Ok(words),
            Ok(other) => panic!("{other:?}"),
            Err(refusal) => Err(refusal.words),
        }
    }

    fn height(&self, name: &str) -> u32 {
        self.lab.node(name).expect("it runs").chain().tip().height
    }
}

fn payload(message: &Message) -> Vec<u8> {
    let mut payload = Vec::new();
    message.encode_into(&mut payload);
    payload
}

#[test]
fn a_block_by_hand_is_taken_as_one_that_a_peer_sent() {
    let mut desk = Desk::new();
    let block = desk.block();
    let said = desk.give(RawKind::Block, &block).expect("it is taken");
    assert!(said.ends_with("is taken"), "{said}");
    // The wallet is taken to have it: it is not told of it.
    assert_eq!((desk.height("central"), desk.height("wallet")), (2, 1));
    let said = desk.give(RawKind::Block, &block).expect("it is known");
    assert!(said.ends_with("was known"), "{said}");
    assert_eq!(ended(&desk.lab.take_events(), CENTRAL), [""; 0]);
}

#[test]
fn who_sends_a_bent_block_is_left_and_banned_for_what_is_no_accident() {
    type Bend = fn(&mut Vec<u8>);
    let bends: [(Bend, bool); 2] = [
        // Another nonce: the header has no work.
        (|block| block[80] ^= 0xff, true),
        // Bytes are missing: it is no message.
        (|block| block.truncate(100), false),
    ];
    for (bend, bans) in bends {
        let mut desk = Desk::new();
        let mut block = desk.block();
        bend(&mut block);
        let said = desk.give(RawKind::Block, &block).expect("it is given");
        assert!(!said.ends_with("is taken"), "{said}");
        assert_eq!(desk.height("central"), 1);
        let events = desk.lab.take_events();
        let ended = ended(&events, CENTRAL);
        assert!(!ended.is_empty(), "{said}: the connection ends");
        let banned = events
            .iter()
            .any(|(ix, event)| *ix == CENTRAL && matches!(event.kind, EventKind::Banned { .. }));
        assert_eq!(banned, bans, "{said}: {ended:?}");
    }
}

#[test]
fn a_payment_by_hand_is_taken_and_a_bent_one_is_not() {
    let steps = "[[step]]\nwhen = \"height >= 1\"\ndo = \"cut\"\nfrom = \"central\"\nto = \"wallet\"\n\
                 [[step]]\ndo = \"send\"\nfrom = \"alice\"\nto = \"bob\"\namount = \"1\"\n";
    let mut lab = VirtualLab::seeded(&with(steps), 5).expect("it starts");
    while !lab.is_over() && lab.elapsed() < LIMIT {
        lab.go_on(LIMIT);
    }
    let wallet = lab.node("wallet").expect("it runs").mempool();
    let txid = wallet.info(1).shown[0].txid;
    let tx: Arc<Tx> = Arc::clone(&wallet.get(&txid).expect("it waits").tx);
    let bytes = payload(&Message::Tx(tx));
    let mut bent = bytes.clone();
    // The end of a signature, or of what it is over.
    let last = bent.len() - 1;
    bent[last] ^= 1;
    let waits = |lab: &VirtualLab| lab.node("central").expect("it runs").mempool().len();
    for (bytes, waiting) in [(&bent, 0), (&bytes, 1)] {
        let mut lab = lab.clone();
        let hex = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let (from, kind) = ("miner".to_owned(), RawKind::Tx);
        let command = Command::SendRaw { from, kind, hex };
        lab.request(Ticket(1), Request::Node(CENTRAL, command));
        lab.run_until(lab.now() + Duration::from_secs(1), || true);
        assert_eq!(waits(&lab), waiting, "{:?}", lab.take_answers());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_block_is_refused_by_a_real_node_and_ends_its_connection() {
    let lab = start(options(TEXT)).expect("it starts");
    begun(&lab).await;
    let give = |from: &str, hex: &str| {
        let (from, kind, hex) = (from.to_owned(), RawKind::Block, hex.to_owned());
        Request::Node(CENTRAL, Command::SendRaw { from, kind, hex })
    };
    for (from, hex, said) in [
        ("nobody", "00", "nobody is no peer of central".to_owned()),
        (
            "miner",
            "0",
            "hex: two hexadecimal digits for each byte are wanted, at least one".to_owned(),
        ),
        (
            "miner",
            "zz",
            "hex: two hexadecimal digits for each byte are wanted, at least one".to_owned(),
        ),
    ] {
        assert_eq!(refused(&lab, give(from, hex)).await, said);
    }
    let long = refused(&lab, give("miner", &"00".repeat(5_000_000))).await;
    assert!(long.starts_with("hex: a block has at most "), "{long}");
    let Answer::Node(_, Reply::Done(said)) = done(&lab, give("miner", "00ff")).await else {
        panic!("it answers")
    };
    assert!(said.starts_with("no block: "), "{said}");
    let log = |view: &LabView| crate::common::running::log(view, CENTRAL).join("\n");
    until(&lab, |view| log(view).contains("lost miner: ")).await;
    // It dials again, as loopback is not banned.
    let is_back = |view: &LabView| {
        let seen = view.nodes[MINER.0].snapshot.as_ref();
        seen.is_some_and(|seen| seen.ready_peers().count() == 1)
    };
    until(&lab, is_back).await;
    lab.close().await.expect("it closes");
}
