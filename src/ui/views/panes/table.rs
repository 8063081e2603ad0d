//! Many nodes: a line each.
//!
//! ```text
//!    node     height  tip   blocks              mem peers wallets
//! A  1 oslo  M     6  [f2]  [d7][d6][80][f2]      0     1 oslo-rewards 50
//! A  2 paris▶      6  [f2]  [d7][d6][80][f2]      0     2 alice 6
//! ─ cut ─ oslo-lima ─────────────────────────────────────────────────────
//! B  3 lima  M     6  [9e]  [d7][3d][c3][9e]      0     1 lima-rewards 40
//! ```
//!
//! The groups of a partition stand apart, with a letter each. Where a line has no room for all, as in
//! a table of more than one column, whole figures are left out.

use super::groups::{letter, rule};
use super::pane::{self, NONE, chip_width, first_wallets, gauge};
use super::plan::{Form, Plan};
use crate::lab::view::NodeView;
use crate::node::NodeIx;
use crate::node::snapshot::NodeSnapshot;
use crate::ui::text::{self, short_name};
use crate::ui::widgets::scene::Scene;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Block;

/// Marks of a node that mines, and of one that keeps its blocks private, with what they say.
const MARKS: &str = " M mines  W withholds ";

/// Draws the table.
pub fn render(frame: &mut Frame<'_>, plan: &Plan, scene: Scene<'_>) {
    let theme = scene.theme;
    let nodes = text::counted(scene.lab.nodes.len(), "node");
    let pages = plan
        .page_words(scene.viewer)
        .unwrap_or_else(|| " ".to_owned());
    let block = Block::bordered()
        .border_set(theme.border())
        .border_style(theme.dim())
        .title(Span::styled(format!(" {nodes}{pages}"), theme.strong()))
        .title(scene.focus_title());
    let block = match usize::from(plan.body.width) > MARKS.len() + 4 {
        true => block.title_bottom(Line::styled(MARKS, theme.dim()).right_aligned()),
        false => block,
    };
    let inner = block.inner(plan.body);
    frame.render_widget(block, plan.body);
    let (Form::Table(columns), Some((_, first))) = (plan.form, plan.cells.first()) else {
        return;
    };
    let widths = Widths::new(scene, usize::from(first.width));
    let mut left = inner.x;
    for _ in 0..columns {
        let area = Rect {
            x: left,
            width: first.width.min(inner.right().saturating_sub(left)),
            height: 1.min(inner.height),
            ..inner
        };
        frame.render_widget(head(scene, &widths), area);
        left += area.width;
    }
    for (ix, area) in &plan.cells {
        if let Some(node) = scene.lab.node(*ix) {
            frame.render_widget(line(scene, *ix, node, &widths), *area);
        }
    }
    for (group, area) in &plan.rules {
        frame.render_widget(rule(scene, *group, usize::from(area.width)), *area);
    }
}

/// The longest name that is shown whole.
const NAME: usize = 16;

/// As much of a name as is always shown.
const NAME_LEAST: usize = 4;

/// The least columns of a wallet's name and its balance, and the most.
const WALLET: (usize, usize) = (9, 20);

/// The least blocks, and the most.
const BLOCKS: (usize, usize) = (4, 12);

/// Columns of each figure, with the space before it; 0: there is no room for it.
struct Widths {
    group: usize,
    number: usize,
    name: usize,
    /// The pointer and the mark of mining.
    marks: usize,
    height: usize,
    tip: usize,
    blocks: usize,
    mempool: usize,
    peers: usize,
    mining: usize,
    age: usize,
    wallets: usize,
}

impl Widths {
    /// For lines of so many columns. They do not depend on what nodes do, but for the width of chips, and
    /// heights of six digits.
    fn new(scene: Scene<'_>, room: usize) -> Self {
        let lab = scene.lab;
        let names = lab.nodes.iter().map(|node| node.name.chars().count());
        let snapshots = lab.nodes.iter().filter_map(|node| node.snapshot.as_ref());
        let tips: Vec<_> = snapshots.map(|snapshot| snapshot.tip).collect();
        let chip = chip_width(scene, tips.iter().copied());
        let highest = tips.iter().map(|tip| tip.height).max().unwrap_or(0);
        let mut widths = Self {
            group: 3,
            number: lab.nodes.len().to_string().len() + 1,
            name: names.max().unwrap_or(0).clamp(NAME_LEAST, NAME),
            marks: 2,
            height: (highest.to_string().len() + 1).max(6),
            tip: chip + 2,
            blocks: 0,
            mempool: 0,
            peers: 0,
            mining: 0,
            age: 0,
            wallets: 0,
        };
        widths.share(room, chip);
        widths
    }

    /// Shares what these columns leave of a line among the others, the most important first.
    fn share(&mut self, room: usize, chip: usize) {
        let widths = self;
        let taken = widths.group + widths.number + widths.name;
        let taken = taken + widths.marks + widths.height + widths.tip;
        // The last column of the line stays free.
        let mut left = room.saturating_sub(taken + 1);
        // A name can be cut, and an amount cannot.
        let cut = (WALLET.0 + 2).saturating_sub(left);
        let cut = cut.min(widths.name - NAME_LEAST);
        widths.name -= cut;
        left += cut;
        let mut take = |columns: usize| match left.checked_sub(columns) {
            Some(rest) => {
                left = rest;
                columns
            }
            None => 0,
        };
        widths.wallets = take(WALLET.0 + 2);
        widths.mempool = take(5);
        widths.peers = take(6);
        // One more than chips need: `DOWN  K starts it` stands there, too.
        widths.blocks = take(chip * BLOCKS.0 + 3);
        for _ in WALLET.0..WALLET.1 {
            if widths.wallets > 0 {
                widths.wallets += take(1);
            }
        }
        widths.mining = take(15);
        widths.age = take(8);
        for _ in BLOCKS.0..BLOCKS.1 {
            if widths.blocks > 0 {
                widths.blocks += take(chip);
            }
        }
        if widths.wallets > 0 {
            widths.wallets += left;
        }
    }
}

fn head(scene: Scene<'_>, widths: &Widths) -> Line<'static> {
    let mut words = " ".repeat(widths.group + widths.number);
    let lead = widths.name + widths.marks;
    words += &format!("{:<lead$}", "node");
    let left = |name: &str, width: usize| match width {
        0 => String::new(),
        _ => format!("  {name:<0$}", width.saturating_sub(2)),
    };
    let right = |name: &str, width: usize| match width {
        0 => String::new(),
        _ => format!("{name:>width$}"),
    };
    words += &right("height", widths.height);
    words += &left("tip", widths.tip);
    words += &left("blocks", widths.blocks);
    words += &right("mem", widths.mempool);
    words += &right("peers", widths.peers);
    words += &left("mining", widths.mining);
    words += &right("age", widths.age);
    words += &left("wallets", widths.wallets);
    Line::styled(words, scene.theme.dim())
}

/// A line as it grows, cell by cell.
struct Cells(Vec<Span<'static>>);

impl Cells {
    /// Two columns of air, then what begins here.
    fn left(&mut self, spans: Vec<Span<'static>>, width: usize) {
        if width == 0 {
            return;
        }
        let rest = width.saturating_sub(text::width(&spans) + 2);
        self.0.push(Span::raw("  "));
        self.0.extend(spans);
        self.0.push(Span::raw(" ".repeat(rest)));
    }

    /// What ends here.
    fn right(&mut self, words: &str, width: usize, style: Style) {
        if width > 0 {
            self.0.push(Span::styled(format!("{words:>width$}"), style));
        }
    }
}

/// What a line begins with: the group, the number and name of the node, and whether it mines.
fn lead(scene: Scene<'_>, ix: NodeIx, node: &NodeView, widths: &Widths) -> Cells {
    let theme = scene.theme;
    let is_focused = scene.viewer.focus == ix;
    let tip = node.snapshot.as_ref().map(|snapshot| snapshot.tip);
    let name_style = match (scene.is_new(node), tip, is_focused) {
        _ if scene.is_lit(ix) => theme.lit(),
        (true, Some(tip), _) => scene
            .chip_ink(tip)
            .add_modifier(ratatui::style::Modifier::BOLD),
        (_, _, true) => theme.focus(),
        _ => base(scene, node),
    };
    let name = short_name(&node.name, widths.name, theme.cut());
    let pointer = if is_focused { theme.pointer() } else { " " };
    let (mark, mark_style) = mark(scene, node);
    Cells(vec![
        Span::styled(format!(" {} ", letter(scene, ix)), theme.strong()),
        Span::styled(format!("{:>1$} ", ix.0 + 1, widths.number - 1), theme.key()),
        Span::styled(name.clone(), name_style),
        Span::styled(pointer, theme.focus()),
        Span::raw(" ".repeat(widths.name - name.chars().count())),
        Span::styled(mark, mark_style),
    ])
}

/// How figures of a node look.
fn base(scene: Scene<'_>, node: &NodeView) -> Style {
    match node.state.is_up() {
        true => scene.theme.text(),
        false => scene.theme.faint(),
    }
}

fn line(scene: Scene<'_>, ix: NodeIx, node: &NodeView, widths: &Widths) -> Line<'static> {
    let theme = scene.theme;
    let base = base(scene, node);
    let tip = node.snapshot.as_ref().map(|snapshot| snapshot.tip);
    let mut cells = lead(scene, ix, node, widths);
    let none = || vec![Span::styled(NONE, theme.dim())];
    let height = tip.map_or_else(|| NONE.to_owned(), |tip| tip.height.to_string());
    cells.right(&height, widths.height, base);
    cells.left(
        tip.map_or_else(none, |tip| vec![scene.chip(tip)]),
        widths.tip,
    );
    cells.left(blocks(scene, node, widths), widths.blocks);
    let running = node.snapshot.as_deref().filter(|_| node.state.is_up());
    let figure = |figure: fn(&NodeSnapshot) -> Option<usize>| {
        let figure = running.and_then(figure);
        figure.map_or_else(|| NONE.to_owned(), |figure| figure.to_string())
    };
    cells.right(
        &figure(|seen| seen.shows_mempool().then_some(seen.mempool.count)),
        widths.mempool,
        base,
    );
    cells.right(
        &figure(|seen| seen.shows_peers().then(|| seen.ready_peers().count())),
        widths.peers,
        base,
    );
    cells.left(mining(scene, running), widths.mining);
    let age = node
        .snapshot
        .as_ref()
        .map(|snapshot| scene.tip_age(snapshot));
    cells.right(&age.unwrap_or_else(|| NONE.to_owned()), widths.age, base);
    cells.left(wallets(scene, node, widths), widths.wallets);
    Line::from(cells.0)
}

/// The last blocks; what is the matter with a node that does not run, and how far one that catches up
/// has come.
fn blocks(scene: Scene<'_>, node: &NodeView, widths: &Widths) -> Vec<Span<'static>> {
    let room = widths.blocks.saturating_sub(2);
    if let Some(absence) = pane::absence(scene, node) {
        return absence.fit_spans(room);
    }
    match &node.snapshot {
        Some(snapshot) if snapshot.sync.is_some() => gauge(scene, node, room),
        Some(snapshot) => scene.chip_row(&snapshot.recent, room),
        None => vec![Span::styled(NONE, scene.theme.dim())],
    }
}

/// Where there is no room for blocks, what is the matter with a node stands here.
fn wallets(scene: Scene<'_>, node: &NodeView, widths: &Widths) -> Vec<Span<'static>> {
    let room = widths.wallets.saturating_sub(2);
    if widths.blocks == 0
        && let Some(absence) = pane::absence(scene, node)
    {
        return absence.fit_spans(room);
    }
    let wallets = node.snapshot.as_ref().map(|snapshot| &snapshot.wallets);
    match wallets.filter(|wallets| !wallets.is_empty()) {
        Some(wallets) => {
            let mut spans = first_wallets(scene, wallets, room, 1).remove(0);
            for span in spans.iter_mut().filter(|_| !node.state.is_up()) {
                span.style = scene.theme.faint();
            }
            spans
        }
        None => vec![Span::styled(NONE, scene.theme.dim())],
    }
}

fn mining(scene: Scene<'_>, running: Option<&NodeSnapshot>) -> Vec<Span<'static>> {
    let theme = scene.theme;
    let mining = running.and_then(|running| running.mining.as_ref());
    match mining.and_then(|mining| Some((mining, mining.height?))) {
        Some((mining, height)) => vec![
            Span::styled(format!("#{height:<3}"), theme.strong()),
            Span::styled(text::rate(mining.hashrate), theme.text()),
        ],
        None => vec![Span::styled(NONE, theme.dim())],
    }
}

/// Whether it is an attacker's, or mines, and whether for itself.
fn mark(scene: Scene<'_>, node: &NodeView) -> (&'static str, Style) {
    let theme = scene.theme;
    let seen = node.snapshot.as_ref().filter(|_| node.state.is_up());
    if seen.is_some_and(|snapshot| snapshot.attack.is_some()) {
        return ("A", theme.bad());
    }
    let mining = seen.and_then(|snapshot| snapshot.mining.as_ref());
    match mining {
        Some(mining) if mining.height.is_none() => (" ", theme.text()),
        Some(mining) if pane::withholding(mining).is_some() => ("W", theme.warn()),
        Some(_) => ("M", theme.badge()),
        None => (" ", theme.text()),
    }
}
