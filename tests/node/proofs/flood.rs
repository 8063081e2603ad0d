//! Who asks without end keeps neither others nor the node from their work.

use super::stage::*;
use crate::common::peer::{Fake, Scene};
use crate::common::{BOB, CAROL, MINER};
use chainlab::chain::KeyHash;
use chainlab::link::Conditions;
use chainlab::node::message::{Message, PROOF_BLOCKS_MAX, PROOFS_BYTES, ProofPlace, WATCH_MAX};
use chainlab::node::prover::{LOOKS_OF_ALL, LOOKS_OF_PEER};
use chainlab::node::serve::UNSENT_MAX;

fn addresses(count: usize) -> Vec<KeyHash> {
    let owners = (0..count).map(|number| {
        let mut owner = [0xab; 20];
        owner[..8].copy_from_slice(&(number as u64).to_le_bytes());
        KeyHash(owner)
    });
    owners.collect()
}

#[test]
fn a_thousand_addresses_are_watched_and_one_more_ends_the_connection() {
    let mut scene = Scene::with_blocks(2);
    let peer = light(&mut scene, LIGHT);
    let conn = peer.at_node();
    let all = addresses(WATCH_MAX + 1);
    peer.says(&mut scene.sim, Message::Watch(all[..600].to_vec()));
    // Those that are named again count once.
    peer.says(&mut scene.sim, Message::Watch(all[400..WATCH_MAX].to_vec()));
    let infos = scene.snapshot().peers;
    let info = infos
        .iter()
        .find(|peer| peer.conn == conn)
        .expect("it is there");
    assert_eq!((info.watches, info.score), (WATCH_MAX, 0));
    peer.says(&mut scene.sim, Message::Watch(vec![all[WATCH_MAX]]));
    scene.threw_out(&peer, conn, "names more than 1000 addresses to look for");
}

#[test]
fn one_that_asks_and_does_not_wait_is_thrown_out() {
    let mut scene = Scene::with_blocks(PROOF_BLOCKS_MAX as usize);
    let peer = light(&mut scene, LIGHT);
    let conn = peer.at_node();
    watches(&mut scene, &peer, &[CAROL]);
    let tip = scene.tip();
    for _ in 0..100 {
        peer.sends(&mut scene.sim, Message::GetProofs(query(1, tip)));
    }
    scene.run_for(100);
    scene.threw_out(&peer, conn, "asks for more proofs than it waits for");
}

/// How many blocks were searched for a peer, by what it was answered.
fn searched(peer: &Fake, from: u32, end: u32) -> u32 {
    let told = peer.is_told().into_iter();
    let searched = told.filter_map(|message| match message {
        Message::Proofs(proofs) => {
            let next = proofs.next.unwrap_or(ProofPlace::block(end + 1));
            Some(next.height - from)
        }
        _ => None,
    });
    searched.sum()
}

#[test]
fn a_flood_takes_its_own_share_and_who_asks_a_little_waits_for_no_one() {
    let mut scene = Scene::with_blocks(PROOF_BLOCKS_MAX as usize);
    brings(&mut scene, chain_of_payments(BOB, CAROL, 1));
    let (tip, end) = (scene.tip(), PROOF_BLOCKS_MAX + 1);
    let crowd: Vec<Fake> = (0..8).map(|n| light(&mut scene, LIGHT + n)).collect();
    for peer in &crowd {
        watches(&mut scene, peer, &[CAROL]);
        drop(peer.is_told());
    }
    let honest = light(&mut scene, LIGHT - 1);
    watches(&mut scene, &honest, &[CAROL]);
    drop(honest.is_told());
    let (mut of_crowd, mut of_honest, mut longest) = (vec![0; crowd.len()], 0, 0);
    let start = scene.sim.now();
    const ROUNDS: u32 = 100;
    for _ in 0..ROUNDS {
        // As many questions as may wait, all the time.
        for (peer, sum) in crowd.iter().zip(&mut of_crowd) {
            *sum += searched(peer, 1, end);
            peer.sends(&mut scene.sim, Message::GetProofs(query(1, tip)));
        }
        honest.sends(&mut scene.sim, Message::GetProofs(query(end - 9, tip)));
        let mut waited = 0;
        loop {
            scene.run_for(10);
            waited += 10;
            let found = searched(&honest, end - 9, end);
            if found > 0 {
                of_honest += found;
                break;
            }
            assert!(waited < 1_000, "it waits for others");
        }
        longest = longest.max(waited);
        scene.run_for(100 - waited.min(100));
    }
    println!("{of_crowd:?} by the crowd, {of_honest} by one, which waited {longest} ms at most");
    assert_eq!(of_honest, 10 * ROUNDS);
    assert!(longest <= 300, "{longest}");
    // What was saved up at first is less than a second's.
    let seconds = u32::try_from((scene.sim.now() - start).as_secs()).expect("few") + 1;
    let of_one = LOOKS_OF_PEER * seconds;
    assert!(of_crowd.iter().all(|sum| *sum <= of_one), "{of_crowd:?}");
    let all = of_crowd.iter().sum::<u32>();
    assert!(all <= LOOKS_OF_ALL * seconds, "{all} in {seconds} s");
    let (least, most) = (of_crowd.iter().min(), of_crowd.iter().max());
    assert!(
        most.expect("some") / 2 <= *least.expect("some"),
        "{of_crowd:?}"
    );
    scene.serves();
}

#[test]
fn who_takes_little_is_sent_no_more_until_it_has_taken_that() {
    const QUESTIONS: usize = 46;
    let mut scene = Scene::with_blocks(PROOF_BLOCKS_MAX as usize);
    let peer = light(&mut scene, LIGHT);
    let (conn, tip) = (peer.at_node(), scene.tip());
    watches(&mut scene, &peer, &[MINER]);
    let narrow = Conditions {
        bandwidth: Some(20_000),
        ..Conditions::default()
    };
    scene.sim.set_link(scene.node, peer.ix, narrow);
    let mut most = 0;
    for round in 0..2 * QUESTIONS {
        if round < QUESTIONS {
            peer.sends(&mut scene.sim, Message::GetProofs(query(1, tip)));
        }
        scene.run_for(100);
        most = most.max(scene.peer(conn).expect("connected").unsent_bytes);
    }
    let full = UNSENT_MAX + u64::try_from(PROOFS_BYTES).expect("few");
    assert!((UNSENT_MAX..full).contains(&most), "{most}");
    scene
        .sim
        .set_link(scene.node, peer.ix, Conditions::default());
    scene.run_for(5_000);
    let told = peer.is_told();
    let answers = told
        .iter()
        .filter(|message| matches!(message, Message::Proofs(_)));
    assert_eq!(answers.count(), QUESTIONS);
    scene.outlives(&peer);
}
