//! A minute in which all happens that can happen, seen at three sizes: every state stands in its
//! field, and nothing on the screen moves by itself.

use crate::common::running::{all_up, create, options, start};
use crate::picture::{COLOURED, draw_as_it_is, lines};
use chainlab::lab::ask::{Bend, LinkChange};
use chainlab::lab::{Lab, LabView, Request};
use chainlab::link::LinkState;
use chainlab::node::NodeIx;
use chainlab::node::io::Command;
use chainlab::ui::app::frame::ScreenPlan;
use chainlab::ui::app::{UiEvent, UiState};
use chainlab::ui::keymap::Keymap;
use chainlab::ui::views::panes;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 36), (200, 60)];

/// How long it lasts.
const SCENE: Duration = Duration::from_secs(60);

/// Time between two frames.
const FRAME: Duration = Duration::from_millis(100);

/// Six nodes in a ring, two of them miners, and wallets of all kinds.
const TEXT: &str = r#"
[chain]
block_interval = "4s"
retarget = "fixed"
subsidy = "10"

[chain.genesis]
alice = "100.12345678"
bella = "50"

[link]
latency = "150ms"

[topology]
kind = "ring"

[traffic]
rate = "2 tx/s"

[[node]]
name = "oslo"
wallets = ["a-wallet-with-a-long-name-indeed"]
mine = { hashrate = "4 kH/s", first = "at once" }

[[node]]
name = "paris"
wallets = ["alice", "second", "third", "fourth"]

[[node]]
name = "rome"

[[node]]
name = "lima"
wallets = ["lima-rewards"]
mine = { hashrate = "4 kH/s" }

[[node]]
name = "quito"
wallets = ["bella"]

[[node]]
name = "cusco"

[view]
columns = 3
focus = "paris"
"#;

/// What the header says, each in its field.
const CHAINS: [&str; 3] = ["AGREE", "ON ITS WAY", "FORK"];
const NETWORK: [&str; 3] = ["PARTITION", "DOWN", "CATCHING UP"];

/// Labels of rows that compare.
const LABELS: [&str; 6] = [
    "height ", "blocks ", "mempool ", "peers ", "mining ", "wallets ",
];

/// A screen, and what stood where on it from its first frame on.
struct Screen {
    ui: UiState,
    /// The columns at which each kind of word began.
    columns: BTreeMap<&'static str, BTreeSet<usize>>,
    /// The states that were seen.
    seen: BTreeSet<&'static str>,
    parts: Option<Vec<Option<Rect>>>,
    /// For each node the lines of its pane at which labels stand.
    rows: BTreeMap<(usize, &'static str), BTreeSet<usize>>,
    tabs: Option<String>,
}

impl Screen {
    fn new(lab: &Lab, size: (u16, u16)) -> Self {
        let spec = lab.layout().view.clone();
        Self {
            ui: UiState::new(COLOURED, Keymap::default(), spec, size),
            columns: BTreeMap::new(),
            seen: BTreeSet::new(),
            parts: None,
            rows: BTreeMap::new(),
            tabs: None,
        }
    }

    fn look(&mut self, view: &LabView) {
        self.ui.update(view, UiEvent::Changed);
        let buffer = draw_as_it_is(view, &self.ui);
        let rows = lines(&buffer);
        self.header(&rows[0]);
        let plan = ScreenPlan::new(view, &self.ui.viewer);
        let panes = panes::Plan::new(view, &self.ui.viewer, plan.body);
        let parts = vec![
            Some(plan.header),
            Some(panes.body),
            panes.propagation,
            panes.blocks,
            panes.mempool,
            plan.caption,
            Some(plan.message),
            Some(plan.footer),
        ];
        let first = self.parts.get_or_insert_with(|| parts.clone());
        assert_eq!(*first, parts, "{rows:#?}");
        for (ix, area) in &panes.cells {
            self.pane(view, *ix, *area, &buffer, &rows);
        }
    }

    fn header(&mut self, line: &str) {
        let mode = column(line, "LIVE").expect("how time goes");
        let tabs: String = line.chars().take(mode).collect();
        assert_eq!(*self.tabs.get_or_insert_with(|| tabs.clone()), tabs);
        for (field, words) in [
            ("mode", &["LIVE"][..]),
            ("clock", &["+0"]),
            ("chains", &CHAINS),
        ] {
            self.field(line, field, words);
        }
        self.field(line, "network", &NETWORK);
        self.field(line, "sum", &["mempool"]);
    }

    fn field(&mut self, line: &str, field: &'static str, words: &[&'static str]) {
        for word in words {
            if let Some(at) = column(line, word) {
                self.columns.entry(field).or_default().insert(at);
                self.seen.insert(word);
            }
        }
    }

    /// A pane, or a line of the table: there only a partition may move it, which sets groups apart.
    fn pane(&mut self, view: &LabView, ix: NodeIx, area: Rect, buffer: &Buffer, rows: &[String]) {
        let part = |y: u16| -> String {
            let cells = (area.x..area.right()).map(|x| buffer[(x, y)].symbol());
            cells.collect()
        };
        let pane: Vec<_> = (area.y..area.bottom()).map(part).collect();
        let node = &view.nodes[ix.0];
        let wallet = node.snapshot.as_ref().and_then(|seen| seen.wallets.first());
        if let Some(wallet) = wallet {
            let begin: String = wallet.name.chars().take(4).collect();
            let is_there = pane.iter().any(|row| row.contains(&begin));
            assert!(is_there, "{} of {}: {rows:#?}", wallet.name, node.name);
        }
        if area.height > 1 {
            for label in LABELS {
                let at = pane.iter().position(|row| row.contains(label));
                let at = at.unwrap_or_else(|| panic!("no {label}: {rows:#?}"));
                self.rows.entry((ix.0, label)).or_default().insert(at);
            }
        }
    }

    fn insist(&self) {
        for (field, columns) in &self.columns {
            assert_eq!(
                columns.len(),
                1,
                "{field} at {:?}: {columns:?}",
                self.ui.viewer.size
            );
        }
        for word in CHAINS.iter().chain(&NETWORK) {
            assert!(
                self.seen.contains(word),
                "{word} at {:?}",
                self.ui.viewer.size
            );
        }
        for (label, lines) in &self.rows {
            assert_eq!(
                lines.len(),
                1,
                "{label:?} at {:?}: {lines:?}",
                self.ui.viewer.size
            );
        }
        let places: BTreeSet<_> = self
            .rows
            .iter()
            .map(|((_, label), at)| (label, at))
            .collect();
        let labels: BTreeSet<_> = self.rows.keys().map(|(_, label)| label).collect();
        assert_eq!(
            places.len(),
            labels.len(),
            "one line across panes: {places:?}"
        );
    }
}

/// Where a word begins, in columns.
fn column(line: &str, word: &str) -> Option<usize> {
    line.find(word).map(|at| line[..at].chars().count())
}

/// What happens, and when.
fn scene() -> Vec<(u64, Request)> {
    let node = |at: usize| NodeIx(at);
    let group = |names: [&str; 3]| names.map(str::to_owned).to_vec();
    let mine = |at| Request::Node(node(at), Command::MineNow);
    let bend = |state| {
        Request::Link(Bend {
            from: "oslo".to_owned(),
            to: "paris".to_owned(),
            is_both_ways: true,
            change: LinkChange::to_state(state),
        })
    };
    let halves = vec![
        group(["oslo", "paris", "rome"]),
        group(["lima", "quito", "cusco"]),
    ];
    vec![
        (3, Request::Node(node(2), create("romes-first"))),
        (5, mine(0)),
        (8, Request::Partition(halves)),
        (10, mine(0)),
        (11, mine(3)),
        (13, mine(0)),
        (15, mine(3)),
        (17, mine(0)),
        (22, Request::Unite),
        (27, Request::Kill(node(5))),
        (29, mine(0)),
        (30, mine(0)),
        (31, mine(3)),
        (33, mine(0)),
        (35, mine(3)),
        (37, mine(0)),
        (40, Request::Restart(node(5))),
        (45, bend(LinkState::Cut)),
        (48, bend(LinkState::Open)),
        (50, Request::Kill(node(3))),
        (52, mine(0)),
        (54, Request::Restart(node(3))),
        (56, mine(0)),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_on_the_screen_moves_by_itself_in_a_minute_of_all_that_can_happen() {
    let lab = start(options(TEXT)).expect("it starts");
    while !all_up(&lab.view()) || lab.view().headline.chains == Default::default() {
        sleep(FRAME).await;
    }
    let mut screens = SIZES.map(|size| Screen::new(&lab, size));
    let began = Instant::now();
    let mut to_come = scene().into_iter().peekable();
    let mut frame = began;
    while began.elapsed() < SCENE {
        while let Some((_, request)) =
            to_come.next_if(|(at, _)| began.elapsed() >= Duration::from_secs(*at))
        {
            lab.request(request);
        }
        let view = lab.view();
        for screen in &mut screens {
            screen.look(&view);
        }
        frame += FRAME;
        sleep_until(frame).await;
    }
    for screen in &screens {
        screen.insist();
    }
    lab.close().await.expect("it closes");
}
