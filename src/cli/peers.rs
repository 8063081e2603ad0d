//! `chainlab peers`: who is connected with whom.

use super::choose::Choice;
use super::failure::Failure;
use super::group::{Group, unexpected};
use super::node::parse_addr;
use super::output::print;
use super::table::{Side, Table, print_json};
use crate::lab::paper::units::{parse_duration, show_duration};
use crate::node::io::{Command, Direction, Question, Reply};
use crate::node::snapshot::PeerInfo;
use clap::{Args, Subcommand};
use serde_json::json;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

pub(super) const EXAMPLES: &str = "\
Examples:
  chainlab peers                                   of all nodes
  chainlab peers list --node miner
  chainlab peers add 127.0.0.1:3002 --node miner   a connection that is kept
  chainlab peers drop 127.0.0.1:3002 --node miner
  chainlab peers ban 192.0.2.1 --for 10min --node miner";

#[derive(Args)]
pub(super) struct Options {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    choice: Choice,
    /// Print JSON.
    #[arg(long, global = true)]
    pub(super) json: bool,
}

#[derive(Subcommand)]
enum What {
    /// List who is connected.
    List,
    /// Keep a connection to an address.
    Add {
        /// The address.
        #[arg(value_name = "HOST:PORT", value_parser = parse_addr)]
        addr: SocketAddr,
    },
    /// End the connections with an address, and do not dial it again.
    Drop {
        /// The address.
        #[arg(value_name = "HOST:PORT", value_parser = parse_addr)]
        addr: SocketAddr,
    },
    /// Take no connection from or to an IP address for a time.
    Ban {
        /// The address to ban.
        ip: IpAddr,
        /// How long.
        #[arg(long = "for", value_name = "TIME", default_value = "1d", value_parser = parse_duration)]
        for_: Duration,
    },
    /// Lift a ban.
    Unban {
        /// The address whose ban is over.
        ip: IpAddr,
    },
}

pub(super) async fn run(options: &Options) -> Result<(), Failure> {
    let group = options.choice.open().await?;
    let command = match options.what {
        None | Some(What::List) => return list(&group, options.json).await,
        Some(What::Add { addr }) => Command::AddPeer(addr),
        Some(What::Drop { addr }) => Command::DropPeer(addr),
        Some(What::Ban { ip, for_ }) => Command::Ban { ip, for_ },
        Some(What::Unban { ip }) => Command::Unban(ip),
    };
    let reply = group.command(group.node()?, &command).await?;
    match options.json {
        true => print_json(&reply),
        false => print(&format!("{}\n", reply.words())),
    }
}

async fn list(group: &Group, json: bool) -> Result<(), Failure> {
    let mut nodes = group.status().await?;
    nodes.retain(|status| status.state.is_up());
    if let Some(chosen) = group.chosen() {
        nodes.retain(|status| status.node == chosen);
    }
    let mut rows: Vec<(String, Vec<PeerInfo>)> = Vec::new();
    let programs = nodes.iter().filter(|status| {
        let seen = status.snapshot.as_ref();
        seen.is_some_and(|seen| seen.program.is_some())
    });
    let programs: Vec<String> = programs.map(|status| status.node.clone()).collect();
    for status in nodes {
        match group.ask(&status.node, &Question::Peers).await? {
            Reply::Peers(peers) => rows.push((status.node, peers)),
            other => return Err(unexpected(&other)),
        }
    }
    if json {
        let rows = rows.iter();
        let rows = rows.map(|(node, peers)| json!({ "node": node, "peers": peers }));
        return print_json(&rows.collect::<Vec<_>>());
    }
    let table = table(&rows, &programs);
    match table.is_empty() {
        true => print("nobody is connected\n"),
        false => print(&table.text()),
    }
}

/// Of the peers of a program of others it is not known how high they are, and what passed.
fn table(rows: &[(String, Vec<PeerInfo>)], programs: &[String]) -> Table {
    let mut table = Table::new(&[
        ("node", Side::Left),
        ("peer", Side::Left),
        ("address", Side::Left),
        ("listens at", Side::Left),
        ("dialled by", Side::Left),
        ("height", Side::Right),
        ("round trip", Side::Right),
        ("received", Side::Right),
        ("sent", Side::Right),
    ]);
    for (node, peers) in rows {
        let own = |figure: String| match programs.contains(node) {
            true => "-".to_owned(),
            false => figure,
        };
        for peer in peers {
            let direction = match peer.direction {
                Direction::Outbound => node,
                Direction::Inbound => &peer.name,
            };
            let name = match peer.ready {
                true => peer.name.clone(),
                false => format!("{} (no handshake yet)", peer.name),
            };
            table.row([
                node.clone(),
                name,
                peer.addr.to_string(),
                peer.listen.map_or("-".to_owned(), |addr| addr.to_string()),
                direction.clone(),
                own(peer.height.to_string()),
                peer.round_trip.map_or("-".to_owned(), show_duration),
                own(peer.received_bytes.to_string()),
                own(peer.sent_bytes.to_string()),
            ]);
        }
    }
    table
}
