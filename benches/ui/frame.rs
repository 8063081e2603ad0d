//! From a lab that is at work to escape codes: how long a frame keeps the screen's thread.
//!
//! Each frame is drawn after something has happened, and is what the real loop does: look at the
//! lab, take that in, draw, and write what differs from the frame before. Its rival fills the same
//! screen with plain text of which every line is another than before, and does nothing else.

use crate::labs::{self, Links};
use crate::ratio::{Harness, Samples, shown, timed};
use crate::tail;
use chainlab::chain::Amount;
use chainlab::lab::spec::ViewSpec;
use chainlab::lab::{Consent, Control, Lab, LabOptions, Outside, Request, layout};
use chainlab::node::NodeIx;
use chainlab::node::io::{Command, Payment};
use chainlab::ui::app::frame;
use chainlab::ui::app::{UiEvent, UiState};
use chainlab::ui::keymap::Keymap;
use chainlab::ui::keymap::ViewId;
use chainlab::ui::theme::{Depth, Ground, Theme};
use chainlab::ui::viewer::Effect;
use chainlab::ui::views::log;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;
use ratatui::{Frame, Terminal, TerminalOptions, Viewport};
use std::io::{BufWriter, Sink, sink};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

const SIZE: (u16, u16) = (200, 60);

/// The least time between two frames. On a screen it is six times as long: this only saves the
/// reader's time.
const PAUSE: Duration = Duration::from_millis(5);

/// Frames come without a change as well: clocks go on.
const SECOND: Duration = Duration::from_secs(1);

const STARTED_WITHIN: Duration = Duration::from_secs(60);

/// Between two payments.
const PAYMENT: Duration = Duration::from_millis(100);

/// Nodes with money: the first ones.
const PAYERS: usize = 4;

/// As large as the real screen's.
const BUFFER: usize = 64 * 1024;

pub fn frame(harness: &mut Harness) {
    crossterm::style::force_color_output(true);
    log::prepare();
    let clock = Arc::new(OnceLock::new());
    let layer = log::layer(Arc::clone(&clock));
    let lines = tracing_subscriber::registry().with(layer).try_init();
    lines.expect("nobody else collects them");
    let runtime = runtime();

    let count = harness.size(16, 10);
    let mut lab = Busy::start(&runtime, &labs::crowd(count, &Links::Mesh, "500ms"));
    // The first lab's clock does for both: the lines are not looked at here.
    let _ = clock.set(lab.lab.log_time());
    let [panes, table, rival] = lab.frames(harness, [Look::Panes, Look::Table, Look::Text]);
    let most = Duration::from_millis(3);
    let rival = ("as much changing text", &rival);
    tail::report(
        harness,
        &format!("frame, {count} nodes, panes"),
        &panes,
        rival,
        most,
    );
    tail::report(
        harness,
        &format!("frame, {count} nodes, table"),
        &table,
        rival,
        most,
    );
    lab.end();

    let count = harness.size(64, 12);
    let mut lab = Busy::start(&runtime, &labs::crowd(count, &Links::Random, "1s"));
    let [table, rival] = lab.frames(harness, [Look::Table, Look::Text]);
    let most = Duration::from_millis(4);
    let rival = ("as much changing text", &rival);
    tail::report(
        harness,
        &format!("frame, {count} nodes, table"),
        &table,
        rival,
        most,
    );
    lab.end();
}

/// What runs a lab.
pub fn runtime() -> Runtime {
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    runtime.expect("threads")
}

/// A lab of this layout that no other program controls.
pub fn options(text: &str) -> LabOptions {
    LabOptions {
        layout: layout::read("busy", text).expect("it is sound"),
        layout_text: text.to_owned(),
        is_layout_chosen: false,
        data_dir: None,
        seed: Some(7),
        clock: None,
        control: Control::Off,
        programs: Consent::Refused,
        outside: Outside::default(),
    }
}

/// What is drawn.
#[derive(Clone, Copy)]
pub enum Look {
    /// All nodes, as panes.
    Panes,
    /// All nodes, a line each.
    Table,
    /// Another view.
    Of(ViewId),
    /// No lab, but text that changes.
    Text,
}

/// A lab where blocks and payments travel all the time.
pub struct Busy<'a> {
    runtime: &'a Runtime,
    lab: Lab,
    changes: watch::Receiver<u64>,
    /// When the last one was asked for, how many were, and how many were made.
    paid_at: Instant,
    asked: usize,
    paid: usize,
}

impl<'a> Busy<'a> {
    pub fn start(runtime: &'a Runtime, text: &str) -> Self {
        let lab = Lab::start(options(text), runtime.handle().clone()).expect("it starts");
        let mut changes = lab.changes();
        let begun = async {
            while !has_begun(&lab) {
                changes.changed().await.expect("the lab is there");
            }
        };
        let begun = runtime.block_on(async { tokio::time::timeout(STARTED_WITHIN, begun).await });
        begun.expect("all nodes run and have a block");
        Self {
            runtime,
            lab,
            changes,
            paid_at: Instant::now(),
            asked: 0,
            paid: 0,
        }
    }

    /// Draws the lab in turns in each of these ways.
    pub fn frames<const N: usize>(&mut self, harness: &Harness, kinds: [Look; N]) -> [Samples; N] {
        let mut screens = kinds.map(|kind| match kind {
            Look::Panes => Screen::of(&self.lab, false, ViewId::Lab),
            Look::Table => Screen::of(&self.lab, true, ViewId::Lab),
            Look::Of(view) => Screen::of(&self.lab, true, view),
            Look::Text => Screen::plain(),
        });
        let mut samples = kinds.map(|_| Samples::default());
        // A frame is measured once the screens have filled up.
        let (frames, warm_up) = (harness.size(3_000, 20), harness.size(200, 5));
        let (since, height, paid) = (Instant::now(), self.height(), self.paid);
        for at in 0..frames + warm_up {
            for (screen, times) in screens.iter_mut().zip(&mut samples) {
                self.something_happens();
                let (time, ()) = timed(|| screen.draw(&self.lab));
                if at >= warm_up {
                    times.push(time);
                }
            }
        }
        let blocks = self.height() - height;
        let paid = self.paid - paid;
        println!(
            "{} nodes, {} frames of each kind in {}: {blocks} blocks, {paid} payments",
            self.lab.view().nodes.len(),
            frames + warm_up,
            shown(since.elapsed()),
        );
        assert!(
            harness.quick || (blocks > 0 && paid > 0),
            "nothing happened"
        );
        samples
    }

    /// Waits until there is something new to draw, and at least [`PAUSE`].
    fn something_happens(&mut self) {
        if self.paid_at.elapsed() >= PAYMENT {
            self.pay();
        }
        let (lab, changes) = (&self.lab, &mut self.changes);
        let mut paid = 0;
        self.runtime.block_on(async {
            tokio::time::sleep(PAUSE).await;
            let change = tokio::time::timeout(SECOND, changes.changed());
            tokio::pin!(change);
            loop {
                tokio::select! {
                    biased;
                    (_, answer) = lab.answer() => paid += usize::from(answer.is_ok()),
                    _ = &mut change => break,
                }
            }
        });
        self.paid += paid;
    }

    fn pay(&mut self) {
        let from = self.asked % PAYERS;
        let to = (self.asked + 1) % PAYERS;
        let payment = Payment {
            from: format!("payer{}", from + 1),
            to: format!("payer{}", to + 1),
            amount: Amount::from_units(1 + self.asked as u64).expect("little"),
            fee: Some(Amount::ZERO),
        };
        self.lab
            .request(Request::Node(NodeIx(from), Command::Send(payment)));
        self.asked += 1;
        self.paid_at = Instant::now();
    }

    fn height(&self) -> u32 {
        let view = self.lab.view();
        let heights = view.running().map(|(_, snapshot)| snapshot.tip.height);
        heights.max().unwrap_or_default()
    }

    pub fn end(self) {
        let closed = self.runtime.block_on(self.lab.close());
        closed.expect("it closes");
    }
}

fn has_begun(lab: &Lab) -> bool {
    let view = lab.view();
    let running = view.running();
    let at_work = running.filter(|(_, snapshot)| snapshot.tip.height > 0);
    at_work.count() == view.nodes.len()
}

/// A terminal that nobody looks at, and what is drawn there.
struct Screen {
    terminal: Terminal<CrosstermBackend<BufWriter<Sink>>>,
    /// `None`: text that changes.
    ui: Option<Box<UiState>>,
    frames: usize,
}

impl Screen {
    fn of(lab: &Lab, table: bool, view: ViewId) -> Self {
        let theme = Theme {
            depth: Depth::True,
            ground: Ground::Dark,
            ascii: false,
        };
        let spec = ViewSpec {
            table: Some(table),
            ..ViewSpec::default()
        };
        let mut ui = UiState::new(theme, Keymap::default(), spec, SIZE);
        ui.begin(&lab.view());
        ui.viewer.view = view;
        Self {
            ui: Some(Box::new(ui)),
            ..Self::plain()
        }
    }

    fn plain() -> Self {
        let backend = CrosstermBackend::new(BufWriter::with_capacity(BUFFER, sink()));
        let options = TerminalOptions {
            viewport: Viewport::Fixed(Rect::new(0, 0, SIZE.0, SIZE.1)),
        };
        Self {
            terminal: Terminal::with_options(backend, options).expect("it takes anything"),
            ui: None,
            frames: 0,
        }
    }

    fn draw(&mut self, lab: &Lab) {
        let at = self.frames;
        self.frames += 1;
        let drawn = match &mut self.ui {
            Some(ui) => {
                let view = lab.view();
                let effects = ui.update(&view, UiEvent::Changed);
                let asks = |effect: &Effect| !matches!(effect, Effect::Ask(..));
                assert!(effects.iter().all(asks), "nothing is asked by itself");
                self.terminal.draw(|to| frame::draw(to, &view, ui))
            }
            None => self.terminal.draw(|frame| text(frame, at)),
        };
        drawn.expect("it takes anything");
    }
}

/// A screen full of letters, each another than in the frame before.
fn text(frame: &mut Frame<'_>, at: usize) {
    let letters: String = ('a'..='z').cycle().skip(at % 26).take(500).collect();
    let (width, height) = (usize::from(SIZE.0), usize::from(SIZE.1));
    let lines = (0..height).map(|y| Line::raw(&letters[y..y + width]));
    frame.render_widget(Paragraph::new(Vec::from_iter(lines)), frame.area());
}
