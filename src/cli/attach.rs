//! `chainlab attach`: the screen on what runs already, in other processes.

use super::choose::Choice;
use super::failure::Failure;
use super::look::Look;
use super::runtime::runtime;
use super::screen::{self, Screen};
use crate::lab::Lab;
use crate::lab::control::{Client, Endpoint, EndpointAddr, EndpointKind};
use crate::lab::drive::registry::{self, Entry};
use crate::ui::viewer::{Seat, Stage};
use clap::Args;

pub(super) const EXAMPLES: &str = "\
Examples:
  chainlab attach                     the only lab here, or the only network
  chainlab attach --lab scenario      one of several
  chainlab attach --node miner        one node alone
  chainlab attach --notes             the presenter's notes of a story
  chainlab attach --read-only --big   a screen for the audience
  chainlab attach 127.0.0.1:7000 127.0.0.1:7001    by their control addresses

Leaving the screen leaves the nodes running.";

#[derive(Args)]
pub(super) struct Options {
    /// Control addresses of labs and nodes [default: what runs here].
    #[arg(value_name = "HOST:PORT|SOCKET")]
    addrs: Vec<EndpointAddr>,
    #[command(flatten)]
    choice: Choice,
    /// Show the presenter's notes in place of the lab: what to say, what comes next, and when.
    #[arg(long)]
    notes: bool,
    /// Only look: nothing is sent that would change anything.
    #[arg(long)]
    read_only: bool,
    /// Show the last key and what it does, for recordings.
    #[arg(long)]
    show_keys: bool,
    #[command(flatten)]
    look: Look,
}

pub(super) fn run(options: Options) -> Result<(), Failure> {
    let look = options.look.resolve()?;
    screen::check_terminal()?;
    let runtime = runtime()?;
    let time = screen::start_log();
    let lab = runtime.block_on(async {
        let mut endpoints = options.choice.endpoints(&options.addrs)?;
        if let Some(node) = options.choice.node() {
            endpoints = vec![only(&endpoints, node).await?];
        }
        Ok::<_, Failure>(Lab::attach(endpoints).await?)
    })?;
    let seat = match options.read_only {
        true => Seat::Audience,
        false => Seat::Guest,
    };
    let stage = Stage::new(seat, look.is_big, options.notes);
    let screen = Screen {
        time,
        look,
        shows_keys: options.show_keys,
        stage,
        notice: None,
    };
    screen::show(runtime, lab, screen).map(drop)
}

/// The endpoint to this node alone.
async fn only(endpoints: &[Endpoint], node: &str) -> Result<Endpoint, Failure> {
    let entries = registry::running().map_err(Failure::other)?;
    for endpoint in endpoints {
        let client = Client::connect(endpoint).await?;
        if !client.about().nodes.iter().any(|name| name == node) {
            continue;
        }
        let its = entries.iter().filter(|entry| entry.endpoint == *endpoint);
        let mut nodes = its
            .flat_map(Entry::endpoints)
            .filter(|listed| listed.kind == EndpointKind::Node);
        let own = nodes.find(|listed| listed.name == node);
        return Ok(own.map_or(endpoint, |listed| listed.endpoint).clone());
    }
    Err(Failure::input(format!("there is no node {node:?} there")))
}
