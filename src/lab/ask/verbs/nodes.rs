//! Nodes as a lab has them: ended, started, added.

use super::row::{Verb, needs, node, request, takes};
use crate::lab::ask::params::{BadParam, Params, required};
use crate::lab::ask::{Named, Request, Scope};
use crate::lab::paper::names::parse_node_name;
use crate::lab::paper::units::parse_rate;
use crate::lab::spec::{MineSpec, NodeSpec};
use crate::node::config::MiningMode;

pub(super) const VERBS: &[Verb] = &[
    request(
        Scope::Node,
        "kill",
        &[],
        "ends a node as a crash would",
        |params| Ok(Request::Kill(node(params)?)),
    ),
    request(
        Scope::Node,
        "restart",
        &[],
        "starts a node that is down",
        |params| Ok(Request::Restart(node(params)?)),
    ),
    request(
        Scope::Lab,
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
];

fn add_node(params: &mut Params) -> Result<Request<Named>, BadParam> {
    let name = required("name", params.read("name", "eve", parse_node_name)?)?;
    let mut spec = NodeSpec::new(&name);
    spec.connect = params.texts("connect")?;
    spec.wallets = params.texts("wallets")?;
    let mine = params.read("mine", "on", |text| match text {
        "on" => Ok(MiningMode::On),
        "off" => Ok(MiningMode::Off),
        "on-tx" => Ok(MiningMode::OnTx(1)),
        other => Err(format!("{other:?} is none of \"on\", \"off\", \"on-tx\"")),
    })?;
    let hashrate = params.quantity("hashrate", "14 kH/s", parse_rate)?;
    let usual = MineSpec::default();
    spec.mine = MineSpec {
        mode: mine.unwrap_or(usual.mode),
        hashrate: hashrate.unwrap_or(usual.hashrate),
        ..usual
    };
    Ok(Request::Add(Box::new(spec)))
}
