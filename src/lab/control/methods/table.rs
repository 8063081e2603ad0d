//! The table of methods.

use super::read::{
    add_node, addr, block, ends, heal, limit, mode, name, note, payment, peer, set_link, strategy,
    traffic,
};
use super::{Method, Param, Read, needs, takes};
use crate::lab::control::order::Order;
use crate::lab::control::params::{BadParam, Params, required};
use crate::lab::request::LinkChange;
use crate::lab::script::ScriptChange;
use crate::lab::units::{parse_duration, parse_rate};
use crate::link::LinkState;
use crate::node::io::{Command, Question};
use std::net::IpAddr;

/// A command to a node.
const fn of_node(
    name: &'static str,
    params: &'static [Param],
    does: &'static str,
    read: fn(&mut Params) -> Result<Command, BadParam>,
) -> Method {
    let read = Read::Command(read);
    Method {
        name,
        params,
        does,
        read,
    }
}

/// A question to a node.
const fn asks(
    name: &'static str,
    params: &'static [Param],
    does: &'static str,
    read: fn(&mut Params) -> Result<Question, BadParam>,
) -> Method {
    let read = Read::Question(read);
    Method {
        name,
        params,
        does,
        read,
    }
}

const fn of_lab(
    name: &'static str,
    params: &'static [Param],
    does: &'static str,
    read: fn(&mut Params) -> Result<Order, BadParam>,
) -> Method {
    let read = Read::Lab(read);
    Method {
        name,
        params,
        does,
        read,
    }
}

/// Something that a lab does with a node.
const fn with_node(
    name: &'static str,
    does: &'static str,
    make: fn(Option<String>) -> Order,
) -> Method {
    let read = Read::Node(make);
    Method {
        name,
        params: &[],
        does,
        read,
    }
}

const WALLET: Param = needs("name", "the wallet's name");
const PAYMENT: &[Param] = &[
    needs("from", "the wallet that pays"),
    needs("to", "an address, or any wallet's name"),
    needs("amount", "how much arrives, as in \"1.5\""),
    takes(
        "fee",
        "what the miner gets, as in \"0.0001\" [what the network proposes]",
    ),
];
const ENDS: &[Param] = &[
    needs("from", "a node"),
    needs("to", "another node"),
    takes(
        "one_way",
        "only from the first to the second, true or false [false]",
    ),
];

/// All of them.
pub const METHODS: &[Method] = &[
    of_node(
        "create_wallet",
        &[WALLET],
        "makes a wallet with a new key",
        |params| {
            let name = name(params)?;
            Ok(Command::CreateWallet { name })
        },
    ),
    of_node(
        "import_wallet",
        &[
            WALLET,
            needs(
                "secret",
                "its key, 64 hexadecimal digits, or the name of a wallet of the lab that has it",
            ),
        ],
        "makes a wallet of a key that exists, and looks for its coins",
        |params| {
            Ok(Command::ImportWallet {
                name: name(params)?,
                secret: required("secret", params.text("secret", "0f3a...")?)?,
            })
        },
    ),
    asks(
        "export_wallet",
        &[WALLET],
        "shows a wallet's key",
        |params| {
            let name = name(params)?;
            Ok(Question::ExportWallet { name })
        },
    ),
    asks(
        "plan_send",
        PAYMENT,
        "shows what a payment would do, and does nothing",
        |params| Ok(Question::PlanSend(payment(params)?)),
    ),
    of_node(
        "send",
        PAYMENT,
        "pays; answers once the payment is safe on disk",
        |params| Ok(Command::Send(payment(params)?)),
    ),
    asks("wallets", &[], "lists wallets, with what they hold", |_| {
        Ok(Question::Wallets)
    }),
    asks(
        "history",
        &[
            WALLET,
            takes("skip", "entries to leave out, from the newest [0]"),
            takes("limit", "entries to show, at most 500 [500]"),
        ],
        "tells what a wallet did, newest first",
        |params| {
            Ok(Question::History {
                name: name(params)?,
                skip: params.number("skip")?.unwrap_or(0),
                limit: limit(params)?,
            })
        },
    ),
    asks(
        "coins",
        &[needs("of", "an address, or any wallet's name")],
        "lists unspent coins, as this node's chain has them",
        |params| {
            let of = required("of", params.text("of", "alice")?)?;
            Ok(Question::Coins { of })
        },
    ),
    of_node(
        "mine",
        &[
            takes(
                "mode",
                "\"on\", \"off\", or \"on-tx\": while transactions wait [on]",
            ),
            takes("txs", "with on-tx: how many must wait [1]"),
        ],
        "starts or stops the miner",
        mode,
    ),
    of_node(
        "set_hashrate",
        &[needs("hashrate", "in H/s, as in 14000 or \"14 kH/s\"")],
        "changes how fast the miner is",
        |params| {
            let rate = params.quantity("hashrate", "14 kH/s", parse_rate)?;
            Ok(Command::SetHashrate(required("hashrate", rate)?))
        },
    ),
    of_node(
        "mine_to",
        &[needs("wallet", "a wallet of the node")],
        "changes the wallet that rewards go to",
        |params| {
            let wallet = required("wallet", params.text("wallet", "rewards")?)?;
            Ok(Command::MineTo { wallet })
        },
    ),
    of_node(
        "mine_now",
        &[],
        "mines one block at full speed; answers when it is found",
        |_| Ok(Command::MineNow),
    ),
    of_node(
        "set_strategy",
        &[
            needs(
                "strategy",
                "\"honest\", or \"withhold\": blocks and payments stay private",
            ),
            takes(
                "release",
                "with withhold: \"asked\", \"depth 6\", \"lead 2\" [asked]",
            ),
        ],
        "changes what the miner does with the blocks that it finds",
        strategy,
    ),
    of_node(
        "release",
        &[],
        "announces the blocks and payments that a node withholds",
        |_| Ok(Command::Release),
    ),
    of_node(
        "add_peer",
        &[needs("addr", "HOST:PORT")],
        "keeps a connection to an address",
        |params| Ok(Command::AddPeer(peer(params)?)),
    ),
    of_node(
        "drop_peer",
        &[needs("addr", "HOST:PORT")],
        "ends the connections with an address, and does not dial it again",
        |params| Ok(Command::DropPeer(addr(params)?)),
    ),
    of_node(
        "ban",
        &[
            needs("ip", "an IP address"),
            takes("for", "how long, as in \"10min\" [1d]"),
        ],
        "takes no connection from or to an IP address for a time",
        |params| {
            let day = std::time::Duration::from_secs(24 * 3_600);
            Ok(Command::Ban {
                ip: required("ip", params.parsed::<IpAddr>("ip", "192.0.2.1")?)?,
                for_: params.read("for", "10min", parse_duration)?.unwrap_or(day),
            })
        },
    ),
    of_node(
        "unban",
        &[needs("ip", "an IP address")],
        "lifts a ban",
        |params| {
            let ip = required("ip", params.parsed::<IpAddr>("ip", "192.0.2.1")?)?;
            Ok(Command::Unban(ip))
        },
    ),
    asks(
        "snapshot",
        &[],
        "tells how the node looks at this moment",
        |_| Ok(Question::Snapshot),
    ),
    asks("peers", &[], "lists who is connected", |_| {
        Ok(Question::Peers)
    }),
    asks(
        "chain",
        &[
            takes("from", "the highest block to show [the tip]"),
            takes("to", "the lowest block to show [0]"),
            takes("limit", "blocks to show, at most 500 [500]"),
        ],
        "lists blocks of the chain, highest first",
        |params| {
            Ok(Question::Chain {
                from: params.number("from")?.unwrap_or(u32::MAX),
                to: params.number("to")?.unwrap_or(0),
                limit: limit(params)?,
            })
        },
    ),
    asks(
        "block",
        &[
            takes("hash", "which, 64 hexadecimal digits; or"),
            takes("height", "which, on the chain"),
        ],
        "opens a block",
        block,
    ),
    asks(
        "tx",
        &[needs("txid", "which, 64 hexadecimal digits")],
        "opens a transaction, in the mempool or a block",
        |params| {
            let txid = required("txid", params.parsed("txid", "0f3a...")?)?;
            Ok(Question::Tx { txid })
        },
    ),
    asks(
        "mempool",
        &[takes("limit", "transactions to show, at most 500 [500]")],
        "lists transactions that wait, best paying first",
        |params| {
            Ok(Question::Mempool {
                limit: limit(params)?,
            })
        },
    ),
    with_node("kill", "ends a node as a crash would", Order::Kill),
    with_node("restart", "starts a node that is down", Order::Restart),
    of_lab(
        "add_node",
        &[
            needs("name", "its name, unique in the lab"),
            takes("connect", "nodes that it dials, as in [\"central\"]"),
            takes("wallets", "wallets to make, as in [\"eve\"]"),
            takes("mine", "as in the method mine [off]"),
            takes("hashrate", "how fast, as in \"14 kH/s\""),
        ],
        "adds a node to the lab, and starts it",
        add_node,
    ),
    of_lab(
        "set_link",
        &[
            needs("from", "the node that sends"),
            needs("to", "the node that receives"),
            takes(
                "preset",
                "\"lan\", \"dsl\", \"intercontinental\", \"3g\", or \"satellite\"; others override it",
            ),
            takes("latency", "as in \"80ms\""),
            takes("jitter", "as in \"20ms\""),
            takes("bandwidth", "as in \"1 MB/s\", or \"unlimited\""),
            takes("loss", "a share of frames, from 0 to 0.9"),
            takes("state", "\"open\", \"cut\", or \"black-hole\""),
            takes(
                "one_way",
                "only from the first to the second, true or false [false]",
            ),
        ],
        "changes what a link is like, at once",
        set_link,
    ),
    of_lab(
        "cut",
        ENDS,
        "cuts a link: nothing passes, and both sides know",
        |params| ends(params, LinkChange::to_state(LinkState::Cut)),
    ),
    of_lab(
        "black_hole",
        ENDS,
        "swallows all that a link carries, and tells nobody",
        |params| ends(params, LinkChange::to_state(LinkState::BlackHole)),
    ),
    of_lab(
        "heal",
        &[
            takes("from", "a node; without it, every link is healed"),
            takes("to", "another node"),
            takes(
                "one_way",
                "only from the first to the second, true or false [false]",
            ),
        ],
        "opens a link again, which is as slow as before it was cut",
        heal,
    ),
    of_lab(
        "partition",
        &[takes(
            "groups",
            "who stays together, as in [[\"a\", \"b\"], [\"c\"]]; without it, two halves",
        )],
        "partitions the network: nothing passes between the groups, of which nodes that are in none \
         make up one more; a partition before this one is over",
        |params| Ok(Order::Partition(params.groups("groups")?)),
    ),
    of_lab(
        "unite",
        &[],
        "heals the partition: just what it has cut is open again",
        |_| Ok(Order::Unite),
    ),
    of_lab(
        "traffic",
        &[
            takes("on", "true or false"),
            takes(
                "rate",
                "payments a second, as in 2 or \"2 tx/s\", from 0.01 to 1000",
            ),
        ],
        "starts or stops payments between all wallets, at random times; without parameters, tells \
         how they are",
        traffic,
    ),
    of_lab(
        "note",
        &[takes(
            "text",
            "the caption; without it, none is shown any more",
        )],
        "shows a caption on the screen",
        note,
    ),
    of_lab(
        "script_next",
        &[],
        "plays the script on to its next caption; the captions after that wait for this method too",
        |_| Ok(Order::Script(ScriptChange::Next)),
    ),
    of_lab(
        "script_auto",
        &[],
        "lets the script go on by itself, at its own pace",
        |_| Ok(Order::Script(ScriptChange::Auto)),
    ),
    of_lab(
        "script_pause",
        &[],
        "pauses the script: no step begins, and the lab goes on",
        |_| Ok(Order::Script(ScriptChange::Pause)),
    ),
    of_lab("script_resume", &[], "ends the pause of the script", |_| {
        Ok(Order::Script(ScriptChange::Resume))
    }),
    of_lab(
        "script_restart",
        &[],
        "makes a temporary lab anew, with the same keys, genesis block and ports, and plays its \
         script from the beginning; answers when its nodes are up",
        |_| Ok(Order::Script(ScriptChange::Restart)),
    ),
];
