//! Requests that name nodes: which node is meant, and what is said if it is none or could be any.

use crate::common::running::TEXT;
use chainlab::lab::ask::verbs::verbs;
use chainlab::lab::ask::{Known, Named, Request};
use chainlab::lab::layout::read;
use chainlab::node::NodeIx;
use chainlab::node::io::{Command, Payment};

/// Nodes, each with a wallet that is named after it.
struct Nodes(&'static [&'static str]);

impl Known for Nodes {
    fn node_names(&self) -> Vec<&str> {
        self.0.to_vec()
    }

    fn holder(&self, wallet: &str) -> Option<NodeIx> {
        let owner = wallet.strip_suffix("-wallet")?;
        self.0.iter().position(|node| *node == owner).map(NodeIx)
    }
}

const THREE: Nodes = Nodes(&["central", "wallet", "miner"]);

fn named(name: &str) -> Named {
    Some(name.to_owned())
}

fn mine_to(wallet: &str) -> Command {
    Command::MineTo {
        wallet: wallet.to_owned(),
    }
}

#[test]
fn a_request_is_about_the_node_that_it_names_or_that_has_the_wallet_or_the_only_one() {
    let resolved = |request: Request<Named>, known| request.resolve(known);
    assert_eq!(
        resolved(Request::Kill(named("miner")), &THREE),
        Ok(Request::Kill(NodeIx(2)))
    );
    assert_eq!(
        resolved(Request::Node(None, mine_to("wallet-wallet")), &THREE),
        Ok(Request::Node(NodeIx(1), mine_to("wallet-wallet")))
    );
    // What is named is meant, whatever else has the wallet.
    assert_eq!(
        resolved(
            Request::Node(named("miner"), mine_to("wallet-wallet")),
            &THREE
        ),
        Ok(Request::Node(NodeIx(2), mine_to("wallet-wallet")))
    );
    assert_eq!(
        resolved(Request::Restart(None), &Nodes(&["solo"])),
        Ok(Request::Restart(NodeIx(0)))
    );
    assert_eq!(resolved(Request::Unite, &THREE), Ok(Request::Unite));
}

#[test]
fn a_node_that_is_none_or_could_be_any_is_refused_in_words() {
    let refused = |request: Request<Named>, known| {
        let refusal = request.resolve(known).expect_err("no node is meant");
        refusal.to_string()
    };
    assert_eq!(
        refused(Request::Kill(None), &THREE),
        "node: is missing: say which of central, wallet, miner"
    );
    assert_eq!(
        refused(Request::Restart(named("centrl")), &THREE),
        "node: there is no node \"centrl\"; did you mean \"central\"?"
    );
    assert_eq!(
        refused(Request::Node(named("zebra"), Command::MineNow), &THREE),
        "node: there is no node \"zebra\"; there are: central, wallet, miner"
    );
    let paid = Command::Send(Payment {
        from: "nobodys-wallet".to_owned(),
        to: "bob".to_owned(),
        amount: "1".parse().expect("an amount"),
        fee: None,
    });
    assert_eq!(
        refused(Request::Node(None, paid), &THREE),
        "node: is missing: say which of central, wallet, miner"
    );
    assert_eq!(
        refused(Request::Kill(None), &Nodes(&[])),
        "node: is missing: say which of "
    );
}

#[test]
fn a_step_of_a_script_is_any_verb_but_those_that_lead_it_or_take_it_elsewhere() {
    let led = "a script is led by people and programs, and not by its own steps";
    let goes = "a story cannot go elsewhere in itself";
    for verb in verbs() {
        let text = format!("{TEXT}\n[[step]]\ndo = \"{}\"\n", verb.name);
        let text = match verb.name {
            "time_speed" => format!("{text}speed = 5\n"),
            "time_go" => format!("{text}to = \"+01:20\"\n"),
            "time_until" => format!("{text}expr = \"height >= 3\"\n"),
            "time_switch" | "time_drop" => format!("{text}timeline = \"B\"\n"),
            _ => text,
        };
        let said = read("lab.toml", &text).err().map(|error| error.to_string());
        let said = said.unwrap_or_default();
        assert_eq!(
            said.contains(led),
            verb.name.starts_with("script_"),
            "{said}"
        );
        let is_of_time =
            verb.name.starts_with("time_") && !matches!(verb.name, "time_save" | "time_export");
        let is_step = matches!(verb.name, "time_pause" | "time_speed");
        assert_eq!(said.contains(goes), is_of_time && !is_step, "{said}");
        assert!(!is_step || said.is_empty(), "{said}");
        assert!(!said.contains("no method"), "{said}");
    }
}
