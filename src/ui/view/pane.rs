//! A node's pane.
//!
//! ```text
//! ╭ 3 miner :3002 ─────────────── MINING ╮
//! │ height  12 [a9]  ..31f07ca9    3 s   │
//! │ mempool  1 tx   0.2 kB               │
//! │ peers    1   central 160 ms          │
//! │ mining  #13   14.0 kH/s   ~5 s  ▃▅▂▇ │
//! │ wallets  rewards 120                 │
//! │ blocks   [20][d1][77][0b][c4][9f][a9]│
//! │ ── log ───────────────────────────── │
//! │ +00:39 mined #12 [a9] 1 tx 10 coins  │
//! ╰──────────────────────────────────────╯
//! ```
//!
//! A low pane says the same in fewer lines.

use super::scene::Scene;
use crate::chain::Amount;
use crate::lab::NodeIx;
use crate::lab::view::{NodeState, NodeView};
use crate::node::mining::MiningMode;
use crate::node::snapshot::{MiningInfo, NodeSnapshot, SyncInfo, WalletInfo};
use crate::ui::keymap::Action;
use crate::ui::text::{self, Row, short_name};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Paragraph};
use std::time::Duration;

/// How long a pane shows that its tip is new.
pub const NEW_FOR: Duration = Duration::from_secs(1);

/// How long a pane names a reorganisation.
const REORG_FOR: Duration = Duration::from_secs(20);

/// Inner lines from which on everything has a line of its own.
const FULL_LINES: u16 = 6;

/// Columns of the names of figures.
const LABEL: usize = 9;

/// Draws the pane of a node, which is the nth of its page.
pub fn render(frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>, ix: NodeIx, nth: usize) {
    let Some(node) = scene.lab.node(ix) else {
        return;
    };
    let block = border(scene, ix, node, nth, area);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    // A column of air on each side, where there is one to spare.
    let inner = Rect {
        x: inner.x + 1,
        width: inner.width.saturating_sub(1),
        ..inner
    };
    let lines = lines(scene, node, usize::from(inner.width), inner.height);
    let paragraph = Paragraph::new(lines);
    let paragraph = if node.state.is_up() {
        paragraph
    } else {
        paragraph.style(scene.theme.faint())
    };
    frame.render_widget(paragraph, inner);
}

/// Whether the tip changed a moment ago.
fn is_new(scene: Scene<'_>, node: &NodeView) -> bool {
    let changed = node.tip_changed.filter(|_| node.state.is_up());
    changed.is_some_and(|at| scene.lab.now.since(at) < NEW_FOR)
}

fn border<'a>(scene: Scene<'_>, ix: NodeIx, node: &NodeView, nth: usize, area: Rect) -> Block<'a> {
    let theme = scene.theme;
    let is_focused = scene.ui.focus == ix;
    let is_new = is_new(scene, node);
    let tip = node.snapshot.as_ref().map(|snapshot| snapshot.tip);
    let style = match (is_new, tip, is_focused) {
        (true, Some(tip), _) => theme
            .chip_ink(scene.ui.chips.colour(tip))
            .add_modifier(ratatui::style::Modifier::BOLD),
        (_, _, true) => theme.focus(),
        _ if node.state.is_up() => theme.dim(),
        _ => theme.faint(),
    };
    let room = usize::from(area.width).saturating_sub(4);
    let badges = badges(scene, node, is_focused, is_new);
    let title = title(scene, node, nth, is_focused);
    let badges = badges.fit_spans(room.saturating_sub(text::width(&title) + 3));
    let pad = |mut spans: Vec<Span<'static>>| {
        if !spans.is_empty() {
            spans.insert(0, Span::raw(" "));
            spans.push(Span::raw(" "));
        }
        Line::from(spans)
    };
    Block::bordered()
        .border_set(theme.border())
        .border_style(style)
        .title(pad(title))
        .title(pad(badges).right_aligned())
}

fn title(scene: Scene<'_>, node: &NodeView, nth: usize, is_focused: bool) -> Vec<Span<'static>> {
    let theme = scene.theme;
    let style = match (node.state.is_up(), is_focused) {
        (false, _) => theme.faint(),
        (true, true) => theme.focus(),
        (true, false) => theme.strong(),
    };
    let name = short_name(&node.name, 20, theme.cut());
    let mut spans = vec![Span::styled(format!("{nth} {name}"), style)];
    if let Some(addr) = node.addr {
        spans.push(Span::styled(format!(" :{}", addr.port()), theme.dim()));
    }
    spans
}

/// What there is to say in a word or two.
fn badges(scene: Scene<'_>, node: &NodeView, is_focused: bool, is_new: bool) -> Row {
    let theme = scene.theme;
    let mut row = Row::new();
    match &node.state {
        NodeState::Up => {}
        NodeState::Starting => row = row.text(0, 1, "STARTING", theme.warn()),
        NodeState::Stopping => row = row.text(0, 1, "STOPPING", theme.warn()),
        NodeState::Down => row = row.text(0, 1, "DOWN", theme.bad()),
        NodeState::Failed(_) => row = row.text(0, 1, "FAILED", theme.bad()),
    }
    if is_new {
        row = row.text(1, 1, "NEW", theme.badge());
    }
    let snapshot = node.snapshot.as_ref().filter(|_| node.state.is_up());
    if snapshot.is_some_and(|snapshot| snapshot.sync.is_some()) {
        row = row.text(1, 1, "SYNCING", theme.warn());
    }
    if snapshot.is_some_and(|snapshot| snapshot.mining.height.is_some()) {
        row = row.text(2, 1, "MINING", theme.badge());
    }
    if is_focused {
        row = row.text(3, 1, "focused", theme.focus());
    }
    row
}

fn lines(scene: Scene<'_>, node: &NodeView, room: usize, height: u16) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    lines.extend(why_not(scene, node, room, height));
    match &node.snapshot {
        None => lines.push(Line::styled("opening its database", scene.theme.dim())),
        Some(snapshot) if height >= FULL_LINES => {
            full(scene, node, snapshot, room, height, &mut lines);
        }
        Some(snapshot) => compact(scene, node, snapshot, room, &mut lines),
    }
    let left = usize::from(height).saturating_sub(lines.len());
    if height >= FULL_LINES + 3 && left >= 2 {
        lines.push(rule(scene, room));
    }
    let left = usize::from(height).saturating_sub(lines.len());
    let from = node.log.len().saturating_sub(left);
    let log = node.log[from..].iter();
    lines.extend(log.map(|line| Line::from(scene.log_line(line, room))));
    lines
}

/// Why it does not run, and what helps.
fn why_not(scene: Scene<'_>, node: &NodeView, room: usize, height: u16) -> Vec<Line<'static>> {
    let key = scene.ui.keymap.key_of(Action::Kill);
    let (words, style) = match &node.state {
        NodeState::Failed(why) => (format!("{why}; {key} starts it again"), scene.theme.bad()),
        NodeState::Down => (format!("{key} starts it again"), scene.theme.warn()),
        _ => return Vec::new(),
    };
    let rows = text::wrap(&words, room).into_iter();
    let most = if height >= FULL_LINES { 4 } else { 1 };
    rows.take(most)
        .map(|row| Line::styled(row, style))
        .collect()
}

fn full(
    scene: Scene<'_>,
    node: &NodeView,
    snapshot: &NodeSnapshot,
    room: usize,
    height: u16,
    lines: &mut Vec<Line<'static>>,
) {
    lines.push(tip(scene, node, snapshot, room));
    if let Some(sync) = snapshot.sync.as_ref().filter(|_| node.state.is_up()) {
        lines.push(gauge(scene, node, snapshot, sync, room));
    }
    lines.push(mempool(scene, snapshot, room));
    // Of a node that is down these would only be what was.
    if node.state.is_up() {
        lines.push(peers(scene, snapshot, room));
        lines.extend(mining(scene, snapshot, room));
    }
    // The chips and some lines of log come before the fourth line of wallets.
    let spare = usize::from(height).saturating_sub(lines.len() + 2);
    lines.extend(wallets(scene, snapshot, room, (spare / 3).clamp(1, 8)));
    lines.push(chips(scene, snapshot, room));
}

fn compact(
    scene: Scene<'_>,
    node: &NodeView,
    snapshot: &NodeSnapshot,
    room: usize,
    lines: &mut Vec<Line<'static>>,
) {
    let theme = scene.theme;
    let is_up = node.state.is_up();
    if let Some(sync) = snapshot.sync.as_ref().filter(|_| is_up) {
        lines.push(gauge(scene, node, snapshot, sync, room));
    } else {
        let mut height = vec![Span::styled("height ", theme.dim())];
        height.push(Span::styled(
            snapshot.tip.height.to_string() + " ",
            theme.strong(),
        ));
        height.push(scene.chip(snapshot.tip));
        let figure = |label: &str, figure: String| {
            vec![
                Span::styled(format!("{label} "), theme.dim()),
                Span::styled(figure, theme.text()),
            ]
        };
        let row = Row::new()
            .part(0, 0, height)
            .part(1, 2, figure("mempool", snapshot.mempool.count.to_string()))
            .part(4, 2, reorganised(scene, node));
        let row = match is_up {
            true => row
                .part(2, 2, figure("peers", ready(snapshot).to_string()))
                .part(3, 2, spaced(mining_spans(scene, snapshot))),
            false => row,
        };
        lines.push(row.fit(room));
    }
    lines.extend(wallets(scene, snapshot, room, 1));
}

fn label(scene: Scene<'_>, name: &str) -> Span<'static> {
    Span::styled(format!("{name:<LABEL$}"), scene.theme.dim())
}

fn tip(scene: Scene<'_>, node: &NodeView, snapshot: &NodeSnapshot, room: usize) -> Line<'static> {
    let theme = scene.theme;
    // The chip stays in its place up to the hundredth block.
    let height = Span::styled(format!("{:<2}", snapshot.tip.height), theme.strong());
    let row = Row::new()
        .part(0, 0, vec![label(scene, "height"), height])
        .part(0, 1, vec![scene.chip(snapshot.tip)])
        .part(1, 2, reorganised(scene, node))
        .text(
            4,
            2,
            format!("..{}", snapshot.tip.hash.short()),
            theme.dim(),
        )
        .text(3, 2, tip_age(scene, snapshot), theme.text());
    row.fit(room)
}

/// How long ago the tip was found; of the genesis block nothing, as nobody found it.
fn tip_age(scene: Scene<'_>, snapshot: &NodeSnapshot) -> String {
    match snapshot.tip.height {
        0 => "genesis".to_owned(),
        _ => scene.age(crate::node::Time::from_block(snapshot.tip_time)),
    }
}

fn reorganised(scene: Scene<'_>, node: &NodeView) -> Vec<Span<'static>> {
    match node.reorganised {
        Some((at, depth)) if scene.lab.now.since(at) < REORG_FOR => {
            vec![Span::styled(
                format!("reorg {depth} deep"),
                scene.theme.warn(),
            )]
        }
        _ => Vec::new(),
    }
}

/// How far a node that catches up has come.
fn gauge(
    scene: Scene<'_>,
    node: &NodeView,
    snapshot: &NodeSnapshot,
    sync: &SyncInfo,
    room: usize,
) -> Line<'static> {
    const BAR_MAX: usize = 20;
    const BAR_MIN: usize = 4;
    let theme = scene.theme;
    let (done, target) = (snapshot.tip.height, sync.target.max(1));
    let label = label(scene, "syncing");
    let figures = Row::new()
        .text(0, 0, format!("{done} of {}", sync.target), theme.strong())
        .part(
            1,
            2,
            rate_left(scene, node, sync.target.saturating_sub(done)),
        );
    let figures = figures.fit_spans(room.saturating_sub(label.width()));
    let taken = label.width() + text::width(&figures) + 1;
    let mut spans = vec![label];
    let bar = room.saturating_sub(taken).min(BAR_MAX);
    if bar >= BAR_MIN {
        let share = f64::from(done.min(target)) / f64::from(target);
        let full = (0..bar)
            .filter(|at| (*at as f64 + 0.5) / (bar as f64) < share)
            .count();
        spans.push(Span::styled(theme.bar().repeat(full), theme.good()));
        spans.push(Span::styled(
            theme.bar_rest().repeat(bar - full) + " ",
            theme.dim(),
        ));
    }
    spans.extend(figures);
    Line::from(spans)
}

/// Blocks a second, and how long the rest takes.
fn rate_left(scene: Scene<'_>, node: &NodeView, missing: u32) -> Vec<Span<'static>> {
    let Some(rate) = node.sync_rate.filter(|rate| *rate >= 0.1) else {
        return Vec::new();
    };
    let left = Duration::try_from_secs_f64(f64::from(missing) / rate);
    let left = left.map_or_else(|_| String::new(), |left| format!("  ~{}", text::age(left)));
    let words = format!("{rate:.0} blocks/s{left}");
    vec![Span::styled(words, scene.theme.text())]
}

fn mempool(scene: Scene<'_>, snapshot: &NodeSnapshot, room: usize) -> Line<'static> {
    let theme = scene.theme;
    let mempool = &snapshot.mempool;
    let count = Span::styled(format!("{} tx", mempool.count), theme.strong());
    let fees = Amount::checked_sum(mempool.shown.iter().map(|tx| tx.fee));
    let mut row = Row::new().part(0, 0, vec![label(scene, "mempool"), count]);
    if mempool.count > 0 {
        row = row.text(2, 3, text::size(mempool.bytes as u64), theme.text());
    }
    if let Some(fees) = fees.filter(|fees| !fees.is_zero() && mempool.count == mempool.shown.len())
    {
        row = row.text(3, 3, format!("fees {fees}"), theme.text());
    }
    row.fit(room)
}

fn ready(snapshot: &NodeSnapshot) -> usize {
    snapshot.peers.iter().filter(|peer| peer.ready).count()
}

/// All with their round trips, if that fits; else as many names as do.
fn peers(scene: Scene<'_>, snapshot: &NodeSnapshot, room: usize) -> Line<'static> {
    let theme = scene.theme;
    let count = ready(snapshot).to_string();
    let head = vec![label(scene, "peers"), Span::styled(count, theme.strong())];
    let peers = || snapshot.peers.iter().filter(|peer| peer.ready);
    let name = |name: &str| Span::styled(short_name(name, 12, theme.cut()), theme.text());
    let mut spans = head.clone();
    for (at, peer) in peers().enumerate() {
        spans.push(Span::raw(" ".repeat(if at == 0 { 3 } else { 2 })));
        spans.push(name(&peer.name));
        let round_trip = peer
            .round_trip
            .map(|time| format!(" {}", text::lapse(time)));
        spans.extend(round_trip.map(|time| Span::styled(time, theme.dim())));
    }
    if text::width(&spans) <= room {
        return Line::from(spans);
    }
    let row = (1_u8..100).zip(peers());
    let row = row.fold(Row::new().part(0, 0, head), |row, (nth, peer)| {
        row.part(nth, if nth == 1 { 3 } else { 2 }, vec![name(&peer.name)])
    });
    row.fit(room)
}

/// What the miner does, if it does or could.
fn mining(scene: Scene<'_>, snapshot: &NodeSnapshot, room: usize) -> Option<Line<'static>> {
    let spans = mining_spans(scene, snapshot);
    if spans.is_empty() {
        return None;
    }
    let (label_width, value) = (LABEL, &spans[1..]);
    let mut row = Row::new().part(
        0,
        0,
        vec![Span::styled(
            format!("{:<label_width$}", "mining"),
            scene.theme.dim(),
        )],
    );
    for (nth, span) in (1_u8..).zip(value.iter().cloned()) {
        row = row.part(nth, if nth == 1 { 0 } else { 2 }, vec![span]);
    }
    let columns = intervals(scene, snapshot);
    Some(row.text(9, 2, columns, scene.theme.dim()).fit(room))
}

/// A label, the height, the hash rate and the expected time; or nothing.
fn mining_spans(scene: Scene<'_>, snapshot: &NodeSnapshot) -> Vec<Span<'static>> {
    let (theme, mining) = (scene.theme, &snapshot.mining);
    let label = Span::styled("mining", theme.dim());
    let rate = Span::styled(text::rate(mining.hashrate), theme.text());
    match (mining.height, mining.mode) {
        (Some(height), _) if mining.now => vec![
            label,
            Span::styled(format!("#{height}"), theme.strong()),
            Span::styled("at full speed", theme.text()),
        ],
        (Some(height), _) => {
            let mut spans = vec![
                label,
                Span::styled(format!("#{height}"), theme.strong()),
                rate,
            ];
            spans.extend(
                expected(mining).map(|time| Span::styled(format!("~{time}"), theme.text())),
            );
            spans
        }
        (None, MiningMode::OnTx(least)) => vec![
            label,
            Span::styled(format!("waits for {least} tx"), theme.text()),
            rate,
        ],
        (None, MiningMode::On) => vec![label, rate],
        (None, MiningMode::Off) => Vec::new(),
    }
}

/// With a space between each two.
fn spaced(spans: Vec<Span<'static>>) -> Vec<Span<'static>> {
    let mut out: Vec<Span<'static>> = Vec::new();
    for span in spans {
        if !out.is_empty() {
            out.push(Span::raw(" "));
        }
        out.push(span);
    }
    out
}

fn expected(mining: &MiningInfo) -> Option<String> {
    let seconds = mining.expected_hashes / mining.hashrate;
    let time = Duration::try_from_secs_f64(seconds).ok()?;
    Some(text::age(time.max(Duration::from_secs(1))))
}

/// Times between the last blocks, as columns.
fn intervals(scene: Scene<'_>, snapshot: &NodeSnapshot) -> String {
    const SHOWN: usize = 6;
    let times: Vec<u64> = snapshot.recent.iter().map(|block| block.time.0).collect();
    // The one before the first block says nothing: the lab began then.
    let steps: Vec<u64> = times
        .windows(2)
        .skip(1)
        .map(|pair| pair[1].saturating_sub(pair[0]))
        .collect();
    let steps = &steps[steps.len().saturating_sub(SHOWN)..];
    if steps.len() < 3 {
        return String::new();
    }
    let columns = scene.theme.columns();
    let (most, last) = (
        steps.iter().max().copied().unwrap_or(1).max(1),
        columns.len() - 1,
    );
    let column = |step: &u64| {
        let share = usize::try_from(step * last as u64 / most).unwrap_or(last);
        columns[share.min(last)]
    };
    steps.iter().map(column).collect()
}

/// All wallets with what they hold, on at most so many lines; of those that find no room, how many
/// there are.
fn wallets(
    scene: Scene<'_>,
    snapshot: &NodeSnapshot,
    room: usize,
    lines: usize,
) -> Vec<Line<'static>> {
    let theme = scene.theme;
    let mut rows: Vec<Vec<Span<'static>>> = vec![vec![label(scene, "wallets")]];
    let mut left = snapshot.wallets.len();
    if left == 0 {
        rows[0].push(Span::styled("none", theme.dim()));
    }
    for wallet in by_wealth(snapshot) {
        let spans = wallet_spans(scene, wallet);
        // Room for the number of those that are left, unless this is the last.
        let reserve = if left > 1 && rows.len() == lines {
            9
        } else {
            0
        };
        let row = rows.last_mut().expect("one from the start");
        let gap = if text::width(row) > LABEL { 2 } else { 0 };
        if text::width(row) + gap + text::width(&spans) + reserve <= room {
            row.push(Span::raw(" ".repeat(gap)));
            row.extend(spans);
        } else if rows.len() < lines && LABEL + text::width(&spans) <= room {
            let mut row = vec![label(scene, "")];
            row.extend(spans);
            rows.push(row);
        } else {
            break;
        }
        left -= 1;
    }
    if left > 0 {
        let words = vec![Span::styled(format!("  +{left} more"), theme.dim())];
        let row = rows.last_mut().expect("one from the start");
        if text::width(row) + text::width(&words) <= room {
            row.extend(words);
        }
    }
    rows.into_iter().map(Line::from).collect()
}

/// The richest first: who has nothing is least missed.
fn by_wealth(snapshot: &NodeSnapshot) -> Vec<&WalletInfo> {
    let mut wallets: Vec<_> = snapshot.wallets.iter().collect();
    if snapshot.wallets.len() > 4 {
        wallets.sort_by_key(|wallet| std::cmp::Reverse(total(wallet)));
    }
    wallets
}

/// All that is the wallet's in blocks, young rewards included.
pub fn total(wallet: &WalletInfo) -> Amount {
    let total = wallet.confirmed.checked_add(wallet.immature);
    total.unwrap_or(wallet.confirmed)
}

/// A name and its balance; what waits, after a sign.
fn wallet_spans(scene: Scene<'_>, wallet: &WalletInfo) -> Vec<Span<'static>> {
    let theme = scene.theme;
    let name = short_name(&wallet.name, 12, theme.cut());
    let mut spans = vec![
        Span::styled(format!("{name} "), theme.text()),
        Span::styled(total(wallet).to_string(), theme.strong()),
    ];
    let mut waiting = |sign: &str, amount: Amount, style: Style| {
        if !amount.is_zero() {
            spans.push(Span::styled(format!(" {sign}{amount}"), style));
        }
    };
    waiting("+", wallet.incoming, theme.good());
    waiting("-", wallet.outgoing, theme.warn());
    spans
}

/// The last blocks, the newest right.
fn chips(scene: Scene<'_>, snapshot: &NodeSnapshot, room: usize) -> Line<'static> {
    let mut spans = vec![label(scene, "blocks")];
    let fits = room.saturating_sub(text::width(&spans)) / 4;
    let from = snapshot.recent.len().saturating_sub(fits);
    let blocks = snapshot.recent[from..].iter();
    spans.extend(blocks.map(|block| scene.chip(block.id)));
    Line::from(spans)
}

fn rule(scene: Scene<'_>, room: usize) -> Line<'static> {
    let sign = scene.theme.rule();
    let title = format!("{} log ", sign.repeat(2));
    let rest = room.saturating_sub(title.chars().count() + 1);
    Line::styled(title + &sign.repeat(rest), scene.theme.dim())
}
