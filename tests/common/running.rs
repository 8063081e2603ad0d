//! Labs for tests: the three nodes of the tutorials, questions to them, and what a pane shows.

use super::coins;
use super::live::{PATIENCE, soon};
use chainlab::chain::Amount;
use chainlab::lab::ask::{Bend, LinkChange};
use chainlab::lab::{
    Answer, Consent, Control, Lab, LabError, LabOptions, LabView, Outside, Request, layout,
};
use chainlab::node::io::words::Piece;
use chainlab::node::io::{Command, Payment, Reply};
use chainlab::node::{BlockId, NodeIx};
use std::path::Path;
use tokio::runtime::Handle;

pub const CENTRAL: NodeIx = NodeIx(0);
pub const WALLET: NodeIx = NodeIx(1);
pub const MINER: NodeIx = NodeIx(2);

/// The three nodes of the tutorials, at any ports. Blocks come when a test asks for them, but for
/// the first.
pub const TEXT: &str = r#"
[chain]
block_interval = "5s"
retarget = "fixed"
difficulty = "auto"
maturity = 1

[chain.genesis]
founder = "10"
alice = "10"
bob = "10"

[link]
latency = "5ms"

[[node]]
name = "central"
wallets = ["founder"]

[[node]]
name = "wallet"
connect = ["central"]
wallets = ["alice", "bob", "carol", "dave"]

[[node]]
name = "miner"
connect = ["central"]
wallets = ["rewards"]
mine = { mode = "off", hashrate = "1 kH/s", to = "rewards", first = "at once" }
"#;

/// Two nodes; the first block comes at once, and no other.
pub const EAST_WEST: &str = r#"
[chain.genesis]
alice = "10"

[link]
latency = "10ms"

[[node]]
name = "east"
wallets = ["alice"]

[[node]]
name = "west"
connect = ["east"]
mine = { mode = "off", hashrate = "1 kH/s", first = "at once" }
"#;

pub fn options(text: &str) -> LabOptions {
    LabOptions {
        layout: layout::read("scenario", text).expect("it is sound"),
        layout_text: text.to_owned(),
        is_layout_chosen: false,
        data_dir: None,
        seed: None,
        clock: None,
        control: Control::Off,
        programs: Consent::Refused,
        outside: Outside::default(),
    }
}

pub fn start(options: LabOptions) -> Result<Lab, LabError> {
    Lab::start(options, Handle::current())
}

pub fn scenario() -> Lab {
    start(options(TEXT)).expect("it starts")
}

pub fn kept_in(dir: &Path) -> LabOptions {
    LabOptions {
        data_dir: Some(dir.to_owned()),
        ..options(TEXT)
    }
}

/// The first view with what the test waits for.
pub async fn until(lab: &Lab, wanted: impl Fn(&LabView) -> bool) -> LabView {
    let mut changes = lab.changes();
    let found = tokio::time::timeout(PATIENCE, async {
        loop {
            let view = lab.view();
            if wanted(&view) {
                return view;
            }
            changes.changed().await.expect("the lab is there");
        }
    });
    match found.await {
        Ok(view) => view,
        Err(_) => panic!("not in time: {:#?}", lab.view()),
    }
}

pub fn all_up(view: &LabView) -> bool {
    view.nodes.iter().all(|node| node.state.is_up())
}

pub fn agree_on(view: &LabView, height: u32) -> bool {
    let tips = view.tips();
    let running = view.nodes.iter().filter(|node| node.state.is_up()).count();
    tips.len() == 1 && tips[0].tip.height == height && tips[0].nodes.len() == running
}

/// The lab with everybody at the first block.
pub async fn begun(lab: &Lab) -> LabView {
    until(lab, |view| all_up(view) && agree_on(view, 1)).await
}

pub async fn ask(lab: &Lab, request: Request) -> Result<Answer, String> {
    let asked = lab.request(request);
    let (ticket, answer) = soon(lab.answer()).await;
    assert_eq!(ticket, asked);
    answer
}

pub async fn done(lab: &Lab, request: Request) -> Answer {
    ask(lab, request).await.expect("it can be done")
}

pub async fn refused(lab: &Lab, request: Request) -> String {
    ask(lab, request).await.expect_err("it cannot be done")
}

/// A link is to be another, both ways.
pub fn bend(from: &str, to: &str, change: LinkChange) -> Request {
    Request::Link(Bend {
        from: from.to_owned(),
        to: to.to_owned(),
        is_both_ways: true,
        change,
    })
}

pub async fn mine(lab: &Lab, node: NodeIx) -> BlockId {
    match done(lab, Request::Node(node, Command::MineNow)).await {
        Answer::Node(ix, Reply::Mined { block, .. }) if ix == node => block,
        other => panic!("{other:?}"),
    }
}

pub fn payment(from: &str, to: &str, amount: u64) -> Payment {
    Payment {
        from: from.to_owned(),
        to: to.to_owned(),
        amount: coins(amount),
        fee: Some(Amount::ZERO),
    }
}

pub fn create(name: &str) -> Command {
    let name = name.to_owned();
    Command::CreateWallet { name }
}

pub fn confirmed(view: &LabView, wallet: &str) -> Amount {
    let found = view.wallets().find(|(_, found)| found.name == wallet);
    found.expect("somebody has it").1.confirmed
}

pub fn addresses(view: &LabView) -> Vec<(String, String)> {
    let wallets = view.wallets();
    let named = wallets.map(|(_, wallet)| (wallet.name.clone(), wallet.address.clone()));
    named.collect()
}

pub fn log(view: &LabView, node: NodeIx) -> Vec<String> {
    let piece = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Block(id) => format!("#{}", id.height),
        Piece::Tx(_) => "tx".to_owned(),
    };
    let lines = view.nodes[node.0].log_lines();
    lines
        .map(|line| line.pieces.iter().map(piece).collect())
        .collect()
}
