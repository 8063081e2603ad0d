//! One node alone on the screen: the whole chain can be walked through, blocks and transactions can
//! be opened down to their last coin, and nothing that is shown is out of date, cut, or asked of a
//! node that is down.

use crate::common::sim::wallet_address;
use crate::zoom_view::{Desk, Lab, Network, SIZES};
use chainlab::chain::Txid;
use chainlab::node::io::{Question, Reply};
use chainlab::node::snapshot::{BlockDetail, TxDetail};

fn block_of(desk: &mut Desk<Network>, height: u32) -> BlockDetail {
    let ix = desk.lab.nodes[0];
    let chain = desk.lab.sim.ask(
        ix,
        Question::Chain {
            from: height,
            to: 0,
            limit: 1,
        },
    );
    let Ok(Reply::Chain(infos)) = chain else {
        panic!("{chain:?}")
    };
    let hash = infos[0].id.hash;
    match desk.lab.sim.ask(ix, Question::Block { hash }) {
        Ok(Reply::Block(block)) => *block,
        other => panic!("{other:?}"),
    }
}

fn tx_of(desk: &mut Desk<Network>, txid: Txid) -> TxDetail {
    let ix = desk.lab.nodes[0];
    match desk.lab.sim.ask(ix, Question::Tx { txid }) {
        Ok(Reply::Tx(tx)) => *tx,
        other => panic!("{other:?}"),
    }
}

/// Three blocks, the last of which has a payment of 1.25 with a fee of 0.0001.
fn paid() -> (Desk<Network>, Txid) {
    let mut network = Network::new();
    network.mine(2);
    let txid = network.pay("1.25", "0.0001");
    network.mine(1);
    (Desk::new(network), txid)
}

#[test]
fn a_block_that_is_opened_shows_all_of_its_header_and_its_transactions() {
    let (mut desk, txid) = paid();
    desk.press("Enter");
    desk.answers();
    let block = block_of(&mut desk, 3);
    let size = (80, 24);
    assert_eq!(desk.figure("hash", size), block.info.id.hash.to_string());
    assert_eq!(
        desk.figure("previous", size),
        block.info.previous.to_string()
    );
    assert_eq!(
        desk.figure("merkle root", size),
        block.merkle_root.to_string()
    );
    assert_eq!(desk.figure("nonce", size), block.nonce.to_string());
    let bits = format!("bits {:08x}", block.bits);
    assert!(desk.figure("target", size).starts_with(&bits));
    assert!(
        desk.figure("height", size)
            .contains("on the chain, 1 confirmation")
    );
    let bytes = format!("{} bytes  1 transaction and the reward", block.bytes);
    assert_eq!(desk.figure("size", size), bytes);
    assert!(
        desk.figure("reward", size)
            .starts_with("10.0001  to rewards")
    );
    let time = desk.figure("time", size);
    assert!(time.contains("UTC") && time.starts_with('+'), "{time}");
    let text = desk.text();
    assert!(text.contains("reward to rewards"), "{text}");
    assert!(text.contains("alice to bob@neighbour"), "{text}");
    assert!(text.contains(&format!("..{}", txid.short())), "{text}");
}

#[test]
fn a_transaction_that_is_opened_shows_its_coins_and_its_way_to_the_merkle_root() {
    let (mut desk, txid) = paid();
    desk.press("Enter");
    desk.answers();
    // Below the coinbase.
    desk.press("Down Enter");
    desk.answers();
    let size = (80, 24);
    let tx = tx_of(&mut desk, txid);
    assert_eq!(desk.figure("id", size), txid.to_string());
    assert!(
        desk.figure("in block", size)
            .contains("on the chain, 1 confirmation")
    );
    assert_eq!(
        desk.figure("size", size),
        format!("{} bytes  in any block", tx.bytes)
    );
    assert!(desk.figure("fee", size).starts_with("0.0001  "));
    assert_eq!(desk.figure("signatures", size), "1 checked by this node");
    assert_eq!(desk.figure("merkle path", size), "1 step, verified");
    let text = desk.text();
    assert!(
        text.contains("spends 1 coin") && text.contains("makes 2 coins"),
        "{text}"
    );
    let bob = wallet_address(&mut desk.lab.sim, desk.lab.nodes[1], "bob");
    let paid = text
        .lines()
        .find(|line| line.contains("1.25 "))
        .expect(&text);
    assert!(
        paid.contains("bob@neighbour") && paid.contains(&bob),
        "{paid}"
    );
    let change = text
        .lines()
        .find(|line| line.contains("8.7499"))
        .expect(&text);
    assert!(change.contains("alice"), "{change}");
    // Hash by hash: the coinbase stands before it.
    let block = block_of(&mut desk, 3);
    let text = desk.screen((200, 60)).join("\n");
    assert!(text.contains("merkle path of transaction 2 of 2"), "{text}");
    let path = |part: &str| text.lines().find(|line| line.contains(part)).expect(&text);
    let step = path(&block.txs[0].txid.to_string());
    assert!(step.contains(" left "), "{step}");
    let root = path("with 2 transactions before it");
    assert!(root.contains(&block.merkle_root.to_string()), "{root}");
}

#[test]
fn an_input_leads_to_the_transaction_that_made_its_coin_and_esc_leads_back() {
    let (mut desk, txid) = paid();
    let source = tx_of(&mut desk, txid).inputs[0].0.txid;
    desk.press("Enter");
    desk.answers();
    desk.press("Down Enter");
    desk.answers();
    // Below the six lines about the transaction itself.
    desk.press("Down Down Down Down Down Down Enter");
    desk.answers();
    assert_eq!(desk.figure("id", (80, 24)), source.to_string());
    assert_eq!(
        desk.figure("merkle path", (80, 24)),
        "0 steps, verified: it is alone in its block"
    );
    desk.press("Esc");
    assert_eq!(desk.figure("id", (80, 24)), txid.to_string());
    desk.press("Esc Esc");
    assert!(desk.text().contains(" Chain "));
    desk.press("Esc");
    assert!(!desk.ui.viewer.is_zoomed);
}

#[test]
fn confirmations_of_an_open_block_grow() {
    let (mut desk, _) = paid();
    desk.press("Enter");
    desk.answers();
    desk.lab.mine(2);
    desk.refresh();
    desk.answers();
    let height = desk.figure("height", (80, 24));
    assert!(height.contains("on the chain, 3 confirmations"), "{height}");
}

#[test]
fn a_payment_that_waits_is_opened_from_the_mempool_and_seen_to_be_confirmed() {
    let mut network = Network::new();
    network.mine(1);
    let txid = network.pay("2", "0.001");
    let mut desk = Desk::new(network);
    desk.press("]");
    let text = desk.text();
    let line = text
        .lines()
        .find(|line| line.contains(&txid.short()))
        .expect(&text);
    // Without the change, and to whom.
    assert!(
        line.contains(" 2  bob@neighbour ") && line.contains("0.001 "),
        "{line}"
    );
    desk.press("Enter");
    desk.answers();
    assert_eq!(desk.figure("in block", (80, 24)), "none yet: it waits");
    assert_eq!(
        desk.figure("merkle path", (80, 24)),
        "none before it is in a block"
    );
    desk.lab.mine(1);
    desk.refresh();
    desk.answers();
    assert!(desk.figure("in block", (80, 24)).contains("1 confirmation"));
    assert_eq!(desk.figure("merkle path", (80, 24)), "1 step, verified");
}

#[test]
fn wallets_and_peers_show_what_they_hold_and_copy_their_addresses_whole() {
    let (mut desk, txid) = paid();
    desk.press("] ]");
    let text = desk.screen((120, 36)).join("\n");
    let line = text
        .lines()
        .find(|line| line.contains("neighbour"))
        .expect(&text);
    assert!(
        line.contains("dialled us") && line.contains("10.0.0.2:4747"),
        "{line}"
    );
    assert_eq!(desk.copies(), "10.0.0.2:4747");
    desk.press("]");
    let alice = wallet_address(&mut desk.lab.sim, desk.lab.nodes[0], "alice");
    let text = desk.screen((120, 36)).join("\n");
    let line = text
        .lines()
        .find(|line| line.contains("alice"))
        .expect(&text);
    assert!(line.contains("8.7499") && line.contains(&alice), "{line}");
    // The miner's wallet was made before hers.
    desk.press("Down");
    assert_eq!(desk.copies(), alice);
    desk.press("Enter");
    desk.answers();
    let text = desk.screen((120, 36)).join("\n");
    let line = text
        .lines()
        .find(|line| line.contains(&txid.short()))
        .expect(&text);
    assert!(line.contains(" 1 ") && line.contains("-1.2501"), "{line}");
    assert!(
        line.contains("bob@neighbour") && line.contains("0.0001"),
        "{line}"
    );
    desk.press("Enter");
    desk.answers();
    assert_eq!(desk.figure("id", (80, 24)), txid.to_string());
}

#[test]
fn a_history_shows_a_payment_as_soon_as_it_waits() {
    let mut network = Network::new();
    network.mine(1);
    let mut desk = Desk::new(network);
    desk.press("] ] ] Down Enter");
    desk.answers();
    let txid = desk.lab.pay("1", "0");
    desk.refresh();
    desk.answers();
    let text = desk.text();
    let line = text
        .lines()
        .find(|line| line.contains(&txid.short()))
        .expect(&text);
    assert!(line.contains("waits"), "{line}");
}

#[test]
fn a_line_of_the_log_leads_to_its_block() {
    let (mut desk, _) = paid();
    desk.press("[");
    assert!(desk.text().contains("mined #3"));
    desk.press("Enter");
    desk.answers();
    let hash = desk.lab.snapshot(0).tip.hash.to_string();
    assert_eq!(desk.figure("hash", (80, 24)), hash);
}

#[test]
fn every_tab_fits_every_screen_with_its_borders_closed_and_its_figures_whole() {
    let (mut desk, _) = paid();
    for tab in ["Chain", "Mempool", "Peers", "Wallets", "Log"] {
        for size in SIZES {
            let lines = desk.screen(size);
            let text = lines.join("\n");
            let inner = &lines[1..lines.len() - 2];
            assert!(
                inner[0].starts_with('╭') && inner[0].ends_with('╮'),
                "{text}"
            );
            let (last, middle) = inner[1..].split_last().expect("more lines");
            assert!(last.starts_with('╰') && last.ends_with('╯'), "{text}");
            for line in middle {
                assert!(line.starts_with("│ ") && line.ends_with(" │"), "{text}");
            }
            assert!(
                inner[0].contains("central :4747") && inner[0].contains("UP"),
                "{text}"
            );
            assert!(text.contains(tab), "{text}");
            let height = desk.figure("height 3", size);
            assert!(height.starts_with('['), "{height}");
        }
        desk.press("]");
    }
    let mining = desk.figure("mining", (80, 24));
    assert!(
        mining.starts_with("off") && mining.contains("found 3"),
        "{mining}"
    );
    assert!(desk.figure("mempool", (80, 24)).contains("peers 1"));
    let head = desk.figure("a block takes", (120, 36));
    let genesis = block_of(&mut desk, 0).info.id.hash.short();
    assert!(head.contains(&format!("network ..{genesis}")), "{head}");
}

#[test]
fn a_wide_screen_shows_hashes_whole_and_a_narrow_one_their_ends() {
    let (mut desk, _) = paid();
    let hash = desk.lab.snapshot(0).tip.hash;
    assert!(
        desk.screen((200, 60))
            .join("\n")
            .contains(&hash.to_string())
    );
    let narrow = desk.screen((60, 15)).join("\n");
    assert!(narrow.contains(&hash.short()) && !narrow.contains(&hash.to_string()));
    // A hash that is opened does not fit beside its name there, and is not cut.
    desk.press("Enter");
    desk.answers();
    desk.press("Home");
    assert_eq!(desk.figure("hash", (60, 15)), format!("..{}", hash.short()));
    assert_eq!(desk.copies(), hash.to_string());
}

#[test]
fn of_a_node_that_is_down_the_last_is_shown_and_nothing_is_asked() {
    let (mut desk, _) = paid();
    desk.lab.crash();
    desk.refresh();
    for keys in ["End", "Enter", "Esc", "] Enter", "] ]", "Enter"] {
        desk.press(keys);
        desk.refresh();
    }
    assert!(desk.waiting.is_empty());
    let text = desk.text();
    assert!(
        text.contains("DOWN") && text.contains("central is down"),
        "{text}"
    );
    desk.press("Esc [ [ [");
    let text = desk.text();
    let tip = desk.view.nodes[0].snapshot.as_ref().expect("seen").tip;
    assert!(text.contains(&tip.hash.short()), "{text}");
    assert!(desk.figure("height 3", (80, 24)).starts_with('['));
}

#[test]
fn another_node_is_looked_at_on_the_same_tab_with_nothing_open() {
    let (mut desk, _) = paid();
    desk.press("] ] ] Enter");
    desk.answers();
    desk.press("2");
    let text = desk.text();
    assert!(
        text.contains("neighbour :4747") && text.contains("bob"),
        "{text}"
    );
    assert!(!text.contains("alice"), "{text}");
    desk.press("Tab");
    assert!(desk.text().contains("alice"));
    // An answer to what was asked of the other one changes nothing.
    desk.press("Enter");
    let (node, question, purpose) = desk.waiting.remove(0);
    let late = desk.lab.ask(node, question);
    desk.press("2");
    let before = desk.text();
    desk.bring(node, purpose, late);
    assert_eq!(desk.text(), before);
}
