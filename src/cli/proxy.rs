//! `chainlab proxy`: bends a link between two Bitcoin nodes that run already. The one is told to dial a
//! port of ours, and what it says goes on to the other.

use super::bitcoin::network_of;
use super::failure::Failure;
use super::link::LinkArgs;
use super::node::parse_addr;
use super::output::say;
use super::runtime::block_on;
use super::table::{missed, offset, put_line};
use crate::bitcoin::Network;
use crate::lab::ask::LinkChange;
use crate::lab::ask::params::Params;
use crate::lab::ask::verbs::link_change;
use crate::lab::paper::units::show_conditions;
use crate::link::{Conditions, LinkState};
use crate::live::proxy::{ProxyConfig, ProxyEventKind, ProxyHandle, ProxyNews, Reach, start_proxy};
use crate::live::{LabClock, Links, Port, seeds};
use crate::node::Time;
use clap::Args;
use orders::{Order, Ways};
use serde_json::json;
use std::net::SocketAddr;

mod orders;

pub(super) const EXAMPLES: &str = "\
Examples:
  chainlab proxy --listen 127.0.0.1:19444 --to 127.0.0.1:18444 --latency 80ms
  chainlab proxy --listen 127.0.0.1:0 --to 127.0.0.1:48444 --preset dsl
  echo cut | chainlab proxy --listen 127.0.0.1:0 --to 127.0.0.1:18444

One node has to dial this port instead of the other's: Bitcoin Core with
-connect=127.0.0.1:19444 -v2transport=0, btcd with --connect, bcoin with --only.
Both ways are bent alike.

While it runs, lines on the input change the link at once:
  latency 200ms   jitter 20ms   bandwidth 1 MB/s   loss 0.1   preset dsl
  cut             connections end, new ones are closed as they come
  hole            nothing passes, and no end is told; up to 8 MB are held
  open            as it was before: what was held goes on
With there or back before it, a line is about one way: from the node that dials,
or to it.";

#[derive(Args)]
pub(super) struct Options {
    /// Where to listen, on this machine; port 0: any that is free.
    #[arg(long, value_name = "127.0.0.1:PORT", value_parser = parse_listen)]
    listen: SocketAddr,
    /// Where the node listens that is to be dialled.
    #[arg(long, value_name = "HOST:PORT", value_parser = parse_addr)]
    to: SocketAddr,
    /// The nodes' network: mainnet, testnet3, testnet4, signet, regtest or simnet [default: the one
    /// whose usual port it is].
    #[arg(long, value_name = "NETWORK")]
    network: Option<Network>,
    #[command(flatten)]
    like: LinkArgs,
    /// Each message that passes as well.
    #[arg(long)]
    messages: bool,
    /// Print JSON, an object a line.
    #[arg(long)]
    json: bool,
}

fn parse_listen(text: &str) -> Result<SocketAddr, String> {
    let wanted = "write 127.0.0.1:PORT, as in 127.0.0.1:19444";
    let addr: SocketAddr = text.parse().map_err(|_| wanted.to_owned())?;
    match addr.ip().is_loopback() {
        true => Ok(addr),
        false => Err(format!("a proxy listens on this machine alone: {wanted}")),
    }
}

pub(super) fn run(options: &Options) -> Result<(), Failure> {
    let to = options.to;
    let network = network_of(options.network, to)?;
    let change = options.change()?;
    if options.listen == to {
        return Err(Failure::input(format!("{to} would dial itself")));
    }
    if !to.ip().is_loopback() {
        say(&format!(
            "{to} is not on this machine: what dials here goes there, from this machine's address"
        ));
    }
    block_on(async {
        let mut bent = Bent::start(options, network, change)?;
        bent.serve(options).await
    })
}

impl Options {
    /// What the link is like at first.
    fn change(&self) -> Result<LinkChange, Failure> {
        let mut params = Params::new(self.like.given());
        link_change(&mut params).map_err(|error| Failure::input(format!("--{error}")))
    }
}

/// A proxy that runs, and its link in a table of its own.
struct Bent {
    proxy: ProxyHandle,
    links: Links,
    /// The node that dials, for which the port stands, and the other.
    link: (SocketAddr, SocketAddr),
    clock: LabClock,
    since: Time,
}

impl Bent {
    fn start(options: &Options, network: Network, change: LinkChange) -> Result<Self, Failure> {
        let clock = LabClock::from_wall().of_the_world();
        let at = options.listen;
        let failed = |error| Failure::other(format!("cannot listen at {at}: {error}"));
        let port = Port::take(at).map_err(failed)?;
        let link = (port.local_addr().map_err(failed)?, options.to);
        let links = Links::default();
        let seeds = seeds().map_err(Failure::other)?;
        let seed = seeds.run.first_chunk().expect("32 bytes");
        let config = ProxyConfig {
            to: options.to,
            reach: Reach::Named,
            link,
            links: links.clone(),
            network,
            seed: u64::from_le_bytes(*seed),
        };
        let proxy = start_proxy(port, config, clock.clone()).map_err(Failure::input)?;
        let since = clock.now();
        let bent = Self {
            proxy,
            links,
            link,
            clock,
            since,
        };
        bent.apply(&Order {
            ways: Ways::Both,
            change,
        })?;
        Ok(bent)
    }

    async fn serve(&mut self, options: &Options) -> Result<(), Failure> {
        let mut lines = orders::read_input().map_err(Failure::other)?;
        if !put_line(&self.begins(options.json))? {
            return Ok(());
        }
        loop {
            let printed = tokio::select! {
                Some(news) = self.proxy.events.recv() => self.line_of(&news, options),
                Some(line) = lines.recv() => self.ordered(&line, options.json),
            };
            let goes_on = printed.map_or(Ok(true), |line| put_line(&line))?;
            if !goes_on {
                return Ok(());
            }
        }
    }

    /// The first line, by which programs know the port.
    fn begins(&self, json: bool) -> String {
        let (at, to) = self.link;
        match json {
            true => json!({ "at": self.since, "kind": { "listens": { "addr": at, "to": to } } })
                .to_string(),
            false => format!(
                "{} {at} leads to {to}: {}",
                offset(Default::default()),
                self.words()
            ),
        }
    }

    /// Does what a line asks for, or says what is wrong with it.
    fn ordered(&self, line: &str, json: bool) -> Option<String> {
        let done = orders::parse(line).and_then(|order| {
            let order = order.as_ref();
            let applied = order.map(|order| self.apply(order).map_err(|failure| failure.words));
            applied.transpose()
        });
        match done {
            Ok(None) => return None,
            Ok(Some(())) => {}
            Err(words) => {
                say(&format!("chainlab: {words}"));
                return None;
            }
        }
        let now = self.clock.now();
        let (there, back) = self.conditions();
        Some(match json {
            true => json!({ "at": now, "kind": { "link": { "there": there, "back": back } } })
                .to_string(),
            false => format!("{} {}", offset(now.since(self.since)), self.words()),
        })
    }

    fn apply(&self, order: &Order) -> Result<(), Failure> {
        let (from, to) = self.link;
        let (there, back) = self.conditions();
        let mut set = Vec::new();
        if order.ways != Ways::Back {
            set.push((from, to, order.change.apply(there)));
        }
        if order.ways != Ways::There {
            set.push((to, from, order.change.apply(back)));
        }
        self.links.set_all(set).map_err(Failure::input)
    }

    /// What both ways are like: there, and back.
    fn conditions(&self) -> (Conditions, Conditions) {
        let (from, to) = self.link;
        (self.links.get(from, to), self.links.get(to, from))
    }

    fn words(&self) -> String {
        match self.conditions() {
            (there, back) if there == back => words_of(&there),
            (there, back) => format!("there {}; back {}", words_of(&there), words_of(&back)),
        }
    }

    /// What is printed of news, if it is wanted.
    fn line_of(&self, news: &ProxyNews, options: &Options) -> Option<String> {
        match news {
            ProxyNews::Event(event)
                if matches!(event.kind, ProxyEventKind::Message { .. }) && !options.messages =>
            {
                None
            }
            ProxyNews::Event(event) if options.json => {
                Some(serde_json::to_string(event).expect("plain data"))
            }
            ProxyNews::Event(event) => {
                let at = offset(event.at.since(self.since));
                Some(format!("{at} #{} {}", event.conn, event.kind.words()))
            }
            ProxyNews::Missed(count) => Some(missed(*count, options.json)),
        }
    }
}

fn words_of(conditions: &Conditions) -> String {
    let state = match conditions.state {
        LinkState::Open => "open",
        LinkState::Cut => "cut",
        LinkState::BlackHole => "a black hole",
    };
    format!("{state}, {}", show_conditions(conditions))
}
