//! `chainlab link`: what links between nodes are like.
//!
//! In a lab the lab knows both ends. Single nodes know one direction each, the one on which they
//! send, so each end is asked for its own; and a link that was cut is known by no name any more, so
//! they are told addresses.

use super::choose::Choice;
use super::failure::Failure;
use super::group::Group;
use super::output::print;
use super::table::{Side, Table, print_json};
use crate::lab::paper::units::{show_bandwidth, show_conditions, show_duration};
use crate::lab::view::LinkStatus;
use crate::link::{Conditions, LinkState, PRESETS};
use crate::node::io::RefusalKind;
use clap::{Args, Subcommand};
use serde_json::{Map, Value};
use std::net::SocketAddr;

pub(super) const EXAMPLES: &str = "\
Examples:
  chainlab link show
  chainlab link set central miner --latency 200ms --bandwidth '56 kbit/s'
  chainlab link set central miner --loss 0.1 --one-way
  chainlab link set central miner --preset dsl
  chainlab link cut central miner
  chainlab link heal                    every link
  chainlab link partition a,b,c d,e,f   nothing passes between the two groups
  chainlab link unite";

#[derive(Args)]
pub(super) struct Options {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    choice: Choice,
    /// Print JSON.
    #[arg(long, global = true)]
    pub(super) json: bool,
}

#[derive(Args)]
struct Ends {
    /// The node that sends.
    #[arg(value_name = "A")]
    from: String,
    /// The node that receives.
    #[arg(value_name = "B")]
    to: String,
    /// Only from A to B; otherwise also the way back.
    #[arg(long)]
    one_way: bool,
}

/// What a link is to be like.
#[derive(Args)]
pub(super) struct LinkArgs {
    /// A link preset, as in dsl; `chainlab link presets` lists them. What else is said overrides it.
    #[arg(long, value_name = "NAME")]
    preset: Option<String>,
    /// How long everything is on its way, as in 80ms.
    #[arg(long, value_name = "TIME")]
    latency: Option<String>,
    /// How much longer at most, as in 20ms.
    #[arg(long, value_name = "TIME")]
    jitter: Option<String>,
    /// Bytes a second, as in '1 MB/s', or unlimited.
    #[arg(long, value_name = "RATE")]
    bandwidth: Option<String>,
    /// The share of what passes that gets lost and comes late, from 0 to 0.9.
    #[arg(long, value_name = "SHARE")]
    loss: Option<String>,
}

impl LinkArgs {
    /// What was said, as methods take it.
    pub(super) fn given(&self) -> Map<String, Value> {
        let given = [
            ("preset", &self.preset),
            ("latency", &self.latency),
            ("jitter", &self.jitter),
            ("bandwidth", &self.bandwidth),
            ("loss", &self.loss),
        ];
        let said = given.into_iter().filter_map(|(key, value)| {
            let value = value.as_ref()?.as_str();
            Some((key.to_owned(), value.into()))
        });
        said.collect()
    }
}

#[derive(Subcommand)]
enum What {
    /// List links: those of a lab, or those that single nodes send on.
    Show,
    /// List the links that have a name, with their numbers.
    Presets,
    /// Change what a link is like; what is not said stays.
    Set {
        #[command(flatten)]
        ends: Ends,
        #[command(flatten)]
        like: LinkArgs,
    },
    /// Cut a link: nothing passes, and both sides know.
    Cut {
        #[command(flatten)]
        ends: Ends,
    },
    /// Have a link swallow all that it carries, and tell nobody.
    BlackHole {
        #[command(flatten)]
        ends: Ends,
    },
    /// Split the network: nothing passes between the groups.
    Partition {
        /// Nodes that stay together, with commas; those in no group make up one more. Without any,
        /// the network is halved.
        #[arg(value_name = "A,B")]
        groups: Vec<String>,
    },
    /// Heal the partition: just what it has cut is open again.
    Unite,
    /// Open a link again; without nodes, every link.
    Heal {
        /// The node that sends.
        #[arg(value_name = "A", requires = "to")]
        from: Option<String>,
        /// The node that receives.
        #[arg(value_name = "B")]
        to: Option<String>,
        /// Only from A to B; otherwise also the way back.
        #[arg(long, requires = "from")]
        one_way: bool,
    },
}

pub(super) async fn run(options: &Options) -> Result<(), Failure> {
    if let What::Presets = options.what {
        return presets(options.json);
    }
    let group = options.choice.open().await?;
    let (method, mut params, ends) = match &options.what {
        What::Show => return show(&group, options.json).await,
        What::Partition { groups } => {
            let params = groups_of(groups)?;
            return whole(&group, "partition", params, options.json).await;
        }
        What::Unite => return whole(&group, "unite", Map::new(), options.json).await,
        what => what.change(),
    };
    if let Some((from, to, _)) = ends {
        let mut named = [from, to].into_iter();
        let is_unknown = |end: &&String| group.nodes().all(|node| node != *end);
        if let Some(end) = named.find(is_unknown) {
            return Err(group.no_such_node(end));
        }
    }
    let answers = match ends {
        None => everywhere(&group, method).await?,
        Some((from, to, one_way)) if group.is_lab => {
            params.insert("from".to_owned(), from.as_str().into());
            params.insert("to".to_owned(), to.as_str().into());
            params.insert("one_way".to_owned(), one_way.into());
            vec![group.members()[0].call(method, params).await?]
        }
        Some((from, to, one_way)) => apart(&group, method, params, (from, to), one_way).await?,
    };
    if options.json {
        return print_json(&answers);
    }
    let mut lines: Vec<String> = answers.iter().map(words).collect();
    lines.dedup();
    print(&format!("{}\n", lines.join("\n")))
}

/// A method, what it takes, and the ends of the link that it is about: from, to, and whether only that
/// way; `None`: about every link.
type Change<'a> = (
    &'static str,
    Map<String, Value>,
    Option<(&'a String, &'a String, bool)>,
);

impl What {
    /// What is to be done with links.
    fn change(&self) -> Change<'_> {
        let nothing = Map::new();
        match self {
            Self::Set { ends, like } => ("set_link", like.given(), Some(ends.whole())),
            Self::Cut { ends } => ("cut", nothing, Some(ends.whole())),
            Self::BlackHole { ends } => ("black_hole", nothing, Some(ends.whole())),
            Self::Heal { from, to, one_way } => {
                let ends = from.as_ref().zip(to.as_ref());
                ("heal", nothing, ends.map(|(from, to)| (from, to, *one_way)))
            }
            Self::Presets | Self::Show | Self::Partition { .. } | Self::Unite => {
                unreachable!("about no link that is named")
            }
        }
    }
}

impl Ends {
    fn whole(&self) -> (&String, &String, bool) {
        (&self.from, &self.to, self.one_way)
    }
}

/// The groups of a partition, as the method takes them.
fn groups_of(groups: &[String]) -> Result<Map<String, Value>, Failure> {
    if let Some(empty) = groups.iter().position(|group| group.trim().is_empty()) {
        let words = format!("group {} is empty: name its nodes", empty + 1);
        return Err(Failure::input(words));
    }
    Ok(Map::from_iter([(
        "groups".to_owned(),
        groups.join(" ").into(),
    )]))
}

/// Asks a lab for something that is about all of its links at one moment.
async fn whole(
    group: &Group,
    method: &str,
    params: Map<String, Value>,
    json: bool,
) -> Result<(), Failure> {
    if !group.is_lab {
        let words = "a network is partitioned by its lab, and these nodes run alone: cut their links one \
                     by one";
        return Err(Failure::input(words));
    }
    let answer = group.members()[0].call(method, params).await?;
    match json {
        true => print_json(&answer),
        false => print(&format!("{}\n", words(&answer))),
    }
}

/// The link presets. They are known without asking a lab.
fn presets(json: bool) -> Result<(), Failure> {
    if json {
        let rows = PRESETS.iter().map(|preset| {
            let mut row = serde_json::json!(preset.conditions);
            row["name"] = preset.name.into();
            row["about"] = preset.about.into();
            row
        });
        return print_json(&rows.collect::<Vec<_>>());
    }
    let mut table = Table::new(&[
        ("preset", Side::Left),
        ("what it is", Side::Left),
        ("one way", Side::Left),
    ]);
    for preset in PRESETS {
        table.row([
            preset.name.to_owned(),
            preset.about.to_owned(),
            show_conditions(&preset.conditions),
        ]);
    }
    print(&table.text())
}

async fn everywhere(group: &Group, method: &str) -> Result<Vec<Value>, Failure> {
    let mut answers = Vec::new();
    for client in group.members() {
        let mut answer = client.call(method, Map::new()).await?;
        // Each node of its own speaks of its own links.
        if let (false, Some(Value::String(said))) = (group.is_lab, answer.get_mut("done")) {
            said.insert_str(0, &format!("{}: ", client.about().name));
        }
        answers.push(answer);
    }
    Ok(answers)
}

/// Asks both ends, each for the direction on which it sends.
async fn apart(
    group: &Group,
    method: &str,
    params: Map<String, Value>,
    (from, to): (&str, &str),
    one_way: bool,
) -> Result<Vec<Value>, Failure> {
    if from == to {
        let words = format!("a link is between two nodes, and {from} is one");
        return Err(Failure::refused(RefusalKind::Invalid, words));
    }
    let nodes = group.status().await?;
    let addr = |name: &str| {
        let found = nodes.iter().find(|status| status.node == name);
        let found = found.ok_or_else(|| group.no_such_node(name))?.addr;
        found.ok_or_else(|| Failure::other(format!("{name} listens nowhere")))
    };
    let (one, other) = (addr(from)?, addr(to)?);
    let mut ways = vec![(from, other)];
    if !one_way {
        ways.push((to, one));
    }
    let mut answers = Vec::new();
    for (sender, receiver) in ways {
        let mut params = params.clone();
        params.insert("from".to_owned(), sender.into());
        params.insert("to".to_owned(), receiver.to_string().into());
        params.insert("one_way".to_owned(), true.into());
        answers.push(group.call(sender, method, params).await?);
    }
    Ok(answers)
}

/// What an answer says.
fn words(answer: &Value) -> String {
    let done = answer.get("done").and_then(Value::as_str);
    done.map_or_else(|| answer.to_string(), ToOwned::to_owned)
}

/// Gives nodes of the group their names where only their addresses are known.
async fn name_ends(group: &Group, links: &mut [LinkStatus]) -> Result<(), Failure> {
    let nodes = group.status().await?;
    for link in links {
        let is_it = |addr: Option<SocketAddr>| addr.is_some_and(|addr| addr.to_string() == link.to);
        if let Some(status) = nodes.iter().find(|status| is_it(status.addr)) {
            link.to.clone_from(&status.node);
        }
    }
    Ok(())
}

async fn show(group: &Group, json: bool) -> Result<(), Failure> {
    let mut links: Vec<LinkStatus> = Vec::new();
    for client in group.members() {
        let told = client.links().await?;
        let is_own = |name: &String| client.about().nodes.contains(name);
        links.extend(told.into_iter().filter(|link| is_own(&link.from)));
    }
    if !group.is_lab {
        name_ends(group, &mut links).await?;
    }
    if let Some(chosen) = group.chosen() {
        links.retain(|link| [&link.from, &link.to].contains(&&chosen.to_owned()));
    }
    if json {
        return print_json(&links);
    }
    let table = table(&links);
    match table.is_empty() {
        true => print("no link is here\n"),
        false => print(&table.text()),
    }
}

fn table(links: &[LinkStatus]) -> Table {
    let mut table = Table::new(&[
        ("from", Side::Left),
        ("to", Side::Left),
        ("state", Side::Left),
        ("latency", Side::Right),
        ("jitter", Side::Right),
        ("bandwidth", Side::Right),
        ("loss", Side::Right),
    ]);
    for link in links {
        let Conditions {
            latency,
            jitter,
            bandwidth,
            loss,
            state,
        } = link.conditions;
        let state = match state {
            LinkState::Open => "open",
            LinkState::Cut => "cut",
            LinkState::BlackHole => "black hole",
        };
        table.row([
            link.from.clone(),
            link.to.clone(),
            state.to_owned(),
            show_duration(latency),
            show_duration(jitter),
            bandwidth.map_or("unlimited".to_owned(), show_bandwidth),
            loss.to_string(),
        ]);
    }
    table
}
