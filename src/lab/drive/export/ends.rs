//! What is true at the end of a run.

use crate::lab::drive::VirtualLab;
use crate::lab::script::Expr;
use crate::lab::script::expr::TEXT_MAX;
use std::collections::BTreeMap;

/// What is true of each quantity, as expressions write them: `height@oslo` is `14`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ends(BTreeMap<String, String>);

/// What is true in a lab now.
pub(super) fn ends(lab: &mut VirtualLab) -> Ends {
    let facts = lab.facts();
    let mut all = BTreeMap::from([("tips".to_owned(), facts.tips().to_string())]);
    for node in facts.running() {
        let mut put =
            |quantity: &str, value: String| all.insert(format!("{quantity}@{}", node.name), value);
        put("height", node.height.to_string());
        put("mempool", node.mempool.to_string());
    }
    let view = lab.view();
    for node in view.nodes.iter().filter(|node| node.state.is_up()) {
        let wallets = node.snapshot.iter().flat_map(|snapshot| &snapshot.wallets);
        for wallet in wallets {
            let amount = wallet.confirmed.checked_add(wallet.immature);
            let amount = amount.unwrap_or(wallet.confirmed);
            let quantity = format!("balance(\"{}\")@{}", wallet.name, node.name);
            all.insert(quantity, format!("\"{amount}\""));
        }
    }
    Ends(all)
}

impl Ends {
    /// What is another in these, in words.
    pub(super) fn differs(&self, other: &Self) -> Vec<String> {
        let none = "not there";
        let keys = self
            .0
            .keys()
            .chain(other.0.keys().filter(|key| !self.0.contains_key(*key)));
        let pairs = keys.map(|key| {
            let [was, is] = [self, other].map(|ends| ends.0.get(key).map_or(none, String::as_str));
            (key, was, is)
        });
        let other = pairs.filter(|(_, was, is)| was != is);
        other
            .map(|(key, was, is)| format!("{key} was {was}, is {is}"))
            .collect()
    }

    /// As much of it as an expression has room for.
    pub(super) fn expression(&self) -> String {
        let mut text = String::new();
        for (quantity, value) in &self.0 {
            let part = format!("{quantity} == {value}");
            let whole = match text.is_empty() {
                true => part,
                false => format!("{text} and {part}"),
            };
            // What is said otherwise by an expression is left out.
            if whole.chars().count() <= TEXT_MAX && whole.parse::<Expr>().is_ok() {
                text = whole;
            }
        }
        text
    }
}
