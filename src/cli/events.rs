//! `chainlab events`: what happened to nodes, and what happens.

use super::choose::Choice;
use super::failure::Failure;
use super::group::Group;
use super::table::{missed, offset, print_json, put_line};
use super::time::time_words;
use crate::lab::control::{EventWish, NodeEvent, Notice, Wish};
use crate::lab::view::TimeNews;
use crate::node::Time;
use crate::node::io::EventKind;
use clap::Args;
use serde_json::json;
use std::time::Duration;
use tokio::sync::mpsc;

pub(super) const EXAMPLES: &str = "\
Examples:
  chainlab events                       what happened last
  chainlab events --follow              and what happens, until Ctrl-C
  chainlab events --follow --messages --node miner
  chainlab events --follow --json | jq .kind
  chainlab events --all --wait --json   of a lab in virtual time, none missed";

/// How often a look at the nodes is wanted: hardly ever, for only events are shown.
const INTERVAL: Duration = Duration::from_secs(3_600);

/// Lines that may wait to be printed.
const LINES: usize = 1_024;

#[derive(Args)]
pub(super) struct Options {
    /// Go on with what happens, until Ctrl-C or the end of what runs.
    #[arg(long, short)]
    follow: bool,
    /// Messages between nodes as well.
    #[arg(long, visible_alias = "all")]
    messages: bool,
    /// As --follow, and virtual time waits for this reader, 1 s at most.
    #[arg(long)]
    wait: bool,
    #[command(flatten)]
    choice: Choice,
    /// Print JSON: a list, or with --follow an object a line.
    #[arg(long)]
    pub(super) json: bool,
}

pub(super) async fn run(options: &Options) -> Result<(), Failure> {
    let group = options.choice.open().await?;
    let wish = Wish {
        events: match options.messages {
            true => EventWish::All,
            false => EventWish::News,
        },
        interval: INTERVAL,
        waits: options.wait,
    };
    let (mut recent, mut notices) = subscribe(&group, wish).await?;
    recent.retain(|event| is_wanted(&group, options, event));
    let follows = options.follow || options.wait;
    if options.json && !follows {
        return print_json(&recent);
    }
    let lines = Lines::new(&group, &recent, options.json);
    for event in &recent {
        if !put_line(&lines.of(event))? {
            return Ok(());
        }
    }
    if !follows {
        return Ok(());
    }
    while let Some(notice) = notices.recv().await {
        let line = match notice {
            Notice::Event(event) if is_wanted(&group, options, &event) => lines.of(&event),
            Notice::Time(news) => lines.of_time(&news),
            Notice::Missed(count) => missed(count, options.json),
            _ => continue,
        };
        if !put_line(&line)? {
            return Ok(());
        }
    }
    Ok(())
}

/// The last events of all members in their order, and what comes from now on.
async fn subscribe(
    group: &Group,
    wish: Wish,
) -> Result<(Vec<NodeEvent>, mpsc::Receiver<Notice>), Failure> {
    let (heard, notices) = mpsc::channel(LINES);
    let mut recent = Vec::new();
    for client in group.members() {
        let (opening, mut receiver) = client.subscribe(wish).await?;
        recent.extend(opening.events);
        let heard = heard.clone();
        tokio::spawn(async move {
            while let Some(notice) = receiver.recv().await {
                if heard.send(notice).await.is_err() {
                    return;
                }
            }
        });
    }
    recent.sort_by_key(|event| event.event.at);
    Ok((recent, notices))
}

fn is_wanted(group: &Group, options: &Options, event: &NodeEvent) -> bool {
    let is_message = matches!(
        event.event.kind,
        EventKind::MessageSent { .. } | EventKind::MessageReceived { .. }
    );
    (options.messages || !is_message) && group.chosen().is_none_or(|chosen| chosen == event.node)
}

/// How events are printed.
struct Lines {
    since: Time,
    width: usize,
    is_json: bool,
}

impl Lines {
    /// Times are counted from when the first of all began.
    fn new(group: &Group, recent: &[NodeEvent], is_json: bool) -> Self {
        let began = group.members().iter().map(|client| client.about().since);
        let first = recent.first().map(|event| event.event.at);
        let nodes = group.nodes().map(|name| name.chars().count());
        Self {
            since: began.chain(first).min().unwrap_or_default(),
            width: nodes.max().unwrap_or(0),
            is_json,
        }
    }

    fn of(&self, event: &NodeEvent) -> String {
        if self.is_json {
            return serde_json::to_string(event).expect("plain data");
        }
        let (node, width) = (&event.node, self.width);
        let at = offset(event.event.at.since(self.since));
        format!("{at} {node:<width$}  {}", event.event.kind.words())
    }

    /// How time goes from here on. What was told after this moment is to be forgotten.
    fn of_time(&self, news: &TimeNews) -> String {
        if self.is_json {
            return json!({ "time": news }).to_string();
        }
        let time = &news.time;
        let at = offset(time.at);
        let how = time_words(time);
        let told = time.told.as_ref().filter(|_| time.is_paused);
        let told = told.map_or(String::new(), |told| format!("  {}", told.words));
        format!("{at} {:<width$}  {how}{told}", "time", width = self.width)
    }
}
