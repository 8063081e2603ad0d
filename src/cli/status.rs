//! `chainlab status`: what runs, and whether it agrees.

use super::choose::Choice;
use super::failure::Failure;
use super::output::print;
use super::table::{Side, Table, print_json};
use crate::lab::paper::units::show_rate;
use crate::lab::view::NodeState;
use crate::lab::view::NodeStatus;
use crate::node::BlockId;
use crate::node::config::MiningMode;
use crate::node::io::words::{counted, skew_words};
use crate::node::snapshot::{MiningInfo, NodeSnapshot};
use clap::Args;

pub(super) const EXAMPLES: &str = "\
Examples:
  chainlab status
  chainlab status --lab scenario --json";

#[derive(Args)]
pub(super) struct Options {
    #[command(flatten)]
    choice: Choice,
    /// Print JSON: a list of nodes, with all that is to be seen of them.
    #[arg(long)]
    pub(super) json: bool,
}

pub(super) async fn run(options: &Options) -> Result<(), Failure> {
    let group = options.choice.open().await?;
    let mut nodes = group.status().await?;
    if let Some(chosen) = group.chosen() {
        nodes.retain(|status| status.node == chosen);
    }
    if options.json {
        return print_json(&nodes);
    }
    let head = match group.is_lab {
        true => format!("lab {}\n", group.name),
        false => String::new(),
    };
    let (table, agreement, clocks) = (table(&nodes), agreement(&nodes), clocks(&nodes));
    print(&format!("{head}{table}{agreement}{clocks}"))
}

fn table(nodes: &[NodeStatus]) -> String {
    let mut table = Table::new(&[
        ("node", Side::Left),
        ("state", Side::Left),
        ("address", Side::Left),
        ("tip", Side::Left),
        ("mempool", Side::Right),
        ("peers", Side::Right),
        ("mines", Side::Left),
    ]);
    for status in nodes {
        let seen = status.snapshot.as_deref();
        let shown = |show: &dyn Fn(&NodeSnapshot) -> String| seen.map_or("-".to_owned(), show);
        // Of what does not run only the chain is still there.
        let alive = |show: &dyn Fn(&NodeSnapshot) -> String| match status.state.is_up() {
            true => shown(show),
            false => "-".to_owned(),
        };
        table.row([
            status.node.clone(),
            state_words(&status.state),
            status.addr.map_or("-".to_owned(), |addr| addr.to_string()),
            shown(&|seen| seen.tip.to_string()),
            alive(&|seen| seen.mempool.count.to_string()),
            alive(&|seen| match seen.shows_peers() {
                true => seen.ready_peers().count().to_string(),
                false => "-".to_owned(),
            }),
            alive(&|seen| seen.mining.as_ref().map_or("-".to_owned(), mining_words)),
        ]);
    }
    table.text()
}

fn state_words(state: &NodeState) -> String {
    match state {
        NodeState::Starting => "starting".to_owned(),
        NodeState::Up => "up".to_owned(),
        NodeState::Stopping => "stopping".to_owned(),
        NodeState::Down => "down".to_owned(),
        NodeState::Gone => "gone".to_owned(),
        NodeState::Failed(why) => format!("failed: {why}"),
    }
}

/// Whether a node mines, for whom, and how fast.
pub(super) fn mining_words(mining: &MiningInfo) -> String {
    let when = match mining.mode {
        MiningMode::Off => return "-".to_owned(),
        MiningMode::On => String::new(),
        MiningMode::OnTx(least) => format!(", when {} wait", counted(least, "payment")),
    };
    let to = mining.to.as_deref().unwrap_or("-");
    format!("for {to}, {}{when}", show_rate(mining.hashrate))
}

/// Whether the nodes that run have one tip.
fn agreement(nodes: &[NodeStatus]) -> String {
    let mut tips: Vec<(BlockId, Vec<&str>)> = Vec::new();
    for status in nodes.iter().filter(|status| status.state.is_up()) {
        let Some(seen) = &status.snapshot else {
            continue;
        };
        match tips.iter_mut().find(|(tip, _)| *tip == seen.tip) {
            Some((_, names)) => names.push(&status.node),
            None => tips.push((seen.tip, vec![&status.node])),
        }
    }
    match tips.as_slice() {
        [] => "no node runs\n".to_owned(),
        [(tip, names)] => match names.len() {
            1 => format!("{} is at {tip}\n", names[0]),
            count => format!("all {count} agree on {tip}\n"),
        },
        several => {
            let tips = several.iter();
            let tips = tips.map(|(tip, names)| format!("{tip} ({})", names.join(", ")));
            let tips: Vec<_> = tips.collect();
            format!("{} tips: {}\n", several.len(), tips.join("; "))
        }
    }
}

/// Nodes whose clocks are so far apart that one soon refuses the other's blocks: a line for each
/// that says so.
fn clocks(nodes: &[NodeStatus]) -> String {
    let running = nodes.iter().filter(|status| status.state.is_up());
    let seen = running.filter_map(|status| Some((status, status.snapshot.as_deref()?)));
    let skewed = seen.flat_map(|(status, seen)| {
        let skews = seen.ready_peers().filter_map(|peer| {
            let skew = skew_words(peer.clock_ahead_ms?)?;
            Some(format!(
                "the clock of {} is {skew} that of {}\n",
                peer.name, status.node
            ))
        });
        skews.collect::<Vec<_>>()
    });
    skewed.collect()
}
