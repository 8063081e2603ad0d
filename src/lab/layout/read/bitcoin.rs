//! A node of a layout that is a program of others, of a Bitcoin network.
//!
//! It runs already, at its `address`, or the lab starts it, with `program`. Each of the two has keys of its
//! own, and so has a node of chainlab's.

use super::nodes::{Group, Word, read_count};
use crate::bitcoin::Network;
use crate::bitcoin::start::{self, Choice, Found, Ports, Wanted};
use crate::lab::layout::roster::check_count;
use crate::lab::paper::document::{FileError, Section, Value};
use crate::lab::spec::{BitcoinSpec, LoginSpec, NodeSpec, RpcSpec, Source};
use crate::node::addrbook::check_addr;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Keys that only such a node has.
const KEYS: [&str; 9] = [
    "network",
    "address",
    "rpc",
    "cookie",
    "user",
    "password_file",
    "program",
    "mempool",
    "act",
];

/// Keys of chainlab's own nodes.
const KEYS_OF_OTHERS: [&str; 8] = [
    "role",
    "port",
    "port_required",
    "discover",
    "sync",
    "light",
    "attacker",
    "mine",
];

/// Keys that say how a node is asked which runs already.
const RPC_KEYS: [&str; 4] = ["rpc", "cookie", "user", "password_file"];

/// What a command looks like.
const COMMAND: &str = r#"["my-node", "--listen=127.0.0.1:{port}"]"#;

/// Makes sure that a node of chainlab's own has no key of a Bitcoin node.
pub(super) fn refuse_keys(section: &Section<'_>) -> Result<(), FileError> {
    section.refuse(&KEYS, "has a meaning only with kind = \"bitcoin\"")
}

/// Reads such a node, or a group of them.
pub(super) fn read<'a>(section: &mut Section<'a>) -> Result<Group<'a>, FileError> {
    let name = section.word("name", "core1")?;
    let count = read_count(section)?;
    let network = section.text("network", "regtest", str::parse::<Network>)?;
    let network = network.unwrap_or(Network::Regtest);
    let at = section.text("address", "127.0.0.1:18444", parse_address)?;
    let program = section.take("program").map(read_program).transpose()?;
    let rpc = read_rpc(section)?;
    let mempool = section.flag("mempool")?.unwrap_or(false);
    let act = section.flag("act")?.unwrap_or(false);
    let connect = section.texts("connect", r#"["core1"]"#)?;
    let wallets = section.texts("wallets", r#"["alice", "bob"]"#)?;
    section.refuse(
        &KEYS_OF_OTHERS,
        "has a meaning only for a node of chainlab's own: this one is a program of others",
    )?;
    section.finish()?;

    let name = name.ok_or_else(|| section.error_at("name", "is missing"))?;
    let source = source(section, at, rpc, program)?;
    if matches!(source, Source::Program(_)) && network != Network::Regtest {
        return Err(section.error_at("network", "what the lab starts runs on regtest"));
    }
    let bitcoin = BitcoinSpec {
        network,
        source,
        mempool,
        act,
    };
    check_act(section, &bitcoin)?;
    let wallets = wallets.unwrap_or_default();
    check_wallets(section, &bitcoin, &wallets)?;
    let spec = NodeSpec {
        bitcoin: Some(bitcoin),
        ..NodeSpec::new("")
    };
    Ok(Group {
        name,
        count,
        spec,
        port_place: None,
        connect: connect.unwrap_or_default(),
        wallets,
    })
}

/// It runs already, or is started; the keys of the other case are refused.
fn source(
    section: &Section<'_>,
    at: Option<SocketAddr>,
    rpc: Option<RpcSpec>,
    program: Option<Choice>,
) -> Result<Source, FileError> {
    let refuse = |keys: &[&str], problem: &str| match keys.iter().find(|key| section.had(key)) {
        Some(key) => Err(section.error_at(key, problem)),
        None => Ok(()),
    };
    match (at, program) {
        (Some(_), Some(_)) => {
            let problem = "address says that it runs already: leave one out";
            Err(section.error_at("program", problem))
        }
        (None, None) => {
            let problem = "is missing, and so is program: write address = \"127.0.0.1:18444\" for a node that \
                           runs, or program = \"auto\" for one that the lab starts";
            Err(section.error_at("address", problem))
        }
        (Some(addr), None) => {
            let one = "has a meaning only with program: at one address there is one node";
            refuse(&["count"], one)?;
            let own = "has a meaning only with program: whom a node dials that runs already, its own settings \
                       say";
            refuse(&["connect"], own)?;
            Ok(Source::At { addr, rpc })
        }
        (None, Some(choice)) => {
            let problem =
                "has a meaning only with address: what the lab starts, it knows how to ask";
            refuse(&RPC_KEYS, problem)?;
            Ok(Source::Program(choice))
        }
    }
}

/// Whether the lab may act is asked for where it can be.
fn check_act(section: &Section<'_>, bitcoin: &BitcoinSpec) -> Result<(), FileError> {
    let problem = match bitcoin.source {
        _ if !bitcoin.act => return Ok(()),
        _ if bitcoin.network == Network::Mainnet => {
            "on mainnet a lab only looks: what is there is money"
        }
        Source::At { rpc: None, .. } => {
            "has a meaning only with rpc, by which a node is told to do things"
        }
        _ => return Ok(()),
    };
    Err(section.error_at("act", problem))
}

/// Keys are held only where they can be used.
fn check_wallets(
    section: &Section<'_>,
    bitcoin: &BitcoinSpec,
    wallets: &[Word<'_>],
) -> Result<(), FileError> {
    check_count(wallets.len()).map_err(|problem| section.error_at("wallets", problem))?;
    if wallets.is_empty() || bitcoin.may_act() {
        return Ok(());
    }
    let problem = "the lab holds keys only where it may act: with program, with rpc on regtest and simnet, and \
                   with rpc and act = true on test networks";
    Err(section.error_at("wallets", problem))
}

fn parse_address(text: &str) -> Result<SocketAddr, String> {
    let wanted = "write an address and a port, as in 127.0.0.1:18444";
    let addr: SocketAddr = text.parse().map_err(|_| wanted.to_owned())?;
    check_addr(addr).map_err(|error| error.to_string())?;
    Ok(addr)
}

/// A node's RPC is asked without encryption.
fn parse_rpc(text: &str) -> Result<SocketAddr, String> {
    let addr = parse_address(text)?;
    match addr.ip().to_canonical().is_loopback() {
        true => Ok(addr),
        false => Err(format!(
            "{addr} is not on this machine: a password does not go over a network"
        )),
    }
}

/// `rpc`, and what opens it.
fn read_rpc(section: &mut Section<'_>) -> Result<Option<RpcSpec>, FileError> {
    let at = section.text("rpc", "127.0.0.1:18443", parse_rpc)?;
    let cookie = section.text("cookie", "/home/me/.bitcoin/regtest/.cookie", parse_file)?;
    let user = section.text("user", "alice", parse_user)?;
    let password_file = section.text("password_file", "/home/me/password", parse_file)?;
    let login = match (cookie, user, password_file) {
        (Some(_), None, Some(_)) | (Some(_), Some(_), _) => {
            let problem = "user and password_file are another way in: leave one out";
            return Err(section.error_at("cookie", problem));
        }
        (None, Some(_), None) => {
            let problem = "needs password_file, whose first line is the password";
            return Err(section.error_at("user", problem));
        }
        (None, None, Some(_)) => {
            return Err(section.error_at("password_file", "needs user, whose password it has"));
        }
        (Some(cookie), None, None) => Some(LoginSpec::Cookie(cookie)),
        (None, Some(user), Some(password_file)) => Some(LoginSpec::User {
            user,
            password_file,
        }),
        (None, None, None) => None,
    };
    match (at, login) {
        (Some(at), Some(login)) => Ok(Some(RpcSpec { at, login })),
        (Some(_), None) => {
            let problem = "needs what opens it: cookie = FILE, or user and password_file";
            Err(section.error_at("rpc", problem))
        }
        // With a program, that these keys have no meaning is said instead.
        (None, _) if section.had("program") => Ok(None),
        (None, None) => Ok(None),
        (None, Some(_)) => {
            let key = RPC_KEYS.into_iter().find(|key| section.had(key));
            let problem = "has a meaning only with rpc, where the node is asked";
            Err(section.error_at(key.unwrap_or("rpc"), problem))
        }
    }
}

fn parse_file(text: &str) -> Result<PathBuf, String> {
    match text.is_empty() {
        true => Err("a file is wanted here".to_owned()),
        false => Ok(PathBuf::from(text)),
    }
}

/// RFC 7617: what comes after a colon would be taken for the password.
fn parse_user(text: &str) -> Result<String, String> {
    match text.is_empty() || text.contains(':') {
        true => Err("a name without a colon is wanted here".to_owned()),
        false => Ok(text.to_owned()),
    }
}

/// A program's name, or a command as a list of words.
fn read_program(value: Value<'_>) -> Result<Choice, FileError> {
    if value.to_json()?.is_string() {
        return value.text("auto", str::parse);
    }
    let place = value.place().clone();
    let words = value.texts(COMMAND)?;
    let words: Vec<String> = words.into_iter().map(|(word, _)| word).collect();
    check_command(&words).map_err(|problem| place.error(problem))?;
    Ok(Choice::Command(words))
}

/// That the places in a command can be filled.
fn check_command(words: &[String]) -> Result<(), String> {
    let Some((_, others)) = words.split_first() else {
        return Err("a command has at least one word".to_owned());
    };
    let tried = Wanted {
        found: Found::Command {
            program: PathBuf::from("/"),
            words: others.to_vec(),
        },
        folder: PathBuf::from("/"),
        ports: Ports {
            peers: 1,
            watch: 2,
            rpc: 3,
            wallet: 4,
        },
        peers: Vec::new(),
        search: OsString::new(),
        mine_to: None,
    };
    let plan = start::plan(&tried);
    plan.map(drop).map_err(|error| error.to_string())
}
