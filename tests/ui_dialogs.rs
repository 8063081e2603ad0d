//! Forms, lists and questions: keys go in, effects and a picture come out.

mod common;

use chainlab::chain::{Amount, OutPoint, Txid};
use chainlab::lab::view::Tone;
use chainlab::lab::{Answer, LabView, NodeIx, NodeState, Request};
use chainlab::node::io::{Command, Payment, Reply, SendPlan};
use chainlab::node::message::Role;
use chainlab::node::mining::MiningMode;
use chainlab::node::snapshot::CoinInfo;
use chainlab::ui::keymap::{KeyPress, Keymap};
use chainlab::ui::state::{Effect, Purpose, UiEvent, UiState};
use chainlab::ui::theme::{Depth, Ground, Theme};
use chainlab::ui::view;
use common::lab_view::{address, amount, lab, node, wallet};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Position;
use std::path::PathBuf;
use std::sync::Arc;

const SIZES: [(u16, u16); 3] = [(80, 24), (60, 15), (120, 36)];

/// Somebody in front of a screen.
struct Desk {
    lab: LabView,
    ui: UiState,
    /// What was to be done, in order.
    effects: Vec<Effect>,
}

/// Three nodes; alice and bob at the focused one can pay, dave and eve have nothing.
fn three_nodes() -> LabView {
    lab(vec![
        node("central", &[("founder", "3.5")]),
        node("wallet", &[("alice", "9"), ("bob", "10"), ("dave", "0")]),
        node("miner", &[("eve", "0")]),
    ])
}

impl Desk {
    fn at(lab: LabView, size: (u16, u16)) -> Self {
        let theme = Theme {
            depth: Depth::None,
            ground: Ground::Dark,
            ascii: true,
        };
        let mut ui = UiState::new(theme, Keymap::default(), Default::default(), size);
        ui.focus = NodeIx(1);
        Self {
            lab,
            ui,
            effects: Vec::new(),
        }
    }

    fn new() -> Self {
        Self::at(three_nodes(), (80, 24))
    }

    fn take(&mut self, event: UiEvent) {
        let effects = self.ui.update(&self.lab, event);
        self.effects.extend(effects);
    }

    /// Keys by their names, with space between.
    fn press(&mut self, keys: &str) -> &mut Self {
        for key in keys.split(' ') {
            let key = KeyPress::parse(key).expect("a key");
            self.take(UiEvent::Key(key));
        }
        self
    }

    /// Letters, as they are.
    fn type_(&mut self, text: &str) -> &mut Self {
        for letter in text.chars() {
            let key = KeyPress::plain(crossterm::event::KeyCode::Char(letter));
            self.take(UiEvent::Key(key));
        }
        self
    }

    fn paste(&mut self, text: &str) -> &mut Self {
        self.take(UiEvent::Paste(text.to_owned()));
        self
    }

    fn answer(&mut self, purpose: &Purpose, answer: Result<Answer, &str>) {
        let answer = answer.map_err(ToOwned::to_owned);
        self.take(UiEvent::Answered(purpose.clone(), answer));
    }

    /// What was asked since the last time, and why.
    fn asked(&mut self) -> (Request, Purpose) {
        let effects = std::mem::take(&mut self.effects);
        match effects.as_slice() {
            [Effect::Ask(request, purpose)] => (request.clone(), purpose.clone()),
            other => panic!("not one question: {other:?}"),
        }
    }

    fn lines(&self) -> (Vec<String>, Position) {
        let (width, height) = self.ui.size;
        let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("in memory");
        let drawn = terminal.draw(|frame| view::draw(frame, &self.lab, &self.ui));
        drawn.expect("in memory");
        let buffer = terminal.backend().buffer();
        let row = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect();
        let rows = (0..height).map(row).collect();
        let cursor = terminal.get_cursor_position().expect("in memory");
        (rows, cursor)
    }

    /// The dialog's lines, without its border, which is whole.
    fn dialog(&self) -> Vec<String> {
        let title = self.title();
        let (rows, _) = self.lines();
        let is_top = |row: &&String| row.contains(&format!("+ {title} -"));
        let top = rows.iter().position(|row| is_top(&row)).expect("a dialog");
        let left = rows[top].find(&format!("+ {title}")).expect("found above");
        let width = rows[top][left + 1..].find('+').expect("a corner") + 2;
        let part = |row: &String| row[left..left + width].to_owned();
        let is_end = |row: &String| part(row) == format!("+{}+", "-".repeat(width - 2));
        let bottom = rows[top + 1..].iter().position(is_end);
        let bottom = top + 1 + bottom.expect("a closed border");
        assert!(bottom < rows.len() - 2, "the last lines stay in sight");
        let inside = rows[top + 1..bottom].iter().map(part);
        let inside = inside.inspect(|row| {
            assert!(row.starts_with("| ") && row.ends_with(" |"), "{row:?}");
        });
        inside
            .map(|row| row[2..row.len() - 2].trim_end().to_owned())
            .collect()
    }

    fn title(&self) -> &'static str {
        let (rows, _) = self.lines();
        let titles = [
            "send coins",
            "new wallet on wallet",
            "add a node",
            "quit",
            "commands",
            "keys",
            "go to a node",
            "filter",
        ];
        let shown = |title: &&&str| rows.iter().any(|row| row.contains(&format!("+ {title} -")));
        titles.iter().find(shown).expect("a dialog is open")
    }

    /// The dialog as one text, lines that were broken joined.
    fn words(&self) -> String {
        let lines = self.dialog();
        let words = lines.iter().flat_map(|line| line.split_whitespace());
        words.collect::<Vec<_>>().join(" ")
    }

    #[track_caller]
    fn says(&self, words: &str) {
        assert!(self.words().contains(words), "{:#?}", self.dialog());
    }

    fn message(&self) -> String {
        let (rows, _) = self.lines();
        rows[rows.len() - 2].trim().to_owned()
    }
}

fn plan(payment: &Payment) -> SendPlan {
    let coin = |holds| CoinInfo {
        outpoint: OutPoint {
            txid: Txid([1; 32]),
            index: 0,
        },
        amount: amount(holds),
        owner: address("bob"),
        height: Some(3),
        coinbase: false,
    };
    SendPlan {
        payment: payment.clone(),
        address: address(&payment.to),
        inputs: vec![coin("10"), coin("1")],
        change: amount("0.9999"),
        fee: amount("0.0001"),
        bytes: 226,
    }
}

/// A payment of this much to dave, as bob makes it.
fn payment(fee: &str) -> Payment {
    Payment {
        from: "bob".to_owned(),
        to: "dave".to_owned(),
        amount: amount("2.5"),
        fee: amount(fee),
    }
}

#[test]
fn a_payment_goes_from_s_to_its_plan_and_to_the_message_that_it_is_sent() {
    let mut desk = Desk::new();
    desk.press("s");
    desk.says("From bob 10 to spend");
    desk.type_("dave").press("Tab").type_("2.5").press("Tab");
    desk.type_("0.0001").press("Enter");
    let (request, purpose) = desk.asked();
    let payment = payment("0.0001");
    let wanted = Request::Node(NodeIx(1), Command::PlanSend(payment.clone()));
    assert_eq!(request, wanted);
    desk.says("working it out...");
    let reply = Reply::Plan(plan(&payment));
    desk.answer(&purpose, Ok(Answer::Node(NodeIx(1), reply)));
    desk.says("spends 2 coins (10, 1), change 0.9999 back to bob, fee 0.0001, 226 bytes");
    desk.says("Enter sends Esc goes back");
    desk.press("Enter");
    let (request, purpose) = desk.asked();
    let wanted = Request::Node(NodeIx(1), Command::Send(payment.clone()));
    assert_eq!(request, wanted);
    desk.press("Enter");
    assert_eq!(desk.effects, [], "it is paid once");
    let reply = Reply::Sent {
        txid: Txid([0x93; 32]),
        plan: plan(&payment),
        announced_to: 1,
    };
    desk.answer(&purpose, Ok(Answer::Node(NodeIx(1), reply)));
    assert!(desk.ui.dialog.is_none());
    assert_eq!(desk.message(), "sent 2.5 to dave, tx 9393");
}

#[test]
fn an_edit_drops_the_plan_and_an_answer_to_an_older_question_changes_nothing() {
    let mut desk = Desk::new();
    desk.press("s")
        .type_("dave")
        .press("Tab")
        .type_("2.5")
        .press("Enter");
    let (_, first) = desk.asked();
    desk.press("Backspace");
    let answer = Answer::Node(NodeIx(1), Reply::Plan(plan(&payment("0"))));
    desk.answer(&first, Ok(answer.clone()));
    desk.says("Enter shows what happens");
    desk.type_("6").press("Enter");
    let (request, second) = desk.asked();
    let Request::Node(_, Command::PlanSend(asked)) = request else {
        panic!("no question for a plan: {request:?}");
    };
    assert_eq!(asked.amount, amount("2.6"));
    desk.answer(&second, Ok(answer));
    desk.says("Enter sends Esc goes back");
    desk.press("Esc");
    desk.says("Enter shows what happens");
    desk.press("Esc");
    assert!(desk.ui.dialog.is_none());
    assert_eq!(desk.effects, []);
}

#[test]
fn what_a_node_says_against_a_payment_stands_in_the_form() {
    let mut desk = Desk::new();
    desk.press("s")
        .type_("dave")
        .press("Tab")
        .type_("2.5")
        .press("Enter");
    let (_, purpose) = desk.asked();
    desk.answer(&purpose, Err("bob has 10, of which 0 can be spent now"));
    desk.says("bob has 10, of which 0 can be spent now");
    desk.press("Enter");
    let (_, purpose) = desk.asked();
    let answer = Answer::Node(NodeIx(1), Reply::Plan(plan(&payment("0"))));
    desk.answer(&purpose, Ok(answer));
    desk.press("Enter");
    let (_, purpose) = desk.asked();
    desk.answer(&purpose, Err("wallet is down"));
    desk.says("wallet is down");
}

#[test]
fn a_payment_that_was_left_to_itself_is_told_of_on_the_message_line() {
    let mut desk = Desk::new();
    desk.press("s")
        .type_("dave")
        .press("Tab")
        .type_("2.5")
        .press("Enter");
    let (_, purpose) = desk.asked();
    let answer = Answer::Node(NodeIx(1), Reply::Plan(plan(&payment("0"))));
    desk.answer(&purpose, Ok(answer));
    desk.press("Enter");
    let (_, purpose) = desk.asked();
    desk.type_("x").press("Esc w");
    desk.answer(&purpose, Err("the disk is full"));
    assert_eq!(desk.title(), "new wallet on wallet");
    assert_eq!(desk.message(), "the disk is full");
}

/// The form of a payment with these fields, after Enter.
fn refused(from: &str, to: &str, amount: &str, fee: &str) -> Desk {
    let mut desk = Desk::new();
    desk.press("s S-Tab");
    for text in [from, to, amount, fee] {
        desk.press("C-u").type_(text).press("Tab");
    }
    desk.press("Enter");
    assert_eq!(desk.effects, [], "nothing is asked for");
    desk
}

#[test]
fn each_field_says_in_words_what_is_wrong_with_it() {
    let desk = refused("alice", "dave", "10", "0.0001");
    desk.says("Amount 10 alice has 9, needs 10.0001");
    let desk = refused("bob", "davy", "1", "0");
    desk.says("To davy no wallet or address is called davy; did you mean dave?");
    let desk = refused("allice", "zzzzzzzz", "1", "0");
    desk.says("From allice no wallet is called allice; did you mean alice?");
    desk.says("no wallet or address is called zzzzzzzz");
    let desk = refused("bob", "dave", "ten", "x");
    desk.says("\"ten\" is not an amount: write digits and at most one point, as in 9.5");
    desk.says("\"x\" is not an amount: write digits and at most one point, as in 9.5");
    let desk = refused("bob", "dave", "0", "0.123456789");
    desk.says("Amount 0 a payment of 0 pays nobody");
    desk.says("\"0.123456789\" has more than 8 digits after the point");
    let desk = refused("", "", "", "");
    desk.says("From a wallet that pays is missing");
    desk.says("To a wallet or an address to pay is missing");
    desk.says("Amount an amount is missing, such as 9.5");
    desk.says("Fee a fee is missing; 0 is one");
    let most = Amount::MAX.to_string();
    let desk = refused("bob", "dave", &most, "1");
    desk.says("amount and fee together are more than 90000000000 coins");
}

#[test]
fn an_empty_wallet_says_how_it_gets_coins_if_a_key_here_gives_it_some() {
    let mut desk = refused("dave", "bob", "1", "0");
    desk.says("wallet dave is empty To");
    desk.press("Esc");
    desk.ui.focus = NodeIx(2);
    desk.press("s");
    desk.says("wallet eve is empty: b mines a block for it");
}

#[test]
fn an_address_is_taken_as_it_is_pasted_and_a_typing_error_in_it_is_named() {
    let stranger = address("stranger");
    let mut desk = Desk::new();
    desk.press("s").paste(&format!(" {stranger}\n"));
    desk.press("Tab").type_("1").press("Enter");
    let (request, _) = desk.asked();
    let Request::Node(_, Command::PlanSend(payment)) = request else {
        panic!("no question for a plan: {request:?}");
    };
    assert_eq!(payment.to, stranger);
    let (most, last) = stranger.split_at(stranger.len() - 1);
    let wrong = format!("{most}{}", if last == "2" { "3" } else { "2" });
    let desk = refused("bob", &wrong, "1", "0");
    desk.says("the address has a typing error: its checksum does not match");
}

#[test]
fn tab_completes_a_name_and_down_offers_who_else_can_pay() {
    let mut desk = Desk::new();
    desk.press("s")
        .type_("fo")
        .press("Tab")
        .type_("1")
        .press("Enter");
    let (request, _) = desk.asked();
    let Request::Node(ix, Command::PlanSend(payment)) = request else {
        panic!("no question for a plan: {request:?}");
    };
    assert_eq!((ix, payment.to.as_str()), (NodeIx(1), "founder"));
    let mut desk = Desk::new();
    desk.press("s S-Tab");
    desk.says("From bob 10 to spend bob alice dave founder@central eve@miner");
    desk.press("Down Down Down");
    desk.says("From founder@central 3.5 to spend");
    desk.press("Tab")
        .type_("alice")
        .press("Tab")
        .type_("1")
        .press("Enter");
    let (request, _) = desk.asked();
    let payment = Payment {
        from: "founder".to_owned(),
        to: "alice".to_owned(),
        amount: amount("1"),
        fee: Amount::ZERO,
    };
    let wanted = Request::Node(NodeIx(0), Command::PlanSend(payment));
    assert_eq!(request, wanted, "sent through the node that holds it");
}

#[test]
fn a_wallet_of_a_node_that_is_down_cannot_pay() {
    let mut lab = three_nodes();
    lab.nodes[0].state = NodeState::Down;
    let mut desk = Desk::at(lab, (80, 24));
    desk.press("s S-Tab");
    assert!(!desk.words().contains("founder"), "it is not offered");
    desk.type_("founder")
        .press("Tab")
        .type_("dave")
        .press("Tab");
    desk.type_("1").press("Enter");
    desk.says("founder is at central, which is down");
}

#[test]
fn a_wallet_is_made_under_a_name_of_its_own() {
    let mut desk = Desk::new();
    desk.press("w Enter");
    desk.says("Name a wallet needs a name");
    desk.type_("eve").press("Enter");
    desk.says("there is a wallet eve already, on miner");
    desk.press("C-u").type_("a b").press("Enter");
    desk.says("\"a b\" is no name for a wallet: write 1 to 32 letters, digits, - _ or .");
    desk.press("C-u").type_("qs").press("Enter");
    let (request, purpose) = desk.asked();
    let name = "qs".to_owned();
    let wanted = Request::Node(NodeIx(1), Command::CreateWallet { name });
    assert_eq!(request, wanted, "letters are letters in a form");
    desk.says("making it...");
    desk.press("Enter");
    assert_eq!(desk.effects, [], "it is asked for once");
    desk.answer(&purpose, Err("there is a wallet qs already, on far"));
    desk.says("Name qs there is a wallet qs already, on far");
    desk.press("Enter");
    let (_, purpose) = desk.asked();
    let made = Reply::Wallet(wallet("qs", "0"));
    desk.answer(&purpose, Ok(Answer::Node(NodeIx(1), made)));
    assert!(desk.ui.dialog.is_none());
    assert!(desk.message().starts_with("wallet has a wallet qs: "));
}

#[test]
fn a_node_is_added_as_its_fields_say() {
    let mut desk = Desk::new();
    desk.press("a");
    desk.says("Name node4");
    desk.says("Connect to wallet");
    desk.press("Tab End")
        .type_(", cen")
        .press("Tab")
        .type_("20k");
    desk.press("Tab").type_("frank").press("Enter");
    let (request, purpose) = desk.asked();
    let Request::Add(spec) = request else {
        panic!("no node is added: {request:?}");
    };
    assert_eq!(spec.name, "node4");
    assert_eq!(spec.connect, ["wallet", "central"]);
    assert_eq!((spec.role, spec.mine.mode), (Role::Miner, MiningMode::On));
    assert!((spec.mine.hashrate - 20_000.0).abs() < 1.0);
    assert_eq!(spec.wallets, ["frank"]);
    desk.answer(&purpose, Err("no port is free"));
    desk.says("no port is free");
    desk.press("Enter");
    let (_, purpose) = desk.asked();
    desk.lab.nodes.push(node("node4", &[]));
    desk.answer(&purpose, Ok(Answer::Added(NodeIx(3))));
    assert_eq!(desk.message(), "node4 is new in the lab");
}

#[test]
fn a_node_that_cannot_be_is_refused_beside_its_fields() {
    let mut desk = Desk::new();
    desk.press("a")
        .type_("miner")
        .press("Tab")
        .type_("centrl")
        .press("Tab");
    desk.type_("fast").press("Tab").type_("bob").press("Enter");
    assert_eq!(desk.effects, []);
    desk.says("there is a node miner already");
    desk.says("there is no node \"centrl\"; did you mean \"central\"?");
    desk.says("\"fast\" is not a hash rate");
    desk.says("there is a wallet bob already, on wallet");
}

#[test]
fn quitting_asks_first_if_something_would_be_lost_and_has_three_ways_out() {
    let mut lab = three_nodes();
    lab.made_by_hand = 2;
    let open = || {
        let mut desk = Desk::at(lab.clone(), (80, 24));
        desk.press("q");
        desk.says("temporary lab, 5 wallets: y quit, k keep it, Esc stay");
        desk.says("quitting deletes its data, 2 wallets or payments made by hand with it");
        desk
    };
    let mut desk = open();
    desk.press("q");
    assert_eq!(desk.effects, [], "q is no answer");
    desk.press("y");
    assert_eq!(desk.effects, [Effect::Leave]);
    let mut desk = open();
    desk.press("Esc");
    assert!(desk.ui.dialog.is_none());
    assert_eq!(desk.effects, []);
    let mut desk = open();
    desk.press("k");
    assert_eq!(desk.asked(), (Request::Keep, Purpose::Keep));
    desk.says("keeping...");
    desk.press("y k");
    assert_eq!(desk.effects, [], "not while the data moves");
    desk.answer(&Purpose::Keep, Err("the disk is full"));
    desk.says("not kept: the disk is full");
    desk.press("k");
    assert_eq!(desk.asked(), (Request::Keep, Purpose::Keep));
    let kept = Answer::Kept(PathBuf::from("/kept"));
    desk.answer(&Purpose::Keep, Ok(kept));
    assert_eq!(desk.effects, [Effect::Leave]);
}

#[test]
fn the_palette_runs_what_a_few_letters_name() {
    let mut desk = Desk::new();
    desk.press(":").type_("mnow").press("Enter");
    let (request, _) = desk.asked();
    assert_eq!(request, Request::Node(NodeIx(1), Command::MineNow));
    assert!(desk.ui.dialog.is_none());
    desk.press(":")
        .type_("wall clock time")
        .press("Backspace C-u");
    desk.type_("kill").press("Enter");
    assert_eq!(desk.asked().0, Request::Kill(NodeIx(1)));
    desk.press(":").type_("zzz").press("Enter");
    desk.says("nothing is called \"zzz\"");
    assert_eq!(desk.effects, []);
}

#[test]
fn every_line_of_the_palette_can_be_chosen_with_its_arrows() {
    let mut desk = Desk::at(three_nodes(), (60, 15));
    desk.press(":");
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..80 {
        let lines = desk.dialog();
        let chosen = lines.iter().find(|line| line.starts_with('>'));
        seen.insert(chosen.expect("a pointer").clone());
        desk.press("Down");
    }
    // All but the digits and the palette itself, and the note.
    assert_eq!(seen.len(), chainlab::ui::keymap::TABLE.len() - 2 + 1);
}

#[test]
fn a_note_is_shown_until_another_or_none_is_wanted() {
    let mut desk = Desk::new();
    desk.press(":").type_("note alice pays dave").press("Enter");
    assert_eq!(desk.ui.caption.as_deref(), Some("alice pays dave"));
    assert!(desk.ui.dialog.is_none());
    assert_eq!(desk.message(), "alice pays dave");
    desk.press(":").type_("not").press("Enter");
    assert!(desk.ui.dialog.is_some(), "its text is still to come");
    desk.press("Enter");
    assert_eq!(desk.ui.caption, None);
}

#[test]
fn while_the_screen_is_held_nothing_is_changed_but_looked_at() {
    let mut desk = Desk::new();
    desk.press("Space s");
    assert!(desk.ui.dialog.is_none());
    assert!(desk.message().contains("held: Space resumes"));
    desk.press(":").type_("new-wallet").press("Enter");
    assert!(desk.ui.dialog.is_none());
    desk.press("?");
    assert_eq!(desk.title(), "keys");
    desk.press("x :").type_("note held").press("Enter");
    assert_eq!(desk.ui.caption.as_deref(), Some("held"));
    assert_eq!(desk.effects, []);
    desk.press("Space s");
    assert_eq!(desk.title(), "send coins");
    let tone = desk.ui.message.as_ref().map(|message| message.tone);
    assert_eq!(tone, Some(Tone::Warn));
}

#[test]
fn a_node_is_found_by_a_part_of_its_name() {
    let mut desk = Desk::new();
    desk.press("/").type_("xyz").press("Enter");
    desk.says("no node has \"xyz\" in its name");
    desk.press("C-u").type_("e").press("Down Enter");
    assert_eq!((desk.ui.focus, desk.ui.dialog.is_none()), (NodeIx(1), true));
    desk.press("/").type_("mi").press("Enter");
    assert_eq!(desk.ui.focus, NodeIx(2));
    desk.press("/").type_("c").press("Esc");
    assert_eq!(desk.ui.focus, NodeIx(2));
}

#[test]
fn the_help_has_every_key_and_scrolls_to_the_last_of_them() {
    for size in SIZES {
        let mut desk = Desk::at(three_nodes(), size);
        desk.press("?");
        let mut all = desk.words();
        for _ in 0..60 {
            desk.press("j");
            all = format!("{all} {}", desk.dialog().last().expect("keys"));
            all = format!("{all} {}", desk.words());
        }
        for entry in chainlab::ui::keymap::TABLE {
            // Words may go on in the next line, between two columns.
            let first = entry.does.split(' ').next().expect("words");
            let named = format!("{} {first}", entry.keys.join(" "));
            assert!(all.contains(&named), "{named} at {size:?}");
        }
        for what in [
            "Shift-drag selects",
            "wheel scrolls",
            "click focuses",
            "chainlab config",
        ] {
            assert!(all.contains(what), "{what} at {size:?}");
        }
        let end = desk.dialog();
        desk.press("k j");
        assert_eq!(desk.dialog(), end, "it stands still at its end");
        desk.press("x");
        assert!(desk.ui.dialog.is_none(), "any other key closes it");
    }
}

#[test]
fn the_filter_stands_below_what_it_filters_and_leaves_with_either_key() {
    let mut desk = Desk::new();
    desk.press("v /").type_("min");
    desk.says("filter: min");
    let (rows, cursor) = desk.lines();
    assert_eq!(cursor.y + 4, u16::try_from(rows.len()).expect("few"));
    desk.press("Enter");
    assert!(desk.ui.dialog.is_none());
    desk.press("/ Esc");
    assert!(desk.ui.dialog.is_none());
    assert_eq!(desk.ui.log.filter(), "");
}

#[test]
fn every_dialog_is_whole_at_every_size_and_shows_what_it_asks_for() {
    let dialogs: [(&str, &[&str]); 7] = [
        (
            "s",
            &[
                "From",
                "To",
                "Amount",
                "Fee",
                "Enter shows",
                "Tab",
                "Esc leaves",
            ],
        ),
        ("w", &["Name", "Enter makes it", "Esc leaves"]),
        (
            "a",
            &[
                "Name",
                "Connect to",
                "Mines at",
                "Wallet",
                "Enter adds it",
                "Esc",
            ],
        ),
        (
            "q",
            &["temporary lab, 5 wallets: y quit, k keep it, Esc stay"],
        ),
        (":", &["new-wallet", "w", "makes a wallet", "Enter does it"]),
        ("?", &["w", "makes a wallet", "any key closes"]),
        ("/", &["node:", "1 central", "3 miner", "Enter goes there"]),
    ];
    let mut lab = three_nodes();
    lab.made_by_hand = 1;
    for (size, (key, labels)) in SIZES
        .into_iter()
        .flat_map(|size| dialogs.map(|dialog| (size, dialog)))
    {
        let mut desk = Desk::at(lab.clone(), size);
        desk.press(key);
        for label in labels {
            desk.says(label);
        }
    }
}

#[test]
fn a_form_full_of_errors_fits_the_smallest_screen_with_its_fields_and_keys() {
    let mut desk = Desk::at(three_nodes(), (60, 15));
    desk.press("s S-Tab");
    for text in ["nobody-at-all", &"9".repeat(50), "much", "1.2.3"] {
        desk.press("C-u").type_(text).press("Tab");
    }
    desk.press("Enter");
    desk.says("From nobody-at-all");
    desk.says("no wallet is called nobody-at-all");
    desk.says("To 9999999999");
    desk.says("Fee 1.2.3");
    desk.says("Enter shows what happens");
    let (rows, cursor) = desk.lines();
    let row = &rows[usize::from(cursor.y)];
    assert!(row.contains("> From"), "the cursor is where one types");
    desk.press("Tab");
    assert!(desk.dialog().iter().any(|line| line.starts_with("> To")));
}

#[test]
fn a_long_plan_fits_the_smallest_screen() {
    let mut desk = Desk::at(three_nodes(), (60, 15));
    desk.press("s")
        .type_("dave")
        .press("Tab")
        .type_("2.5")
        .press("Enter");
    let (_, purpose) = desk.asked();
    let mut plan = plan(&payment("0"));
    let coin = plan.inputs[0].clone();
    plan.inputs = vec![coin; 40];
    let reply = Reply::Plan(plan);
    desk.answer(&purpose, Ok(Answer::Node(NodeIx(1), reply)));
    desk.says("spends 40 coins (10, 10, 10, 10, 10, 10, 34 more), change 0.9999");
    desk.says("226 bytes");
    desk.says("Enter sends Esc goes back");
}

#[test]
fn rewards_that_are_too_young_are_left_to_the_node_to_explain() {
    let mut lab = three_nodes();
    let mut snapshot = lab.nodes[1].snapshot.as_deref().expect("seen").clone();
    snapshot.wallets[2].immature = amount("10");
    lab.nodes[1].snapshot = Some(Arc::new(snapshot));
    let mut desk = Desk::at(lab, (80, 24));
    desk.press("s S-Tab")
        .type_("dave")
        .press("Tab")
        .type_("bob")
        .press("Tab");
    desk.type_("1").press("Enter");
    let (request, _) = desk.asked();
    assert!(matches!(request, Request::Node(_, Command::PlanSend(_))));
}
