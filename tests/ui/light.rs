//! The pane of a light node: headers for blocks, what it has downloaded, and who knows what of it.

use crate::panes::pane;
use crate::picture::{COLOURED, block, change, draw, lines, scenario, screen};
use chainlab::chain::Txid;
use chainlab::lab::LabView;
use chainlab::node::LightWay;
use chainlab::node::snapshot::{LightInfo, LightPayment, LightProof};

/// The wallet node of the scenario, as a light one.
fn light(info: LightInfo) -> LabView {
    let mut lab = scenario();
    change(&mut lab.nodes[1], |node| {
        (node.light, node.mining) = (Some(Box::new(info)), None);
        // What full nodes have received, each over all of its connections.
        node.peers
            .iter_mut()
            .for_each(|peer| peer.received_bytes = 9_000_000);
    });
    for at in [0, 2] {
        change(&mut lab.nodes[at], |node| {
            let peers = node.peers.iter_mut();
            peers.for_each(|peer| peer.received_bytes = 400_000);
        });
    }
    lab
}

fn rows(lab: &LabView, size: (u16, u16)) -> Vec<String> {
    let ui = screen(lab, size, COLOURED);
    let buffer = draw(lab, &ui);
    pane(&buffer, "2 wallet")
}

fn row<'a>(rows: &'a [String], label: &str) -> &'a str {
    let found = rows.iter().find(|row| row.trim_start().starts_with(label));
    found.unwrap_or_else(|| panic!("no {label}: {rows:#?}"))
}

fn payment(heard: &[&str]) -> LightPayment {
    LightPayment {
        txid: Txid([7; 32]),
        heard: heard.iter().map(ToString::to_string).collect(),
        is_sent: heard.len() > 1,
    }
}

#[test]
fn a_light_node_says_what_it_has_downloaded_beside_a_full_one() {
    let info = LightInfo {
        received_bytes: 14_000,
        fetched: vec![("central".to_owned(), 1), ("miner".to_owned(), 3)],
        ..LightInfo::default()
    };
    let lab = light(info);
    let wide = rows(&lab, (200, 60));
    assert!(row(&wide, "light").ends_with("by filter"), "{wide:#?}");
    let rows = rows(&lab, (160, 45));
    assert!(row(&rows, "headers").contains("12"), "{rows:#?}");
    let narrow = self::rows(&lab, (120, 36));
    let short = "light    14.0 kB, full 800.0 kB";
    assert!(row(&narrow, "light").contains(short), "{narrow:#?}");
    // central has two peers; the light node itself does not count.
    let downloaded = "downloaded 14.0 kB, a full node 800.0 kB";
    assert!(row(&rows, "light").contains(downloaded), "{rows:#?}");
    let seen = row(&rows, "payments");
    assert!(seen.contains("-   miner saw 3 blocks fetched"), "{rows:#?}");
    assert!(rows.iter().all(|row| !row.contains("mempool")), "{rows:#?}");
}

#[test]
fn who_heard_a_payment_first_is_said() {
    let heard = |names: &[&str]| {
        let payments = vec![payment(names)];
        let info = LightInfo {
            payments,
            ..LightInfo::default()
        };
        row(&rows(&light(info), (160, 45)), "payments")
            .trim()
            .to_owned()
    };
    assert_eq!(heard(&[]), "payments 1 waiting  heard by none");
    assert_eq!(
        heard(&["miner"]),
        "payments 1 waiting  heard by miner alone"
    );
    let sent = "payments 1 waiting  sent, miner heard it first";
    assert_eq!(heard(&["miner", "central"]), sent);
}

#[test]
fn a_block_that_no_peer_sends_is_named_before_all_else() {
    let info = LightInfo {
        received_bytes: 14_000,
        unserved: Some(block(9, 0)),
        ..LightInfo::default()
    };
    for size in [(80, 24), (120, 36), (200, 60)] {
        let lab = light(info.clone());
        let shown = lines(&draw(&lab, &screen(&lab, size, COLOURED)));
        assert!(shown.iter().any(|row| row.contains("LIGHT")), "{shown:#?}");
        let narrow = shown.iter().find(|row| row.contains("headers"));
        let narrow = narrow.filter(|row| row.contains("mempool"));
        assert!(
            narrow.is_none_or(|row| row.contains("mempool   -")),
            "{shown:#?}"
        );
        if size.1 > 24 {
            let rows = rows(&lab, size);
            assert!(
                row(&rows, "light").contains("no peer sends #9"),
                "{rows:#?}"
            );
        }
    }
}

#[test]
fn by_address_it_is_said_who_knows_whose_address_and_what_waits() {
    let told = |names: &[&str]| LightInfo {
        way: LightWay::Address,
        told: names.iter().map(ToString::to_string).collect(),
        searching: names.len().min(2),
        incoming: 1,
        ..LightInfo::default()
    };
    let seen = |names: &[&str], size| {
        let mut lab = light(told(names));
        change(&mut lab.nodes[1], |node| node.wallets.truncate(1));
        let rows = rows(&lab, size);
        let light = row(&rows, "light").trim().to_owned();
        (light, row(&rows, "payments").trim().to_owned())
    };
    let (light, payments) = seen(&["central"], (260, 60));
    assert!(light.ends_with("one peer searches  by address"), "{light}");
    assert_eq!(
        payments,
        "payments 1 to it waiting   central knows alice's address"
    );
    let (light, payments) = seen(&["central", "miner"], (260, 60));
    assert!(
        light.ends_with("by address") && !light.contains("one peer"),
        "{light}"
    );
    assert_eq!(
        payments,
        "payments 1 to it waiting   central, miner know alice's address"
    );
    let (_, payments) = seen(&["central", "miner", "relay"], (260, 60));
    assert!(payments.ends_with("central, miner, 1 more know alice's address"));
}

#[test]
fn a_tip_that_no_full_node_serves_is_told_before_what_was_downloaded() {
    let served = |counts, size| {
        let info = LightInfo {
            serve_tip: counts,
            ..LightInfo::default()
        };
        let rows = rows(&light(info), size);
        let found = rows
            .iter()
            .find(|row| row.contains("serve") || row.contains("downloaded"));
        found.expect("a row about it").trim().to_owned()
    };
    let bare = "no full node serves this tip";
    assert_eq!(
        served((0, 1), (120, 36)),
        bare,
        "without its label, for want of room"
    );
    assert_eq!(served((0, 1), (160, 45)), format!("light    {bare}"));
    let some = "light    2 of 3 full nodes serve this tip";
    assert_eq!(served((2, 1), (160, 45)), some);
    assert!(served((2, 0), (160, 45)).contains("downloaded"));
}

#[test]
fn a_payment_that_is_not_deep_enough_says_how_deep_it_is() {
    let newest = |confirmations| {
        let proven = vec![LightProof {
            txid: Txid([7; 32]),
            block: block(9, 0),
            confirmations,
        }];
        let info = LightInfo {
            way: LightWay::Address,
            confirmed_after: 3,
            proven,
            ..LightInfo::default()
        };
        row(&rows(&light(info), (160, 45)), "payments")
            .trim()
            .to_owned()
    };
    assert_eq!(newest(2), "payments -  newest 2 of 3 confirmations");
    assert_eq!(newest(3), "payments -");
}

#[test]
fn what_waits_is_counted_where_it_is_seen() {
    let seen = |way, size, label: &str| {
        let info = LightInfo {
            way,
            ..LightInfo::default()
        };
        let mut lab = light(info);
        change(&mut lab.nodes[1], |node| node.mempool.count = 3);
        let shown = lines(&draw(&lab, &screen(&lab, size, COLOURED)));
        let row = shown.iter().find(|row| row.contains(label)).cloned();
        row.unwrap_or_else(|| panic!("no {label}: {shown:#?}"))
    };
    let low = |way| seen(way, (80, 24), "headers");
    assert!(low(LightWay::Filter).contains("mempool   -"));
    assert!(low(LightWay::Address).contains("mempool   3"));
}
