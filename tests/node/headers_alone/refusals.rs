//! Headers that are refused, and peers that give them or do not: the same of a full node's chain and of
//! a light one's.

use super::stage::{ALICE_CONN, BOB_CONN, Follower, Kind, headers};
use crate::common::*;
use chainlab::chain::headers::{SIDE_HEADERS_MAX, SIDE_HEADERS_PER_PEER_MAX};
use chainlab::chain::{Block, BlockTime, Header};
use chainlab::node::chainstate::HeaderChain;
use chainlab::node::message::{HEADERS_MAX, Message};
use chainlab::node::outbox::{Blame, MALICE, NUISANCE};
use chainlab::node::sync::{ANSWER_MAX, UNANSWERED_MAX};
use chainlab::node::{ChainState, ConnId, MemStore, Time};
use std::sync::OnceLock;
use std::time::Duration;

type Full = ChainState<MemStore>;
type Light = HeaderChain<MemStore>;

/// Says the same of both kinds.
macro_rules! of_both {
    ($($name:ident => $story:ident;)*) => { $(
        #[test]
        fn $name() {
            $story::<Full>();
            $story::<Light>();
        }
    )* };
}

of_both! {
    headers_without_work_cost_the_peer_its_connection => without_work;
    headers_from_the_future_are_asked_for_again_and_blame_no_peer => from_the_future;
    headers_that_build_on_nothing_known_are_a_nuisance_and_nothing_of_them_is_kept => orphans;
    side_headers_are_bounded_in_all_and_for_each_peer_and_a_longer_branch_still_wins => flood;
    a_far_branch_in_pieces_wins_when_it_has_more_work => far_branch;
    a_far_branch_that_never_gets_longer_leaves_nothing => far_branch_without_end;
    a_peer_that_never_answers_is_passed_over_and_then_let_go => silence;
}

fn told(blocks: &[Block]) -> Message {
    Message::Headers(headers(blocks))
}

fn blame(points: u32, why: &str) -> Blame {
    Blame {
        conn: ALICE_CONN,
        points,
        why: why.to_owned(),
    }
}

fn without_work<C: Kind>() {
    let (mut node, miners) = Follower::<C>::with_blocks(10);
    node.meets(ALICE_CONN, 12);
    let tip = node.tip();
    let good = miners[10].clone().mine_empty(2);
    let mut bad = *good[1].header();
    let target = bad.bits.to_target().expect("a target");
    while target.is_met_by(&bad.hash()) {
        bad.nonce += 1;
    }
    node.hears(ALICE_CONN, Message::Headers(vec![*good[0].header(), bad]));
    let blames = node.blames();
    assert_eq!(blames.len(), 1, "{blames:?}");
    assert_eq!((blames[0].conn, blames[0].points), (ALICE_CONN, MALICE));
    assert_eq!(node.best(), good[0].hash(), "as far as they hold");
    assert_eq!(node.tip() == tip, !C::IS_LIGHT);
    assert_eq!(node.tree().find(&bad.hash()), None);
}

fn from_the_future<C: Kind>() {
    let (mut node, miners) = Follower::<C>::with_blocks(10);
    node.meets(ALICE_CONN, 11);
    let ahead = BlockTime(node.now.block_time().0 + 7_000);
    let early = Header {
        time: ahead,
        ..miners[10].header()
    };
    let early = solve(early);
    node.says();
    node.hears(ALICE_CONN, Message::Headers(vec![early]));
    assert_eq!((node.blames(), node.asks_for_headers()), (vec![], vec![]));
    assert_eq!(node.tree().find(&early.hash()), None);
    assert_eq!(node.waits(Duration::from_secs(9)), []);
    assert_eq!(node.asks_for_headers(), []);
    node.waits(Duration::from_secs(2));
    assert_eq!(node.asks_for_headers(), [ALICE_CONN]);
    node.hears(ALICE_CONN, Message::Headers(vec![early]));
    assert_eq!(node.best(), early.hash());
}

fn orphans<C: Kind>() {
    let (mut node, miners) = Follower::<C>::with_blocks(10);
    node.meets(ALICE_CONN, 20);
    node.says();
    let blocks = miners[10].clone().mine_empty(6);
    node.hears(ALICE_CONN, told(&blocks[3..]));
    let why = "headers that build on nothing known";
    assert_eq!(node.blames(), [blame(NUISANCE / 5, why)]);
    assert_eq!(node.asks_for_headers(), [ALICE_CONN], "what is below them");
    let gap = [&blocks[..2], &blocks[3..]].concat();
    node.hears(ALICE_CONN, told(&gap));
    let why = "headers that do not follow one another";
    assert_eq!(node.blames(), [blame(NUISANCE, why)]);
    assert_eq!(node.best(), blocks[1].hash());
    assert_eq!(node.tree().len(), 13);
}

/// What twelve peers show: twenty branches each, 2 500 headers in all, and 30 000 of all.
fn crowd(fork: &Miner) -> &'static [Vec<Message>] {
    static CROWD: OnceLock<Vec<Vec<Message>>> = OnceLock::new();
    let branch = |tag| told(&fork.rival(tag).mine_empty(125));
    let peer = |peer: u64| (1..=20).map(|at| branch(100 * peer + at)).collect();
    CROWD.get_or_init(|| (1..=12).map(peer).collect())
}

fn flood<C: Kind>() {
    let (mut node, miners) = Follower::<C>::with_blocks(1_000);
    for (peer, branches) in (1..).zip(crowd(&miners[860])) {
        node.meets(ConnId(peer), 1_000);
        for branch in branches {
            node.hears(ConnId(peer), branch.clone());
            node.says();
        }
        let kept = node.tree().side_len();
        let of_peers = usize::try_from(peer).expect("few") * SIDE_HEADERS_PER_PEER_MAX;
        assert!(kept <= SIDE_HEADERS_MAX.min(of_peers), "{kept}");
        assert_eq!(node.blames(), []);
    }
    assert!(node.tree().side_len() > SIDE_HEADERS_MAX - 125);
    let branch = miners[100].rival(99).mine_empty(901);
    node.meets(BOB_CONN, 1_001);
    node.hears(BOB_CONN, told(&branch));
    assert_eq!(node.best(), branch[900].hash());
    if C::IS_LIGHT {
        assert_eq!(node.tip(), branch[900].hash());
    }
    assert!(node.tree().side_len() <= SIDE_HEADERS_MAX);
}

/// A peer that has this chain, whose fork is at `fork`, answers questions. Returns how many.
fn shows<C: Kind>(node: &mut Follower<C>, fork: &Miner, branch: &[Block]) -> usize {
    let mut answered = 0;
    loop {
        let said = node.says().into_iter();
        let questions: Vec<_> = said
            .filter_map(|(_, message)| match message {
                Message::GetHeaders(locator) => Some(locator.have),
                _ => None,
            })
            .collect();
        if questions.is_empty() {
            return answered;
        }
        assert!(answered < 100, "it asks without end");
        for have in questions {
            let known = |block: &Block| have.contains(&block.hash());
            let from = branch.iter().rposition(known).map_or(0, |at| at + 1);
            assert!(from > 0 || have.contains(&fork.cursor.hash) || have.len() > 1);
            let to = branch.len().min(from + HEADERS_MAX);
            node.hears(ALICE_CONN, told(&branch[from..to]));
            answered += 1;
        }
    }
}

fn far_branch<C: Kind>() {
    let (mut node, miners) = Follower::<C>::with_blocks(3_000);
    let branch = miners[500].rival(9).mine_empty(2_600);
    let old = node.tip();
    node.meets(ALICE_CONN, 3_100);
    let answered = shows(&mut node, &miners[500], &branch);
    assert!(answered >= 4, "two messages, each asked for twice");
    assert_eq!(node.best(), branch[2_599].hash());
    assert_eq!(node.tip() == old, !C::IS_LIGHT);
    assert_eq!(node.blames(), []);
}

fn far_branch_without_end<C: Kind>() {
    let (mut node, miners) = Follower::<C>::with_blocks(3_000);
    let branch = miners[100].rival(9).mine_empty(2_500);
    let (old, known) = (node.tip(), node.tree().len());
    node.meets(ALICE_CONN, 3_100);
    shows(&mut node, &miners[100], &branch);
    assert_eq!((node.tip(), node.best()), (old, old));
    assert_eq!(node.tree().len(), known, "nothing of it is kept");
    assert_eq!(node.blames(), []);
}

fn silence<C: Kind>() {
    let mut node = Follower::<C>::new();
    let start: Time = node.now;
    node.meets(ALICE_CONN, 10_000);
    node.meets(BOB_CONN, 10_000);
    assert_eq!(node.asks_for_headers(), [ALICE_CONN], "one at a time");
    assert!(node.sync.deadline() <= Some(start + ANSWER_MAX));
    assert_eq!(node.waits(ANSWER_MAX), []);
    assert_eq!(node.asks_for_headers(), [BOB_CONN]);
    let blocks = Miner::new(&params()).mine_empty(3);
    node.hears(BOB_CONN, told(&blocks));
    assert_eq!(node.best(), blocks[2].hash());
    let why = "no answer to getheaders for 1 200 s";
    assert_eq!(
        node.waits(UNANSWERED_MAX - ANSWER_MAX)[..1],
        [(ALICE_CONN, why)]
    );
}
