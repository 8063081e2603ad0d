//! The lines above the tabs: how the node is.

use super::program;
use crate::node::Time;
use crate::node::config::MiningMode;
use crate::node::snapshot::{MiningInfo, NodeSnapshot};
use crate::ui::text::{self, Row};
use crate::ui::widgets::chain::Chain;
use crate::ui::widgets::scene::Scene;
use crate::ui::widgets::subject::Subject;
use ratatui::text::{Line, Span};
use std::time::Duration;

/// The longest gauge, in columns.
const GAUGE: usize = 24;

/// So many lines at most, the most telling first.
pub(super) fn lines(
    chain: &Chain,
    scene: Scene<'_>,
    subject: Subject<'_>,
    room: usize,
    height: usize,
) -> Vec<Line<'static>> {
    let Some(snapshot) = subject.snapshot else {
        let words = format!("{} was not seen yet", subject.node.name);
        return vec![Line::styled(words, scene.theme.dim())];
    };
    let mut lines = vec![tip(scene, subject, snapshot, room)];
    if let Some(line) = sync(scene, subject, snapshot, room) {
        // It has the height in it: of the two it is the one that stays.
        lines.insert(usize::from(height > 1), line);
    }
    lines.push(numbers(scene, snapshot, room));
    if let Some(miner) = &snapshot.mining {
        lines.push(mining(scene, miner, room));
        lines.push(network(chain, scene, (snapshot, miner), room));
    }
    if let Some(seen) = &snapshot.program {
        lines.extend(program::lines(scene, seen, room));
    }
    lines.truncate(height);
    lines
}

pub(super) fn figure(scene: Scene<'_>, label: &str, figure: impl ToString) -> Vec<Span<'static>> {
    vec![
        Span::styled(format!("{label} "), scene.theme.dim()),
        Span::styled(figure.to_string(), scene.theme.strong()),
    ]
}

fn tip(
    scene: Scene<'_>,
    subject: Subject<'_>,
    snapshot: &NodeSnapshot,
    room: usize,
) -> Line<'static> {
    let theme = scene.theme;
    let mut height = figure(scene, "height", snapshot.tip.height);
    height.extend([Span::raw(" "), scene.chip(snapshot.tip)]);
    let age = match snapshot.tip.height {
        0 => "genesis".to_owned(),
        _ => subject.age(Time::from_block(snapshot.tip_time)),
    };
    let mut row = Row::new()
        .part(0, 0, height)
        .text(
            2,
            2,
            format!("..{}", snapshot.tip.hash.short()),
            theme.dim(),
        )
        .text(1, 2, age, theme.text());
    if let Some(work) = &snapshot.work {
        row = row.part(3, 3, figure(scene, "work", work));
    }
    if let Some((at, depth)) = subject.node.reorganised {
        let words = format!("reorg {depth} deep {} ago", text::age(subject.since(at)));
        row = row.text(4, 3, words, theme.warn());
    }
    row.fit(room)
}

/// How far a node is that catches up.
fn sync(
    scene: Scene<'_>,
    subject: Subject<'_>,
    snapshot: &NodeSnapshot,
    room: usize,
) -> Option<Line<'static>> {
    let theme = scene.theme;
    let target = snapshot.sync.as_ref()?.target.max(1);
    let done = snapshot.tip.height.min(target);
    let rate = subject.node.sync_rate.filter(|rate| *rate >= 0.1);
    let left = rate.and_then(|rate| {
        let left = Duration::try_from_secs_f64(f64::from(target - done) / rate).ok()?;
        Some(format!("~{} left", text::age(left)))
    });
    let rate = rate.map(|rate| format!("{rate:.0} blocks/s"));
    let part = usize::try_from(u64::from(done) * GAUGE as u64 / u64::from(target));
    let full = part.unwrap_or(0);
    let gauge = vec![
        Span::styled(theme.bar().repeat(full), theme.good()),
        Span::styled(theme.bar_rest().repeat(GAUGE - full), theme.dim()),
    ];
    let row = Row::new()
        .part(
            0,
            0,
            figure(scene, "syncing", format!("{done} of {target}")),
        )
        .part(3, 2, gauge)
        .text(1, 2, rate.unwrap_or_default(), theme.text())
        .text(2, 2, left.unwrap_or_default(), theme.text());
    Some(row.fit(room))
}

fn numbers(scene: Scene<'_>, snapshot: &NodeSnapshot, room: usize) -> Line<'static> {
    let theme = scene.theme;
    let mempool = &snapshot.mempool;
    let ready = snapshot.ready_peers().count();
    let mut row = Row::new().part(
        0,
        0,
        figure(scene, "mempool", format!("{} tx", mempool.count)),
    );
    if mempool.count > 0 {
        let bytes = u64::try_from(mempool.bytes).unwrap_or(u64::MAX);
        row = row.text(3, 2, text::size(bytes), theme.text());
    }
    if mempool.orphans > 0 {
        let words = format!("{} wait for a parent", mempool.orphans);
        row = row.text(5, 2, words, theme.warn());
    }
    if snapshot.shows_peers() {
        row = row.part(1, 3, figure(scene, "peers", ready));
    }
    row.part(2, 3, figure(scene, "wallets", snapshot.wallets.len()))
        .part(
            6,
            3,
            figure(scene, "addresses known", snapshot.known_addresses),
        )
        .fit(room)
}

fn mining(scene: Scene<'_>, mining: &MiningInfo, room: usize) -> Line<'static> {
    let theme = scene.theme;
    let what = match (mining.height, mining.mode) {
        (Some(height), _) => format!("#{height}"),
        (None, MiningMode::OnTx(least)) => format!("waits for {least} tx"),
        (None, MiningMode::On) => "rests".to_owned(),
        (None, MiningMode::Off) => "off".to_owned(),
    };
    let mut row = Row::new().part(0, 0, figure(scene, "mining", what));
    if mining.now {
        row = row.text(1, 2, "at full speed", theme.text());
    } else if mining.height.is_some() {
        let time = mining.expected_time().map_or_else(String::new, text::about);
        row = row.text(1, 2, text::rate(mining.hashrate), theme.text());
        row = row.text(2, 2, time, theme.text());
    }
    if let Some(to) = &mining.to {
        row = row.part(4, 3, figure(scene, "for", to));
    }
    row.part(3, 3, figure(scene, "found", mining.found))
        .fit(room)
}

/// What kind of chain it is.
fn network(
    chain: &Chain,
    scene: Scene<'_>,
    (snapshot, miner): (&NodeSnapshot, &MiningInfo),
    room: usize,
) -> Line<'static> {
    let hashes = text::rate(miner.expected_hashes);
    let hashes = hashes.trim_end_matches("/s");
    let mut row = Row::new().part(
        0,
        0,
        figure(scene, "a block takes", format!("{hashes} on average")),
    );
    if let Some(genesis) = chain.genesis() {
        let hash = format!("..{}", genesis.id.hash.short());
        row = row.part(1, 3, figure(scene, "network", hash));
    }
    row.part(
        2,
        3,
        figure(scene, "headers off the chain", snapshot.side_headers),
    )
    .fit(room)
}
